"""Pinning: a run reads one version of each input throughout, and the files of the ports that relationships refer to."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mesh_platform.build.port_graph import PortModel
from mesh_platform.build.warehouse import Warehouse
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.document import load_contract
from mesh_platform.contract.rule import Referenced
from mesh_platform.errors import ContractError, ContractViolation, MeshError
from mesh_platform.home import MeshHome
from mesh_platform.ingestion.source import WAREHOUSE
from mesh_platform.names import PortAddress, identifier, literal
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.partitioned_port import latest
from mesh_platform.port.place import place_of
from mesh_platform.port.shelf import reading, select_of, view_statements
from mesh_platform.port.version import PortVersion, seen_as
from mesh_platform.product.descriptor import PortReference
from mesh_platform.product.offer import Offer
from mesh_platform.project import DomainFolder


def pin_inputs(
    offer: Offer, graph: Mapping[str, PortModel], ports: Collection[str]
) -> tuple[list[PortVersion], dict[str, MeshError]]:
    """The served version of every declared input that the `ports` read; later publishes do not change it.

    Returns: the versions, and for each port the error of an input that cannot be read.
    """
    pinned: dict[PortAddress, PortVersion] = {}
    problems: dict[str, MeshError] = {}
    for port in ports:
        for reference in offer.product_of(port).inputs:
            if reference.address in pinned or reference.address not in graph[port].inputs:
                continue
            try:
                version = _cut(served_version(offer.domain, reference), reference, offer.product_of(port).file)
                version.fetched()
                pinned[reference.address] = version
            except MeshError as problem:
                problems[port] = problem
    return list(pinned.values()), problems


def served_version(domain: DomainFolder, reference: PortReference) -> PortVersion:
    """The version that a product of the domain reads through that input now.

    An earlier major whose contract has `servedFrom` is a view over that major, once the latter is published. Raises
    UnknownPort when no version is published.
    """
    address, home = reference.address, domain.home
    path = reference.contract_file(domain.root)
    # Without a later published major there is no view, and the contract need not be read.
    if path.is_file() and _later(home, address, reference.major):
        contract = load_contract(path, domain.root)
        if contract.served_from:
            newest = OutputPort(address, home.port(address, int(contract.served_from.rpartition(".v")[2])))
            if newest.published:
                return seen_as(contract, newest.current())
    return OutputPort(address, home.port(address, reference.major)).current()


def taken_back(contract: Contract, home: MeshHome) -> MeshError | None:
    """Why a port cannot be published: readers get a later major than that of its newest contract. None if they do not."""
    address = contract.address
    if (major := _later(home, address, contract.major)) is None:
        return None
    return ContractViolation(
        f"{address} cannot be published: v{major} is published, and the newest contract is that of v{contract.major}.",
        f"Restore domains/{address.domain}/contracts/{address.port}.v{major}.odcs.yaml, or take v{major} back with "
        f"`mesh ports withdraw {address} --major {major}`.",
    )


def _later(home: MeshHome, address: PortAddress, major: int) -> int | None:
    """The newest published major of the port if it is later than that major; None otherwise."""
    later = (other for other in place_of(home.port(address, major)).majors() if other > major)
    return max((other for other in later if OutputPort(address, home.port(address, other)).published), default=None)


def _cut(version: PortVersion, reference: PortReference, file: str) -> PortVersion:
    """The version with only the files of the declared days; files that are not listed cannot be read."""
    if reference.latest_days is None:
        return version
    if version.partition is None:
        raise ContractError(
            f"{file} declares latestDays for {reference.address}, which is not partitioned.",
            "Remove latestDays: the whole port is read.",
        )
    return latest(version, reference.latest_days)


def prepare_views(
    domain: DomainFolder, inputs: Collection[PortVersion], own: Collection[PortVersion], warehouse: Warehouse
) -> list[Path]:
    """Creates views in the warehouse: for the `inputs`, ports of other domains, and for the domain's `own` ports.

    Returns: the files that the views read. They hold the columns of the contracts and no others.
    """
    # Otherwise an input that is no longer declared could be read through the view of an earlier run.
    stale = [f"DROP SCHEMA IF EXISTS {WAREHOUSE}.{identifier(other)} CASCADE" for other in domain.others]
    versions = [*(_projected(version, domain.home.inputs(domain.name)) for version in inputs), *own]
    files = [file for version in versions for file in version.fetched()]
    with warehouse.get_connection([str(file) for file in files]) as connection:
        list(map(connection.execute, stale))
        for version in versions:
            with reading(version):
                list(map(connection.execute, view_statements(version, "main" if version in own else None, WAREHOUSE)))
    return files


def _projected(version: PortVersion, folder: Path) -> PortVersion:
    """The version in a file of its own, if it is seen as an earlier major: its files hold the columns of the newest one."""
    import duckdb

    if not version.selects:
        return version
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{version.address.domain}.{version.address.port}.parquet"
    with duckdb.connect() as connection, reading(version):
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"COPY ({select_of(version)}) TO {literal(file)} (FORMAT parquet)")
    return replace(version, files=(file,), selects=(), partition=None, place=None)


def referenced_files(
    references: Iterable[Referenced],
    home: MeshHome,
    pinned: Mapping[PortAddress, PortVersion] | None = None,
    candidates: Mapping[PortAddress, Sequence[Path]] | None = None,
) -> dict[Referenced, Sequence[Path]]:
    """The files of each port that relationships refer to; a port that was never published is left out.

    The files come from the pinned version, else from the candidate, else from the served version.

    Args:
        references: what they refer to.
        home: the home of the mesh.
        pinned: the versions that a run reads or has published.
        candidates: the files that the same run is about to publish.
    """
    files: dict[Referenced, Sequence[Path]] = {}
    for referenced in references:
        version = (pinned or {}).get(referenced.address)
        served = OutputPort(referenced.address, home.port(*referenced))
        if version and int(version.provenance.contract_version.split(".")[0]) == referenced.major:
            # A product may read only the latest days of a partitioned port; a relationship refers to all days.
            whole = version if version.partition is None else served.at(version.number)
            files[referenced] = whole.fetched()
        elif candidates and referenced.address in candidates:
            files[referenced] = candidates[referenced.address]
        elif served.published:
            files[referenced] = served.current().fetched()
    return files
