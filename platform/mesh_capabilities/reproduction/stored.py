"""Where the version lies that a commit names among its inputs: in its own table, or in the newer one that it is a view over."""

from contextlib import suppress
from datetime import datetime

from mesh_platform.contract.document import load_contract
from mesh_platform.errors import MeshError, PortDamaged, UnknownPort
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import PortVersion
from mesh_platform.port.whole_versions import described
from mesh_platform.project import Project


def stored_port(project: Project, address: PortAddress, major: int, read_at: datetime) -> OutputPort:
    """The table whose versions a reader of that major was reading at that time.

    An earlier major that says `servedFrom` is read through the major named there from the moment that one is published,
    and its versions are then counted as those of the newer.
    """
    own = OutputPort(address, project.home.port(address, major))
    if len(list(own.folder.parent.glob("v*"))) < 2:
        return own  # nothing to see through, and no contract to read
    path = project.root / "domains" / address.domain / "contracts" / f"{address.port}.v{major}.odcs.yaml"
    with suppress(MeshError, OSError):
        served_from = load_contract(path, project.root).served_from if path.is_file() else None
        if served_from:
            newer = OutputPort(address, project.home.port(address, int(served_from.rpartition(".v")[2])))
            first = described_at(newer, 0)
            if first and first.committed <= read_at:
                return newer
    return own


def described_at(port: OutputPort, number: int) -> PortVersion | None:
    """What the commit with that number says, whether its files are there or not; None where there is no such commit."""
    with suppress(PortDamaged, UnknownPort):
        return described(port.log, number)
    return None
