"""Whom the findings of the gate hurt: by contract and by change, the consuming ports."""

from collections.abc import Iterable

from mesh_capabilities.contract_change.catalogue import Change
from mesh_capabilities.contract_change.consumers import Consumers, Hurt
from mesh_capabilities.contract_change.gate import Finding
from mesh_capabilities.contract_change.mesh_gate import address_of, columns_of
from mesh_capabilities.contract_change.revision import Revision
from mesh_platform.errors import ContractError
from mesh_platform.names import PortAddress
from mesh_platform.project import Project
from mesh_platform.yaml_files import parse_mapping

Hurts = dict[Change | None, list[Hurt]]
"""Who is hurt, by change; under None by the deletion of the whole contract."""


def hurt_by(findings: Iterable[Finding], project: Project, base: Revision) -> dict[str, Hurts]:
    """By the contract's file, who is hurt by what became of it since `base`."""
    findings = list(findings)
    consumers = Consumers(project, _columns_then(findings, base))
    return {finding.file: _hurt(finding, consumers) for finding in findings}


def _hurt(finding: Finding, consumers: Consumers) -> Hurts:
    port, major = address_of(finding.file)
    if finding.happened == "deleted":
        return {None: consumers.readers(port, major)}
    changes = finding.comparison.changes if finding.comparison else ()
    return {change: consumers.hurt_by(change, port, major) for change in changes}


def _columns_then(findings: Iterable[Finding], base: Revision) -> dict[PortAddress, list[str]]:
    """The columns that the changed contracts promised at the base, so that who reads one that is gone is still found."""
    columns: dict[PortAddress, list[str]] = {}
    for finding in findings:
        text = base.text(finding.file)
        if text is not None and (finding.comparison or finding.happened == "deleted"):
            columns.setdefault(address_of(finding.file)[0], []).extend(columns_of(_said(text)))
    return columns


def _said(text: str) -> dict | None:
    try:
        return parse_mapping(text, "the contract at the base", ContractError)
    except ContractError:
        return None  # refused already, by name
