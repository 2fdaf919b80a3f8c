"""Lineage of the whole mesh: columns where the SQL can be followed, ports and source tables everywhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

from mesh_capabilities.columns.derivation import Derivation, Relation
from mesh_capabilities.columns.mesh_columns import MeshColumns, load_mesh_columns
from mesh_platform.build.port_graph import load_port_graph
from mesh_platform.errors import MeshError, UnknownColumn, UnknownPort
from mesh_platform.ingestion.source import RAW
from mesh_platform.names import PortAddress
from mesh_platform.product.descriptor import load_product
from mesh_platform.project import DomainFolder, Project

_MANY = 20
"""So many cycles are named; whoever has more begins with these."""


@dataclass(frozen=True)
class MeshLineage:
    """Which port is made of which, down to columns where that is known. A source table counts as a port `raw_<table>`."""

    columns: MeshColumns
    made_of: Mapping[PortAddress, frozenset[PortAddress]]
    """By port, the ports and source tables that it reads, whether a column of theirs is known to matter or not."""

    @cached_property
    def read_by(self) -> Mapping[PortAddress, Sequence[PortAddress]]:
        """By port or source table, the ports that read it."""
        found: dict[PortAddress, list[PortAddress]] = {}
        for port, parts in self.made_of.items():
            for part in parts:
                found.setdefault(part, []).append(port)
        return {part: sorted(ports) for part, ports in found.items()}

    @cached_property
    def cycles(self) -> list[list[PortAddress]]:
        """Ports that are made of themselves, each as its way back to where it begins; none in a mesh that can run."""
        graph = {port: set(parts) - {port} for port, parts in self.made_of.items()}
        found = [[port, port] for port, parts in self.made_of.items() if port in parts]
        while len(found) < _MANY:
            try:
                TopologicalSorter(graph).prepare()
                break
            except CycleError as problem:
                way = problem.args[1]
                found.append(way)
                graph[way[1]].discard(way[0])
        return found

    def derivation(self, port: PortAddress) -> Derivation | None:
        """What the port is made of, column by column; None where its SQL cannot be followed, and for a source table."""
        return self.columns.derivations.get(port)

    def problem(self, port: PortAddress) -> str:
        """Why the columns of a port are not known; empty where they are."""
        problem = self.columns.problems.get(port)
        return problem.found if problem else ""

    def start(self, text: str) -> tuple[PortAddress, str | None]:
        """`"sales/orders"` or `"sales/orders.customer_id"` → the port, and the column if one is named.

        Raises UnknownPort, or UnknownColumn for a column that a port of known columns does not have.
        """
        name, dot, column = text.partition(".")
        address = PortAddress.parse(name)
        if address not in self.made_of and address not in self.read_by:
            known = ", ".join(sorted(map(str, self.made_of)))
            raise UnknownPort(f"There is no port {address} in the lineage of this mesh.", f"There is {known}.")
        if not dot:
            return address, None
        columns = self.columns_of(address)
        if column not in columns and (columns or not self.problem(address)):
            raise UnknownColumn(f"{address} has no column '{column}'.", f"It has {', '.join(columns) or 'none that is known'}.")
        return address, column

    def columns_of(self, address: PortAddress) -> list[str]:
        """The columns of a port in their order; of a source table, those that some port is made of."""
        if derivation := self.derivation(address):
            return list(derivation.values)
        readers = (self.columns.derivations[port] for port in self.columns.reading.get(Relation(*address), ()))
        return sorted({origin.column for one in readers for origin in one.origins if origin.relation == address})


def load_mesh_lineage(project: Project) -> MeshLineage:
    """Reads the lineage of all domains. What cannot be followed is known by its ports only, and hides nothing else."""
    columns = load_mesh_columns(project)
    made_of: dict[PortAddress, set[PortAddress]] = {port: set() for port in (*columns.derivations, *columns.problems)}
    for domain in project.domains.values():
        for port, parts in _parts(domain).items():
            made_of.setdefault(port, set()).update(parts)
    for port, derivation in columns.derivations.items():
        made_of[port].update(PortAddress(*relation) for relation in derivation.relations)
    return MeshLineage(columns, {port: frozenset(parts) for port, parts in sorted(made_of.items())})


def _parts(domain: DomainFolder) -> dict[PortAddress, set[PortAddress]]:
    """What each port reads, as dbt says; where dbt cannot read the project, as the products declare."""
    found: dict[PortAddress, set[PortAddress]] = {}
    try:
        for name, model in load_port_graph(domain).items():
            own = [PortAddress(domain.name, other) for other in (*(f"{RAW}_{table}" for table in model.raw), *model.ports)]
            found[PortAddress(domain.name, name)] = {*own, *model.inputs}
    except MeshError:
        for path in sorted(domain.products.glob("*.odps.yaml")):
            try:
                product = load_product(path, domain.root)
            except MeshError:
                continue  # whoever reads descriptors says what is wrong with it
            for output in product.outputs:
                found[output.address] = {reference.address for reference in product.inputs}
    return found
