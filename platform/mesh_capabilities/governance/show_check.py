"""`mesh policy check`: what the policies found, as a table, in sentences, and as documents for other tools."""

from itertools import groupby
from pathlib import Path

from mesh_capabilities.governance.catalog.catalog import open_catalog
from mesh_capabilities.governance.junit_suites import suites
from mesh_capabilities.governance.library import load_library
from mesh_capabilities.governance.policy import Phase
from mesh_capabilities.governance.report import PolicyReport, Result, evaluate
from mesh_capabilities.governance.sarif import sarif
from mesh_platform.cli.output import add_row, clean, console, junit_xml, print_json, table, verdict, write
from mesh_platform.project import load_project

SHOWN = 20
"""How many findings of one policy are printed; the documents hold all."""

_MARKS = {"violated": "[red]✘[/]", "unrunnable": "[red]✘[/]", "warned": "[yellow]![/]", "draft": "·", "waived": "○"}


def check_policies(
    targets: list[str], base: str | None, phase: str | None, junit: str | None, sarif_file: str | None, as_json: bool
) -> int:
    """Prints the results, and writes the documents that were asked for. Returns: 0 when nothing blocks, else 1."""
    project = load_project(with_broken=True)
    ids = {policy.id for policy in load_library(project.root, (*project.domains, *project.broken)).policies}
    policies, subjects = [name for name in targets if name in ids], [name for name in targets if name not in ids]
    phases = tuple(Phase) if phase is None else (Phase(phase),)
    with console(stderr=True).status("reading the metadata of the mesh"):
        catalog = open_catalog(project)
        report = evaluate(project, catalog, base=base, policies=policies or None, phases=phases)
    if subjects:
        report = report.only(subjects)
    if junit:
        write(junit_xml(suites(report), "mesh policy check"), Path(junit))
    if sarif_file:
        write(sarif(report), Path(sarif_file))
    if as_json:
        print_json(_document(report, base))
    else:
        _print(report)
    return 0 if report.passed else 1


def _print(report: PolicyReport) -> None:
    out, counts = console(), report.counts()
    listing = table("policy", "stage", "judged", "passed", "violated", "warned", "waived", numbers=_NUMBERS)
    for policy in report.judged:
        found = counts.get(policy.id, {})
        bad = found.get("violated", 0) + found.get("unrunnable", 0)
        told = (found.get("passed", 0), bad, found.get("warned", 0) + found.get("draft", 0), found.get("waived", 0))
        add_row(listing, policy.id, policy.stage(report.today).value, *(f"{number:,}" for number in (sum(told), *told)))
    out.print(listing)
    for name, findings in groupby(report.findings, key=lambda finding: finding.policy):
        _print_findings(report, name, list(findings))
    for state in report.waiver_states:
        mark = "○" if state.state == "valid" else "[yellow]![/]" if state.state == "unmatched" else "[red]✘[/]"
        told = f"{state.state}: {state.problem}" if state.problem else f"{state.state} until {state.waiver.expires_on}"
        out.print(f"{mark} [bold]{clean(state.file)}[/] {clean(told)}", soft_wrap=True)
    verdict(report.passed, _sentence(report, counts))


_NUMBERS = ("judged", "passed", "violated", "warned", "waived")


def _print_findings(report: PolicyReport, name: str, findings: list[Result]) -> None:
    out, policy = console(), report.library.policy(name)
    out.print(f"\n[bold]{clean(name)}[/] {clean(policy.title if policy else 'It cannot be read.')}", soft_wrap=True)
    for finding in findings[:SHOWN]:
        place = f"{finding.file}:{finding.line}" if finding.line else finding.file
        details = [part for part in (finding.evidence, place if place != finding.subject else None) if part]
        waived = f", waived by {finding.waiver}" if finding.waiver else ""
        line = f"  {_MARKS[finding.state]} {clean(finding.subject)}: {clean(finding.message)}{clean(waived)}"
        out.print(f"{line} [dim]({clean('; '.join(details))})[/]" if details else line, soft_wrap=True)
    if len(findings) > SHOWN:
        out.print(f"  and {len(findings) - SHOWN:,} more; --json lists all")
    if policy and any(finding.state != "unrunnable" for finding in findings):
        out.print(f"  [dim]fix:[/] {clean(policy.fix)}", soft_wrap=True)


def _sentence(report: PolicyReport, counts: dict[str, dict[str, int]]) -> str:
    total = {state: sum(found.get(state, 0) for found in counts.values()) for state in _MARKS}
    said = f"{len(report.judged)} {'policies' if len(report.judged) != 1 else 'policy'}"
    parts = [f"{total['violated']:,} violations"] if total["violated"] != 1 else ["1 violation"]
    parts += [f"{total[state]:,} {state}" for state in ("warned", "waived", "draft") if total[state]]
    parts += [f"{total['unrunnable']} cannot be executed"] if total["unrunnable"] else []
    bad = len(report.bad_waivers)
    parts += [f"{bad} waiver{'s' if bad != 1 else ''} expired or refused"] if bad else []
    return f"{said}: {', '.join(parts)}"


def _document(report: PolicyReport, base: str | None) -> dict:
    counts = report.counts()
    return {
        "passed": report.passed,
        "day": report.today,
        "base": base,
        "policies": [
            {
                "policy": policy.id,
                "title": policy.title,
                "stage": policy.stage(report.today).value,
                "severity": policy.severity,
                "domain": policy.domain,
                "results": counts.get(policy.id, {}),
            }
            for policy in report.judged
        ],
        "findings": [vars(finding) for finding in report.findings],
        "waivers": report.waivers,
    }
