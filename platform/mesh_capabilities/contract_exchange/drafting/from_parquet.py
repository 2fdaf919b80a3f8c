"""Drafting from Parquet files: types as they are stored, and what happens to be true of every row."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mesh_capabilities.contract_exchange.drafting.draft import Draft, DraftColumn
from mesh_platform.contract.types import duckdb_type
from mesh_platform.errors import ContractError, FileRefused
from mesh_platform.names import identifier, literal

if TYPE_CHECKING:
    import duckdb

# The nearest type that a port stores and that holds every value of these.
_WIDER = {
    "UTINYINT": "SMALLINT",
    "USMALLINT": "INTEGER",
    "UINTEGER": "BIGINT",
    "UBIGINT": "DECIMAL(20,0)",
    "UUID": "VARCHAR",
    "TIME": "VARCHAR",
    "JSON": "VARCHAR",
}
_WITHOUT_ZONE = {
    "TIMESTAMP": "in the file; if these are moments, cast them to TIMESTAMP WITH TIME ZONE and say so here",
    "TIMESTAMP_NS": "in the file; a port stores microseconds",
}


def draft_from_parquet(files: Sequence[Path]) -> Draft:
    """What the files' columns are. Raises FileRefused for files that are no Parquet or hold nothing that a port stores."""
    import duckdb

    listed = ", ".join(literal(file) for file in files)
    names = ", ".join(file.name for file in files)
    try:
        with duckdb.connect() as connection:
            connection.execute(f"CREATE VIEW found AS SELECT * FROM read_parquet([{listed}])")
            described = [(name, kind) for name, kind, *_ in connection.execute("DESCRIBE found").fetchall()]
            draft = Draft(names, [], notes=[])
            draft.columns = [column for name, kind in described if (column := _column(name, kind, draft))]
            _observe(draft, connection)
    except duckdb.Error as problem:
        said = " ".join(str(problem).split())
        raise FileRefused(f"{names} cannot be read as Parquet: {said}", "Name Parquet files.") from problem
    if not draft.columns:
        raise FileRefused(
            f"{names} has no column that a port can store.", "A port stores plain values, and lists, structs and maps of them."
        )
    return draft


def _column(name: str, kind: str, draft: Draft) -> DraftColumn | None:
    if kind in _WITHOUT_ZONE:
        return DraftColumn(name, "TIMESTAMP", notes=[f"{kind} {_WITHOUT_ZONE[kind]}"])
    stored = _WIDER.get(kind, "VARCHAR" if kind.startswith("ENUM(") else kind)
    try:
        column = DraftColumn(name, duckdb_type(stored, None))
    except ContractError:
        draft.notes.append(f"Left out: {name}, of type {kind}, which a port cannot store.")
        return None
    if stored != kind and not kind.startswith("ENUM("):
        column.notes.append(f"{kind} in the file; the type below holds all its values")
    return column


def _observe(draft: Draft, connection: "duckdb.DuckDBPyConnection") -> None:
    """Notes where no row lacks a value, and where every row has another one."""
    columns = draft.columns
    names = [identifier(column.name) for column in columns]
    asked = ", ".join(["count(*)", *(f"count({name}), approx_count_distinct({name})" for name in names)])
    rows, *counts = connection.execute(f"SELECT {asked} FROM found").fetchone()
    draft.origin += f", {_rows(rows)}"
    if not rows:
        draft.notes.append("There was no row to look at: nothing is said about nulls and keys.")
        return
    for column, name, known, distinct in zip(columns, names, counts[::2], counts[1::2]):
        if known < rows:
            continue
        column.required = True
        column.notes.append(f"required: no null in {_rows(rows)}")
        # The estimate is within a few per cent; only what may be unique is counted.
        if rows > 1 and distinct > 0.8 * rows:
            (different,) = connection.execute(f"SELECT count(DISTINCT {name}) FROM found").fetchone()
            if different == rows:
                column.notes.append(f"candidate key, no value twice in {_rows(rows)}; if it is the key, say primaryKey: true")


def _rows(number: int) -> str:
    return f"{number:,} row{'s' if number != 1 else ''}"
