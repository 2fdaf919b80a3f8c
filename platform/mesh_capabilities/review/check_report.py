"""The result of a check as text, as JSON, as Markdown and as test suites."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mesh_capabilities.contract_change.consumers import AffectedPorts
from mesh_capabilities.contract_change.contract_gate import GateFinding
from mesh_capabilities.contract_change.show import finding_document, print_finding
from mesh_capabilities.reports import Case, Suite
from mesh_capabilities.review.check import Check
from mesh_capabilities.review.difference import Difference
from mesh_capabilities.review.reach import Changes, PipelinePlan
from mesh_capabilities.review.rehearsal import Rehearsed
from mesh_capabilities.review.show_dev import difference_lines, difference_rows
from mesh_isolation.terminal import console, styled
from mesh_isolation.text import counted, visible

SHOWN = 20
"""The greatest number of files, or findings of one kind, that are printed; --json has all."""


def print_check(check: Check) -> None:
    """Prints the result, without the verdict."""
    out = console()
    changes = check.changes
    if changes.everything:
        out.print("everything is checked, because there is no git history with a main branch to compare with")
    else:
        differ = f"{counted(len(changes.files), 'file')} differ{'s' if len(changes.files) == 1 else ''}"
        out.print("{} from {}", differ, changes.named, soft_wrap=True)
        for file in sorted(changes.files)[:SHOWN]:
            out.print("  [dim]{}[/]", file, soft_wrap=True)
        if len(changes.files) > SHOWN:
            out.print("  [dim]and {} more[/]", len(changes.files) - SHOWN)
    for finding in check.gate:
        out.print("[bold]{}[/] {}", finding.contract, finding.happened, soft_wrap=True)
        print_finding(out, finding, check.affected[finding.file])
    if check.built_first:
        out.print(
            "without a served version, so built from the source files first: {}", ", ".join(check.built_first), soft_wrap=True
        )
    if check.not_built_first:
        out.print("[yellow]![/] not built as before the change: {}", check.not_built_first, soft_wrap=True)
    for port in check.rehearsed:
        through = check.reach.dependent.get(port.address)
        because = styled(" [dim]through {}[/]", through) if through else ""
        out.print("[bold]{}[/]{}  {}", port.address, because, difference_rows(port.difference), soft_wrap=True)
        if port.read_as_served:
            out.print("  [yellow]![/] {}", served_sentence(port), soft_wrap=True)
        for line in difference_lines(port.difference):
            out.print("  {}", line, soft_wrap=True)
    judged = check.judged
    out.print(
        "{}: {}, {} existing, {} on affected products, {} elsewhere",
        _asked(check),
        counted(len(judged.new), "new violation"),
        len(judged.old),
        counted(len(judged.warnings), "warning"),
        counted(judged.elsewhere, "violation"),
    )
    for state, findings in (("existing", judged.old), ("warning", judged.warnings)):
        for text in judged.report.sentences(findings[:SHOWN]):
            out.print("  [yellow]![/] [dim]{}:[/] {}", state, text, soft_wrap=True)
    for refusal in check.refusals:
        out.print("[red]✘[/] {}", refusal, soft_wrap=True)


def check_document(check: Check) -> dict[str, Any]:
    """The result as JSON."""
    judged = check.judged
    return {
        "ok": check.good,
        "base": check.changes.base.commit if check.changes.base else None,
        "files": sorted(check.changes.files),
        "domains": list(check.domains),
        "reached": [
            {
                "port": str(port),
                "files": list(check.reach.touched.get(port, ())),
                "through": str(through) if (through := check.reach.dependent.get(port)) else None,
            }
            for port in check.reach.ports
        ],
        "broken": {name: str(problem) for name, problem in check.reach.broken.items()},
        "lint": [
            {"file": linted.file, "ok": linted.good, "errors": [vars(finding) for finding in linted.of("error")]}
            for linted in check.linted
        ],
        "contracts": [finding_document(finding, check.affected[finding.file]) for finding in check.gate],
        "policies": {
            "asked": judged.asked,
            "new": [vars(violation) for violation in judged.new],
            "before": [vars(violation) for violation in judged.old],
            "warnings": [vars(violation) for violation in judged.warnings],
            "elsewhere": judged.elsewhere,
        },
        "built_first": list(check.built_first),
        "ports": [
            {
                "port": str(port.address),
                "product": port.product,
                "owner": port.owner,
                "ok": port.error is None,
                "error": port.error,
                "rules": len(port.audit.verdicts) if port.audit else None,
                "set_aside": port.aside,
                "difference": vars(port.difference) | {"same": port.difference.none} if port.difference else None,
                "read_as_served": list(map(str, port.read_as_served)),
                "seconds": round(port.seconds, 3),
            }
            for port in check.rehearsed
        ],
        "refusals": list(check.refusals),
        "seconds": round(check.seconds, 3),
    }


def plan_document(plan: PipelinePlan, changes: Changes) -> dict[str, Any]:
    """The plan as JSON; `groups` has the form of a GitHub Actions matrix."""
    return {
        "base": changes.base.commit if changes.base else None,
        "domains": list(plan.domains),
        "groups": [{"name": "-".join(group), "domains": " ".join(group)} for group in plan.groups],
    }


def markdown(check: Check) -> str:
    """The result as Markdown for a pull request. GitHub Flavored Markdown: https://github.github.com/gfm/"""
    parts = [f"## {'✔' if check.good else '✘'} {check_sentence(check)}", ""]
    if check.refusals:
        parts += ["### Refusals", "", *_some(f"- {_plain(refusal)}" for refusal in check.refusals), ""]
    parts += [*_contracts(check), *_data(check.rehearsed), *_policies(check), *_affected(check)]
    if check.built_first:
        listed = ", ".join(check.built_first)
        parts += [f"Without a served version here, so built from the source files as before the change: {listed}.", ""]
    if check.not_built_first:
        parts += [f"Not everything could be built as before the change: {_plain(check.not_built_first)}", ""]
    parts += [f"Compared with {_plain(check.changes.since)}; {check.seconds:.1f} s.", ""]
    return "\n".join(parts)


def check_sentence(check: Check) -> str:
    """The check in one sentence."""
    files = "everything" if check.changes.everything else counted(len(check.changes.files), "changed file")
    ports = counted(len(check.reach.ports), "port")
    if check.good:
        return f"{files}, {ports} built and audited, nothing would be refused"
    return f"{files}, {ports} affected, {counted(len(check.refusals), 'refusal')}"


def _contracts(check: Check) -> list[str]:
    if not check.gate:
        return []
    lines = ["### Contracts", "", "| contract | changes | version | affected consumers |", "|---|---|---|---|"]
    for finding in check.gate:
        lines.append(
            _row(finding.contract, _became(finding), _versions(finding), _consumers(check.affected.get(finding.file, {})))
        )
    return [*lines, ""]


def _became(finding: GateFinding) -> str:
    if finding.comparison is None:
        return finding.happened
    sentences = [f"{change.sentence} ({change.bump.name})" for change in finding.comparison.changes if change.bump]
    return "; ".join(sentences) or "wording only"


def _versions(finding: GateFinding) -> str:
    comparison = finding.comparison
    if comparison is None:
        return "refused" if not finding.allowed else ""
    step = f"{comparison.old_version} → {comparison.new_version}"
    return step if comparison.sufficient else f"{step}, needs {comparison.next_version}"


def _consumers(affected: AffectedPorts) -> str:
    return "; ".join(dict.fromkeys(str(port) for ports in affected.values() for port in ports)) or "none"


def _data(rehearsed: Sequence[Rehearsed]) -> list[str]:
    if not rehearsed:
        return []
    head = "| port | rows | added | removed | changed | columns that differ | rules kept |"
    lines = ["### Data", "", head, "|---|---:|---:|---:|---:|---|---|"]
    for port in rehearsed:
        lines.append(_row(str(port.address), *_counts(port.difference), _rules(port)))
    notes = [f"- {_plain(f'{port.address}: {served_sentence(port)}')}" for port in rehearsed if port.read_as_served]
    return [*lines, "", *notes, *([""] if notes else [])]


def served_sentence(port: Rehearsed) -> str:
    """What the difference of a port leaves out, because ports upstream of it are refused."""
    refused = ", ".join(map(str, port.read_as_served))
    return f"built from the served {refused}: the effect of what is refused there is not in this difference"


def _counts(difference: Difference | None) -> tuple[str, ...]:
    if difference is None:
        return ("not built", "", "", "", "")
    if difference.version is None:
        return (f"{difference.after:,}", "new", "", "", "")
    changed = "" if difference.changed is None else f"{difference.changed:,}"
    columns = [f"{name} ({count:,})" for name, count in difference.by_column.items()]
    columns += [f"{name} is new" for name in difference.new_columns] + [f"{name} is gone" for name in difference.lost_columns]
    columns += [f"{name}: {before} → {after}" for name, (before, after) in difference.retyped.items()]
    return (f"{difference.after:,}", f"{difference.added:,}", f"{difference.removed:,}", changed, ", ".join(columns))


def _rules(port: Rehearsed) -> str:
    if port.audit is None:
        return ""
    kept = sum(verdict.passed for verdict in port.audit.verdicts)
    aside = f", {counted(port.aside, 'row')} quarantined" if port.aside else ""
    return f"{kept} of {len(port.audit.verdicts)}{aside}"


def _asked(check: Check) -> str:
    """The number of policies, with their phase: `mesh policy check` also evaluates those of other phases."""
    return f"{counted(check.judged.asked, 'policy', 'policies')} of phase ci"


def _policies(check: Check) -> list[str]:
    judged = check.judged
    lines = [
        "### Policies",
        "",
        f"{_asked(check)}: {counted(len(judged.new), 'new violation')}, "
        f"{counted(len(judged.old), 'existing one')}, "
        f"{counted(len(judged.warnings), 'warning')} on affected products; "
        f"{counted(judged.elsewhere, 'violation')} elsewhere.",
        "",
    ]
    states = {"new": judged.new, "existing": judged.old, "warning": judged.warnings}
    listed = [f"- {state}: {_plain(text)}" for state, findings in states.items() for text in judged.report.sentences(findings)]
    return [*lines, *_some(listed), *([""] if listed else [])]


def _affected(check: Check) -> list[str]:
    if not check.reach.ports:
        return ["No file of a port has changed.", ""]
    lines = ["### Affected products", "", "| product | owner | ports | because of |", "|---|---|---|---|"]
    products: dict[tuple[str, str], list[str]] = {}
    reasons: dict[tuple[str, str], list[str]] = {}
    for port in check.reach.ports:
        product = check.reach.domains[port.domain].offer.product_of(port.port)
        key = (str(product.address), product.owner)
        products.setdefault(key, []).append(port.port)
        why = check.reach.touched.get(port) or ([str(check.reach.dependent[port])] if port in check.reach.dependent else [])
        reasons.setdefault(key, []).extend(why)
    for key, ports in products.items():
        why = list(dict.fromkeys(reasons[key]))
        more = f" and {len(why) - 3} more" if len(why) > 3 else ""
        lines.append(_row(*key, ", ".join(ports), (", ".join(why[:3]) + more) or "everything is checked"))
    return [*lines, ""]


def _row(*cells: str) -> str:
    return f"| {' | '.join(_plain(cell).replace('|', chr(92) + '|') for cell in cells)} |"


def _plain(text: str) -> str:
    """One line without markup. Names and messages come from files, so they are escaped."""
    return re.sub(r"([\\`*_<>\[\]#@])", r"\\\1", " ".join(visible(text).split()))


def _some(lines: Iterable[str]) -> list[str]:
    every = list(lines)
    return [*every[:SHOWN], *([f"- and {len(every) - SHOWN} more"] if len(every) > SHOWN else [])]


def check_suites(check: Check) -> Iterator[Suite]:
    """The result as test suites: contracts, policies and ports. A case is one contract, one new violation, or one port."""
    contracts = [
        Case(linted.file, failure="; ".join(finding.sentence for finding in linted.of("error"))) for linted in check.linted
    ]
    contracts += [Case(f"{finding.contract}, its change", failure=finding.refusal or "") for finding in check.gate]
    yield Suite("contracts", tuple(contracts))
    broken = [Case(f"{result.policy}: {result.subject}", failure=result.message) for result in check.judged.new]
    yield Suite("policies", tuple(broken or [Case(_asked(check))]))
    ports = [Case(str(port.address), failure=port.error or "") for port in check.rehearsed]
    ports += [Case(name, failure=str(problem)) for name, problem in check.reach.broken.items()]
    yield Suite("ports", tuple(ports))
