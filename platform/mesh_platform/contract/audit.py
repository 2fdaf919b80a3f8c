"""Judging a candidate by its contract: every rule is proven from Parquet footers or executed in one scan."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mesh_platform.contract.column import Column
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.rule import CANDIDATE, Claim, Key, Largest, Limit, NeverNull, References, Rule, opened
from mesh_platform.contract.types import canonical
from mesh_platform.errors import ContractError, QueryRefused
from mesh_platform.names import identifier, literal
from mesh_platform.restricted_sql import answer

if TYPE_CHECKING:
    import duckdb


# The smallest and the largest value of these are exact in a footer. Texts are cut there, and a float may be no number.
_ORDERED = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "DATE", "TIMESTAMP", "DECIMAL")
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
_DENSE = 8
"""A bitmap over the range of a key pays while the range holds at most so many times the number of rows."""


@dataclass(frozen=True)
class Facts:
    """What all the footers together say of one column; None where one of them is silent."""

    nulls: int | None
    smallest: str | None
    largest: str | None


@dataclass(frozen=True)
class Footers:
    """The footers of a candidate's files."""

    rows: int
    facts: Mapping[str, Facts]
    columns: Mapping[str, Column]

    def proof(self, claim: Claim) -> str | None:
        """A SQL aggregate that is 0 only if the claim holds, cheaper than counting the exceptions; None if there is none.

        Exact in that direction: 0 proves. Anything else may be chance and asks for a count.
        """
        match claim:
            case NeverNull(column):
                return "0" if self._known(column).nulls == 0 else None
            case Limit():
                return self._within(claim)
            case Key(columns):
                return self._bitmap(columns[0]) if len(columns) == 1 and self._dense(columns[0]) else _hashes(columns)
            case Largest():
                return None

    def answer(self, claim: Claim) -> str | None:
        """What the rule measures, as SQL that reads no row; None where the footers do not say it."""
        if not isinstance(claim, Largest) or (largest := self._known(claim.column).largest) is None:
            return None
        return claim.measure.format(f"{literal(largest)}::{self.columns[claim.column].type}")

    def _known(self, column: str) -> Facts:
        return self.facts.get(column, Facts(None, None, None))

    def _within(self, claim: Limit) -> str | None:
        facts, kind = self._known(claim.column), self.columns[claim.column].type
        extreme = facts.smallest if claim.breaks.startswith("<") else facts.largest
        if extreme is None or not kind.startswith(_ORDERED):
            return None
        return f"({literal(extreme)}::{kind} {claim.breaks} {claim.limit})::INTEGER"

    def _dense(self, column: str) -> bool:
        facts = self._known(column)
        if facts.smallest is None or facts.largest is None or self.columns[column].type not in _WHOLE:
            return False
        return int(facts.largest) - int(facts.smallest) < _DENSE * self.rows

    def _bitmap(self, column: str) -> str:
        """One bit for each value there could be: as many bits set as there are values, or one occurs twice."""
        facts, name, kind = self._known(column), identifier(column), self.columns[column].type
        bits = f"bitstring_agg({name}, {literal(facts.smallest)}::{kind}, {literal(facts.largest)}::{kind})"
        return f"count({name}) - coalesce(bit_count({bits}), 0)"


def _hashes(columns: Sequence[str]) -> str:
    """As many different hashes as keys: then the keys are different too.

    Sorted and compared with the neighbour, which takes half of what counting distinct ones takes, and can leave memory.
    """
    key = ", ".join(map(identifier, columns))
    present = " AND ".join(f"{identifier(column)} IS NOT NULL" for column in columns)
    hashes = f"SELECT hash({key}) AS hash FROM {CANDIDATE} WHERE {present}"
    beside = f"SELECT hash, lag(hash) OVER (ORDER BY hash) AS before FROM ({hashes})"
    return f"(SELECT count(*) FROM ({beside}) WHERE hash = before)"


def read_footers(files: Sequence[Path], columns: Sequence[Column], connection: "duckdb.DuckDBPyConnection") -> Footers:
    """Reads the footers of `files`, whose columns have been found to be `columns`."""
    listed = ", ".join(literal(file) for file in files)
    by_name = {column.name: column for column in columns}
    chunks = connection.execute(
        "SELECT path_in_schema, num_values, stats_null_count, stats_min_value, stats_max_value "
        f"FROM parquet_metadata([{listed}]) WHERE num_values > 0"
    ).fetchall()
    (rows,) = connection.execute(f"SELECT coalesce(sum(num_rows), 0)::BIGINT FROM parquet_file_metadata([{listed}])").fetchone()
    grouped: dict[str, list[tuple]] = {}
    parted = any(column.type.endswith(("]", ")")) and not column.type.startswith("DECIMAL(") for column in columns)
    for name, *said in chunks:
        # The path of a part is written with commas, and so may be the name of another column: no proof from either.
        if not (parted and ", " in name):
            grouped.setdefault(name, []).append(tuple(said))
    nulls = {name: _nulls(said) for name, said in grouped.items()}
    extremes = _extremes({name: said for name, said in grouped.items() if name in by_name}, by_name, connection)
    return Footers(rows, {name: Facts(nulls[name], *extremes.get(name, (None, None))) for name in grouped}, by_name)


def _nulls(chunks: Sequence[tuple]) -> int | None:
    counted = [nulls for _, nulls, *_ in chunks]
    return None if None in counted else sum(counted)


def _extremes(
    chunks: Mapping[str, Sequence[tuple]], columns: Mapping[str, Column], connection: "duckdb.DuckDBPyConnection"
) -> dict[str, tuple[str, str]]:
    """The smallest and the largest value of every column whose footers know them, compared in the column's type."""
    asked: dict[str, str] = {}
    for name, said in chunks.items():
        kind = columns[name].type
        # A chunk of nothing but NULLs has no extremes and needs none.
        filled = [(low, high) for values, nulls, low, high in said if nulls != values]
        if not kind.startswith(_ORDERED) or not filled or any(None in pair for pair in filled):
            continue
        lows, highs = (", ".join(f"{literal(value)}::{kind}" for value in side) for side in zip(*filled))
        asked[name] = f"least({lows})::VARCHAR, greatest({highs})::VARCHAR"
    if not asked:
        return {}
    found = connection.execute(f"SELECT {', '.join(asked.values())}").fetchone()
    return dict(zip(asked, zip(found[::2], found[1::2])))


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
        asked = [
            place
            for place, rule in enumerate(rules)
            if not (rule.custom or rule.query) and rule.reference in (None, *references)
        ]
        measured = dict(zip(asked, _measure(contract, [rules[place] for place in asked], footers, connection)))
        measured |= _answers(contract, rules, files)
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


def _answers(contract: Contract, rules: Sequence[Rule], files: Sequence[Path]) -> dict[int, Any]:
    """By the place of each rule with a query, its result, or the error if a consumer asked for it in vain.

    All queries of one consumer together may take as long as one: they cost the producer's time.
    """
    answers: dict[int, Any] = {}
    seconds = Counter[str]()
    for place, rule in enumerate(rules):
        if not rule.query:
            continue
        limits = replace(rule.limits, seconds=max(rule.limits.seconds - seconds[rule.asked_by], 0.01))
        start = monotonic()
        try:
            columns, rows = answer(rule.query, {CANDIDATE: files}, limits)
            if len(columns) != 1:
                raise QueryRefused(f"returns {len(columns)} columns instead of one value.")
            answers[place] = rows[0][0] if rows else None
        except QueryRefused as problem:
            file = rule.asked_by or contract.file
            answers[place] = ContractError(f"{file}: the rule '{rule.check}' {problem.found}", "Correct the rule.")
            if not rule.asked_by:
                raise answers[place] from problem
        if rule.asked_by:
            seconds[rule.asked_by] += monotonic() - start
    return answers


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
