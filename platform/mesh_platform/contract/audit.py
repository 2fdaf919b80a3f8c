"""Judging a candidate by its contract: every rule is proven from Parquet footers or executed in one scan."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mesh_isolation.column_types import fitted_type, type_in_words
from mesh_isolation.disclosure import discloses
from mesh_isolation.footers import CANDIDATE, Footers, file_types, read_footers
from mesh_isolation.limits import changed, number_before
from mesh_isolation.python_values import shown_rows
from mesh_isolation.shares import TimeShares
from mesh_isolation.sql import ALL_FOREIGN_SECONDS, CEILING, FOREIGN
from mesh_isolation.text import counted, without_values
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.rule import References, Rule, opened
from mesh_platform.errors import QueryRefused, described, is_interruption, machine_fault
from mesh_platform.names import identifier, literal
from mesh_platform.restricted_sql import answer

if TYPE_CHECKING:
    import duckdb


SHOWN_ROWS = 3
"""The largest number of failing rows that a message shows."""


_BREAKS = (" breaks it", " break it")
_FAILED, _SKIPPED = "failed to evaluate: ", "not evaluated: "


@dataclass(frozen=True)
class Verdict:
    """The result of the audit for one rule."""

    rule: Rule
    passed: bool
    found: str | None
    """What was measured, in words; None if it can be made of personal values."""
    examples: tuple[dict[str, Any], ...] = ()

    def __str__(self) -> str:
        shown = "".join(f"\n      {_row(example)}" for example in self.examples)
        found = self.found or "a number that is made of personal data"
        result = found if found.endswith(_BREAKS) or found.startswith((_FAILED, _SKIPPED)) else f"found {found}"
        return f"{self.rule.check}: {self.rule.sentence.rstrip('.')}; {result}{shown}"


@dataclass(frozen=True)
class Audit:
    """The verdicts on one candidate, rule by rule."""

    rows: int
    verdicts: tuple[Verdict, ...]

    @property
    def broken(self) -> list[Verdict]:
        """The verdicts on broken rules that block publishing."""
        return [verdict for verdict in self.verdicts if not verdict.passed and verdict.rule.blocks]

    @property
    def unevaluated(self) -> list[Verdict]:
        """The verdicts on rules that could not be evaluated."""
        return [verdict for verdict in self.verdicts if (verdict.found or "").startswith((_FAILED, _SKIPPED))]

    def of_check(self, check: str) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.rule.check == check]


def audit(
    contract: Contract,
    files: Sequence[Path],
    references: References = MappingProxyType({}),
    now: datetime | None = None,
    before: int | None = None,
) -> Audit:
    """Executes every rule of `contract` on the Parquet `files`.

    Rules that the footers do not prove are measured in one scan. Each broken rule takes one more scan for its examples.

    Args:
        contract: the contract.
        files: the files of a candidate or a version.
        references: the files of the ports that relationships refer to. A relationship to any other port is broken.
        now: the time that service levels are compared with; default: the current time.
        before: the number of rows of the previous version; None if there is none, which keeps every rule that compares with it.

    A rule that cannot be evaluated is broken, and costs no other rule its verdict.
    """
    shown = {referenced: references[referenced] for referenced in contract.references if referenced in references}
    with opened(files, shown, now) as connection:
        verdict = _judge_schema(contract, types := file_types(files))
        contract = contract.fitted(types)
        _, *rules = contract.rules
        if not verdict.passed:
            # The other rules would fail at the same column. The number of refused rows is still reported.
            (rows,) = connection.execute(f"SELECT count(*) FROM {CANDIDATE}").fetchone()
            return Audit(rows, (verdict,))
        footers = read_footers(files, contract.columns, connection)
        places = [
            place
            for place, rule in enumerate(rules)
            if not (rule.custom or rule.query or rule.compared) and rule.reference in (None, *references)
        ]
        measured = dict(zip(places, _measure(contract, [rules[place] for place in places], footers, connection)))
        asking = [rule.asked_by for rule in rules if rule.asked_by and (rule.query or rule.custom)]
        shares = TimeShares(asking, FOREIGN.seconds, ALL_FOREIGN_SECONDS)
        measured |= _answers(rules, files, shares)
        judged = [
            _verdict(rule, measured[place], footers.rows, contract, connection)
            if place in measured
            else _judge_change(rule, before, footers.rows, contract)
            if rule.compared
            else _judge_without_sql(rule, files, contract, shares)
            for place, rule in enumerate(rules)
        ]
        return Audit(footers.rows, (verdict, *judged))


def _measure(contract: Contract, rules: Sequence[Rule], footers: Footers, connection: "duckdb.DuckDBPyConnection") -> list[Any]:
    """The measured value of each rule: from the footers, from a proof of its claim, or counted if the proof fails."""
    answers = [rule.claim and footers.answer(rule.claim) for rule in rules]
    proofs = [rule.claim and footers.proof(rule.claim) for rule in rules]
    expressions = [answer or proof or rule.measure for rule, answer, proof in zip(rules, answers, proofs)]
    measured = _execute(contract, rules, expressions, connection)
    unproven = [place for place, proof in enumerate(proofs) if proof and measured[place] != 0]
    if unproven:
        counted = [rules[place] for place in unproven]
        counts = _execute(contract, counted, [rule.measure for rule in counted], connection)
        for place, count in zip(unproven, counts):
            measured[place] = count
    return measured


def _execute(
    contract: Contract, rules: Sequence[Rule], expressions: Sequence[str], connection: "duckdb.DuckDBPyConnection"
) -> list[Any]:
    """The value of each rule's aggregate expression, in one scan; if it fails, each rule is executed by itself.

    For a rule that cannot be executed, the value is the error.
    """
    import duckdb

    try:
        # count(*) makes the query an aggregation even if no expression is one, or if there is no expression at all.
        return list(connection.execute(f"SELECT {', '.join([*expressions, 'count(*)'])} FROM {CANDIDATE}").fetchone()[:-1])
    except duckdb.Error as problem:
        if len(rules) != 1:
            return [_execute(contract, [rule], [sql], connection)[0] for rule, sql in zip(rules, expressions)]
        return [problem]


def _answers(rules: Sequence[Rule], files: Sequence[Path], shares: TimeShares) -> dict[int, Any]:
    """By the place of each rule with a query, its result, or the error or the verdict if it has none."""
    answers: dict[int, Any] = {}
    for place, rule in enumerate(rules):
        if not rule.query:
            continue
        if not (seconds := shares.left(rule.asked_by)):
            answers[place] = _out_of_time(rule, shares)
            continue
        try:
            with shares.using(rule.asked_by):
                columns, rows = answer(rule.query, {CANDIDATE: files}, rule.limits.within(replace(CEILING, seconds=seconds)))
            answers[place] = rows[0][0] if rows else None
            shape = f"returns {counted(len(columns), 'column')} instead of one value" if len(columns) != 1 else None
            if odd := shape or (rule.bound.incomparable(answers[place]) if rows else "returns no row"):
                raise QueryRefused(odd)
        except QueryRefused as problem:
            answers[place] = QueryRefused(f"its query {problem.found.rstrip('.')}")
    return answers


def _out_of_time(rule: Rule, shares: TimeShares) -> Verdict:
    """The verdict on an expectation that was not evaluated, because its domain has used its time."""
    used = f"the expectations of {rule.asked_by} have used their time, which is {shares}"
    return Verdict(replace(rule, failing=None, set_aside=None), False, f"{_SKIPPED}{used}")


def _unevaluated(contract: Contract, rule: Rule, problem: Exception) -> Verdict:
    """The verdict on a rule without a result, for which no single row is to blame. An engine's message can quote anything.

    Raises an error that is no fault of the rule.
    """
    if is_interruption(problem) or (not rule.custom and machine_fault(problem)):
        raise problem
    said = type(problem).__name__ if contract.personal else described(problem)
    reason = said if rule.custom else without_values(problem)
    return Verdict(replace(rule, failing=None, set_aside=None), False, f"{_FAILED}{reason}")


def _judge_schema(contract: Contract, actual: Mapping[str, str]) -> Verdict:
    promised = {column.name: column.type for column in contract.columns}
    problems = [
        *(f"no column {name}" for name in promised if name not in actual),
        *(f"column {name}, which the contract does not promise" for name in actual if name not in promised),
        *(
            f"column {name} as {actual[name]} where {type_in_words(kind)} is promised"
            for name, kind in promised.items()
            if name in actual and str(fitted_type(kind, actual[name])) != actual[name]
        ),
    ]
    return Verdict(contract.rules[0], not problems, "; ".join(problems) or counted(len(actual), "column"))


def _judge_change(rule: Rule, before: int | None, rows: int, contract: Contract) -> Verdict:
    """The verdict on the change of the number of rows; a number that was 0 has no percentage."""
    if not before:
        return Verdict(rule, True, f"{counted(rows, 'row')}, compared with no version")
    passed = before > 0 and rule.bound.allows(Fraction((rows - before) * 100, before))
    way_out = "" if passed or not rule.blocks else f" (`--accept-volume {contract.address}` accepts it)"
    return Verdict(rule, passed, f"{changed(before, rows)}, {counted(rows, 'row')} after {number_before(before)}{way_out}")


def change_beyond_rules(contracts: Iterable[Contract], before: int | None, rows: int) -> str:
    """The change of the number of rows, in words, if a rule of a contract refuses it; empty if none does."""
    rules = ((rule, contract) for contract in contracts for rule in contract.rules if rule.compared and rule.blocks)
    if all(_judge_change(rule, before, rows, contract).passed for rule, contract in rules):
        return ""
    return f"it has {counted(rows, 'row')} and had {number_before(before)} in the version before, {changed(before, rows)}"


def _judge_without_sql(rule: Rule, files: Sequence[Path], contract: Contract, shares: TimeShares) -> Verdict:
    """The verdict of an engine on its custom rule, or on a relationship to a port that has no version yet."""
    if rule.custom is None:
        return Verdict(rule, False, f"nothing to judge it by, because {rule.reference} has never been published")
    if not shares.left(rule.asked_by):
        return _out_of_time(rule, shares)
    try:
        with shares.using(rule.asked_by):
            finding = rule.custom.judge(files)
    except Exception as problem:
        return _unevaluated(contract, rule, problem)
    found = "what is not shown, because it can quote personal values" if contract.personal else finding.found
    return Verdict(rule, finding.passed, found, tuple(map(contract.shown, finding.examples[:SHOWN_ROWS])))


def _verdict(rule: Rule, measured: Any, rows: int, contract: Contract, connection: "duckdb.DuckDBPyConnection") -> Verdict:
    import duckdb

    if isinstance(measured, Verdict):
        return measured
    if isinstance(measured, Exception):
        return _unevaluated(contract, rule, measured)
    try:
        return _judge(rule, measured, rows, contract, connection)
    except (TypeError, duckdb.Error) as problem:
        return _unevaluated(contract, rule, problem)


def _judge(rule: Rule, measured: Any, rows: int, contract: Contract, connection: "duckdb.DuckDBPyConnection") -> Verdict:
    if rule.percent:
        measured = Fraction(measured * 100, max(rows, 1))
    passed, measured = rule.bound.allows(measured), float(measured) if rule.percent else measured
    if passed or rule.failing is None:
        return Verdict(rule, passed, _result(rule, measured, contract))
    columns = ", ".join(map(identifier, dict.fromkeys([*contract.primary_key, *rule.columns]))) or "*"
    failing = connection.sql(f"SELECT {columns} FROM {CANDIDATE} WHERE {rule.failing} LIMIT {SHOWN_ROWS}")
    examples = tuple(contract.shown(dict(zip(failing.columns, row))) for row in shown_rows(failing))
    share, verb = (f"{measured:.1f} %" if rule.percent else f"{measured:,}"), _BREAKS[measured != 1 or rule.percent]
    # If none is too few, the counted rows are not those that break it.
    return Verdict(rule, False, f"{share} of {counted(rows, 'row')}{verb if rule.bound.allows(0) else ''}", examples)


def _result(rule: Rule, measured: Any, contract: Contract) -> str | None:
    """The measured value as text; None if it can be made of a personal value."""
    personal = frozenset(map(str.casefold, contract.personal))
    if rule.query:
        hidden = discloses(rule.query, personal, frozenset(map(str.casefold, contract.visible)))
    else:  # what is neither a number of rows nor a constant is made of the rule's columns
        made = rule.failing is None and rule.measure not in ("count(*)", literal(measured))
        hidden = made and not personal.isdisjoint(map(str.casefold, rule.columns))
    if hidden:
        return None
    in_future = isinstance(measured, timedelta) and measured < timedelta()
    return f"a time that is {-measured} in the future" if in_future else str(measured)


def _row(example: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {'NULL' if value is None else value}" for name, value in example.items())
