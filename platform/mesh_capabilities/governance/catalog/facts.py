"""What is kept of the mesh between two looks: facts by the part they were harvested from, the tables before any join."""

from collections.abc import Iterable, Mapping
from typing import Any

from mesh_capabilities.governance.catalog.tables import TABLES

Row = Mapping[str, Any]
Rows = Mapping[str, Iterable[Row]]
"""By fact, its rows; a column that a row does not have is NULL."""


def _columns(table: str, without: Iterable[str] = (), more: Mapping[str, str] | None = None) -> dict[str, str]:
    stated = {name: kind for name, (kind, _) in TABLES[table].columns.items() if name not in without}
    return {**stated, **(more or {})}


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
            "rules",
            "inputs_declared",
            "column_lineage",
            "unfollowed",
            "transitions",
            "runs",
            "check_results",
        )
    },
}
"""By fact, its columns with their DuckDB types."""
