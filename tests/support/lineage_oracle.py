"""An oracle of column lineage: change one input column, run the query, and see which columns of the result move.

It knows no SQL. A query runs on sample rows, then once more for each change of each column. A column of the result has moved if
its values are others, in whatever order. What the lineage of a column does not list must never move it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count, islice

import duckdb

from mesh_capabilities.columns.derivation import ANY_COLUMN, Derivation, Origin, Relation

MARK = "zqx"
"""What a changed text begins with. Where it shows up in the result, the result is computed from the text."""

Table = tuple[Mapping[str, str], Sequence[tuple]]
"""The types of a table's columns by name, and its rows."""


def _fresh(value: object) -> object:
    """Another value of the same type; equal values stay equal."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return MARK + value
    if isinstance(value, list):
        return [_fresh(one) for one in value]
    if isinstance(value, dict):
        return {key: _fresh(one) for key, one in value.items()}
    try:
        return value + 3 if value is not None else None
    except TypeError:
        from datetime import timedelta

        return value + timedelta(days=40)


def changes(values: Sequence) -> Iterator[list]:
    """Different contents of a column: other values, other rows' values, nulls, one value in every row."""
    yield [_fresh(value) for value in values]
    yield [_fresh(value) if place % 3 == 0 else value for place, value in enumerate(values)]
    yield [None if place % 2 else value for place, value in enumerate(values)]
    yield [*values[1:], *values[:1]]
    yield [next((value for value in values if value is not None), None)] * len(values)


class Oracle:
    """A DuckDB with sample tables.

    Args:
        tables: their columns and rows, by relation.
        setup: statements that create what the queries read besides the tables.
        catalog: the name of the database, where the queries write it.
        kinds: how many kinds of changes are tried.
    """

    def __init__(
        self, tables: Mapping[Relation, Table], setup: Sequence[str] = (), catalog: str = "sample", kinds: int = 5
    ) -> None:
        self._tables = dict(tables)
        self._originals: dict[Relation, str] = {}
        self._numbers = count()
        self._connection = duckdb.connect(config={"threads": 1})
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute(f"ATTACH ':memory:' AS \"{catalog}\"")
        self._connection.execute(f'USE "{catalog}"')
        for schema in {relation.schema for relation in tables}:
            self._connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        self._changes: list[tuple[Origin, str]] = []
        for relation, (columns, rows) in tables.items():
            self._show(relation, self._stored(relation, rows))
            for place, name in enumerate(columns):
                for changed in islice(changes([row[place] for row in rows]), kinds):
                    others = [(*row[:place], value, *row[place + 1 :]) for row, value in zip(rows, changed)]
                    self._changes.append((Origin(relation, name), self._stored(relation, others)))
        for statement in setup:
            self._connection.execute(statement)

    @property
    def relations(self) -> list[Relation]:
        return list(self._tables)

    def columns(self, sql: str) -> list[str]:
        """The names of the columns of a table that a query makes: they differ from each other."""
        return [column[0] for column in self._connection.execute(f"FROM ({sql})").description]

    def moves(self, sql: str, texts: str = "") -> dict[tuple[str, Origin], bool]:
        """Each column of the result that moves, with the column that moves it, and whether it shows the changed text.

        Args:
            sql: the query.
            texts: the SQL of the views that it reads.
        """
        before = self._result(sql)
        moved: dict[tuple[str, Origin], bool] = {}
        for origin, stored in self._changes:
            if origin.relation.name not in sql + texts:
                continue
            with self._changed(origin.relation, stored):
                try:
                    after = self._result(sql)
                except duckdb.Error:  # a value that the query cannot cast
                    continue
            for column, old in before.items():
                new = after.get(column, Counter())
                if old != new:
                    moved[column, origin] = moved.get((column, origin), False) or any(MARK in text.lower() for text in new)
        return moved

    def _result(self, sql: str) -> dict[str, Counter]:
        cursor = self._connection.execute(f"FROM ({sql})")
        names = [column[0] for column in cursor.description]
        rows = cursor.fetchall()
        return {name: Counter(repr(row[place]) for row in rows) for place, name in enumerate(names)}

    @contextmanager
    def _changed(self, relation: Relation, stored: str) -> Iterator[None]:
        self._show(relation, stored)
        try:
            yield
        finally:
            self._show(relation, self._originals[relation])

    def _show(self, relation: Relation, stored: str) -> None:
        """Makes the relation a view of stored rows."""
        self._originals.setdefault(relation, stored)
        self._connection.execute(f'CREATE OR REPLACE VIEW "{relation.schema}"."{relation.name}" AS FROM {stored}')

    def _stored(self, relation: Relation, rows: Sequence[tuple]) -> str:
        columns = self._tables[relation][0]
        table = f"stored_{next(self._numbers)}"
        listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        self._connection.execute(f"CREATE TABLE main.{table} ({listed})")
        places = ", ".join(f"({', '.join('?' for _ in columns)})" for _ in rows)
        self._connection.execute(f"INSERT INTO main.{table} VALUES {places}", [value for row in rows for value in row])
        return f"main.{table}"


def _lists(origins: frozenset[Origin], origin: Origin) -> bool:
    return any(one.relation == origin.relation and one.column.lower() in (origin.column.lower(), ANY_COLUMN) for one in origins)


def concealed(moved: Mapping[tuple[str, Origin], bool], derivation: Derivation) -> list[str]:
    """What a lineage conceals of the moves of its query."""
    names = {name.lower(): name for name in derivation.values}
    faults = []
    for (column, origin), shows_text in moved.items():
        name = names.get(column.lower())
        place = f"{origin.relation.name}.{origin.column}"
        if name is None:
            faults.append(f"{column} is not in the lineage")
        elif not _lists(derivation.values[name] | derivation.rows[name], origin):
            faults.append(f"{column} moves with {place}")
        elif shows_text and not _lists(derivation.values[name], origin):
            faults.append(f"{column} shows the text of {place}")
    return sorted(set(faults))
