"""The commands `mesh contract diff` and `mesh contract gate`, and how they print changes."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer
from rich.text import Text

from mesh_capabilities.contract_change.consumers import AffectedPort, AffectedPorts, ConsumerColumns, affected_consumers
from mesh_capabilities.contract_change.contract_gate import (
    ContractComparison,
    GateFinding,
    address_of,
    columns_of,
    compare_versions,
    judge_mesh,
)
from mesh_capabilities.contract_change.promises import NOWHERE
from mesh_capabilities.contract_change.revision import Revision, where_main_was_left
from mesh_capabilities.contract_change.sorts import Bump, Change
from mesh_capabilities.contract_lint.earlier_odcs import read_any_document
from mesh_capabilities.errors import RevisionError
from mesh_isolation.terminal import Terminal, console, print_json, verdict, warn
from mesh_isolation.text import counted, whole_number
from mesh_platform.cli.arguments import known_port
from mesh_platform.errors import ContractError, ProjectError, UnknownPort
from mesh_platform.names import PortAddress
from mesh_platform.project import Project, load_project
from mesh_platform.standards import check_against
from mesh_platform.yaml_files import parse_mapping, read_mapping

_COLOURS = {Bump.major: "red", Bump.minor: "yellow", Bump.patch: "cyan", Bump.none: "dim"}


def diff_contracts(old: str, new: str | None, base: str | None, as_json: bool) -> int:
    """Prints the changes between two files, or between a port's contract now and at a git revision.

    Returns: 0 when the version increased as much as the changes require, else 1.
    """
    if (new is None) == (base is None):
        raise typer.BadParameter(
            "A comparison takes two files, or one port and a revision: OLD NEW, or DOMAIN/PORT --base REV."
        )
    if base is not None:
        project = load_project()
        before, after, file = _documents_of_port(project, known_port(old), base)
    else:
        for name in (old, new):
            if not Path(name).is_file():
                raise ContractError(f"{name} does not exist.", "Name two contract files, or one port with --base REVISION.")
        project, file = _project_or_none(), Path(new).absolute()
        (before, *_), (after, *_) = read = [read_any_document(path) for path in (Path(old), file)]
        for name, (_, remark) in zip((old, new), read):
            if remark:
                warn(f"{name} is {remark}")
    comparison = compare_versions(before, after, (file, project.root if project else NOWHERE))
    affected = _affected(project, before, comparison)
    if as_json:
        print_json({"contract": before.get("id"), **comparison_document(comparison, affected)})
    else:
        out = console()
        out.print("[bold]{}[/] {} → {}", before.get("id"), comparison.old_version, comparison.new_version)
        print_changes(out, comparison, affected)
        count = len(comparison.changes)
        verdict(comparison.sufficient, f"{counted(count, 'change')}: {comparison.sentence}")
    return 0 if comparison.sufficient else 1


def run_gate(base: str | None, as_json: bool) -> int:
    """Prints the verdict on every contract that changed since the revision. Returns: 0 when all are allowed, else 1.

    Without a revision, the comparison is with the commit at which the branch left the main branch.
    """
    project = load_project()
    revision = Revision(project.root, base) if base else where_main_was_left(project.root)
    if revision is None:
        raise RevisionError("There is no main branch to compare with.", "Name a revision with --base.")
    base = base or "main"
    findings = judge_mesh(project.root, revision, datetime.now(UTC).date())
    affected = affected_consumers(findings, project, revision)
    refused = [finding for finding in findings if not finding.allowed]
    if as_json:
        contracts = [finding_document(finding, affected[finding.file]) for finding in findings]
        print_json({"base": base, "ok": not refused, "contracts": contracts})
        return 1 if refused else 0
    out = console()
    for finding in findings:
        out.print("[bold]{}[/] {}, {}", finding.contract, finding.happened, finding.file, soft_wrap=True)
        print_finding(out, finding, affected[finding.file])
        if not finding.allowed:
            out.print("  ✘ {}. {}", finding.refusal, finding.way_out, soft_wrap=True)
    verdict(not refused, _gate_sentence(len(findings), len(refused), base, project))
    return 1 if refused else 0


def print_finding(out: Terminal, finding: GateFinding, affected: AffectedPorts) -> None:
    """Prints the changes of one contract, and the ports that its deletion affects."""
    if finding.comparison:
        print_changes(out, finding.comparison, affected)
    for port in affected.get(None, ()):
        out.print("  affects {}", port, soft_wrap=True)


def print_changes(out: Terminal, comparison: ContractComparison, affected: AffectedPorts) -> None:
    """Prints the changes, grouped by kind, each with its effects and the affected ports."""
    for kind in dict.fromkeys(change.kind for change in comparison.changes):
        out.print("[bold]{}[/]", kind)
        for change in comparison.changes:
            if change.kind == kind:
                _print_change(out, change, affected)


def comparison_document(comparison: ContractComparison, affected: AffectedPorts) -> dict[str, Any]:
    """A comparison as JSON."""
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
                "affects": [_port_document(port) for port in affected.get(change, ())],
            }
            for change in comparison.changes
        ],
    }


def finding_document(finding: GateFinding, affected: AffectedPorts) -> dict[str, Any]:
    """A finding of the gate as JSON."""
    return {
        "contract": finding.contract,
        "file": finding.file,
        "happened": finding.happened,
        "ok": finding.allowed,
        "refusal": finding.refusal,
        "way_out": finding.way_out or None,
        "comparison": comparison_document(finding.comparison, affected) if finding.comparison else None,
        "affects": [_port_document(port) for port in affected.get(None, ())],
    }


def _port_document(affected: AffectedPort) -> dict[str, Any]:
    return {
        "port": str(affected.port),
        "product": affected.product,
        "owner": affected.owner,
        "values": list(affected.values),
        "rows": list(affected.rows),
        "names": list(affected.names),
        "through": str(affected.through) if affected.through else None,
        "unknown": affected.unknown,
    }


def _print_change(out: Terminal, change: Change, affected: AffectedPorts) -> None:
    out.print("  {}  {}", Text(f"{change.bump.name:<5}", _COLOURS[change.bump]), change.sentence, soft_wrap=True)
    if change.bump:
        out.print("         [dim]consumer: {}; producer: {}[/]", change.consumer, change.producer, soft_wrap=True)
    for port in affected.get(change, ()):
        out.print("         affects {}", port, soft_wrap=True)


def _gate_sentence(changed: int, refused: int, base: str, project: Project) -> str:
    if not changed:
        return f"no contract of {counted(len(project.domains), 'domain')} has changed since {base}"
    contracts = f"{counted(changed, 'contract')} changed since {base}"
    if refused:
        return f"{contracts}, {refused} refused"
    return f"{contracts}, as {'their versions allow' if changed > 1 else 'its version allows'}"


def _affected(project: Project | None, before: dict[str, Any], comparison: ContractComparison) -> AffectedPorts:
    port, major = _port_of(before)
    if project is None or port is None or port.domain not in project.domains:
        return {}
    consumers = ConsumerColumns(project, {port: columns_of(before)})
    return {change: consumers.affected_by(change, port, major) for change in comparison.changes}


def _port_of(document: dict[str, Any]) -> tuple[PortAddress | None, int]:
    tables, major = document.get("schema") or [], str(document.get("version")).partition(".")[0]
    if len(tables) != 1 or not document.get("domain"):
        return None, 0
    return PortAddress(str(document["domain"]), str(tables[0].get("name"))), whole_number(major) or 0


def _project_or_none() -> Project | None:
    """Two files can also be compared outside a mesh, without consumers."""
    try:
        return load_project()
    except ProjectError:
        return None


def _document(path: Path) -> dict[str, Any]:
    document = read_mapping(path, ContractError)
    check_against(document, path, "odcs")
    return document


def _documents_of_port(project: Project, port: PortAddress, base: str) -> tuple[dict[str, Any], dict[str, Any], Path]:
    """The contract of a port at the revision and now, and its present file.

    The present one is that of the newest major; the earlier one is the same file at the revision, else the newest major there.
    """
    folder = f"domains/{port.domain}/contracts"
    revision = Revision(project.root, base)
    files = [path.relative_to(project.root).as_posix() for path in (project.root / folder).glob("*.odcs.yaml")]
    newest = _newest(files, port)
    newest_before = _newest(revision.files(folder, ".odcs.yaml"), port)
    if newest is None:
        raise UnknownPort(f"{port} has no contract.", f"`mesh history {port}` lists its versions.")
    if newest_before is None:
        found = f"There was no contract of {port} at {base}; a contract is compared with an earlier one of its port."
        added = revision.added(newest)
        later = f"It was added with {added}: name that revision or a later one" if added else f"{newest} is not committed yet"
        raise RevisionError(found, f"{later}, or compare two files: `mesh contract diff OLD NEW`.")
    file = newest if revision.text(newest) is not None else newest_before
    name = f"{file} at {base}"
    before = parse_mapping(revision.text(file) or "", name, ContractError)
    check_against(before, Path(name), "odcs")
    return before, _document(project.root / newest), project.root / newest


def _newest(files: list[str], port: PortAddress) -> str | None:
    contracts = [file for file in files if address_of(file)[0] == port]
    return max(contracts, key=lambda file: address_of(file)[1], default=None)
