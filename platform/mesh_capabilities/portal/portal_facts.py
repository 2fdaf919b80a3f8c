"""What the portal knows about a mesh: the metadata tables, the relations between products, and the policy results."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Protocol

from mesh_isolation.text import visible
from mesh_platform.errors import MeshError

Row = Mapping[str, Any]

TABLES = (
    "domains",
    "products",
    "ports",
    "versions",
    "version_inputs",
    "contracts",
    "columns",
    "rules",
    "check_results",
    "inputs_declared",
    "inputs_used",
    "column_lineage",
    "unfollowed",
    "unfollowed_columns",
    "owners",
    "transitions",
    "policies",
    "policy_results",
    "waivers",
)
"""The metadata tables that the portal reads."""


class Tables(Protocol):
    """Returns the rows of a metadata table: the catalog, or the tables of a test."""

    def rows(self, table: str) -> Sequence[Row]: ...


class PortalFacts:
    """All rows of the metadata tables, with lookups for the pages.

    Args:
        tables: the rows by table. A table that is missing was not harvested; pages say "not known yet".
        moment: when the tables were read, UTC.
    """

    def __init__(self, tables: Mapping[str, Sequence[Row]], moment: datetime | None = None) -> None:
        self._tables = tables
        self.moment = moment or datetime.now(UTC)

    def known(self, table: str) -> bool:
        """Whether the table was read, with or without rows."""
        return table in self._tables

    def rows(self, table: str) -> Sequence[Row]:
        """The rows of a table; empty if it is not known."""
        return self._tables.get(table, ())

    def by(self, table: str, key: str) -> Mapping[Any, list[Row]]:
        """The rows of a table grouped by one of its columns. Grouped once and cached for all pages."""
        groups = self._groups.get((table, key))
        if groups is None:
            groups = self._groups[table, key] = grouped(self.rows(table), key)
        return groups

    @cached_property
    def _groups(self) -> dict[tuple[str, str], Mapping[Any, list[Row]]]:
        return {}

    @cached_property
    def products(self) -> Mapping[str, Row]:
        """Every product by its name, `sales/orders`, sorted by name."""
        return {row["product"]: row for row in sorted(self.rows("products"), key=lambda row: row["product"])}

    @cached_property
    def ports(self) -> Mapping[str, Row]:
        """Every port in its newest major, by address."""
        ordered = sorted(self.rows("ports"), key=lambda row: (row["port"], row["major"]))
        return {row["port"]: row for row in ordered}

    @cached_property
    def domains(self) -> Mapping[str, Row]:
        """Every domain by name, including broken ones."""
        return {row["domain"]: row for row in sorted(self.rows("domains"), key=lambda row: row["domain"])}

    @cached_property
    def contract_of(self) -> Mapping[tuple[str, int], Row]:
        """The contract of each major of each port."""
        return {(row["port"], row["major"]): row for row in self.rows("contracts")}

    @cached_property
    def ports_of(self) -> Mapping[str, list[Row]]:
        """The ports of a product, each in its newest major."""
        return grouped(self.ports.values(), "product")

    @cached_property
    def products_of(self) -> Mapping[str, list[Row]]:
        """The products of a domain."""
        return grouped(self.products.values(), "domain")

    def product_of(self, port: str | None) -> str | None:
        """The product that publishes a port; None if no product of the catalog does."""
        row = self.ports.get(port or "")
        return row["product"] if row and row["product"] in self.products else None


def read_facts(catalog: Tables) -> PortalFacts:
    """Reads all tables. A table that is missing or cannot be read stays unknown and does not affect the others.

    Characters that a reader cannot see are made visible here, once for all pages and files.
    """
    tables = {}
    for name in TABLES:
        try:
            tables[name] = [{key: _visible(value) for key, value in row.items()} for row in catalog.rows(name)]
        except (KeyError, MeshError):
            continue
    return PortalFacts(tables)


def _visible(value: Any) -> Any:
    if isinstance(value, str):
        return visible(value)
    return [_visible(part) for part in value] if isinstance(value, list) else value


def grouped(rows: Iterable[Row], key: str) -> Mapping[Any, list[Row]]:
    """Rows by the value of one column. A key that is missing gives an empty list and is not added."""
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return _Groups(groups)


class _Groups(dict):
    def __missing__(self, key: Any) -> list[Row]:
        return []


@dataclass(frozen=True)
class DownstreamProduct:
    """A product downstream of another one."""

    product: str
    steps: int
    """1 for a direct consumer, 2 for a consumer of that one, and so on."""


class Relations:
    """Which product reads which, from the inputs that products declare and the ports that their models read."""

    def __init__(self, facts: PortalFacts) -> None:
        self._facts = facts

    @cached_property
    def arrows(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """By producer and consumer, the ports that are read. A product that reads its own port is left out."""
        arrows: dict[tuple[str, str], set[str]] = {}
        for row in (*self._facts.rows("inputs_declared"), *self._facts.rows("inputs_used")):
            producer = self._facts.product_of(row["input"])
            consumer = row["product"]
            if producer and producer != consumer and consumer in self._facts.products:
                arrows.setdefault((producer, consumer), set()).add(row["input"])
        return {pair: tuple(sorted(ports)) for pair, ports in sorted(arrows.items())}

    @cached_property
    def _consumers(self) -> Mapping[str, list[str]]:
        consumers: dict[str, list[str]] = {}
        for producer, consumer in self.arrows:
            consumers.setdefault(producer, []).append(consumer)
        return consumers

    @cached_property
    def _producers(self) -> Mapping[str, list[str]]:
        producers: dict[str, list[str]] = {}
        for producer, consumer in self.arrows:
            producers.setdefault(consumer, []).append(producer)
        return producers

    def consumers(self, product: str) -> list[str]:
        """The products that read a port of this one."""
        return self._consumers.get(product, [])

    def producers(self, product: str) -> list[str]:
        """The products whose ports this one reads."""
        return self._producers.get(product, [])

    def downstream(self, product: str) -> list[DownstreamProduct]:
        """All products downstream, the nearest first. Each is listed once, in a cycle as well, and never the product itself."""
        seen, ahead, downstream = {product}, [product], []
        steps = 0
        while ahead:
            steps += 1
            reached = sorted({consumer for name in ahead for consumer in self.consumers(name)} - seen)
            downstream += [DownstreamProduct(name, steps) for name in reached]
            seen.update(reached)
            ahead = reached
        return downstream

    def unknown_inputs(self, product: str) -> Iterator[Row]:
        """The declared inputs of the product that no product of the catalog publishes."""
        for row in self._facts.by("inputs_declared", "product")[product]:
            if self._facts.product_of(row["input"]) is None:
                yield row


WORST_FIRST = ("violated", "unrunnable", "warned", "waived", "draft", "passed")
"""The states of a policy result. A policy has several results for one product if it evaluates columns, for example."""

STATE_LABELS = {
    "violated": "violated",
    "unrunnable": "could not run",
    "warned": "violated, warning only",
    "waived": "waived",
    "draft": "violated, draft policy",
    "passed": "passed",
}
"""The states in words. Waived never counts as passed."""
STATE_MARKS = {"violated": "✕", "unrunnable": "?", "warned": "!", "waived": "W", "draft": "…", "passed": "✓"}
STATE_TONES = {
    "violated": "bad",
    "unrunnable": "bad",
    "warned": "warn",
    "waived": "waived",
    "draft": "outline",
    "passed": "good",
}


class PolicyResults:
    """The results of all policies, by product, by domain and by policy."""

    def __init__(self, facts: PortalFacts) -> None:
        self._facts = facts

    @property
    def known(self) -> bool:
        """Whether policies have been evaluated at all."""
        return bool(self._facts.rows("policy_results") or self._facts.rows("policies"))

    @cached_property
    def policies(self) -> Mapping[str, Row]:
        """Every policy by its id: the global ones first, then those of the domains."""
        ordered = sorted(self._facts.rows("policies"), key=lambda row: (row["domain"] or "", row["policy"]))
        return {row["policy"]: row for row in ordered}

    @cached_property
    def of_product(self) -> Mapping[str, list[Row]]:
        """The results about a product, its ports, contracts and columns, the worst first."""
        return self._by_subject[0]

    @cached_property
    def of_domain(self) -> Mapping[str, list[Row]]:
        """The results about a domain as a whole."""
        return self._by_subject[1]

    @cached_property
    def _by_subject(self) -> tuple[Mapping[str, list[Row]], Mapping[str, list[Row]]]:
        products, domains = [], []
        for row in sorted(self._facts.rows("policy_results"), key=lambda row: WORST_FIRST.index(row["state"])):
            if product := self.product_of(row["subject"]):
                products.append({**row, "about": product})
            elif row["subject"] in self._facts.domains:
                domains.append({**row, "about": row["subject"]})
        return grouped(products, "about"), grouped(domains, "about")

    def product_of(self, subject: str | None) -> str | None:
        """The product of a subject, which is a product, a port, a contract, or a part of one of these."""
        name = subject or ""
        while name:
            if name in self._facts.products:
                return name
            if owner := self._facts.product_of(name) or self._contracts.get(name):
                return owner
            # `sales/orders.order_id`, `sales.orders.v1.order_id`: try the part before the last separator
            cut = max(name.rfind(mark) for mark in ".#:@ ")
            name = name[:cut] if cut > 0 else ""
        return None

    @cached_property
    def _contracts(self) -> Mapping[str, str]:
        return {
            row["contract"]: row["product"] for row in self._facts.rows("contracts") if row["product"] in self._facts.products
        }

    def state(self, product: str, policy: str) -> str | None:
        """The worst state of a policy's results about a product; None if the policy does not apply to it."""
        return self._states.get((product, policy))

    @cached_property
    def _states(self) -> Mapping[tuple[str, str], str]:
        states: dict[tuple[str, str], str] = {}
        for product, rows in self.of_product.items():
            for row in rows:  # the worst comes first
                states.setdefault((product, row["policy"]), row["state"])
        return states

    def counts(self, product: str | None = None) -> Counter[str]:
        """How many policies are in each state for a product; without a product, for all products together."""
        if product is None:
            return Counter(self._states.values())
        return Counter({row["policy"]: row["state"] for row in reversed(self.of_product[product])}.values())

    @cached_property
    def of_policy(self) -> Mapping[str, list[Row]]:
        """The results of a policy, the worst first."""
        ordered = sorted(self._facts.rows("policy_results"), key=lambda row: (WORST_FIRST.index(row["state"]), row["subject"]))
        return grouped(ordered, "policy")
