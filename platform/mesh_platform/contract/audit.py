"""The audit: a whole contract held against a candidate's files, before anybody can see them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mesh_platform.contract.candidate import CANDIDATE, opened
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.footers import Footers, read_footers
from mesh_platform.contract.referenced import References
from mesh_platform.contract.rule import Rule
from mesh_platform.contract.types import canonical
from mesh_platform.errors import ContractError
from mesh_platform.names import identifier

if TYPE_CHECKING:
    import duckdb

SHOWN_ROWS = 3
"""How many of the rows to blame a message shows."""


@dataclass(frozen=True)
class Verdict:
    """What the audit found of one rule."""

    rule: Rule
    passed: bool
    found: str
    """What was measured, in words."""
    examples: tuple[dict[str, Any], ...] = ()

    def __str__(self) -> str:
        shown = "".join(f"\n      {_row(example)}" for example in self.examples)
        return f"{self.rule.check}: {self.rule.sentence}; found {self.found}{shown}"


@dataclass(frozen=True)
class Audit:
    """The verdicts on one candidate, rule by rule."""

    rows: int
    verdicts: tuple[Verdict, ...]

    @property
    def broken(self) -> list[Verdict]:
        """The broken rules that forbid to publish."""
        return [verdict for verdict in self.verdicts if not verdict.passed and verdict.rule.blocks]

    def of_check(self, check: str) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.rule.check == check]


def audit(
    contract: Contract, files: Sequence[Path], references: References = MappingProxyType({}), now: datetime | None = None
) -> Audit:
    """Executes every rule of `contract` on the Parquet `files`.

    The files' footers are asked first; whatever they do not prove is measured in one scan, and each broken rule in one
    more for its examples.

    Args:
        contract: what is promised.
        files: the candidate, or a version.
        references: the files of the ports that relationships lead to. A relationship to any other is broken, because
            nothing says that it holds.
        now: the moment by which service levels are judged; the present one if none is given.

    Raises ContractError for a rule that cannot be executed.
    """
    shown = {referenced: references[referenced] for referenced in contract.references if referenced in references}
    with opened(files, shown, now) as connection:
        schema, *rules = contract.rules
        verdict = _judge_schema(contract, schema, connection)
        if not verdict.passed:
            # The other rules would stumble over the same column; the count still tells how much was refused.
            (rows,) = connection.execute(f"SELECT count(*) FROM {CANDIDATE}").fetchone()
            return Audit(rows, (verdict,))
        footers = read_footers(files, contract.columns, connection)
        asked = [place for place, rule in enumerate(rules) if not rule.custom and rule.reference in (None, *references)]
        measured = dict(zip(asked, _measure(contract, [rules[place] for place in asked], footers, connection)))
        judged = [
            _judge(rule, measured[place], footers.rows, contract, connection)
            if place in measured
            else _judge_without_sql(rule, files, contract)
            for place, rule in enumerate(rules)
        ]
        return Audit(footers.rows, (verdict, *judged))


def _measure(contract: Contract, rules: Sequence[Rule], footers: Footers, connection: "duckdb.DuckDBPyConnection") -> list[Any]:
    """What each rule measures: where its claim can be proven, the proof instead, and the count if the proof fails."""
    known = [rule.claim and footers.answer(rule.claim) for rule in rules]
    proofs = [rule.claim and footers.proof(rule.claim) for rule in rules]
    asked = [answer or proof or rule.measure for rule, answer, proof in zip(rules, known, proofs)]
    measured = _ask(contract, rules, asked, connection)
    doubtful = [place for place, proof in enumerate(proofs) if proof and measured[place] != 0]
    if doubtful:
        again = [rules[place] for place in doubtful]
        counts = _ask(contract, again, [rule.measure for rule in again], connection)
        for place, count in zip(doubtful, counts):
            measured[place] = count
    return measured


def _ask(
    contract: Contract, rules: Sequence[Rule], expressions: Sequence[str], connection: "duckdb.DuckDBPyConnection"
) -> list[Any]:
    """The value of each rule's aggregate expression, in one scan. Raises ContractError for a rule that cannot run."""
    import duckdb

    def ask(asked: Sequence[str]) -> list[Any]:
        # The count keeps it an aggregation when nothing else is one, and gives it a row when there is nothing to ask.
        return list(connection.execute(f"SELECT {', '.join([*asked, 'count(*)'])} FROM {CANDIDATE}").fetchone()[:-1])

    try:
        return ask(expressions)
    except duckdb.Error:
        return [_alone(contract, rule, expression, ask) for rule, expression in zip(rules, expressions)]


def _alone(contract: Contract, rule: Rule, expression: str, ask: Callable[[Sequence[str]], list[Any]]) -> Any:
    """One rule by itself, to find the one that is to blame. What a consumer asked for in vain is broken, no more."""
    import duckdb

    try:
        return ask([expression])[0]
    except duckdb.Error as problem:
        error = _cannot_run(contract, rule, problem)
        if rule.asked_by:
            return error
        raise error from problem


def _cannot_run(contract: Contract, rule: Rule, problem: Exception) -> ContractError:
    said = " ".join(str(problem).split("LINE 1")[0].split())
    file = rule.asked_by or contract.file
    return ContractError(f"{file}: the rule '{rule.check}' cannot be executed: {said}", "Correct the rule.")


def _judge_schema(contract: Contract, rule: Rule, connection: "duckdb.DuckDBPyConnection") -> Verdict:
    described = connection.execute(f"DESCRIBE {CANDIDATE}").fetchall()
    actual = {name: column_type for name, column_type, *_ in described}
    promised = {column.name: column.type for column in contract.columns}
    problems = [
        *(f"no column {name}" for name in promised if name not in actual),
        *(f"column {name}, which the contract does not promise" for name in actual if name not in promised),
        *(
            f"column {name} as {actual[name]} where {column_type} is promised"
            for name, column_type in promised.items()
            if name in actual and canonical(actual[name]) != column_type
        ),
    ]
    return Verdict(rule, not problems, "; ".join(problems) or f"{len(actual)} columns")


def _judge_without_sql(rule: Rule, files: Sequence[Path], contract: Contract) -> Verdict:
    """A rule of an engine's own, or one about a port that nobody can read yet."""
    if rule.custom is None:
        return Verdict(rule, False, f"nothing to judge it by, because {rule.reference} has never been published")
    try:
        finding = rule.custom.judge(files)
    except Exception as problem:
        raise _cannot_run(contract, rule, problem) from problem
    return Verdict(rule, finding.passed, finding.found, tuple(dict(example) for example in finding.examples[:SHOWN_ROWS]))


def _judge(rule: Rule, measured: Any, rows: int, contract: Contract, connection: "duckdb.DuckDBPyConnection") -> Verdict:
    if isinstance(measured, ContractError):
        return Verdict(rule, False, measured.found)
    try:
        passed = rule.bound.allows(measured)
    except TypeError as problem:
        raise _cannot_run(contract, rule, problem) from problem
    if passed:
        return Verdict(rule, True, str(measured))
    if rule.failing is None:
        return Verdict(rule, False, str(measured))
    columns = ", ".join(map(identifier, dict.fromkeys([*contract.primary_key, *rule.columns]))) or "*"
    failing = connection.execute(f"SELECT {columns} FROM {CANDIDATE} WHERE {rule.failing} LIMIT {SHOWN_ROWS}")
    names = [column[0] for column in failing.description]
    examples = tuple(dict(zip(names, row)) for row in failing.fetchall())
    share = f"{measured:.1f} % of" if rule.percent else f"{measured:,} of"
    return Verdict(rule, False, f"{share} {rows:,} rows that break it", examples)


def _row(example: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {'NULL' if value is None else value}" for name, value in example.items())
