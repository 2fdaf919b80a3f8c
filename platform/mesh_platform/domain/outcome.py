"""What became of one port in one run."""

from dataclasses import dataclass

from mesh_platform.contracts.audit import Audit
from mesh_platform.errors import MeshError
from mesh_platform.naming import PortAddress
from mesh_platform.ports.version import PortVersion
from mesh_platform.transformation.dbt import NodeResult


@dataclass(frozen=True)
class Outcome:
    """A new version, or the reason why there is none."""

    address: PortAddress
    seconds: float
    audit: Audit | None = None
    version: PortVersion | None = None
    error: MeshError | None = None
    nodes: tuple[NodeResult, ...] = ()
    """What dbt did for it, tests included."""
