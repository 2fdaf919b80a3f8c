"""Column lineage of the whole mesh: who is made of a column, directly and through the ports of others."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mesh_capabilities.columns.derivation import Derivation, Origin, Relation
from mesh_capabilities.columns.kept import derived_ports
from mesh_platform.build.port_graph import load_compiled
from mesh_platform.errors import ContractError, MeshError
from mesh_platform.names import PortAddress
from mesh_platform.project import Project
from mesh_platform.yaml_files import read_mapping


@dataclass(frozen=True)
class Reader:
    """A port that is made of some columns of another."""

    address: PortAddress
    values: tuple[str, ...]
    """Its columns whose values are made of them."""
    rows: tuple[str, ...]
    """Its further columns: which rows these have depends on them, through a filter, a join or a group."""
    names: tuple[str, ...]
    """Those of the columns that its SQL names; without one of them it cannot be built."""
    through: PortAddress | None = None
    """The port in between; None for one that reads the columns itself."""

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.values, *self.rows)


@dataclass(frozen=True)
class MeshColumns:
    """What every port of the mesh is made of, column by column."""

    derivations: Mapping[PortAddress, Derivation]
    problems: Mapping[PortAddress, MeshError]
    """Ports whose SQL cannot be followed, with the reason."""

    @cached_property
    def reading(self) -> Mapping[Relation, Sequence[PortAddress]]:
        """By relation, the ports whose SQL is made of a column of it, or names one."""
        found: dict[Relation, list[PortAddress]] = {}
        for port, derivation in self.derivations.items():
            for relation in derivation.relations:
                found.setdefault(relation, []).append(port)
        return found

    def readers(
        self, address: PortAddress, columns: Iterable[str] = (), direct: Collection[PortAddress] | None = None
    ) -> list[Reader]:
        """Every port that is made of any of the `columns` of a port, the nearest first.

        Args:
            columns: none stands for all of them: whoever reads the port at all.
            direct: only these ports read it themselves; others may still be made of theirs.
        """
        wanted = set(columns)
        everything = not wanted
        origins = {Origin(Relation(*address), column) for column in wanted}
        ahead: deque[tuple[PortAddress, set[Origin], set[Origin], bool, PortAddress | None]] = deque(
            [(address, origins, set(), everything, None)]
        )
        found: dict[PortAddress, Reader] = {}
        while ahead:
            read, by_value, by_rows, whole, through = ahead.popleft()
            for port in self.reading.get(Relation(*read), ()):
                if port in found or port == address or (through is None and direct is not None and port not in direct):
                    continue
                reader = _reader(port, self.derivations[port], read, by_value, by_rows, whole, through)
                if reader:
                    found[port] = reader
                    relation = Relation(*port)
                    values = {Origin(relation, column) for column in reader.values}
                    ahead.append((port, values, {Origin(relation, column) for column in reader.rows}, False, port))
        return list(found.values())


def _reader(
    port: PortAddress,
    derivation: Derivation,
    read: PortAddress,
    by_value: set[Origin],
    by_rows: set[Origin],
    whole: bool,
    through: PortAddress | None,
) -> Reader | None:
    relation = Relation(*read)
    if whole:
        by_value = {origin for origin in derivation.origins if origin.relation == relation}
    values = [name for name, origins in derivation.values.items() if origins & by_value]
    touched = by_value | by_rows
    rows = [
        name
        for name, origins in derivation.values.items()
        if name not in values and (origins & by_rows or derivation.rows[name] & touched)
    ]
    names = sorted({origin.column for origin in derivation.named & by_value}) if through is None else []
    if not (values or rows or names):
        return None
    return Reader(port, tuple(values), tuple(rows), tuple(names), through)


def load_mesh_columns(project: Project, promised: Mapping[Relation, Sequence[str]] | None = None) -> MeshColumns:
    """Follows the compiled SQL of all domains; what cannot be followed is a problem and no error.

    Args:
        project: the mesh.
        promised: columns of ports, `Relation(domain, port)`, to be known beside those of their contracts.
    """
    columns = _promised_columns(project)
    for relation, names in (promised or {}).items():
        columns[relation] = tuple(dict.fromkeys((*columns.get(relation, ()), *names)))
    derivations: dict[PortAddress, Derivation] = {}
    problems: dict[PortAddress, MeshError] = {}
    for domain in project.domains.values():
        try:
            models = load_compiled(domain)
        except MeshError as problem:
            problems |= {PortAddress(*relation): problem for relation in columns if relation.schema == domain.name}
            continue
        for port, found in derived_ports(domain, models, columns).items():
            if isinstance(found, MeshError):
                problems[PortAddress(domain.name, port)] = found
            else:
                derivations[PortAddress(domain.name, port)] = found
    return MeshColumns(derivations, problems)


def _promised_columns(project: Project) -> dict[Relation, tuple[str, ...]]:
    """The columns of every contract as its file lists them, majors taken together; whether it is valid is another matter."""
    found: dict[Relation, tuple[str, ...]] = {}
    for domain in project.domains.values():
        for path in sorted(domain.contracts.glob("*.odcs.yaml")):
            try:
                tables = list(_tables(read_mapping(path, ContractError)))
            except MeshError:  # another verb's business: a file that is none hides no other
                tables = [(path.name.partition(".")[0], [])]
            for name, names in tables:
                relation = Relation(domain.name, name)
                found[relation] = tuple(dict.fromkeys((*found.get(relation, ()), *names)))
    return found


def _tables(document: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """The tables that a contract lists, each with its columns, as far as they are written where they should be."""
    for table in document.get("schema") or []:
        if isinstance(table, Mapping):
            columns = table.get("properties") or []
            yield str(table.get("name")), [str(entry.get("name")) for entry in columns if isinstance(entry, Mapping)]
