"""Going back to an earlier version: a commit of its own, told to Dagster like any other new version."""

from mesh_platform import environment
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.port.shelf import published_port
from mesh_platform.port.version import PortVersion


def roll_back_port(home: MeshHome, address: PortAddress, to: int) -> PortVersion:
    """Serves version `to` of the port again. Raises UnknownPort when there is no such version, or it is served."""
    version = published_port(home, address).rollback(to)
    environment.prepare(home)
    from dagster import AssetMaterialization, DagsterInstance

    with DagsterInstance.get() as instance:
        instance.report_runless_asset_event(
            AssetMaterialization(
                list(address),
                description=f"Rolled back to the data of version {to}.",
                metadata={"version": version.number, "dagster/row_count": version.rows, "rolled back to": to},
                tags={"dagster/data_version": f"v{version.number}"},
            )
        )
    return version
