"""`mesh contract gate`: whether the contracts of the mesh may become what they are now."""

from datetime import date

from mesh_capabilities.contract_change.gate import Finding
from mesh_capabilities.contract_change.hurting import Hurts, hurt_by
from mesh_capabilities.contract_change.mesh_gate import judge_mesh
from mesh_capabilities.contract_change.revision import Revision
from mesh_capabilities.contract_change.words import comparison_document, hurt_document, print_changes
from mesh_platform.cli.output import console, print_json, verdict
from mesh_platform.project import Project, load_project


def run_gate(base: str, as_json: bool) -> int:
    """Prints what became of each contract since the revision. Returns: 0 when all of it is allowed, else 1."""
    project = load_project()
    revision = Revision(project.root, base)
    findings = judge_mesh(project.root, revision, date.today())
    hurt = hurt_by(findings, project, revision)
    refused = [finding for finding in findings if not finding.allowed]
    if as_json:
        print_json(
            {
                "base": base,
                "allowed": not refused,
                "contracts": [finding_document(finding, hurt[finding.file]) for finding in findings],
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


def finding_document(finding: Finding, hurt: Hurts) -> dict:
    """One finding for machines."""
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
