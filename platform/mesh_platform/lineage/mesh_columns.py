"""Column lineage of the whole mesh: who is made of a column, directly and through the ports of others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mesh_platform.errors import MeshError
from mesh_platform.lineage.derivation import Derivation, Origin, Relation
from mesh_platform.lineage.port_columns import DomainColumns
from mesh_platform.naming import PortAddress
from mesh_platform.products.offer import Offer
from mesh_platform.transformation.compiled import load_compiled


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

    def readers(self, address: PortAddress, columns: Iterable[str]) -> list[Reader]:
        """Every port that is made of any of the `columns` of a port, the nearest first.

        No column stands for all of them: whoever reads the port at all.
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
                if port in found or port == address:
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


def load_mesh_columns(offers: Iterable[Offer]) -> MeshColumns:
    """Follows the compiled SQL of all domains; what cannot be followed is a problem and no error."""
    offers = list(offers)
    promised = {Relation(*contract.address): contract.column_names for offer in offers for contract in offer.contracts.values()}
    derivations: dict[PortAddress, Derivation] = {}
    problems: dict[PortAddress, MeshError] = {}
    for offer in offers:
        name = offer.domain.name
        try:
            columns = DomainColumns(name, load_compiled(offer.domain), promised)
        except MeshError as problem:
            problems |= {PortAddress(name, port): problem for port in offer.contracts}
            continue
        for port in columns.ports:
            try:
                derivations[PortAddress(name, port)] = columns.of_port(port)
            except MeshError as problem:
                problems[PortAddress(name, port)] = problem
    return MeshColumns(derivations, problems)
