"""Compares two tables row by row: lost and gained rows, and, if rows have a key, changed cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mesh_platform.names import identifier

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Example:
    """One row that differs."""

    kind: str
    """`lost`, `gained` or `changed`."""
    key: Mapping[str, str | None]
    """The values of its key columns; for tables without a key, of all columns."""
    cells: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    """For a changed row, the values then and now of each column that differs."""


@dataclass(frozen=True)
class RowComparison:
    """The result of a comparison. `then` is the first table, `now` the second."""

    rows_then: int
    rows_now: int
    lost: int = 0
    gained: int = 0
    changed: int = 0
    """Rows with the same key that differ. Without a key, such a row counts as lost and as gained."""
    columns: Mapping[str, int] = field(default_factory=dict)
    """By column, how many changed rows differ in it."""
    shape: tuple[str, ...] = ()
    """How the schemas differ, in sentences."""
    examples: tuple[Example, ...] = ()

    @property
    def equal(self) -> bool:
        return not (self.lost or self.gained or self.changed or self.shape)


def compare_rows(
    connection: "duckdb.DuckDBPyConnection", then: str, now: str, key: Sequence[str] = (), examples: int = 5
) -> RowComparison:
    """Compares two relations as multisets of rows; order does not matter.

    Args:
        connection: can read both.
        then: one relation, as SQL names it.
        now: the other.
        key: columns that identify a row. If they are not unique in both tables, whole rows are compared.
        examples: how many differing rows of each kind to return.
    """
    before, after = _columns(connection, then), _columns(connection, now)
    common = [name for name in before if name in after]
    shape = [f"{name} is missing" for name in before if name not in after]
    shape += [f"{name} is new" for name in after if name not in before]
    shape += [f"{name} was {before[name]} and is {after[name]} now" for name in common if before[name] != after[name]]
    rows_then, rows_now = (_one(connection, f"SELECT count(*) FROM {table}") for table in (then, now))
    listed = ", ".join(map(identifier, common)) or "NULL"
    whole = {
        "lost": f"SELECT {listed} FROM {then} EXCEPT ALL SELECT {listed} FROM {now}",
        "gained": f"SELECT {listed} FROM {now} EXCEPT ALL SELECT {listed} FROM {then}",
    }
    lost, gained = (_one(connection, f"SELECT count(*) FROM ({sql})") for sql in whole.values())
    if not (lost or gained):
        return RowComparison(rows_then, rows_now, shape=tuple(shape))
    if key and set(key) <= set(common) and _identifies(connection, key, then) and _identifies(connection, key, now):
        return _by_key(connection, then, now, key, common, RowComparison(rows_then, rows_now, shape=tuple(shape)), examples)
    shown = [Example(kind, row) for kind, sql in whole.items() for row in _rows(connection, sql, common, examples)]
    return RowComparison(rows_then, rows_now, lost, gained, shape=tuple(shape), examples=tuple(shown))


def _by_key(
    connection: "duckdb.DuckDBPyConnection",
    then: str,
    now: str,
    key: Sequence[str],
    common: Sequence[str],
    counted: RowComparison,
    examples: int,
) -> RowComparison:
    on = " AND ".join(f"t.{identifier(name)} = n.{identifier(name)}" for name in key)
    others = [name for name in common if name not in key]
    differs = {name: f"t.{identifier(name)} IS DISTINCT FROM n.{identifier(name)}" for name in others}
    anywhere = " OR ".join(differs.values()) or "FALSE"
    sides = {
        "lost": f"SELECT t.* FROM {then} AS t ANTI JOIN {now} AS n ON {on}",
        "gained": f"SELECT n.* FROM {now} AS n ANTI JOIN {then} AS t ON {on}",
    }
    joined = f"{then} AS t JOIN {now} AS n ON {on} WHERE {anywhere}"
    counts = ", ".join(["count(*)", *(f"count(*) FILTER (WHERE {test})" for test in differs.values())])
    changed, *by_column = connection.execute(f"SELECT {counts} FROM {joined}").fetchone()
    shown = [Example(kind, row) for kind, sql in sides.items() for row in _rows(connection, sql, key, examples)]
    cells = [f"{side}.{identifier(name)}::VARCHAR" for name in others for side in "tn"]
    keys = [f"t.{identifier(name)}::VARCHAR" for name in key]
    order = ", ".join(f"t.{identifier(name)}" for name in key)
    for row in connection.execute(
        f"SELECT {', '.join(keys + cells)} FROM {joined} ORDER BY {order} LIMIT {examples}"
    ).fetchall():
        pairs = zip(others, row[len(key) :: 2], row[len(key) + 1 :: 2])
        differing = {name: (old, new) for name, old, new in pairs if old != new}
        shown.append(Example("changed", dict(zip(key, row)), differing))
    return RowComparison(
        counted.rows_then,
        counted.rows_now,
        *(_one(connection, f"SELECT count(*) FROM ({sql})") for sql in sides.values()),
        changed,
        {name: count for name, count in zip(others, by_column) if count},
        counted.shape,
        tuple(shown),
    )


def _columns(connection: "duckdb.DuckDBPyConnection", table: str) -> dict[str, str]:
    return {name: kind for name, kind, *_ in connection.execute(f"DESCRIBE FROM {table}").fetchall()}


def _one(connection: "duckdb.DuckDBPyConnection", sql: str) -> int:
    return connection.execute(sql).fetchone()[0]


def _identifies(connection: "duckdb.DuckDBPyConnection", key: Sequence[str], table: str) -> bool:
    names = ", ".join(map(identifier, key))
    empty = " OR ".join(f"{identifier(name)} IS NULL" for name in key)
    repeated = f"SELECT 1 FROM {table} GROUP BY {names} HAVING count(*) > 1 OR bool_or({empty})"
    return not _one(connection, f"SELECT count(*) FROM ({repeated} LIMIT 1)")


def _rows(
    connection: "duckdb.DuckDBPyConnection", sql: str, columns: Sequence[str], examples: int
) -> list[dict[str, str | None]]:
    texts = ", ".join(f"{identifier(name)}::VARCHAR" for name in columns)
    rows = connection.execute(f"SELECT {texts} FROM ({sql}) ORDER BY ALL LIMIT {examples}").fetchall()
    return [dict(zip(columns, row)) for row in rows]
