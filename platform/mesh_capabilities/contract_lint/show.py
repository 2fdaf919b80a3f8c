"""The commands `mesh contract lint` and `mesh contract test`."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from mesh_capabilities.contract_lint.earlier_odcs import read_any_document
from mesh_capabilities.contract_lint.lint import Linted, LintFinding, LintLevel, lint_file
from mesh_capabilities.reports import Case, Suite, junit_xml, write_report
from mesh_capabilities.targets import contracts_named, parquet_file, port_named, root_of
from mesh_isolation.terminal import console, print_json, styled, verdict, warn
from mesh_isolation.text import counted
from mesh_platform.contract.audit import Audit, Verdict, audit
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.document import contract_in
from mesh_platform.contract.rule import References
from mesh_platform.port.output_port import OutputPort
from mesh_platform.publish.pinning import referenced_files

_MARKS = {LintLevel.ERROR: styled("[red]✘[/]"), LintLevel.WARNING: styled("[yellow]![/]"), LintLevel.NOTE: styled("[dim]·[/]")}
_LINES = 12
"""The greatest number of lines that one sentence lists; --json lists all."""


def lint_contracts(texts: Sequence[str], as_json: bool, junit: str | None, every: bool) -> int:
    """Prints the findings; those on keys for people only if `every`. Returns: 1 when a contract has an error, else 0."""
    linted = [lint_file(target.path, target.root) for target in contracts_named(texts)]
    good = all(contract.good for contract in linted)
    if junit:
        write_report(junit_xml(map(_suite, linted)), Path(junit))
    if as_json:
        print_json({"ok": good, "contracts": [_document(contract) for contract in linted]})
        return 0 if good else 1
    for contract in linted:
        _show(contract, every)
    counts = {level: sum(len(contract.of(level)) for contract in linted) for level in LintLevel}
    broken = [contract for contract in linted if not contract.good]
    ignored = "1 key is" if counts[LintLevel.WARNING] == 1 else f"{counts[LintLevel.WARNING]} keys are"
    unexecuted = f"{ignored} ignored; {counts[LintLevel.NOTE]} are for people only"
    if broken:
        have = f"{counted(len(linted), 'contract')} {'has' if len(linted) == 1 else 'have'}"
        verdict(False, f"{len(broken)} of {have} errors ({counts[LintLevel.ERROR]}); {unexecuted}")
    else:
        verdict(True, f"{len(linted)} contract{'s are' if len(linted) != 1 else ' is'} valid; {unexecuted}")
    return 0 if good else 1


def _show(linted: Linted, every: bool) -> None:
    """Prints one line for each sentence, with the line numbers that it applies to."""
    out = console()
    out.print("[bold]{}[/]", linted.file, soft_wrap=True)
    shown = [finding for finding in linted.findings if every or finding.level != LintLevel.NOTE]
    order = list(dict.fromkeys(map(_sentence, shown)))
    together = sorted(shown, key=lambda finding: order.index(_sentence(finding)))
    for (level, sentence), findings in groupby(together, key=_sentence):
        lines = [finding.line for finding in findings]
        more = f" and {len(lines) - _LINES} more" if len(lines) > _LINES else ""
        listed = ", ".join(map(str, lines[:_LINES]))
        where = f"line{'s' if len(lines) > 1 else ''} {listed}{more}"
        out.print("  {} {} [dim]({})[/]", _MARKS[level], sentence, where, soft_wrap=True)


def _sentence(finding: LintFinding) -> tuple[LintLevel, str]:
    key = f"{finding.key}: " if finding.key else ""
    use = "" if finding.level == LintLevel.ERROR else f"{finding.use}; "
    return finding.level, f"{key}{use}{finding.sentence}"


def _document(linted: Linted) -> dict:
    return {"file": linted.file, "ok": linted.good, "findings": [vars(finding) for finding in linted.findings]}


def _suite(linted: Linted) -> Suite:
    """Every error is a failed case; a contract without errors is one passed case."""
    errors = linted.of(LintLevel.ERROR)
    remark = "\n".join(f"line {f.line}: {_sentence(f)[1]}" for f in linted.findings if f.level != LintLevel.ERROR)
    cases = [Case(f"line {f.line}: {f.key or 'the file'}", failure=_sentence(f)[1]) for f in errors]
    return Suite(linted.file, (*cases, Case("is a contract", remark=remark)) if not errors else tuple(cases))


@dataclass(frozen=True)
class Tested:
    """The data, and the contract to test them against."""

    contract: Contract
    files: Sequence[Path]
    data: str
    """The name of the data: a version of the port, or the files."""
    references: References
    """The served versions of the ports that the contract refers to."""
    before: int | None
    """The number of rows of the version before; for files, of the newest version."""


def test_contract(
    text: str, files: Sequence[str], number: int | None, contract: str | None, as_json: bool, junit: str | None
) -> int:
    """Prints a verdict for each rule. Returns: 1 when a blocking rule is broken, else 0."""
    tested = _tested(text, files, number, contract)
    done = audit(tested.contract, tested.files, tested.references, before=tested.before)
    name = f"{tested.contract.id} {tested.contract.version}"
    if junit:
        write_report(junit_xml([Suite(f"{name} on {tested.data}", tuple(map(_case, done.verdicts)))]), Path(junit))
    good = not done.broken
    if as_json:
        print_json(_test_document(tested, done))
        return 0 if good else 1
    out = console()
    out.print("[bold]{}[/] on {}, {}", name, tested.data, counted(done.rows, "row"), soft_wrap=True)
    for result in done.verdicts:
        mark = styled("[green]✔[/]") if result.passed else styled("[red]✘[/]") if result.rule.blocks else styled("[yellow]![/]")
        out.print("  {} {}", mark, str(result), soft_wrap=True)
    for sentence in tested.contract.documented:
        out.print("  [dim]· in words only: {}[/]", sentence, soft_wrap=True)
    kept, warned = sum(result.passed for result in done.verdicts), len(_warned(done))
    remarks = f", {warned} warned" if warned else ""
    if good:
        verdict(True, f"{tested.data} keeps {name}: {kept} of {counted(len(done.verdicts), 'rule')} kept{remarks}")
    else:
        verdict(
            False, f"{tested.data} breaks {name}: {len(done.broken)} of {counted(len(done.verdicts), 'rule')} broken{remarks}"
        )
    return 0 if good else 1


def _tested(text: str, files: Sequence[str], number: int | None, contract: str | None) -> Tested:
    project, offer, address = port_named(text)
    promised = offer.contracts[address.port]
    path = Path(contract).absolute() if contract else project.root / promised.file
    tested = promised
    if contract:
        document, remark = read_any_document(path)
        tested = contract_in(document, path, root_of(path))
        if remark:
            warn(f"{contract} is {remark}")
    references = referenced_files(tested.references, project.home)
    port = OutputPort(address, project.home.port(address, promised.major))
    if files:
        return Tested(tested, [parquet_file(file) for file in files], ", ".join(files), references, port.rows_before())
    version = port.current() if number is None else port.at(number)
    if version.damage:
        warn(version.damage)
    before = port.rows_before(version.number)
    return Tested(tested, version.fetched(), f"{address} version {version.number}", references, before)


def _warned(done: Audit) -> list[Verdict]:
    return [result for result in done.verdicts if not result.passed and not result.rule.blocks]


def _case(result: Verdict) -> Case:
    name = f"{result.rule.check}: {result.rule.sentence}"
    if result.passed or not result.rule.blocks:
        return Case(name, remark="" if result.passed else f"warning: {str(result)}")
    return Case(name, failure=str(result))


def _test_document(tested: Tested, done: Audit) -> dict[str, Any]:
    return {
        "contract": tested.contract.id,
        "version": tested.contract.version,
        "data": tested.data,
        "rows": done.rows,
        "ok": not done.broken,
        "rules": [
            {
                "check": result.rule.check,
                "sentence": result.rule.sentence,
                "columns": result.rule.columns,
                "verdict": "kept" if result.passed else "broken" if result.rule.blocks else "warned",
                "found": result.found,
                "examples": result.examples,
            }
            for result in done.verdicts
        ],
        "in_words": tested.contract.documented,
    }
