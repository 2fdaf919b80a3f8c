"""`mesh contract gate`: whether the contracts of the mesh may become what they are now."""

from datetime import date

from mesh_platform.cli.change_words import comparison_document, hurt_document, print_changes
from mesh_platform.cli.output import console, print_json, verdict
from mesh_platform.contracts.change.consumers import Consumers, Hurt
from mesh_platform.contracts.change.gate import Finding
from mesh_platform.contracts.change.mesh_gate import address_of, columns_of, judge_mesh
from mesh_platform.contracts.change.revision import Revision
from mesh_platform.errors import ContractError
from mesh_platform.naming import PortAddress
from mesh_platform.project import Project, load_project
from mesh_platform.yaml_files import parse_mapping


def run_gate(base: str, as_json: bool) -> int:
    """Prints what became of each contract since the revision. Returns: 0 when all of it is allowed, else 1."""
    project = load_project()
    revision = Revision(project.root, base)
    findings = judge_mesh(project.root, revision, date.today())
    consumers = Consumers(project, _columns_then(findings, revision))
    hurt = {finding.file: _hurt(finding, consumers) for finding in findings}
    refused = [finding for finding in findings if not finding.allowed]
    if as_json:
        print_json(
            {
                "base": base,
                "allowed": not refused,
                "contracts": [_finding_document(finding, hurt[finding.file]) for finding in findings],
            }
        )
        return 1 if refused else 0
    out = console()
    for finding in findings:
        out.print(f"[bold]{finding.contract}[/] {finding.happened}, {finding.file}", soft_wrap=True)
        if finding.comparison:
            print_changes(out, finding.comparison, hurt[finding.file])
        for port in hurt[finding.file].get(None, ()):
            out.print(f"  hurts {port}", markup=False, soft_wrap=True)
        if not finding.allowed:
            out.print(f"  ✘ {finding.refusal}. {finding.way_out}", markup=False, soft_wrap=True)
    verdict(not refused, _sentence(len(findings), len(refused), base, project))
    return 1 if refused else 0


def _sentence(changed: int, refused: int, base: str, project: Project) -> str:
    if not changed:
        return f"no contract of {len(project.domains)} domains has changed since {base}"
    contracts = f"{changed} contract{'s' if changed > 1 else ''} changed since {base}"
    return (
        f"{contracts}, {refused} refused"
        if refused
        else f"{contracts}, as {'their versions say' if changed > 1 else 'its version says'}"
    )


def _hurt(finding: Finding, consumers: Consumers) -> dict:
    """Who is hurt, by change; under None by the deletion of the whole contract."""
    port, major = address_of(finding.file)
    if finding.happened == "deleted":
        return {None: consumers.readers(port, major)}
    changes = finding.comparison.changes if finding.comparison else ()
    return {change: consumers.hurt_by(change, port, major) for change in changes}


def _columns_then(findings: list[Finding], base: Revision) -> dict[PortAddress, list[str]]:
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


def _finding_document(finding: Finding, hurt: dict[object, list[Hurt]]) -> dict:
    return {
        "contract": finding.contract,
        "file": finding.file,
        "happened": finding.happened,
        "allowed": finding.allowed,
        "refusal": finding.refusal,
        "way_out": finding.way_out or None,
        "comparison": comparison_document(finding.comparison, hurt) if finding.comparison else None,
        "hurts": [hurt_document(port) for port in hurt.get(None, ())],
    }
