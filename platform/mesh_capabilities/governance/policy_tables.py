"""The tables that a policy may read: the catalog's, and five that exist only while policies are evaluated."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from mesh_capabilities.governance.catalog.tables import JUDGED, TABLES, Table
from mesh_isolation.sensitivity import is_personal
from mesh_platform.names import identifier, literal


@dataclass(frozen=True)
class Classification:
    """A value of a column's `classification` in a contract."""

    name: str
    means: str

    @property
    def personal(self) -> bool:
        return is_personal(self.name)


@dataclass(frozen=True)
class MaskingStep:
    """A value of a column's custom property `masking` in a contract."""

    step: str
    lowers_to: str
    what: str


CLASSIFICATIONS = (
    Classification("public", "anyone may see it"),
    Classification("internal", "everyone who works with the mesh may see it"),
    Classification("confidential", "only those who need it may see it"),
    Classification("personal", "it relates to a person who can be identified"),
    Classification("sensitive-personal", "it relates to a person's health, beliefs, origin or similar"),
)
"""From the least to the most sensitive."""

MASKING_STEPS = (
    MaskingStep("coarsened_date", "internal", "keeps only the month of a date or time"),
    MaskingStep("coarsened_place", "internal", "keeps only the state of an address"),
    MaskingStep("keyed_hash", "confidential", "replaces an identifier by a hash with a secret key that only the owner has"),
    MaskingStep("rank", "internal", "keeps only the rank of a value, in at most ten groups"),
    MaskingStep("redacted", "public", "replaces every value by one constant"),
)

POLICY_TABLES: Mapping[str, Table] = {
    "clock": Table("The day of the evaluation, one row.", {"today": ("DATE", "The day of the evaluation, UTC.")}, ()),
    "classifications": Table(
        "The levels of classification, from the least to the most sensitive.",
        {
            "classification": ("VARCHAR", "The level's name, as contracts write it."),
            "level": ("INTEGER", "From 1; a higher level is more sensitive."),
            "personal": ("BOOLEAN", "Whether it is personal data."),
        },
        ("classification",),
    ),
    "masking_steps": Table(
        "The registered steps that make a column less sensitive than its sources.",
        {
            "step": ("VARCHAR", "The step's name, as the custom property `masking` of a column writes it."),
            "lowers_to": ("VARCHAR", "The lowest classification that a column can have after it."),
            "what": ("VARCHAR", "What it does."),
        },
        ("step",),
    ),
    "contract_changes": Table(
        "Contracts that changed since they were published or since a git revision, and whether their version reflects it.",
        {
            "contract": ("VARCHAR", "The id of the contract."),
            "since": ("VARCHAR", "What it is compared with: `published`, or the revision."),
            "happened": ("VARCHAR", "changed or deleted."),
            "old_version": ("VARCHAR", "The version before."),
            "new_version": ("VARCHAR", "The version now."),
            "required": ("VARCHAR", "The bump that the changes require: none, patch, minor or major."),
            "sufficient": ("BOOLEAN", "Whether the version grew at least that much."),
            "breaking": ("BOOLEAN", "Whether it breaks consumers within the major version, or ends before the notice period."),
            "problem": ("VARCHAR", "Why the change is refused; empty when it is allowed."),
            "way_out": ("VARCHAR", "What to do about it."),
        },
        ("contract",),
    ),
    "columns_of_views": Table(
        "The columns of earlier majors, which are views over the newest, with the columns of the newest that make them.",
        {
            "contract": ("VARCHAR", "The id of the contract of the earlier major."),
            "column": ("VARCHAR", "The column of the earlier major."),
            "newest": ("VARCHAR", "The id of the contract of the newest major."),
            "from_column": ("VARCHAR", "A column of the newest major that it can be made of, by name or by `transformLogic`."),
        },
        ("contract", "column", "from_column"),
    ),
}

READABLE = (*(name for name in TABLES if name not in JUDGED), *POLICY_TABLES)
"""The tables that a policy may read. The results of policies are not among them."""


def create_policy_tables(
    connection: duckdb.DuckDBPyConnection,
    today: date,
    contract_changes: Iterable[Mapping[str, Any]],
    columns_of_views: Iterable[Mapping[str, Any]] = (),
) -> None:
    """Creates POLICY_TABLES as temporary tables of the connection."""
    rows = {
        "clock": [{"today": today}],
        "classifications": [
            {"classification": level.name, "level": number, "personal": level.personal}
            for number, level in enumerate(CLASSIFICATIONS, start=1)
        ],
        "masking_steps": [vars(step) for step in MASKING_STEPS],
        "contract_changes": contract_changes,
        "columns_of_views": columns_of_views,
    }
    for name, table in POLICY_TABLES.items():
        create_table(connection, name, table, rows[name])


def create_table(connection: duckdb.DuckDBPyConnection, name: str, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Creates a temporary table with these rows; a column that a row does not name is NULL."""
    columns = ", ".join(f"{identifier(column)} {kind}" for column, (kind, _) in table.columns.items())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {identifier(name)} ({columns})")
    values = [f"({', '.join(_value(row.get(column)) for column in table.columns)})" for row in rows]
    if values:
        connection.execute(f"INSERT INTO temp.{identifier(name)} VALUES {', '.join(values)}")


def _value(value: Any) -> str:
    if isinstance(value, str):
        return literal(escaped(value))
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_value, value))}]"
    return literal(value)


def escaped(text: str) -> str:
    """The text with escapes for characters that SQL text cannot hold: NUL, and bytes that are not UTF-8."""
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode("utf-8")
