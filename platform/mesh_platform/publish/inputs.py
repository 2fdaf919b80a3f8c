"""What a run reads: one version of each input from its beginning to its end, through views in the private warehouse."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from mesh_platform.build.port_graph import PortModel
from mesh_platform.errors import ContractError, MeshError
from mesh_platform.names import PortAddress, identifier
from mesh_platform.port.partitions import latest
from mesh_platform.port.shelf import view_statements
from mesh_platform.port.version import PortVersion
from mesh_platform.product.descriptor import PortReference
from mesh_platform.product.offer import Offer
from mesh_platform.project import DomainFolder
from mesh_platform.publish.earlier_majors import served_version

if TYPE_CHECKING:
    from dagster_duckdb import DuckDBResource


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
    domain: DomainFolder, inputs: Collection[PortVersion], own: Collection[PortVersion], warehouse: "DuckDBResource"
) -> None:
    """Makes the warehouse show other domains' ports in the versions `inputs`, and the domain's own ones in those of `own`."""
    # An input that is no longer declared would still be readable through the view of an earlier run.
    stale = [f"DROP SCHEMA IF EXISTS {identifier(other)} CASCADE" for other in domain.others]
    with warehouse.get_connection() as connection:
        for statement in [*stale, *view_statements(inputs), *view_statements(own, schema="main")]:
            connection.execute(statement)
