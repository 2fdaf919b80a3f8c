"""What policies may read beside the catalog: facts that no file states and no SQL can compute."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import duckdb

from mesh_capabilities.governance.catalog.tables import TABLES, Table
from mesh_capabilities.governance.classification import LEVELS, MASKING_STEPS
from mesh_platform.names import identifier, literal

OWN = ("policies", "policy_results", "waivers")
"""What is made of policies: they cannot read it."""

FACTS: Mapping[str, Table] = {
    "clock": Table("The day of the check, one row.", {"today": ("DATE", "The day on which policies are judged, UTC.")}, ()),
    "classifications": Table(
        "The levels of classification, from what anybody may know to what may hurt people.",
        {
            "classification": ("VARCHAR", "As a column of a contract says it."),
            "level": ("INTEGER", "The higher, the more sensitive; from 1."),
            "personal": ("BOOLEAN", "Whether it is personal data."),
        },
        ("classification",),
    ),
    "masking_steps": Table(
        "The registered steps that make a column less sensitive than what it is made of.",
        {
            "step": ("VARCHAR", "As the custom property `masking` of a column says it."),
            "lowers_to": ("VARCHAR", "The lowest classification that a column may have after it."),
            "what": ("VARCHAR", "What it does."),
        },
        ("step",),
    ),
    "contract_changes": Table(
        "What became of contracts since they were published, or since a git revision, and whether their version says so.",
        {
            "contract": ("VARCHAR", "The id of the contract."),
            "since": ("VARCHAR", "What it is held against: `published`, or the revision."),
            "happened": ("VARCHAR", "changed or deleted."),
            "old_version": ("VARCHAR", "Its version there."),
            "new_version": ("VARCHAR", "Its version now."),
            "required": ("VARCHAR", "The bump that the changes ask for: none, patch, minor or major."),
            "sufficient": ("BOOLEAN", "Whether the version grew as much."),
            "breaking": ("BOOLEAN", "Whether it breaks consumers within its major version, or ends before its notice is over."),
            "problem": ("VARCHAR", "Why the change is refused; empty when it is allowed."),
            "way_out": ("VARCHAR", "What to do about it."),
        },
        ("contract",),
    ),
}

READABLE = (*(name for name in TABLES if name not in OWN), *FACTS)
"""The tables that a policy may read."""


def provide(connection: duckdb.DuckDBPyConnection, today: date, contract_changes: Iterable[Mapping[str, Any]]) -> None:
    """Makes the tables of FACTS, for this connection only."""
    rows = {
        "clock": [{"today": today}],
        "classifications": [
            {"classification": level.name, "level": number, "personal": level.personal}
            for number, level in enumerate(LEVELS, start=1)
        ],
        "masking_steps": [vars(step) for step in MASKING_STEPS],
        "contract_changes": contract_changes,
    }
    for name, table in FACTS.items():
        create(connection, name, table, rows[name])


def create(connection: duckdb.DuckDBPyConnection, name: str, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Makes a temporary table with these rows; a column that a row does not name is NULL."""
    columns = ", ".join(f"{identifier(column)} {kind}" for column, (kind, _) in table.columns.items())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {identifier(name)} ({columns})")
    values = [f"({', '.join(_value(row.get(column)) for column in table.columns)})" for row in rows]
    if values:
        connection.execute(f"INSERT INTO temp.{identifier(name)} VALUES {', '.join(values)}")


def _value(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(_value, value))}]"
    return literal(value)
