"""Rows of the policy table `contract_changes`: contracts that changed since they were published or since a git revision."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from mesh_capabilities.contract_change.contract_gate import GateFinding, judge_contract_change, judge_mesh
from mesh_capabilities.contract_change.last_promises import last_promises
from mesh_capabilities.contract_change.revision import Revision
from mesh_capabilities.contract_change.sorts import Bump
from mesh_capabilities.kept_contracts import kept_contract
from mesh_platform.errors import ContractError, MeshError
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.project import Project
from mesh_platform.yaml_files import parse_mapping, read_mapping


def since_published(project: Project, contracts: Iterable[Mapping[str, Any]], today: date) -> Iterator[dict[str, Any]]:
    """A row for each contract whose text differs from the one under which its port is served.

    Args:
        project: the mesh.
        contracts: rows of the catalog's table `contracts`.
        today: the day on which notice periods are judged.
    """
    for contract, folder, digest in _promised(project.home, list(contracts)):
        if digest in (None, contract["digest"]) or not contract["valid"]:
            continue  # the policy `valid_contract` reports one that is not valid, of which nothing can be compared
        text = kept_contract(folder, digest)
        if text is None:
            continue  # it was published before contracts were kept with the data
        try:
            old = parse_mapping(text, f"the contract under which {contract['port']} is served", ContractError)
            new = read_mapping(project.root / contract["file"], ContractError)
        except MeshError:
            continue
        yield _row(judge_contract_change(contract["file"], old, new, today, project.root), "published")


def _promised(home: MeshHome, contracts: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], Path, str | None]]:
    """Each contract, with the folder and the digest of the text that it is served under, if need be as a view."""
    named = sorted(
        (contract for contract in contracts if contract["major"] is not None), key=lambda contract: contract["major"]
    )
    newest = {contract["port"]: contract["major"] for contract in named}
    for contract in named:
        address, major, digest = PortAddress.parse(contract["port"]), contract["major"], contract["published_digest"]
        folder = home.port(address, major)
        if major < newest[contract["port"]]:
            promises = last_promises(home, address, newest[contract["port"]])
            promise = next((promise for promise in promises if promise.major == major), None)
            folder, digest = (promise.port.folder, promise.digest) if promise else (folder, None)
        yield contract, folder, digest


def since_revision(project: Project, name: str, today: date) -> Iterator[dict[str, Any]]:
    """A row for each contract that changed or was deleted since a git revision. Raises RevisionError."""
    for finding in judge_mesh(project.root, Revision(project.root, name), today):
        if finding.comparison or (finding.happened == "deleted" and not finding.allowed):
            yield _row(finding, name)


def _row(finding: GateFinding, since: str) -> dict[str, Any]:
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
        "problem": finding.problem,
        "way_out": finding.way_out or None,
    }
