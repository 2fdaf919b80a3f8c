"""What a part of a query resolves to: a value with its origins, and a table of such values."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from mesh_capabilities.columns.derivation import Origin, Relation

NO_ORIGINS: frozenset[Origin] = frozenset()


_QUALIFIED_NAME = re.compile(r'(?=\b(\w+)"?\s*\.\s*"?(\w+))')


def named_relations(text: str) -> set[Relation]:
    """Two names with a dot between them, folded: every relation of a query, and other pairs that match no relation.

    In Python, as in the model that dbt compiles, the quotes of a relation are escaped.
    """
    return {Relation(folded(schema), folded(name)) for schema, name in _QUALIFIED_NAME.findall(text.replace('\\"', '"'))}


def folded_relation(relation: Relation) -> Relation:
    """A relation with both names folded."""
    return Relation(folded(relation.schema), folded(relation.name))


def folded(name: str) -> str:
    """A name as DuckDB compares it: without the case of its ASCII letters, quoted or not."""
    return name.encode().lower().decode()


@dataclass(frozen=True)
class Followed:
    """A value: the columns that it is computed from, and the columns that select the rows behind it."""

    values: frozenset[Origin] = NO_ORIGINS
    rows: frozenset[Origin] = NO_ORIGINS
    unfollowed: str = ""
    """Why the value is not followed; empty if it is. Its origins are then everything that it may be made of."""

    @property
    def all(self) -> frozenset[Origin]:
        return self.values | self.rows

    def with_rows(self, rows: frozenset[Origin]) -> "Followed":
        return replace(self, rows=self.rows | rows) if rows else self


CONSTANT = Followed()


def joined(parts: Iterable[Followed]) -> Followed:
    """A value that is computed from other values."""
    values: set[Origin] = set()
    rows: set[Origin] = set()
    unfollowed = ""
    for part in parts:
        values |= part.values
        rows |= part.rows
        unfollowed = unfollowed or part.unfollowed
    return Followed(frozenset(values), frozenset(rows), unfollowed)


Lookup = Callable[[str], Followed | None]


@dataclass(frozen=True)
class Resolved:
    """A table: a base table, a subquery, or the result of the whole query."""

    columns: tuple[tuple[str, Followed], ...] = ()
    """The columns whose names are known, in their order. Their names keep their case."""
    rows: frozenset[Origin] = NO_ORIGINS
    """The columns that select its rows."""
    further: Lookup | None = None
    """Finds a column that is not in `columns`, where not all names can be known; None where they are."""
    rest: Followed = CONSTANT
    """With `further`: everything that the columns it may find are made of."""
    placed: bool = True
    """Whether the places of `columns` are known, for a set operation that combines by position."""
    order: frozenset[Origin] = NO_ORIGINS
    """The columns that order the rows, which decides what a limit, a list or a first value sees."""
    unique: frozenset[str] | None = None
    """The folded names of columns that differ from row to row together; None if no such columns are known."""
    unfollowed: str = ""
    """Why its rows are not followed; empty if they are."""
    by_name: Mapping[str, Followed] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[str, list[Followed]] = {}
        for name, traced in self.columns:
            found.setdefault(folded(name), []).append(traced)
        object.__setattr__(
            self, "by_name", {name: parts[0] if len(parts) == 1 else joined(parts) for name, parts in found.items()}
        )

    @property
    def closed(self) -> bool:
        """Whether every column is known, at its place."""
        return self.further is None and self.placed

    @property
    def whole(self) -> Followed:
        """A value that is made of every column: a whole row."""
        return joined([*(traced for _, traced in self.columns), self.rest])

    def column(self, name: str) -> Followed | None:
        """The column of a name; None if there is none, or none is known."""
        known = self.by_name.get(folded(name))
        if known is not None and self.placed:
            return known
        further = self.further(name) if self.further else None
        return joined([known, further]) if known and further else known or further

    def everything(self) -> Followed:
        """A value that may be made of any column and any row of it."""
        return self.whole.with_rows(self.rows)

    def selected_by(self, rows: frozenset[Origin]) -> "Resolved":
        """The table with `rows` added to the origins of each column, for a join that keeps the rows of the other side."""
        if not rows:
            return self
        further = self.further
        return replace(
            self,
            columns=tuple((name, traced.with_rows(rows)) for name, traced in self.columns),
            rest=self.rest.with_rows(rows),
            further=further and (lambda name: found.with_rows(rows) if (found := further(name)) else None),
        )


def without_repeats(columns: Iterable[tuple[str, Followed]]) -> tuple[tuple[str, Followed], ...]:
    """The columns of a subquery under the names that DuckDB gives them: `id`, `id_1`."""
    taken: dict[str, int] = {}
    named = []
    for name, traced in columns:
        base, key = name, folded(name)
        while key in taken:
            taken[folded(base)] += 1
            name = f"{base}_{taken[folded(base)]}"
            key = folded(name)
        taken[key] = 0
        named.append((name, traced))
    return tuple(named)
