"""What became of contracts since they were published or since a revision: the facts behind the policies on change."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from mesh_capabilities.contract_change.catalogue import Bump
from mesh_capabilities.contract_change.gate import Finding, judge_change, judge_mesh
from mesh_capabilities.contract_change.revision import Revision
from mesh_platform.errors import ContractError, MeshError
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import kept_contract
from mesh_platform.project import Project
from mesh_platform.yaml_files import parse_mapping, read_mapping


def since_published(project: Project, contracts: Iterable[Mapping[str, Any]], today: date) -> Iterator[dict[str, Any]]:
    """A row of `contract_changes` for each contract whose text is not the one that its port is served under.

    Args:
        contracts: rows of the catalog's table `contracts`.
    """
    for contract in contracts:
        if contract["published_digest"] in (None, contract["digest"]):
            continue
        folder = project.home.port(PortAddress.parse(contract["port"]), contract["major"])
        text = kept_contract(folder, contract["published_digest"])
        if text is None:
            continue  # published before contracts were kept
        try:
            old = parse_mapping(text, f"the contract that {contract['port']} is served under", ContractError)
            new = read_mapping(project.root / contract["file"], ContractError)
        except MeshError:
            continue  # it is told as invalid
        yield _row(judge_change(contract["file"], old, new, today), "published")


def since_revision(project: Project, name: str, today: date) -> Iterator[dict[str, Any]]:
    """The same for what has changed since a git revision, deleted contracts included. Raises RevisionError."""
    for finding in judge_mesh(project.root, Revision(project.root, name), today):
        if finding.comparison or (finding.happened == "deleted" and not finding.allowed):
            yield _row(finding, name)


def _row(finding: Finding, since: str) -> dict[str, Any]:
    comparison = finding.comparison
    breaking = not finding.allowed and (comparison is None or comparison.sufficient or comparison.required is Bump.major)
    return {
        "contract": finding.contract,
        "since": since,
        "happened": finding.happened,
        "old_version": comparison.old_version if comparison else None,
        "new_version": comparison.new_version if comparison else None,
        "required": comparison.required.name if comparison else None,
        "sufficient": comparison.sufficient if comparison else None,
        "breaking": breaking,
        "problem": finding.refusal,
        "way_out": finding.way_out or None,
    }
