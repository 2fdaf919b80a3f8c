"""How `mesh check` tells what it found: what is reached, contracts, policies, ports, and why a change would be refused."""

from typing import Any

from mesh_capabilities.contract_change.show_gate import finding_document
from mesh_capabilities.contract_change.words import print_changes
from mesh_capabilities.review.changes import Changes
from mesh_capabilities.review.check import Check
from mesh_capabilities.review.dev_words import difference_lines, difference_rows
from mesh_capabilities.review.plan import Plan
from mesh_platform.cli.output import clean, console

SHOWN = 20
"""How many files, or findings of one kind, are printed; --json and --markdown say more."""


def print_check(check: Check) -> None:
    """Everything but the verdict."""
    out = console()
    changes = check.changes
    if changes.everything:
        out.print("nobody can say what has changed, so everything is checked: there is no git history with a main branch")
    else:
        differ = "1 file differs" if len(changes.files) == 1 else f"{len(changes.files)} files differ"
        out.print(f"{differ} from {clean(changes.named)}", soft_wrap=True)
        for file in sorted(changes.files)[:SHOWN]:
            out.print(f"  [dim]{clean(file)}[/]", soft_wrap=True)
        if len(changes.files) > SHOWN:
            out.print(f"  [dim]and {len(changes.files) - SHOWN} more[/]")
    for finding in check.gate:
        out.print(f"[bold]{clean(finding.contract)}[/] {finding.happened}", soft_wrap=True)
        if finding.comparison:
            print_changes(out, finding.comparison, check.hurt[finding.file])
        for port in check.hurt[finding.file].get(None, ()):
            out.print(f"  hurts {clean(port)}", soft_wrap=True)
    if check.built_first:
        out.print(f"not served, so built from the source files first: {clean(', '.join(check.built_first))}", soft_wrap=True)
    if check.not_built_first:
        out.print(f"[yellow]![/] not built as it was before: {clean(check.not_built_first)}", soft_wrap=True)
    for port in check.rehearsed:
        through = check.reach.dependent.get(port.address)
        because = f" [dim]through {through}[/]" if through else ""
        out.print(f"[bold]{port.address}[/]{because}  {clean(difference_rows(port.difference))}", soft_wrap=True)
        for line in difference_lines(port.difference):
            out.print(f"  {clean(line)}", soft_wrap=True)
    judged = check.judged
    out.print(
        f"{judged.asked} policies: {len(judged.new)} new violations, {len(judged.old)} that were there before, "
        f"{len(judged.warnings)} warnings on what is reached, {judged.elsewhere} violations elsewhere"
    )
    for found in judged.old[:SHOWN]:
        out.print(
            f"  [yellow]![/] [dim]before:[/] {clean(f'{found.policy}: {found.subject}: {found.message}')}", soft_wrap=True
        )
    for refusal in check.refusals:
        out.print(f"[red]✘[/] {clean(refusal)}", soft_wrap=True)


def check_document(check: Check) -> dict[str, Any]:
    """The same for machines."""
    judged = check.judged
    return {
        "good": check.good,
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
        "lint": [{"file": one.file, "good": one.good, "errors": [vars(f) for f in one.of("error")]} for one in check.linted],
        "contracts": [finding_document(finding, check.hurt[finding.file]) for finding in check.gate],
        "policies": {
            "asked": judged.asked,
            "new": [vars(found) for found in judged.new],
            "before": [vars(found) for found in judged.old],
            "warnings": [vars(found) for found in judged.warnings],
            "elsewhere": judged.elsewhere,
        },
        "built_first": list(check.built_first),
        "ports": [
            {
                "port": str(port.address),
                "product": port.product,
                "owner": port.owner,
                "good": port.error is None,
                "error": str(port.error) if port.error else None,
                "rules": len(port.audit.verdicts) if port.audit else None,
                "set_aside": port.aside,
                "difference": vars(port.difference) | {"same": port.difference.none} if port.difference else None,
                "seconds": round(port.seconds, 3),
            }
            for port in check.rehearsed
        ],
        "refusals": list(check.refusals),
        "seconds": round(check.seconds, 3),
    }


def plan_document(plan: Plan, changes: Changes) -> dict[str, Any]:
    """What a pipeline makes its jobs of: `groups` has the form of a matrix of GitHub Actions."""
    return {
        "base": changes.base.commit if changes.base else None,
        "domains": list(plan.domains),
        "groups": [{"name": "-".join(group), "domains": " ".join(group)} for group in plan.groups],
    }
