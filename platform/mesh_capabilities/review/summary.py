"""A check as Markdown, to be read where a pull request is discussed.

Format: GitHub Flavored Markdown, https://github.github.com/gfm/
"""

import re
from collections.abc import Iterable, Sequence

from mesh_capabilities.contract_change.gate import Finding
from mesh_capabilities.contract_change.hurting import Hurts
from mesh_capabilities.review.check import Check
from mesh_capabilities.review.difference import Difference
from mesh_capabilities.review.rehearsal import Rehearsed

SHOWN = 20
"""How many lines of one list are shown."""


def markdown(check: Check) -> str:
    """The summary, the verdict first."""
    parts = [f"## {'✔' if check.good else '✘'} {verdict(check)}", ""]
    if check.refusals:
        parts += ["### Why it would be refused", "", *_some(f"- {_plain(said)}" for said in check.refusals), ""]
    parts += [*_contracts(check), *_data(check.rehearsed), *_policies(check), *_affected(check)]
    if check.built_first:
        listed = ", ".join(check.built_first)
        parts += [f"Not served here, so built from the source files as they were before the change: {listed}.", ""]
    if check.not_built_first:
        parts += [f"Not everything could be built as it was before: {_plain(check.not_built_first)}", ""]
    parts += [f"Compared with {_plain(check.changes.since)}; {check.seconds:.1f} s.", ""]
    return "\n".join(parts)


def verdict(check: Check) -> str:
    """The check in one sentence."""
    files = "everything" if check.changes.everything else _number(len(check.changes.files), "changed file")
    ports = _number(len(check.reach.ports), "port")
    if check.good:
        return f"{files}, {ports} built and judged, nothing would be refused"
    return f"{files}, {ports} reached, {_number(len(check.refusals), 'refusal')}"


def _contracts(check: Check) -> list[str]:
    if not check.gate:
        return []
    lines = ["### Contracts", "", "| contract | what became of it | version | who is hurt |", "|---|---|---|---|"]
    for finding in check.gate:
        lines.append(_row(finding.contract, _became(finding), _versions(finding), _hurt(check.hurt.get(finding.file, {}))))
    return [*lines, ""]


def _became(finding: Finding) -> str:
    if finding.comparison is None:
        return finding.happened
    said = [f"{change.sentence} ({change.bump.name})" for change in finding.comparison.changes if change.bump]
    return "; ".join(said) or "nothing that a reader would notice"


def _versions(finding: Finding) -> str:
    found = finding.comparison
    if found is None:
        return "refused" if not finding.allowed else ""
    told = f"{found.old_version} → {found.new_version}"
    return told if found.sufficient else f"{told}, needs {found.next_version}"


def _hurt(hurt: Hurts) -> str:
    return "; ".join(dict.fromkeys(str(port) for ports in hurt.values() for port in ports)) or "nobody"


def _data(rehearsed: Sequence[Rehearsed]) -> list[str]:
    if not rehearsed:
        return []
    head = "| port | rows | added | removed | changed | columns that differ | rules kept |"
    lines = ["### Data", "", head, "|---|---:|---:|---:|---:|---|---|"]
    for port in rehearsed:
        lines.append(_row(str(port.address), *_counts(port.difference), _rules(port)))
    return [*lines, ""]


def _counts(found: Difference | None) -> tuple[str, ...]:
    if found is None:
        return ("not built", "", "", "", "")
    if found.version is None:
        return (f"{found.after:,}", "new", "", "", "")
    changed = "" if found.changed is None else f"{found.changed:,}"
    columns = [f"{name} ({count:,})" for name, count in found.by_column.items()]
    columns += [f"{name} is new" for name in found.new_columns] + [f"{name} is gone" for name in found.lost_columns]
    columns += [f"{name}: {before} → {after}" for name, (before, after) in found.retyped.items()]
    return (f"{found.after:,}", f"{found.added:,}", f"{found.removed:,}", changed, ", ".join(columns))


def _rules(port: Rehearsed) -> str:
    if port.audit is None:
        return ""
    kept = sum(verdict.passed for verdict in port.audit.verdicts)
    aside = f", {port.aside:,} rows set aside" if port.aside else ""
    return f"{kept} of {len(port.audit.verdicts)}{aside}"


def _policies(check: Check) -> list[str]:
    judged = check.judged
    lines = [
        "### Policies",
        "",
        f"{judged.asked} policies: {_number(len(judged.new), 'new violation')}, {len(judged.old)} that were there before, "
        f"{_number(len(judged.warnings), 'warning')} on what the change reaches; "
        f"{_number(judged.elsewhere, 'violation')} elsewhere.",
        "",
    ]
    told = [("new", found) for found in judged.new] + [("before", found) for found in judged.old]
    listed = [f"- {when}: {_plain(f'{found.policy}: {found.subject}: {found.message}')}" for when, found in told]
    return [*lines, *_some(listed), *([""] if listed else [])]


def _affected(check: Check) -> list[str]:
    if not check.reach.ports:
        return ["Nothing that a port is made of has changed.", ""]
    lines = ["### Who is affected", "", "| product | owner | ports | because of |", "|---|---|---|---|"]
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
    """One line, in which nothing is markup: names and messages come from files that anybody may have written."""
    return re.sub(r"([\\`*_<>\[\]#@])", r"\\\1", " ".join(text.split()))


def _some(lines: Iterable[str]) -> list[str]:
    every = list(lines)
    return [*every[:SHOWN], *([f"- and {len(every) - SHOWN} more"] if len(every) > SHOWN else [])]


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
