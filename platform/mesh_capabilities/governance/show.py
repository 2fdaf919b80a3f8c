"""What `mesh policy check`, `mesh policy list` and `mesh policy explain` print."""

import re
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path

from mesh_capabilities.errors import PolicyError, UnknownPolicy
from mesh_capabilities.governance.catalog.catalog import Catalog, open_catalog
from mesh_capabilities.governance.catalog.tables import TABLES
from mesh_capabilities.governance.documents import policy_suites, sarif
from mesh_capabilities.governance.library import Library, library_of
from mesh_capabilities.governance.policy import Phase, Policy, PolicyStage
from mesh_capabilities.governance.policy_report import PolicyReport, Result, evaluate, policy_row
from mesh_capabilities.governance.policy_tables import POLICY_TABLES, READABLE, escaped
from mesh_capabilities.governance.statement import check_statement
from mesh_capabilities.reports import junit_xml, write_report
from mesh_isolation.terminal import add_row, console, print_json, styled, table, verdict, warn
from mesh_isolation.text import counted
from mesh_platform.names import nearest
from mesh_platform.port.shelf import damages
from mesh_platform.project import load_project

SHOWN = 20
"""The greatest number of findings of one policy that are printed; the documents contain all."""

_MARKS = {
    "violated": styled("[red]✘[/]"),
    "unrunnable": styled("[red]✘[/]"),
    "warned": styled("[yellow]![/]"),
    "draft": styled("·"),
    "waived": styled("○"),
}
_NUMBERS = ("judged", "passed", "violated", "warned", "waived")


def check_policies(
    targets: list[str], base: str | None, phase: str | None, junit: str | None, sarif_file: str | None, as_json: bool
) -> int:
    """Prints the results and writes the documents. Returns the exit code: 0 when nothing blocks, else 1.

    Args:
        targets: ids of policies, and subjects; no policy means all policies, no subject means all subjects.
        base: the git revision that contracts are compared with.
        phase: evaluate the policies of this phase only.
        junit: the path of the JUnit XML to write.
        sarif_file: the path of the SARIF document to write.
        as_json: print one JSON document.

    Raises UnknownPolicy for a target that is neither a policy nor a subject.
    """
    project = load_project(with_broken=True)
    ids = {policy.id for policy in library_of(project).policies}
    policies, subjects = [name for name in targets if name in ids], [name for name in targets if name not in ids]
    phases = tuple(Phase) if phase is None else (Phase(phase),)
    with console(stderr=True).status("reading the metadata of the mesh"):
        catalog = open_catalog(project)
        report = evaluate(project, catalog, base=base, policies=policies or None, phases=phases)
    for damage in damages(project.home):
        warn(damage)
    if subjects:
        report = report.only(subjects)
    if junit:
        write_report(junit_xml(policy_suites(report), "mesh policy check"), Path(junit))
    if sarif_file:
        write_report(sarif(report), Path(sarif_file))
    unread = _unread(catalog, report, subjects)
    if as_json:
        print_json(_document(report, base, unread))
    else:
        _print(report, unread)
    return 0 if report.passed and not unread else 1


_OF_PROJECTS = {"relations_read", "inputs_used", "column_lineage", "unfollowed", "unfollowed_columns"}
"""The tables that have no rows of a domain whose dbt project cannot be read."""


def _unread(catalog: Catalog, report: PolicyReport, subjects: list[str]) -> dict[str, str]:
    """By domain that does not load, the reason, if a policy was evaluated that reads what is not known of it then.

    Domains without one of the subjects are left out; no subject means every domain.
    """
    # The policy `domain_loads` says it of each domain, where it is evaluated.
    if any(policy.id == "domain_loads" for policy in report.judged):
        return {}
    asked = [policy for policy in report.judged if {name.partition(" ")[0] for name in _tables_read(policy)} & _OF_PROJECTS]
    owners, chosen = {policy.domain for policy in asked}, {re.split("[/.]", subject)[0] for subject in subjects}
    return {
        row["domain"]: row["problem"]
        for row in catalog.rows("domains")
        if row["state"] == "broken" and (not chosen or row["domain"] in chosen) and owners & {None, row["domain"]}
    }


def list_policies(as_json: bool) -> None:
    """Prints one row per policy, and a warning for each policy file that cannot be used."""
    library = library_of(load_project(with_broken=True))
    today = datetime.now(UTC).date()
    for broken in library.broken_policies:
        warn(str(broken.problem))
    if as_json:
        print_json([policy_row(policy, today) for policy in library.policies])
        return
    listing = table("policy", "what must hold", "scope", "phase", "stage", "owner")
    for policy in library.policies:
        phases = ", ".join(phase.value for phase in policy.phases)
        add_row(listing, policy.id, policy.title, policy.scope.subjects.name, phases, policy.stage(today).value, policy.owner)
    console().print(listing)
    own = sum(policy.domain is not None for policy in library.policies)
    verdict(
        not library.broken_policies, f"{counted(len(library.policies), 'policy', 'policies')}, {own} of them owned by domains"
    )


def explain_policy(id: str, as_json: bool) -> None:
    """Prints a policy. Raises UnknownPolicy, and PolicyError for a policy file that cannot be read."""
    policy = _policy(library_of(load_project(with_broken=True)), id)
    today = datetime.now(UTC).date()
    reads = _tables_read(policy)
    if as_json:
        print_json(
            {**policy_row(policy, today), "warns_from": policy.warns_from, "reads": reads, "query": policy.query.strip()}
        )
        return
    out = console()
    out.print("[bold]{}[/] {}", policy.id, policy.title, soft_wrap=True)
    lines = {
        "why": policy.why,
        "scope": f"{policy.scope}{f', of {policy.domain} only' if policy.domain else ''}",
        "reads": ", ".join(reads),
        "phase": ", ".join(phase.value for phase in policy.phases),
        "stage": _stages(policy, today),
        "fix": policy.fix,
        "owner": policy.owner,
        "waivers": "none: it is a privacy policy" if policy.privacy else "in domains/<domain>/waivers, for at most 90 days",
        "file": policy.file,
    }
    for key, text in lines.items():
        out.print("  [dim]{:8}[/] {}", key, " ".join(text.split()), soft_wrap=True)
    out.print("\n{}", policy.query.strip(), soft_wrap=True)


def _print(report: PolicyReport, unread: dict[str, str]) -> None:
    out, counts = console(), report.counts()
    listing = table("policy", "stage", *_NUMBERS, numbers=_NUMBERS)
    for policy in report.judged:
        states = counts.get(policy.id, {})
        bad = states.get("violated", 0) + states.get("unrunnable", 0)
        numbers = (states.get("passed", 0), bad, states.get("warned", 0) + states.get("draft", 0), states.get("waived", 0))
        add_row(listing, policy.id, policy.stage(report.today).value, *(f"{number:,}" for number in (sum(numbers), *numbers)))
    out.print(listing)
    for name, findings in groupby(report.findings, key=lambda finding: finding.policy):
        _print_findings(report, name, list(findings))
    for state in report.waiver_states:
        mark = (
            styled("○")
            if state.state == "valid"
            else styled("[yellow]![/]")
            if state.state == "unmatched"
            else styled("[red]✘[/]")
        )
        text = f"{state.state}: {state.problem}" if state.problem else f"{state.state} until {state.waiver.expires_on}"
        out.print("{} [bold]{}[/] {}", mark, state.file, text, soft_wrap=True)
    for domain, problem in unread.items():
        warn(f"Not all of {domain} was judged, because it does not load: {problem}")
    parts = [_summary(report, counts), *([f"{counted(len(unread), 'domain')} not judged"] if unread else [])]
    verdict(report.passed and not unread, ", ".join(parts))


def _print_findings(report: PolicyReport, name: str, findings: list[Result]) -> None:
    out, policy = console(), report.library.policy(name)
    out.print("\n[bold]{}[/] {}", name, (policy.title if policy else "It cannot be read."), soft_wrap=True)
    for finding in findings[:SHOWN]:
        details = [part for part in (finding.evidence, finding.place) if part]
        waived = f", waived by {finding.waiver}" if finding.waiver else ""
        line = styled("  {} {}: {}{}", _MARKS[finding.state], finding.subject, finding.message, waived)
        out.print(styled("{} [dim]({})[/]", line, "; ".join(details)) if details else line, soft_wrap=True)
    if len(findings) > SHOWN:
        out.print("  and {:,} more; --json prints all", len(findings) - SHOWN)
    if policy and any(finding.state != "unrunnable" for finding in findings):
        out.print("  [dim]fix:[/] {}", policy.fix, soft_wrap=True)


def _summary(report: PolicyReport, counts: dict[str, dict[str, int]]) -> str:
    total = {state: sum(states.get(state, 0) for states in counts.values()) for state in _MARKS}
    policies = f"{len(report.judged)} {'policies' if len(report.judged) != 1 else 'policy'}"
    parts = [counted(total["violated"], "violation")]
    parts += [f"{total[state]:,} {state}" for state in ("warned", "waived", "draft") if total[state]]
    parts += [f"{total['unrunnable']} cannot be executed"] if total["unrunnable"] else []
    bad = len(report.bad_waivers)
    parts += [f"{counted(bad, 'waiver')} expired or refused"] if bad else []
    return f"{policies}: {', '.join(parts)}"


def _document(report: PolicyReport, base: str | None, unread: dict[str, str]) -> dict:
    counts = report.counts()
    return {
        "ok": report.passed and not unread,
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
        "unread": unread,
    }


def _policy(library: Library, id: str) -> Policy:
    if policy := library.policy(id):
        return policy
    for broken in library.broken_policies:
        if id in (broken.file, broken.file.rpartition("/")[2].removesuffix(".sql")):
            raise broken.problem
    raise UnknownPolicy(f"There is no policy '{escaped(id)}'.", nearest(id, (policy.id for policy in library.policies)))


def _tables_read(policy: Policy) -> list[str]:
    """The tables that a policy reads, each with the columns that the policy mentions."""
    try:
        statement = check_statement(policy.query, READABLE, policy.file)
    except PolicyError as problem:
        return [problem.found]
    declared = {**TABLES, **POLICY_TABLES}
    listing = []
    for name in statement.tables:
        mentioned = [column for column in declared[name].columns if column in statement.columns]
        listing.append(f"{name} ({', '.join(mentioned)})" if mentioned else name)
    return listing


def _stages(policy: Policy, today: date) -> str:
    now = {PolicyStage.DRAFT: "a draft now", PolicyStage.WARN: "warns now", PolicyStage.BLOCK: "blocks now"}[
        policy.stage(today)
    ]
    last = "blocks" if policy.severity == "error" else "warns"
    before = f"a draft until {policy.warns_from - timedelta(days=1)}, warns from {policy.warns_from}, "
    return f"{before if policy.warns_from < policy.effective_from else ''}{last} from {policy.effective_from}; {now}"
