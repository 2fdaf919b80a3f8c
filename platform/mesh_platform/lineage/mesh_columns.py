"""Column lineage of the whole mesh: who is made of a column, directly and through the ports of others."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from mesh_platform.errors import ContractError, MeshError
from mesh_platform.lineage.derivation import Derivation, Origin, Relation
from mesh_platform.lineage.port_columns import DomainColumns
from mesh_platform.naming import PortAddress
from mesh_platform.project import Project
from mesh_platform.transformation.compiled import load_compiled
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
        ahead: list[tuple[PortAddress, set[Origin], set[Origin], bool, PortAddress | None]] = [
            (address, origins, set(), everything, None)
        ]
        found: dict[PortAddress, Reader] = {}
        while ahead:
            read, by_value, by_rows, whole, through = ahead.pop(0)
            for port, derivation in self.derivations.items():
                if port in found or port == address or (through is None and direct is not None and port not in direct):
                    continue
                reader = _reader(port, derivation, read, by_value, by_rows, whole, through)
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
        every = {origin for part in (derivation.values, derivation.rows) for origins in part.values() for origin in origins}
        by_value = {origin for origin in every | derivation.named if origin.relation == relation}
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
            ports = DomainColumns(domain.name, load_compiled(domain), columns)
        except MeshError as problem:
            problems |= {PortAddress(*relation): problem for relation in columns if relation.schema == domain.name}
            continue
        for port in ports.ports:
            try:
                derivations[PortAddress(domain.name, port)] = ports.of_port(port)
            except MeshError as problem:
                problems[PortAddress(domain.name, port)] = problem
    return MeshColumns(derivations, problems)


def _promised_columns(project: Project) -> dict[Relation, tuple[str, ...]]:
    """The columns of every contract as its file lists them, majors taken together; whether it is valid is another matter."""
    found: dict[Relation, tuple[str, ...]] = {}
    for domain in project.domains.values():
        for path in sorted(domain.contracts.glob("*.odcs.yaml")):
            for table in read_mapping(path, ContractError).get("schema") or []:
                relation = Relation(domain.name, str(table.get("name")))
                names = [str(entry.get("name")) for entry in table.get("properties") or []]
                found[relation] = tuple(dict.fromkeys((*found.get(relation, ()), *names)))
    return found
