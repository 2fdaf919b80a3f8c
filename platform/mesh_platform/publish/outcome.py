"""What became of one port in a run of its domain: a new version, or the reason why there is none."""

from dataclasses import dataclass

from mesh_capabilities.governance.report import Result
from mesh_platform.build import dbt
from mesh_platform.contract.audit import Audit
from mesh_platform.errors import MeshError
from mesh_platform.names import PortAddress
from mesh_platform.port.version import PortVersion


@dataclass(frozen=True)
class Outcome:
    """What became of one port: a new version, or the reason why there is none."""

    address: PortAddress
    seconds: float
    audit: Audit | None = None
    version: PortVersion | None = None
    error: MeshError | None = None
    nodes: tuple[dbt.NodeResult, ...] = ()
    """What dbt did for it, tests included."""
    policies: tuple[Result, ...] = ()
    """What the policies of the mesh found of it."""
