"""The facts of a mesh that the portal shows, read from the metadata tables once and looked up by key."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Protocol

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
    "owners",
    "transitions",
    "policies",
    "policy_results",
    "waivers",
)
"""The metadata tables that the portal reads."""


class Tables(Protocol):
    """Whatever hands out the rows of the metadata tables: the catalogue, or a test's own."""

    def rows(self, table: str) -> Sequence[Row]: ...


class Facts:
    """All rows of the tables, and the ways in which pages look them up.

    Args:
        tables: the rows by table. A table that is missing has not been harvested; pages say "not known yet".
        moment: when the facts were read, UTC.
    """

    def __init__(self, tables: Mapping[str, Sequence[Row]], moment: datetime | None = None) -> None:
        self._tables = tables
        self.moment = moment or datetime.now(UTC)

    def known(self, table: str) -> bool:
        """Whether the table was there to be read, with or without rows."""
        return table in self._tables

    def rows(self, table: str) -> Sequence[Row]:
        """The rows of a table; none of one that is not known."""
        return self._tables.get(table, ())

    def by(self, table: str, key: str) -> Mapping[Any, list[Row]]:
        """The rows of a table in groups, by one of its columns. Looked up once, kept for every page after."""
        kept = self._groups.get((table, key))
        if kept is None:
            kept = self._groups[table, key] = grouped(self.rows(table), key)
        return kept

    @cached_property
    def _groups(self) -> dict[tuple[str, str], Mapping[Any, list[Row]]]:
        return {}

    @cached_property
    def products(self) -> Mapping[str, Row]:
        """Every product by its name, `sales/orders`, in the order of their names."""
        return {row["product"]: row for row in sorted(self.rows("products"), key=lambda row: row["product"])}

    @cached_property
    def ports(self) -> Mapping[str, Row]:
        """Every port in its newest major, by address."""
        ordered = sorted(self.rows("ports"), key=lambda row: (row["port"], row["major"]))
        return {row["port"]: row for row in ordered}

    @cached_property
    def domains(self) -> Mapping[str, Row]:
        """Every domain by name, the broken ones too."""
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
        """The product that publishes a port; None for what no product of the catalogue publishes."""
        row = self.ports.get(port or "")
        return row["product"] if row and row["product"] in self.products else None


def read_facts(catalog: Tables) -> Facts:
    """Reads every table that there is. One that is missing or cannot be read stays unknown; the others are shown."""
    tables = {}
    for name in TABLES:
        try:
            tables[name] = catalog.rows(name)
        except (KeyError, MeshError):
            continue
    return Facts(tables)


def grouped(rows: Iterable[Row], key: str) -> Mapping[Any, list[Row]]:
    """Rows by the value of one column; a look-up of what is not there gives an empty list and adds nothing."""
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return _Groups(groups)


class _Groups(dict):
    def __missing__(self, key: Any) -> list[Row]:
        return []
