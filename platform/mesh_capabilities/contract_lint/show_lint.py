"""`mesh contract lint`: what is wrong with contracts, and what of them nobody executes, with its line."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from mesh_capabilities.contract_lint.lint import Finding, Level, Linted, lint
from mesh_platform.cli.arguments import contracts_named
from mesh_platform.cli.output import Case, Suite, clean, console, junit_xml, print_json, verdict, write

_MARKS = {Level.ERROR: "[red]✘[/]", Level.WARNING: "[yellow]![/]", Level.NOTE: "[dim]·[/]"}
_LINES = 12
"""How many lines of the file one sentence lists; --json lists all."""


def lint_contracts(texts: Sequence[str], as_json: bool, junit: str | None) -> int:
    """Prints the findings and returns the exit code: 1 if a contract has an error."""
    linted = [lint(target.path, target.root) for target in contracts_named(texts)]
    good = all(one.good for one in linted)
    if junit:
        write(junit_xml(map(_suite, linted)), Path(junit))
    if as_json:
        print_json({"good": good, "contracts": [_document(one) for one in linted]})
        return 0 if good else 1
    for one in linted:
        _show(one)
    counts = {level: sum(len(one.of(level)) for one in linted) for level in Level}
    broken = [one for one in linted if not one.good]
    ignored = "1 key is" if counts[Level.WARNING] == 1 else f"{counts[Level.WARNING]} keys are"
    said = f"{ignored} not executed, {counts[Level.NOTE]} are documentation only"
    if broken:
        verdict(False, f"{len(broken)} of {len(linted)} contracts have errors ({counts[Level.ERROR]}); {said}")
    else:
        verdict(True, f"{len(linted)} contract{'s are' if len(linted) != 1 else ' is'} valid; {said}")
    return 0 if good else 1


def _show(linted: Linted) -> None:
    """One line for each sentence, with all the lines of the file that it is about."""
    out = console()
    out.print(f"[bold]{clean(linted.file)}[/]", soft_wrap=True)
    order = list(dict.fromkeys(map(_sentence, linted.findings)))
    together = sorted(linted.findings, key=lambda finding: order.index(_sentence(finding)))
    for (level, sentence), findings in groupby(together, key=_sentence):
        lines = [finding.line for finding in findings]
        more = f" and {len(lines) - _LINES} more" if len(lines) > _LINES else ""
        listed = ", ".join(map(str, lines[:_LINES]))
        where = f"line{'s' if len(lines) > 1 else ''} {listed}{more}"
        out.print(f"  {_MARKS[level]} {clean(sentence)} [dim]({where})[/]", soft_wrap=True)


def _sentence(finding: Finding) -> tuple[Level, str]:
    key = f"{finding.key}: " if finding.key else ""
    use = "" if finding.level == Level.ERROR else f"{finding.use}; "
    return finding.level, f"{key}{use}{finding.sentence}"


def _document(linted: Linted) -> dict:
    return {"file": linted.file, "good": linted.good, "findings": [vars(finding) for finding in linted.findings]}


def _suite(linted: Linted) -> Suite:
    """Every error is a failed case of its own; a contract without one is one case that passed."""
    errors = linted.of(Level.ERROR)
    remark = "\n".join(f"line {f.line}: {_sentence(f)[1]}" for f in linted.findings if f.level != Level.ERROR)
    cases = [Case(f"line {f.line}: {f.key or 'the file'}", failure=_sentence(f)[1]) for f in errors]
    return Suite(linted.file, (*cases, Case("is a contract", remark=remark)) if not errors else tuple(cases))
