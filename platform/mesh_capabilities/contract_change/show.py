"""The commands `mesh contract diff` and `mesh contract gate`."""

from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from mesh_capabilities.contract_change.catalogue import Bump, Change
from mesh_capabilities.contract_change.consumers import Consumers, Hurt, Hurts, hurt_by
from mesh_capabilities.contract_change.gate import Comparison, Finding, address_of, columns_of, compare_versions, judge_mesh
from mesh_capabilities.contract_change.revision import Revision
from mesh_platform.cli.output import console, print_json, verdict
from mesh_platform.errors import ContractError, ProjectError, RevisionError, UnknownPort
from mesh_platform.names import PortAddress
from mesh_platform.project import Project, load_project
from mesh_platform.standards import check_against
from mesh_platform.yaml_files import parse_mapping, read_mapping


def diff_contracts(old: str, new: str | None, base: str | None, as_json: bool) -> int:
    """Prints the comparison of two files, or of a port's contract with what it said at a git revision.

    Returns: 0 when the version has grown as much as the changes ask for, else 1.
    """
    if (new is None) == (base is None):
        raise ContractError(
            "A comparison takes two files, or one port and a revision.", "Write OLD NEW, or DOMAIN/PORT --base REV."
        )
    if base is not None:
        project = load_project()
        before, after = _documents_of_port(project, PortAddress.parse(old), base)
    else:
        project = _project_or_none()
        before, after = _document(Path(old)), _document(Path(new))
    comparison = compare_versions(before, after)
    hurt = _hurt(project, before, comparison)
    if as_json:
        print_json({"contract": before.get("id"), **comparison_document(comparison, hurt)})
    else:
        out = console()
        out.print(f"[bold]{before.get('id')}[/] {comparison.old_version} → {comparison.new_version}")
        print_changes(out, comparison, hurt)
        count = len(comparison.changes)
        verdict(comparison.sufficient, f"{f'{count} changes' if count != 1 else '1 change'}: {comparison.sentence}")
    return 0 if comparison.sufficient else 1


def _hurt(project: Project | None, before: dict[str, Any], comparison: Comparison) -> dict:
    port, major = _port_of(before)
    if project is None or port is None or port.domain not in project.domains:
        return {}
    consumers = Consumers(project, {port: columns_of(before)})
    return {change: consumers.hurt_by(change, port, major) for change in comparison.changes}


def _port_of(document: dict[str, Any]) -> tuple[PortAddress | None, int]:
    tables, major = document.get("schema") or [], str(document.get("version")).partition(".")[0]
    if len(tables) != 1 or not document.get("domain"):
        return None, 0
    return PortAddress(str(document["domain"]), str(tables[0].get("name"))), int(major) if major.isdigit() else 0


def _project_or_none() -> Project | None:
    """Two files can be compared anywhere; outside of a mesh there is nobody to be hurt."""
    try:
        return load_project()
    except ProjectError:
        return None


def _document(path: Path) -> dict[str, Any]:
    document = read_mapping(path, ContractError)
    check_against(document, path, "odcs", "mesh_platform.contract")
    return document


def _documents_of_port(project: Project, port: PortAddress, base: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The newest contract of a port now, and what it said at the revision: the same file there, else the newest major."""
    folder = f"domains/{port.domain}/contracts"
    revision = Revision(project.root, base)
    now = [path.relative_to(project.root).as_posix() for path in (project.root / folder).glob("*.odcs.yaml")]
    here = _newest(now, port)
    there = _newest(revision.files(folder, ".odcs.yaml"), port)
    if here is None:
        raise UnknownPort(f"There is no contract of {port}.", "`mesh products` lists the ports of the mesh.")
    if there is None:
        raise RevisionError(f"There was no contract of {port} at {base}.", "Name a later revision.")
    file = here if revision.text(here) is not None else there
    name = f"{file} at {base}"
    before = parse_mapping(revision.text(file) or "", name, ContractError)
    check_against(before, Path(name), "odcs", "mesh_platform.contract")
    return before, _document(project.root / here)


def _newest(files: list[str], port: PortAddress) -> str | None:
    mine = [file for file in files if address_of(file)[0] == port]
    return max(mine, key=lambda file: address_of(file)[1], default=None)


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


_COLOURS = {Bump.major: "red", Bump.minor: "yellow", Bump.patch: "cyan", Bump.none: "dim"}


def print_changes(out: Console, comparison: Comparison, hurt: dict[Change, list[Hurt]]) -> None:
    """Prints the changes, grouped by kind, with what they do to either side and whom they hurt."""
    for kind in dict.fromkeys(change.kind for change in comparison.changes):
        out.print(f"[bold]{kind}[/]")
        for change in comparison.changes:
            if change.kind == kind:
                out.print(f"  [{_COLOURS[change.bump]}]{change.bump.name:<5}[/]  {escape(change.sentence)}", soft_wrap=True)
                if change.bump:
                    out.print(f"         [dim]consumer {change.consumer}; producer {change.producer}[/]", soft_wrap=True)
                for port in hurt.get(change, ()):
                    out.print(f"         hurts {escape(str(port))}", soft_wrap=True)


def comparison_document(comparison: Comparison, hurt: dict[Change, list[Hurt]]) -> dict[str, Any]:
    """The comparison for machines."""
    return {
        "old_version": comparison.old_version,
        "new_version": comparison.new_version,
        "required": comparison.required.name,
        "actual": None if comparison.actual is None else comparison.actual.name,
        "sufficient": comparison.sufficient,
        "next_version": comparison.next_version,
        "changes": [
            {
                "kind": change.kind,
                "sort": change.sort,
                "bump": change.bump.name,
                "place": change.place,
                "columns": list(change.columns),
                "sentence": change.sentence,
                "consumer": change.consumer,
                "producer": change.producer,
                "hurts": [hurt_document(port) for port in hurt.get(change, ())],
            }
            for change in comparison.changes
        ],
    }


def hurt_document(hurt: Hurt) -> dict[str, Any]:
    """One hurt port for machines."""
    return {
        "port": str(hurt.port),
        "product": hurt.product,
        "owner": hurt.owner,
        "values": list(hurt.values),
        "rows": list(hurt.rows),
        "names": list(hurt.names),
        "through": str(hurt.through) if hurt.through else None,
        "unknown": hurt.unknown,
    }
