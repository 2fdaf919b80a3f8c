"""A mesh as rows of its metadata tables, each with every column that the catalog declares."""

import html.parser
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mesh_capabilities.governance.catalog.tables import TABLES
from mesh_capabilities.portal.portal_facts import PortalFacts
from mesh_capabilities.portal.site import build_site

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Paper:
    """The metadata tables of a mesh; each method adds the rows of one thing."""

    def __init__(self) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}

    def rows(self, table: str) -> Sequence[dict[str, Any]]:
        return self.tables[table]

    def add(self, table: str, **values: Any) -> dict[str, Any]:
        row = dict.fromkeys(TABLES[table].columns) | values
        self.tables[table].append(row)
        return row

    def domain(self, name: str, **values: Any) -> None:
        about = {"title": name.title(), "description": f"What {name} does.", "owner": name, "channel": f"#data-{name}"}
        self.add("domains", domain=name, **{**about, "state": "loaded", **values})
        self.add("owners", owner=name, domains=1, products=0, ports=0)

    def product(self, name: str, columns: Sequence[str] = ("id",), reads: Sequence[str] = (), **values: Any) -> None:
        """A product with one port of its own name, version 3 of which is served."""
        domain, _, short = name.partition("/")
        about = {"version": "1.0.0", "status": "active", "purpose": f"To know {short}.", "owner": domain, "tags": []}
        self.add(
            "products", product=name, domain=domain, name=short, file=f"domains/{domain}/products/x.odps.yaml", **about | values
        )
        contract = f"{domain}.{short}.v1"
        keys = {"port": name, "major": 1, "domain": domain, "product": name, "contract": contract}
        served = {"published": True, "newest": True, "served_version": 3, "committed_at": NOON, "rows": 30, "bytes": 3000}
        self.add("ports", **keys, name=short, description=f"The {short}.", grain="One row each.", **served)
        listed = {"version": "1.0.0", "status": "active", "file": "x.odcs.yaml", "valid": True, "tags": []}
        self.add("contracts", **keys, **listed, freshness_seconds=86_400)
        for position, column in enumerate(columns, start=1):
            self.column(name, column, position=position)
        for number in range(4):
            self.version(name, number)
        for port in reads:
            self.reads(name, port)

    def column(self, port: str, column: str, **values: Any) -> None:
        about = {"type": "VARCHAR", "description": f"The {column}.", "required": False, "unique": False, "primary_key": False}
        about |= {"classification": "internal", "tags": [], "position": 9}
        self.add("columns", contract=f"{port.replace('/', '.')}.v1", port=port, major=1, column=column, **about | values)

    def version(self, port: str, number: int, **values: Any) -> None:
        about = {"committed_at": NOON + timedelta(hours=number - 3), "rows": 30, "rules": 3, "warnings": 0, "set_aside": 0}
        about |= {"contract_version": "1.0.0", "contract_digest": "a" * 64, "readable": True}
        self.add("versions", port=port, major=1, version=number, **about | values)

    def reads(self, consumer: str, port: str) -> None:
        self.add("inputs_declared", product=consumer, input=port, input_major=1, domain=consumer.split("/")[0])

    def edge(self, port: str, column: str, from_port: str, from_column: str, kind: str = "value") -> None:
        self.add("column_lineage", port=port, column=column, from_port=from_port, from_column=from_column, kind=kind)

    def policy(self, name: str, **values: Any) -> None:
        about = {"title": name.replace("_", " "), "why": "Because.", "severity": "error", "scope": "products", "fix": "Do it."}
        self.add("policies", policy=name, **{**about, "phase": ["ci"], "stage": "block", "privacy": False, **values})

    def result(self, policy: str, subject: str, state: str = "passed", **values: Any) -> None:
        self.add("policy_results", policy=policy, subject=subject, state=state, **values)

    def facts(self) -> PortalFacts:
        return PortalFacts(self.tables, NOON)


@pytest.fixture
def paper() -> Paper:
    """An empty mesh."""
    return Paper()


@pytest.fixture
def shop() -> Paper:
    """Three domains, four products, one policy and one deprecated product: finance reads marketing, which reads sales."""
    return shop_on_paper()


def shop_on_paper() -> Paper:
    paper = Paper()
    for name in ("sales", "marketing", "finance"):
        paper.domain(name)
    paper.product("sales/orders", ["order_id", "city"], tags=["source-aligned"], owner_address="data-sales@example.com")
    paper.product("sales/returns", ["order_id"], status="deprecated", ends_on=date(2026, 9, 1), successor="sales/orders")
    paper.product("marketing/segments", ["segment"], reads=["sales/orders"])
    paper.product("finance/revenue", ["total"], reads=["marketing/segments", "sales/orders"])
    paper.edge("marketing/segments", "segment", "sales/orders", "city")
    paper.edge("finance/revenue", "total", "marketing/segments", "segment")
    paper.edge("sales/orders", "order_id", "sales/raw_orders", "order_id")
    paper.policy("owned")
    paper.result("owned", "sales/orders")
    paper.result("owned", "sales/returns", "violated", message="Nobody answers.", evidence="no team")
    paper.result("owned", "finance/revenue", "waived", message="Nobody answers.", waiver="domains/finance/waivers/x.yaml")
    return paper


class Page(html.parser.HTMLParser):
    """A parsed page: its elements, its text, its links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.raw, self.elements, self._text = text, [], []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self._text).split())

    def every(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]


class Site:
    """A built portal."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def page(self, name: str) -> Page:
        return Page((self.root / name).read_text(encoding="utf-8"))

    @property
    def pages(self) -> list[str]:
        return sorted(path.relative_to(self.root).as_posix() for path in self.root.rglob("*.html"))


@pytest.fixture
def built(tmp_path: Path) -> Callable[..., Site]:
    """Builds a portal from tables."""

    def make(tables: Paper) -> Site:
        build_site(tables, None, tmp_path / "site")
        return Site(tmp_path / "site")

    return make


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The portal of the shop, for tests that only read it."""
    root = tmp_path_factory.mktemp("portal") / "site"
    build_site(shop_on_paper(), None, root)
    return Site(root)
