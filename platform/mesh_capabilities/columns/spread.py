"""How far a column reaches: what one port passes on to the next, downwards and upwards, and the trees that this makes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from mesh_capabilities.columns.derivation import Derivation, Origin, Relation
from mesh_capabilities.columns.mesh_lineage import MeshLineage
from mesh_platform.names import PortAddress


@dataclass(frozen=True)
class Reach:
    """Some columns of a port or a source table, as another column reaches them."""

    address: PortAddress
    values: frozenset[str] = frozenset()
    """Directly: one's values are made of the other's."""
    rows: frozenset[str] = frozenset()
    """Indirectly: which rows it has, or is counted of, depends on the other, by a filter, a join or a group."""
    whole: bool = False
    """The port as such: all of its columns may be reached, or which of them are is not known."""
    note: str = ""
    """Why there is less to say: columns that are not known, a way that leads back."""

    @property
    def columns(self) -> frozenset[str]:
        return self.values | self.rows

    def covers(self, other: "Reach") -> bool:
        """Whether there is nothing in `other` that is not in this one."""
        return other.values <= self.values and other.columns <= self.columns and (self.whole or not other.whole)

    def joined(self, other: "Reach") -> "Reach":
        values = self.values | other.values
        return replace(
            self,
            values=values,
            rows=(self.rows | other.rows) - values,
            whole=self.whole or other.whole,
            note=self.note or other.note,
        )


@dataclass(frozen=True)
class Branch:
    """A node of a tree of lineage."""

    reach: Reach
    below: tuple["Branch", ...] = ()
    again: str = ""
    """`above` where what follows stands in the tree already, `cycle` where it would lead back to where it came from."""

    def __iter__(self) -> Iterator["Branch"]:
        yield self
        for branch in self.below:
            yield from branch


def down(lineage: MeshLineage, reach: Reach) -> list[Reach]:
    """What the ports that read a port take of these columns, one entry a port."""
    found = []
    for reader in lineage.read_by.get(reach.address, ()):
        derivation = lineage.derivation(reader)
        if derivation is None:
            found.append(Reach(reader, whole=True, note=lineage.problem(reader)))
        elif (taken := _taken(reader, derivation, reach)) is not None:
            found.append(taken)
    return found


def _taken(reader: PortAddress, derivation: Derivation, reach: Reach) -> Reach | None:
    relation = Relation(*reach.address)
    by_value = {Origin(relation, column) for column in reach.values}
    by_rows = {Origin(relation, column) for column in reach.rows}
    if reach.whole:
        by_value = {origin for origin in derivation.origins if origin.relation == relation}
    touched = by_value | by_rows
    values = frozenset(name for name, origins in derivation.values.items() if origins & by_value)
    rows = {name for name, origins in derivation.values.items() if origins & by_rows}
    rows |= {name for name, origins in derivation.rows.items() if origins & touched}
    if values or rows:
        return Reach(reader, values, frozenset(rows - values))
    # It reads the port, and be it to count its rows: which of its columns that makes, its SQL does not say.
    return Reach(reader, whole=True, note="reads it, and is made of none of its columns") if reach.whole else None


def up(lineage: MeshLineage, reach: Reach) -> list[Reach]:
    """What these columns of a port are made of, one entry a port or source table."""
    parts = lineage.made_of.get(reach.address, frozenset())
    derivation = lineage.derivation(reach.address)
    if derivation is None:
        return [Reach(part, whole=True, note=lineage.problem(reach.address)) for part in sorted(parts)]
    values = frozenset(derivation.values) if reach.whole else reach.values
    direct = _origins(derivation.values, values)
    indirect = _origins(derivation.rows, values | reach.rows) | _origins(derivation.values, reach.rows)
    found: dict[PortAddress, Reach] = {part: Reach(part, whole=True) for part in parts} if reach.whole else {}
    for address in {PortAddress(*origin.relation) for origin in direct | indirect}:
        own = frozenset(origin.column for origin in direct if origin.relation == address)
        rows = frozenset(origin.column for origin in indirect if origin.relation == address)
        found[address] = Reach(address, own, rows - own)
    return [found[address] for address in sorted(found)]


def _origins(made: dict[str, frozenset[Origin]], columns: Iterable[str]) -> frozenset[Origin]:
    return frozenset().union(*(made.get(column, frozenset()) for column in columns))


@dataclass
class _Growing:
    lineage: MeshLineage
    downwards: bool
    shown: dict[PortAddress, Reach] = field(default_factory=dict)

    def branch(self, reach: Reach, path: tuple[PortAddress, ...]) -> Branch:
        if reach.address in path:
            return Branch(reach, again="cycle")
        next_ones = (down if self.downwards else up)(self.lineage, reach)
        before = self.shown.get(reach.address)
        if before and before.covers(reach) and next_ones:
            return Branch(reach, again="above")
        self.shown[reach.address] = before.joined(reach) if before else reach
        return Branch(reach, tuple(self.branch(one, (*path, reach.address)) for one in next_ones))


def tree(lineage: MeshLineage, address: PortAddress, column: str | None, downwards: bool) -> Branch:
    """Everything that is made of a port or a column of it, or, upwards, that it is made of.

    What has been shown once is not shown again, so a tree has no more branches than the mesh has arrows and columns.
    """
    start = Reach(address, whole=True) if column is None else Reach(address, frozenset({column}))
    return _Growing(lineage, downwards).branch(start, ())


def reached(lineage: MeshLineage, address: PortAddress, column: str | None) -> dict[PortAddress, Reach]:
    """Every port that is made of a port or a column of it, on whatever way, with all that reaches it; nearest first."""
    start = Reach(address, whole=True) if column is None else Reach(address, frozenset({column}))
    found: dict[PortAddress, Reach] = {address: start}
    ahead = [address]
    for port in ahead:
        for one in down(lineage, found[port]):
            before = found.get(one.address)
            if one.address != address and not (before and before.covers(one)):
                found[one.address] = before.joined(one) if before else one
                ahead.append(one.address)
    return {port: reach for port, reach in found.items() if port != address}
