"""Why a candidate is not published, each reason as the error its owner reads."""

from collections.abc import Collection, Sequence
from pathlib import Path

from mesh_platform.build.dbt import NodeResult
from mesh_platform.contract.audit import Verdict
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import ContractViolation, MeshError, TransformationError
from mesh_platform.names import PortAddress
from mesh_platform.port.version import PortVersion
from mesh_platform.project import DomainFolder
from mesh_platform.publish.loading import explain_missing
from mesh_platform.quarantine import Entry


def contract_broken(contract: Contract, broken: Collection[Verdict], candidate: Path, kept: Entry | None = None) -> MeshError:
    """The audit found rules broken that forbid to publish; `kept` holds the rows that broke them."""
    verdicts = "".join(f"\n    {verdict}" for verdict in broken)
    rows = f"; `mesh quarantine show {kept.id}` shows the rows" if kept else ""
    return ContractViolation(
        f"{contract.address} breaks its contract {contract.id} {contract.version} and was not published:{verdicts}",
        f"\n    The candidate is kept in {candidate}{rows}; the contract is {contract.file}.",
    )


def product_incomplete(port: PortAddress, broken: PortAddress) -> MeshError:
    """Another port of the same product was refused."""
    return ContractViolation(
        f"{port} was not published, because {broken} was not.", "They are one product and are published together."
    )


def part_missing(port: PortAddress, part: PortAddress) -> MeshError:
    """A port of the same domain that this one is made of was refused."""
    return TransformationError(f"{port} was not published, because it is made of {part}, which was not.")


def part_reduced(port: PortAddress, part: PortAddress) -> MeshError:
    """A port of the same domain that this one is made of lost rows to the quarantine after this one was built on it."""
    return TransformationError(
        f"{port} was not published, because it was built on rows of {part} that were set aside afterwards.",
        f"`mesh run {port}` builds it on what was published.",
    )


def dbt_failed(
    port: PortAddress, nodes: Collection[NodeResult], domain: DomainFolder, inputs: Sequence[PortVersion]
) -> MeshError | None:
    """A model or a test of the port did not end well; None when all did."""
    bad = [node for node in nodes if not node.good]
    if not bad:
        return None
    # What is skipped is skipped because of something else: name that.
    node = min(bad, key=lambda node: node.status == "skipped")
    return explain_missing(node.message, node.file, domain, inputs) or TransformationError(
        f"{port} was not published: the {node.kind} {node.name} ended with {node.status}: {node.message}.",
        f"See dbt_projects/{domain.name}/{node.file}.",
    )
