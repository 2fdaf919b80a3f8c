"""What a run reads: one version of each input from its beginning to its end, and the files that relationships lead to."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from mesh_platform.build.port_graph import PortModel
from mesh_platform.build.warehouse import Warehouse
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.document import load_contract
from mesh_platform.contract.rule import Referenced
from mesh_platform.errors import ContractError, MeshError
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress, identifier
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.partitions import latest
from mesh_platform.port.place import place_of
from mesh_platform.port.shelf import view_statements
from mesh_platform.port.version import PortVersion, seen_as
from mesh_platform.product.descriptor import PortReference
from mesh_platform.product.offer import Offer
from mesh_platform.project import DomainFolder


def pin_inputs(
    offer: Offer, graph: Mapping[str, PortModel], ports: Collection[str]
) -> tuple[list[PortVersion], dict[str, MeshError]]:
    """The served version of every declared input that the `ports` read, whatever is published from now on.

    Returns: the versions; and by port, what is wrong with an input of it.
    """
    pinned: dict[PortAddress, PortVersion] = {}
    problems: dict[str, MeshError] = {}
    for port in ports:
        for reference in offer.product_of(port).inputs:
            if reference.address in pinned or reference.address not in graph[port].inputs:
                continue
            try:
                served = served_version(offer.domain, reference)
                pinned[reference.address] = _cut(served, reference, offer.product_of(port).file)
            except MeshError as problem:
                problems[port] = problem
    return list(pinned.values()), problems


def served_version(domain: DomainFolder, reference: PortReference) -> PortVersion:
    """What a product of the domain reads when it reads that input now.

    An earlier major whose contract says `servedFrom` is a view over the major named there, as soon as that one is
    published. Raises UnknownPort when nothing is published.
    """
    address, home = reference.address, domain.home
    path = reference.contract_file(domain.root)
    # Where no later major is published there is nothing to see through, and no contract to read.
    if path.is_file() and _later(home.port(address, reference.major), reference.major):
        contract = load_contract(path, domain.root)
        if contract.served_from:
            newest = OutputPort(address, home.port(address, int(contract.served_from.rpartition(".v")[2])))
            if newest.published:
                return seen_as(contract, newest.current())
    return OutputPort(address, home.port(address, reference.major)).current()


def _later(folder: Path, major: int) -> bool:
    return any(other > major for other in place_of(folder).majors())


def _cut(version: PortVersion, reference: PortReference, file: str) -> PortVersion:
    """The version with the files of the days that are declared, and no other: what is not listed cannot be read."""
    if reference.latest_days is None:
        return version
    if version.partition is None:
        raise ContractError(
            f"{file} declares latestDays for {reference.address}, which is not cut into days.",
            "Leave latestDays out: all of the port is read.",
        )
    return latest(version, reference.latest_days)


def prepare_views(
    domain: DomainFolder, inputs: Collection[PortVersion], own: Collection[PortVersion], warehouse: Warehouse
) -> None:
    """Makes the warehouse show other domains' ports in the versions `inputs`, and the domain's own ones in those of `own`."""
    # An input that is no longer declared would still be readable through the view of an earlier run.
    stale = [f"DROP SCHEMA IF EXISTS {identifier(other)} CASCADE" for other in domain.others]
    with warehouse.get_connection() as connection:
        for statement in [*stale, *view_statements(inputs), *view_statements(own, schema="main")]:
            connection.execute(statement)


def referenced_files(
    contract: Contract,
    home: MeshHome,
    pinned: Mapping[PortAddress, PortVersion] | None = None,
    candidates: Mapping[PortAddress, Sequence[Path]] | None = None,
) -> dict[Referenced, Sequence[Path]]:
    """The files of each referenced port; a port that was never published is left out.

    Args:
        contract: whose relationships are asked for.
        home: the mesh.
        pinned: versions that a run reads or has published, which come first.
        candidates: what the run is about to publish with it, which comes next. The served version comes last.
    """
    found: dict[Referenced, Sequence[Path]] = {}
    for referenced in contract.references:
        version = (pinned or {}).get(referenced.address)
        served = OutputPort(referenced.address, home.port(*referenced))
        if version and _major(version) == referenced.major:
            # Of a port that grows, a product may read the latest days only; a relationship leads to all of them.
            whole = version if version.partition is None else served.at(version.number)
            found[referenced] = whole.fetched()
        elif candidates and referenced.address in candidates:
            found[referenced] = candidates[referenced.address]
        elif served.published:
            found[referenced] = served.current().fetched()
    return found


def _major(version: PortVersion) -> int:
    return int(version.provenance.contract_version.split(".")[0])


def by_references(groups: Collection[list[str]], leads_to: Mapping[str, Collection[str]]) -> list[list[str]]:
    """Groups of ports, each after those it leads to as far as that can be; else in the order they come in.

    Args:
        groups: names of ports, each group after those it is made of.
        leads_to: by port, the ports it is made of and those its relationships lead to.
    """
    remaining, ordered = list(groups), []
    while remaining:
        free = (group for group in remaining if not _blocked(group, remaining, leads_to))
        ordered.append(next(free, remaining[0]))
        remaining.remove(ordered[-1])
    return ordered


def _blocked(group: list[str], remaining: list[list[str]], leads_to: Mapping[str, Collection[str]]) -> bool:
    others = {port for other in remaining if other is not group for port in other}
    return any(others & set(leads_to[port]) for port in group)
