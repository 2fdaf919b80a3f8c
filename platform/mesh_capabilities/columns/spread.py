"""How far a change of a column reaches: one step from port to port, downstream and upstream, and the trees of all steps."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from mesh_capabilities.columns.derivation import Derivation, Origin, Relation, touches
from mesh_capabilities.columns.mesh_lineage import MeshLineage
from mesh_platform.names import PortAddress


@dataclass(frozen=True)
class ColumnReach:
    """The columns of a port or source table that are connected to another column."""

    address: PortAddress
    values: frozenset[str] = frozenset()
    """Connected directly: the value of one derives from the value of the other."""
    rows: frozenset[str] = frozenset()
    """Connected indirectly: a filter, a join, a group or a count on one selects the rows of the other."""
    unfollowed: frozenset[str] = frozenset()
    """Those of the columns that may be connected: SQL between them is not followed, so that everything it reads counts."""
    whole: bool = False
    """The port as such: any of its columns may be connected, or which ones is not known."""
    note: str = ""
    """Why fewer details are known."""

    @property
    def columns(self) -> frozenset[str]:
        return self.values | self.rows

    def covers(self, other: "ColumnReach") -> bool:
        """Whether everything in `other` is in this one as well."""
        return other.values <= self.values and other.columns <= self.columns and (self.whole or not other.whole)

    def joined(self, other: "ColumnReach") -> "ColumnReach":
        values = self.values | other.values
        return replace(
            self,
            values=values,
            rows=(self.rows | other.rows) - values,
            unfollowed=self.unfollowed | other.unfollowed,
            whole=self.whole or other.whole,
            note=self.note or other.note,
        )


@dataclass(frozen=True)
class Branch:
    """A node of a lineage tree."""

    reach: ColumnReach
    below: tuple["Branch", ...] = ()
    again: str = ""
    """`above` if what follows is in the tree already, `cycle` if it would lead back to a port above it."""

    def __iter__(self) -> Iterator["Branch"]:
        yield self
        for branch in self.below:
            yield from branch


def tree(lineage: MeshLineage, address: PortAddress, column: str | None, downwards: bool) -> Branch:
    """Everything downstream of a port or a column, or, with `downwards=False`, everything upstream.

    A subtree that has been shown is not repeated, so a tree has no more branches than the mesh has edges and columns.
    """
    return _TreeBuilder(lineage, downwards).branch(_start(address, column), ())


def reached(lineage: MeshLineage, address: PortAddress, column: str | None) -> dict[PortAddress, ColumnReach]:
    """Every port downstream of a port or a column, with the columns reached on all paths; the nearest first."""
    reaches: dict[PortAddress, ColumnReach] = {address: _start(address, column)}
    ahead = [address]
    for port in ahead:
        for step in downstream(lineage, reaches[port]):
            before = reaches.get(step.address)
            if step.address != address and not (before and before.covers(step)):
                reaches[step.address] = before.joined(step) if before else step
                ahead.append(step.address)
    return {port: reach for port, reach in reaches.items() if port != address}


def downstream(lineage: MeshLineage, reach: ColumnReach) -> list[ColumnReach]:
    """The columns that the direct readers of a port derive from these columns of it, one entry per reader."""
    reaches = []
    for reader in lineage.read_by.get(reach.address, ()):
        derivation = lineage.derivation(reader)
        if derivation is None:
            reaches.append(ColumnReach(reader, whole=True, note=lineage.problem(reader)))
        elif (derived := _derived(reader, derivation, reach)) is not None:
            reaches.append(derived)
    return reaches


def upstream(lineage: MeshLineage, reach: ColumnReach) -> list[ColumnReach]:
    """The columns that these columns of a port derive from, one entry per input port or source table."""
    inputs = lineage.reads.get(reach.address, frozenset())
    derivation = lineage.derivation(reach.address)
    if derivation is None:
        return [ColumnReach(address, whole=True, note=lineage.problem(reach.address)) for address in sorted(inputs)]
    values = frozenset(derivation.values) if reach.whole else reach.values
    direct = _origins(derivation.values, values)
    indirect = _origins(derivation.rows, values | reach.rows) | _origins(derivation.values, reach.rows)
    followed = {name: origins for name, origins in derivation.values.items() if name not in derivation.unfollowed}
    certain = _origins(followed, values | reach.rows) | _origins(
        {name: derivation.rows[name] for name in followed}, values | reach.rows
    )
    reaches = {address: ColumnReach(address, whole=True) for address in inputs} if reach.whole else {}
    for address in {PortAddress(*origin.relation) for origin in direct | indirect}:
        own = frozenset(origin.column for origin in direct if origin.relation == address)
        rows = frozenset(origin.column for origin in indirect if origin.relation == address)
        sure = {origin.column for origin in certain if origin.relation == address}
        reaches[address] = ColumnReach(address, own, rows - own, (own | rows) - sure)
    return [reaches[address] for address in sorted(reaches)]


@dataclass
class _TreeBuilder:
    lineage: MeshLineage
    downwards: bool
    shown: dict[PortAddress, ColumnReach] = field(default_factory=dict)

    def branch(self, reach: ColumnReach, path: tuple[PortAddress, ...]) -> Branch:
        if reach.address in path:
            return Branch(reach, again="cycle")
        steps = (downstream if self.downwards else upstream)(self.lineage, reach)
        before = self.shown.get(reach.address)
        if before and before.covers(reach) and steps:
            return Branch(reach, again="above")
        self.shown[reach.address] = before.joined(reach) if before else reach
        return Branch(reach, tuple(self.branch(step, (*path, reach.address)) for step in steps))


def _start(address: PortAddress, column: str | None) -> ColumnReach:
    return ColumnReach(address, whole=True) if column is None else ColumnReach(address, frozenset({column}))


def _derived(reader: PortAddress, derivation: Derivation, reach: ColumnReach) -> ColumnReach | None:
    relation = Relation(*reach.address)
    by_value = {Origin(relation, column) for column in reach.values}
    by_rows = {Origin(relation, column) for column in reach.rows}
    if reach.whole:
        by_value = {origin for origin in derivation.origins if origin.relation == relation}
    touched = by_value | by_rows
    values = frozenset(name for name, origins in derivation.values.items() if touches(origins, by_value))
    rows = {name for name, origins in derivation.values.items() if touches(origins, by_rows)}
    rows |= {name for name, origins in derivation.rows.items() if touches(origins, touched)}
    if values or rows:
        unfollowed = frozenset((values | rows) & derivation.unfollowed.keys())
        return ColumnReach(reader, values, frozenset(rows - values), unfollowed)
    # A reader may only count the rows of the port. Its SQL then shows no column that derives from a column.
    return ColumnReach(reader, whole=True, note="reads it, but derives no column from its columns") if reach.whole else None


def _origins(derived: Mapping[str, frozenset[Origin]], columns: Iterable[str]) -> frozenset[Origin]:
    return frozenset().union(*(derived.get(column, frozenset()) for column in columns))
