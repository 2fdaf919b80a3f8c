"""Lineage of the whole mesh: columns where the SQL can be parsed, ports and source tables everywhere."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any

from mesh_capabilities.columns.derivation import ANY_COLUMN, Derivation, Origin, Relation, touches
from mesh_capabilities.columns.port_columns import derived_ports
from mesh_capabilities.compiled_models import load_compiled
from mesh_capabilities.errors import UnknownColumn
from mesh_platform.build.port_graph import load_port_graph
from mesh_platform.errors import ContractError, MeshError, UnknownPort
from mesh_platform.ingestion.source import RAW
from mesh_platform.names import PortAddress, nearest
from mesh_platform.product.descriptor import load_product
from mesh_platform.project import DomainFolder, Project
from mesh_platform.yaml_files import read_mapping

_CYCLES_SHOWN = 20
"""How many cycles are listed at most."""


@dataclass(frozen=True)
class Reader:
    """A port downstream of some columns of another port."""

    address: PortAddress
    values: tuple[str, ...]
    """Its columns whose values derive from them."""
    rows: tuple[str, ...]
    """Its further columns whose rows depend on them, through a filter, a join or a group."""
    names: tuple[str, ...]
    """Those of the columns that its SQL names. It cannot be built without any of them."""
    through: PortAddress | None = None
    """The port in between; None for a direct reader."""

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.values, *self.rows)


@dataclass(frozen=True)
class MeshColumns:
    """The derivation of every port of the mesh, column by column."""

    derivations: Mapping[PortAddress, Derivation]
    problems: Mapping[PortAddress, MeshError]
    """Ports whose SQL cannot be parsed, with the reason."""
    promised: Mapping[Relation, Sequence[str]] = field(default_factory=dict)
    """The columns of ports as their contracts list them."""

    @cached_property
    def reading(self) -> Mapping[Relation, Sequence[PortAddress]]:
        """By relation, the ports whose columns derive from it or whose SQL names a column of it."""
        readers: dict[Relation, list[PortAddress]] = {}
        for port, derivation in self.derivations.items():
            for relation in derivation.relations:
                readers.setdefault(relation, []).append(port)
        return readers

    def readers(
        self, address: PortAddress, columns: Iterable[str] = (), direct: Collection[PortAddress] | None = None
    ) -> list[Reader]:
        """Every port downstream of any of the `columns` of a port, the nearest first.

        Args:
            address: of the port.
            columns: some of its columns; none stands for all of them.
            direct: the ports that may count as direct readers; None for all. Others can still be reached through these.
        """
        wanted = set(columns)
        origins = {Origin(Relation(*address), column) for column in wanted}
        ahead: deque[tuple[PortAddress, set[Origin], set[Origin], bool, PortAddress | None]] = deque(
            [(address, origins, set(), not wanted, None)]
        )
        readers: dict[PortAddress, Reader] = {}
        while ahead:
            read, by_value, by_rows, whole, through = ahead.popleft()
            for port in self.reading.get(Relation(*read), ()):
                if port in readers or port == address or (through is None and direct is not None and port not in direct):
                    continue
                reader = _reader(port, self.derivations[port], read, by_value, by_rows, whole, through)
                if reader:
                    readers[port] = reader
                    relation = Relation(*port)
                    values = {Origin(relation, column) for column in reader.values}
                    ahead.append((port, values, {Origin(relation, column) for column in reader.rows}, False, port))
        return list(readers.values())


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
    values = [name for name, origins in derivation.values.items() if touches(origins, by_value)]
    touched = by_value | by_rows
    rows = [
        name
        for name, origins in derivation.values.items()
        if name not in values and (touches(origins, by_rows) or touches(derivation.rows[name], touched))
    ]
    names = sorted({origin.column for origin in derivation.named & by_value}) if through is None else []
    if not (values or rows or names):
        return None
    return Reader(port, tuple(values), tuple(rows), tuple(names), through)


@dataclass(frozen=True)
class MeshLineage:
    """Which port reads which, down to columns where these are known. A source table counts as a port `raw_<table>`."""

    columns: MeshColumns
    reads: Mapping[PortAddress, frozenset[PortAddress]]
    """By port, the ports and source tables that it reads, whether a column of theirs is known to be used or not."""

    @cached_property
    def read_by(self) -> Mapping[PortAddress, Sequence[PortAddress]]:
        """By port or source table, the ports that read it."""
        readers: dict[PortAddress, list[PortAddress]] = {}
        for port, inputs in self.reads.items():
            for address in inputs:
                readers.setdefault(address, []).append(port)
        return {address: sorted(ports) for address, ports in readers.items()}

    @cached_property
    def cycles(self) -> list[list[PortAddress]]:
        """Ports that read each other in a cycle, each as a path that ends where it starts. A mesh that can run has none."""
        graph = {port: set(inputs) - {port} for port, inputs in self.reads.items()}
        paths = [[port, port] for port, inputs in self.reads.items() if port in inputs]
        while len(paths) < _CYCLES_SHOWN:
            try:
                TopologicalSorter(graph).prepare()
                break
            except CycleError as problem:
                path = problem.args[1]
                paths.append(path)
                graph[path[1]].discard(path[0])
        return paths

    def derivation(self, port: PortAddress) -> Derivation | None:
        """The derivation of a port; None if its SQL cannot be parsed, and for a source table."""
        return self.columns.derivations.get(port)

    def problem(self, port: PortAddress) -> str:
        """Why the columns of a port are not known; empty if they are."""
        problem = self.columns.problems.get(port)
        return problem.found if problem else ""

    def start(self, text: str) -> tuple[PortAddress, str | None]:
        """`"sales/orders"` or `"sales/orders.customer_id"` → the port, and the column if one is named.

        Raises UnknownPort, or UnknownColumn if the port's columns are known and the column is not among them.
        """
        name, dot, column = text.partition(".")
        address = PortAddress.parse(name)
        if address not in self.reads and address not in self.read_by:
            raise UnknownPort(f"There is no port {address} in the lineage of this mesh.", nearest(str(address), self.reads))
        if not dot:
            return address, None
        columns = self.columns_of(address)
        if ANY_COLUMN in columns and column not in columns:
            return address, column
        spelled = {name.lower(): name for name in columns}
        column = spelled.get(column.lower(), column)
        if column not in columns and (columns or not self.problem(address)):
            raise UnknownColumn(f"{address} has no column '{column}'.", nearest(column, columns))
        return address, column

    def columns_of(self, address: PortAddress) -> list[str]:
        """The columns of a port in their order; of a source table, those that some port derives from."""
        if derivation := self.derivation(address):
            return list(derivation.values)
        readers = (self.columns.derivations[port] for port in self.columns.reading.get(Relation(*address), ()))
        return sorted({origin.column for reader in readers for origin in reader.origins if origin.relation == address})


def load_mesh_lineage(project: Project) -> MeshLineage:
    """Reads the lineage of all domains. A port whose SQL cannot be parsed is known by its inputs only."""
    columns = load_mesh_columns(project)
    reads: dict[PortAddress, set[PortAddress]] = {port: set() for port in (*columns.derivations, *columns.problems)}
    for domain in project.domains.values():
        for port, inputs in _inputs(domain).items():
            reads.setdefault(port, set()).update(inputs)
    for port, derivation in columns.derivations.items():
        reads[port].update(PortAddress(*relation) for relation in derivation.relations)
    return MeshLineage(columns, {port: frozenset(inputs) for port, inputs in sorted(reads.items())})


def _inputs(domain: DomainFolder) -> dict[PortAddress, set[PortAddress]]:
    """The inputs of each port according to dbt, or, if dbt cannot read the project, the inputs that products declare."""
    inputs: dict[PortAddress, set[PortAddress]] = {}
    try:
        load_compiled(domain)  # one that takes too long is not tried twice
        for name, model in load_port_graph(domain).items():
            own = [PortAddress(domain.name, other) for other in (*(f"{RAW}_{table}" for table in model.raw), *model.ports)]
            inputs[PortAddress(domain.name, name)] = {*own, *model.inputs}
    except MeshError:
        for path in sorted(domain.products.glob("*.odps.yaml")):
            try:
                product = load_product(path, domain.root)
            except MeshError:
                continue  # `mesh products` reports it
            for output in product.outputs:
                inputs[output.address] = {reference.address for reference in product.inputs}
    return inputs


def load_mesh_columns(project: Project, promised: Mapping[Relation, Sequence[str]] | None = None) -> MeshColumns:
    """Parses the compiled SQL of all domains. SQL that cannot be parsed becomes an entry of `problems`, not an error.

    Args:
        project: the mesh.
        promised: further columns of ports, `Relation(domain, port)`, in addition to those of their contracts.
    """
    columns = promised_columns(project)
    for relation, names in (promised or {}).items():
        columns[relation] = tuple(dict.fromkeys((*columns.get(relation, ()), *names)))
    derivations: dict[PortAddress, Derivation] = {}
    problems: dict[PortAddress, MeshError] = {}
    for domain in project.domains.values():
        try:
            models = load_compiled(domain)
            load_port_graph(domain)  # which compares the names of tables
        except MeshError as problem:
            problems |= {PortAddress(*relation): problem for relation in columns if relation.schema == domain.name}
            continue
        for port, result in derived_ports(domain, models, columns).items():
            if isinstance(result, MeshError):
                problems[PortAddress(domain.name, port)] = result
            else:
                derivations[PortAddress(domain.name, port)] = result
    return MeshColumns(derivations, problems, columns)


def promised_columns(project: Project) -> dict[Relation, tuple[str, ...]]:
    """The columns that each contract's file lists, all majors together. The contracts are not validated here."""
    columns: dict[Relation, tuple[str, ...]] = {}
    for domain in project.domains.values():
        for path in sorted(domain.contracts.glob("*.odcs.yaml")):
            try:
                tables = list(_tables(read_mapping(path, ContractError)))
            except MeshError:  # `mesh contract` reports it; here one broken file must not hide the others
                tables = [(path.name.partition(".")[0], [])]
            for name, names in tables:
                relation = Relation(domain.name, name)
                columns[relation] = tuple(dict.fromkeys((*columns.get(relation, ()), *names)))
    return columns


def _tables(document: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """The tables of a contract with their columns, as far as the document has the expected shape."""
    for table in document.get("schema") or []:
        if isinstance(table, Mapping):
            columns = table.get("properties") or []
            yield str(table.get("name")), [str(entry.get("name")) for entry in columns if isinstance(entry, Mapping)]
