"""The facts that harvesting keeps: their columns, and the rows that one unit of the mesh contributes.

A fact is a table before any join. Each of its rows belongs to the unit from which it was harvested.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mesh_capabilities.governance.catalog.tables import TABLES

FactRow = Mapping[str, Any]
FactRows = Mapping[str, Iterable[FactRow]]
"""By fact, its rows; a column that a row does not have is NULL."""


def _columns(table: str, without: Iterable[str] = (), more: Mapping[str, str] | None = None) -> dict[str, str]:
    declared = {name: kind for name, (kind, _) in TABLES[table].columns.items() if name not in without}
    return {**declared, **(more or {})}


FACTS: Mapping[str, Mapping[str, str]] = {
    "domains": _columns("domains", ["state"]),
    "products": _columns("products"),
    "outputs": {
        "port": "VARCHAR",
        "major": "INTEGER",
        "domain": "VARCHAR",
        "product": "VARCHAR",
        "contract": "VARCHAR",
        "version": "VARCHAR",
        "file": "VARCHAR",
    },
    "contracts": _columns(
        "contracts",
        ["published_version", "published_digest"],
        {"grain": "VARCHAR", "description": "VARCHAR", "partitioned_by": "VARCHAR"},
    ),
    "served": {
        "port": "VARCHAR",
        "major": "INTEGER",
        "version": "BIGINT",
        "bytes": "BIGINT",
        "files": "BIGINT",
        "partitioned_by": "VARCHAR",
        "problem": "VARCHAR",
    },
    "models": {"domain": "VARCHAR", "port": "VARCHAR", "file": "VARCHAR"},
    "relations": _columns("relations_read", ["allowed", "why"], {"own": "BOOLEAN"}),
    "problems": {"domain": "VARCHAR", "file": "VARCHAR", "problem": "VARCHAR"},
    "inputs_used": _columns("inputs_used", ["product"]),
    **{
        name: _columns(name)
        for name in (
            "versions",
            "version_inputs",
            "version_sources",
            "columns",
            "unaccepted_signatures",
            "rules",
            "inputs_declared",
            "column_lineage",
            "unfollowed",
            "unfollowed_columns",
            "transitions",
            "runs",
            "check_results",
        )
    },
}
"""By fact, its columns with their DuckDB types."""


@dataclass(frozen=True)
class Harvested:
    """The rows harvested from one unit."""

    rows: FactRows = field(default_factory=dict)
    reads: frozenset[str] = frozenset()
    """The keys of its sources, in the spelling of `Survey`; when one changes, the unit is harvested again."""
    digest: str = ""
    """The digest of the sources of the rows, if computing it is faster than harvesting the rows; else empty."""
    same: bool = False
    """Whether the digest equals that of the last harvest, so that the kept rows are still valid."""
