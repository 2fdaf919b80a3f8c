"""What a part of a query resolves to: a value with its origins, and a table of such values."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mesh_capabilities.columns.derivation import Origin, folded
from mesh_capabilities.columns.unnamed import Unnamed, unnamed_as

NO_ORIGINS: frozenset[Origin] = frozenset()
Marks = Mapping[Origin, frozenset[Origin]]
"""Marks, which stand for columns until all of these are known, and the columns."""


@dataclass(frozen=True)
class Followed:
    """A value: the columns that it is computed from, and the columns that select the rows behind it."""

    values: frozenset[Origin] = NO_ORIGINS
    rows: frozenset[Origin] = NO_ORIGINS
    unfollowed: str = ""
    """Why the value is not followed; empty if it is. Its origins are then everything that it may be made of."""
    kind: str = ""
    """Its type, as `comparable_type` writes it; empty if it is not known."""
    made_up: bool = False
    """Whether it is made of constants or generated rows: what selects its rows then decides which value it has."""
    pending: bool = False
    """Whether it is made up in the query that has it as a column: what selects its rows is not yet among its values."""
    counted: bool = False
    """Whether it is made of a number of rows. That is no constant, although it may be made of no column."""

    @property
    def all(self) -> frozenset[Origin]:
        return self.values | self.rows

    def with_rows(self, rows: frozenset[Origin]) -> "Followed":
        return replace(self, rows=self.rows | rows) if rows else self

    def decided_by(self, selecting: frozenset[Origin], rows: frozenset[Origin] = NO_ORIGINS) -> "Followed":
        """The value that a made-up one is where the columns `selecting` select its rows.

        Args:
            selecting: these columns.
            rows: those that select the rows of the query that has it as a column.
        """
        return replace(self, values=self.values | selecting | (rows if self.pending else NO_ORIGINS)) if self.made_up else self

    def settled(self, marks: Marks) -> "Followed":
        """The value with the columns that the marks stand for in their place."""
        values, rows = unmarked(self.values, marks), unmarked(self.rows, marks)
        return self if values is self.values and rows is self.rows else replace(self, values=values, rows=rows)


CONSTANT = Followed()


def unmarked(origins: frozenset[Origin], marks: Marks) -> frozenset[Origin]:
    """Origins with the columns that the marks stand for in their place."""
    held = [mark for mark in marks if mark in origins]
    return origins.difference(held).union(*(marks[mark] for mark in held)) if held else origins


def without_marks(marks: Marks) -> Marks:
    """What marks stand for, where this may name the marks themselves."""
    for mark in marks:
        meant = {mark: marks[mark] - {mark}}
        marks = {one: meant[one] if one == mark else unmarked(origins, meant) for one, origins in marks.items()}
    return marks


def joined(parts: Iterable[Followed]) -> Followed:
    """A value that is computed from other values."""
    values: set[Origin] = set()
    rows: set[Origin] = set()
    unfollowed, made_up, pending, counted = "", False, False, False
    for part in parts:
        values |= part.values
        rows |= part.rows
        unfollowed = unfollowed or part.unfollowed
        made_up, pending, counted = made_up or part.made_up, pending or part.pending, counted or part.counted
    return Followed(frozenset(values), frozenset(rows), unfollowed, "", made_up, pending, counted)


Lookup = Callable[[str], Followed | None]


@dataclass(frozen=True)
class Resolved:
    """A table: a base table, a subquery, or the result of the whole query."""

    columns: tuple[tuple[str, Followed], ...] = ()
    """The columns whose names are known, in their order, and those that the query does not name, `Unnamed`. Names keep their
    case."""
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
    number: frozenset[Origin] = NO_ORIGINS
    """Those of `rows` that decide how often a made-up value comes, and are not among its values. A limit, a window and an
    aggregate can tell."""
    generated: bool = False
    """Whether generated rows are among those that it is made of, so that their number says what selects them."""
    by_name: Mapping[str, Followed] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[str, list[Followed]] = {}
        for name, traced in self.columns:
            if not isinstance(name, Unnamed):
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
        parts = [known, self.further(name) if self.further else None]
        if any(isinstance(one, Unnamed) for one, _ in self.columns):
            unnamed = unnamed_as((one for one, _ in self.columns), name)
            parts += [traced for one, traced in self.columns if one in unnamed and isinstance(one, Unnamed)]
        return joined_known(parts)

    def certain(self, name: str) -> bool:
        """Whether a column has this name, and no other may have it."""
        return self.placed and folded(name) in self.by_name

    def naming(self, names: Iterable[str]) -> "Resolved":
        """The table with its unnamed columns under those of `names` that can only be theirs."""
        columns = list(self.columns)
        for name in names:
            if folded(name) not in self.by_name and len(same := unnamed_as((one for one, _ in columns), name)) == 1:
                columns = [(name if one is same[0] else one, traced) for one, traced in columns]
        return self if columns == list(self.columns) else replace(self, columns=tuple(columns))

    def everything(self) -> Followed:
        """A value that may be made of any column and any row of it."""
        return self.whole.with_rows(self.rows)

    def selected_by(self, rows: frozenset[Origin]) -> "Resolved":
        """The table with `rows` added to the origins of each column, for a join that keeps the rows of the other side."""
        return self.changed(lambda value: value.with_rows(rows)) if rows else self

    def decided_by(self, selecting: frozenset[Origin], rows: frozenset[Origin] = NO_ORIGINS) -> "Resolved":
        """The table with `Followed.decided_by` of each column."""
        return self.changed(lambda value: value.decided_by(selecting, rows)) if selecting or rows else self

    @property
    def sampled(self) -> "Resolved":
        """A sample of the table. Which rows it has depends on their order."""
        return replace(self.decided_by(self.order | self.number), rows=self.rows | self.order)

    def read(self, mark: Origin) -> "Resolved":
        """The table as a query reads it: `mark` stands for the columns that select its rows there.

        A number of rows gets the columns that select them among its own `rows`: a condition on it is one on these.
        """
        decided = self.decided_by(frozenset({mark}), self.rows)
        decided = decided.changed(lambda value: replace(value, pending=False) if value.pending else value)
        return decided.changed(lambda value: value.with_rows(self.rows) if value.counted else value)

    def settled(self, marks: Marks) -> "Resolved":
        """The table with the columns that the marks stand for in their place."""
        rows, order, number = (unmarked(origins, marks) for origins in (self.rows, self.order, self.number))
        return replace(self.changed(lambda value: value.settled(marks)), rows=rows, order=order, number=number)

    def changed(self, change: Callable[[Followed], Followed]) -> "Resolved":
        """The table with each of its columns changed. What further columns are made of is in `rest`."""
        columns, rest = tuple((name, change(traced)) for name, traced in self.columns), change(self.rest)
        if rest is self.rest and all(new is old for (_, new), (_, old) in zip(columns, self.columns)):
            return self
        further = self.further
        changed = further and (lambda name: change(value) if (value := further(name)) else None)
        return replace(self, columns=columns, rest=rest, further=changed)


def joined_known(values: Iterable[Followed | None]) -> Followed | None:
    """Those of the values that are known, joined; None if none is."""
    known = [value for value in values if value is not None]
    return joined(known) if known else None


def joined_or_same(parts: Sequence[Followed]) -> Followed:
    """Values that one name may mean, joined; the only one with its type."""
    return parts[0] if len(parts) == 1 else joined(parts)


def without_repeats(columns: Iterable[tuple[str, Followed]]) -> tuple[tuple[str, Followed], ...]:
    """The columns of a subquery under the names that DuckDB gives them: `id`, `id_1`."""
    taken: dict[str, int] = {}
    named = []
    for name, traced in columns:
        if isinstance(name, Unnamed):
            named.append((name, traced))
            continue
        base, key = name, folded(name)
        while key in taken:
            taken[folded(base)] += 1
            name = f"{base}_{taken[folded(base)]}"
            key = folded(name)
        taken[key] = 0
        named.append((name, traced))
    return tuple(named)
