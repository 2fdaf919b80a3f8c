"""The difference between a candidate and the served version: rows added, removed and changed, column by column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesh_isolation.column_types import canonical
from mesh_platform.names import identifier, literal
from mesh_platform.port.shelf import view_statements
from mesh_platform.port.version import PortVersion

if TYPE_CHECKING:
    import duckdb

SHOWN = 3
"""The number of example rows of each kind."""


@dataclass(frozen=True)
class Difference:
    """The difference between a candidate and the served version."""

    version: int | None
    """The served version; None when there is none."""
    before: int
    after: int
    added: int
    removed: int
    changed: int | None = None
    """The number of rows with the same key and another difference; None without a key that identifies rows."""
    by_column: Mapping[str, int] = field(default_factory=dict)
    """The number of changed rows in which each column differs; columns without a difference are left out."""
    new_columns: tuple[str, ...] = ()
    lost_columns: tuple[str, ...] = ()
    retyped: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Columns whose type differs: name → (before, after)."""
    added_rows: tuple[dict[str, Any], ...] = ()
    removed_rows: tuple[dict[str, Any], ...] = ()
    changed_rows: tuple[dict[str, Any], ...] = ()
    """Each row has the key's values, and the pair (before, after) of each column that differs."""

    @property
    def none(self) -> bool:
        """Whether the candidate is the same as the served version."""
        return not (self.added or self.removed or self.changed or self.new_columns or self.lost_columns or self.retyped)


def difference(served: PortVersion | None, candidate: Path, key: Sequence[str]) -> Difference:
    """Compares a candidate, one Parquet file, with the served version.

    Args:
        served: the served version; None for a port that was never published, so that every row is new.
        candidate: the file.
        key: the primary key of the contract. Whole rows are compared, and no row counts as changed, if the key is empty,
            does not identify a row, or has a column that is missing on either side.
    """
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"CREATE VIEW after AS FROM read_parquet({literal(candidate)}, hive_partitioning = false)")
        after = _columns("after", connection)
        if served is None:
            rows = _number("SELECT count(*) FROM after", connection)
            examples = tuple(_rows("FROM after", connection))
            return Difference(None, 0, rows, rows, 0, 0 if key else None, new_columns=tuple(after), added_rows=examples)
        for statement in view_statements(served):
            connection.execute(statement)
        connection.execute(f"CREATE VIEW before AS FROM {served.address.sql}")
        return _compare(served, key, _columns("before", connection), after, connection)


def _compare(
    served: PortVersion,
    key: Sequence[str],
    before: Mapping[str, str],
    after: Mapping[str, str],
    connection: "duckdb.DuckDBPyConnection",
) -> Difference:
    shared = [name for name in before if name in after]
    columns = {
        "new_columns": tuple(name for name in after if name not in before),
        "lost_columns": tuple(name for name in before if name not in after),
        "retyped": {name: (before[name], after[name]) for name in shared if before[name] != after[name]},
    }
    keyed = (
        bool(key) and all(name in shared for name in key) and all(_identifies_rows(key, side, connection) for side in _SIDES)
    )
    counts = [_number(f"SELECT count(*) FROM {side}", connection) for side in _SIDES]
    look = _by_key if keyed else _by_row
    return Difference(served.number, *counts, **columns, **look(key, shared, columns["retyped"], connection))


_SIDES = ("before", "after")


def _by_key(
    key: Sequence[str], shared: Sequence[str], retyped: Mapping[str, Any], connection: "duckdb.DuckDBPyConnection"
) -> dict[str, Any]:
    on = " AND ".join(f"b.{identifier(name)} IS NOT DISTINCT FROM a.{identifier(name)}" for name in key)
    joined = f"(SELECT *, 1 AS there FROM before) b FULL JOIN (SELECT *, 1 AS there FROM after) a ON {on}"
    differs = {name: _differs(name, name in retyped) for name in shared if name not in key}
    both = "b.there = 1 AND a.there = 1"
    change = f"({' OR '.join(differs.values()) or 'false'})"
    counted = ", ".join(f"count(*) FILTER ({both} AND {test})" for test in (change, *differs.values()))
    added, removed, changed, *by_column = connection.execute(
        f"SELECT count(*) FILTER (b.there IS NULL), count(*) FILTER (a.there IS NULL), {counted} FROM {joined}"
    ).fetchone()
    ordered = {side: ", ".join(f"{side}.{identifier(name)}" for name in key) for side in "ab"}
    pairs = connection.execute(
        f"SELECT b, a FROM {joined} WHERE {both} AND {change} ORDER BY {ordered['a']} LIMIT {SHOWN}"
    ).fetchall()
    new = f"SELECT a.* EXCLUDE (there) FROM {joined} WHERE b.there IS NULL ORDER BY {ordered['a']}"
    gone = f"SELECT b.* EXCLUDE (there) FROM {joined} WHERE a.there IS NULL ORDER BY {ordered['b']}"
    return {
        "added": added,
        "removed": removed,
        "changed": changed,
        "by_column": {name: count for name, count in zip(differs, by_column) if count},
        "added_rows": tuple(_rows(new, connection)),
        "removed_rows": tuple(_rows(gone, connection)),
        "changed_rows": tuple(_changed_row(old, new, key, differs) for old, new in pairs),
    }


def _changed_row(old: dict[str, Any], new: dict[str, Any], key: Sequence[str], columns: Mapping[str, str]) -> dict[str, Any]:
    return {name: new[name] for name in key} | {name: (old[name], new[name]) for name in columns if old[name] != new[name]}


def _by_row(
    key: Sequence[str], shared: Sequence[str], retyped: Mapping[str, Any], connection: "duckdb.DuckDBPyConnection"
) -> dict[str, Any]:
    chosen = ", ".join(f"{identifier(name)}{'::VARCHAR' if name in retyped else ''} AS {identifier(name)}" for name in shared)
    if not chosen:
        counts = {f"{side}": _number(f"SELECT count(*) FROM {side}", connection) for side in _SIDES}
        return {"added": counts["after"], "removed": counts["before"]}
    rows: dict[str, Any] = {}
    for name, side, other in (("added", "after", "before"), ("removed", "before", "after")):
        beyond = f"(SELECT {chosen} FROM {side} EXCEPT ALL SELECT {chosen} FROM {other})"
        rows[name] = _number(f"SELECT count(*) FROM {beyond}", connection)
        rows[f"{name}_rows"] = tuple(_rows(f"FROM {beyond} ORDER BY ALL", connection))
    return rows


def _differs(name: str, retyped: bool) -> str:
    # Two types may have no common type; text can always be compared.
    cast = "::VARCHAR" if retyped else ""
    return f"b.{identifier(name)}{cast} IS DISTINCT FROM a.{identifier(name)}{cast}"


def _identifies_rows(key: Sequence[str], side: str, connection: "duckdb.DuckDBPyConnection") -> bool:
    columns = ", ".join(map(identifier, key))
    return not connection.execute(f"SELECT 1 FROM {side} GROUP BY {columns} HAVING count(*) > 1 LIMIT 1").fetchone()


def _columns(side: str, connection: "duckdb.DuckDBPyConnection") -> dict[str, str]:
    return {name: canonical(kind) for name, kind, *_ in connection.execute(f"DESCRIBE {side}").fetchall()}


def _rows(sql: str, connection: "duckdb.DuckDBPyConnection") -> list[dict[str, Any]]:
    answer = connection.execute(f"{sql} LIMIT {SHOWN}")
    names = [column[0] for column in answer.description]
    return [dict(zip(names, row)) for row in answer.fetchall()]


def _number(sql: str, connection: "duckdb.DuckDBPyConnection") -> int:
    return connection.execute(sql).fetchone()[0]
