"""What a part of a query resolves to: a value with its origins, and a table of such values."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mesh_capabilities.columns.derivation import Origin, folded
from mesh_capabilities.columns.unnamed import Unnamed, unnamed_as

NO_ORIGINS: frozenset[Origin] = frozenset()


@dataclass(frozen=True)
class Followed:
    """A value: the columns that it is computed from, and the columns that select the rows behind it."""

    values: frozenset[Origin] = NO_ORIGINS
    rows: frozenset[Origin] = NO_ORIGINS
    unfollowed: str = ""
    """Why the value is not followed; empty if it is. Its origins are then everything that it may be made of."""
    kind: str = ""
    """Its type, as `comparable_type` writes it; empty if it is not known."""

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
        if not rows:
            return self
        further = self.further
        return replace(
            self,
            columns=tuple((name, traced.with_rows(rows)) for name, traced in self.columns),
            rest=self.rest.with_rows(rows),
            further=further and (lambda name: found.with_rows(rows) if (found := further(name)) else None),
        )


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
