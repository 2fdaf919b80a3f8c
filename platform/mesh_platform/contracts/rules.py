"""The rules of a contract as SQL: what is measured on a candidate, which value passes, which rows are to blame."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from mesh_platform.contracts.bounds import Bound, bound_of
from mesh_platform.contracts.candidate import CANDIDATE
from mesh_platform.contracts.claims import Claim, Key, Limit, NeverNull
from mesh_platform.contracts.column import Column
from mesh_platform.contracts.setting_aside import SetAside, stated_bound
from mesh_platform.errors import ContractError
from mesh_platform.naming import identifier, literal


@dataclass(frozen=True)
class _Measure:
    expression: str
    sentence: str
    columns: tuple[str, ...] = ()
    failing: str | None = None
    claim: Claim | None = None


@dataclass(frozen=True)
class Rule:
    """One promise that data can keep or break."""

    check: str
    """The check it is shown under. Rules of one kind share a check; a quality rule has its own."""
    sentence: str
    columns: tuple[str, ...] = ()
    measure: str = "0"
    """A SQL expression over the whole candidate, aggregates only."""
    bound: Bound = Bound()
    percent: bool = False
    """Whether what is measured is a share of the rows and not their number."""
    failing: str | None = None
    """A SQL predicate that is true for the rows to blame; None where no single row is."""
    blocks: bool = True
    """ODCS `severity: warning` shows and does not block."""
    set_aside: SetAside | None = None
    """Within which bound the rows to blame are set aside and the others published; None: any of them forbids it."""
    asked_by: str | None = None
    """The consuming product that relies on it, as its descriptor's file; None for what the contract itself promises."""
    claim: Claim | None = None
    """What `measure` counts the exceptions to, where that can be proven in a cheaper way than by counting them."""


def schema_rule(columns: tuple[Column, ...]) -> Rule:
    """Columns and types are judged before any SQL runs; this rule gives that check its sentence."""
    return Rule("schema", f"has exactly {len(columns)} columns, each of its promised type")


def column_rules(columns: tuple[Column, ...], primary_key: tuple[str, ...]) -> Iterator[Rule]:
    """The rules that the columns' own properties state."""
    if primary_key:
        yield _no_duplicates("primary_key", primary_key, f"({', '.join(primary_key)}) identifies a row")
    for column in columns:
        for rule in _rules_of(column, primary_key):
            yield _within(rule, column.set_aside)


def _rules_of(column: Column, primary_key: tuple[str, ...]) -> Iterator[Rule]:
    name = identifier(column.name)
    if column.required or column.name in primary_key:
        yield _no_row("required", column.name, f"{column.name} is never null", f"{name} IS NULL", NeverNull(column.name))
    if column.unique and primary_key != (column.name,):
        yield _no_duplicates("unique", (column.name,), f"{column.name} occurs once")
    yield from _option_rules(column)


def quality_rule(rule: dict[str, Any], table: str, column: Column | None, primary_key: tuple[str, ...]) -> Rule | None:
    """One entry of ODCS `quality` as a rule; None for `text`, which only people execute. Raises ContractError."""
    kind = rule.get("type") or "library"
    if kind == "text":
        return None
    name = rule.get("name") or rule.get("id") or rule.get("metric") or rule.get("rule")
    if kind == "sql":
        measured = _sql_measure(rule, table, column)
    elif kind == "library":
        measured = _library_measure(rule, column, primary_key)
    else:
        raise ContractError(f"quality rule {name!r} is of type {kind!r}, for which no engine is registered")
    measure, sentence, percent = measured.expression, measured.sentence, rule.get("unit") == "percent"
    bound = bound_of(rule)
    if percent:
        measure = f"({measure}) * 100.0 / greatest(count(*), 1)"
        sentence += ", in percent of the rows,"
    made = Rule(
        check=_check_name(name or "quality"),
        sentence=rule.get("description") or f"{sentence} {bound}",
        columns=measured.columns,
        measure=measure,
        bound=bound,
        failing=measured.failing,
        percent=percent,
        claim=measured.claim,
        blocks=rule.get("severity") not in ("warning", "info"),
    )
    return _within(made, stated_bound(rule.get("customProperties")))


def _within(rule: Rule, bound: SetAside | None) -> Rule:
    if bound is None:
        return rule
    if rule.failing is None:
        raise ContractError(f"the rule {rule.check!r} says setAside, but no single row is to blame when it breaks")
    return replace(rule, set_aside=bound, sentence=f"{rule.sentence.rstrip('.')}; up to {bound} that break it are set aside")


def _option_rules(column: Column) -> Iterator[Rule]:
    """`logicalTypeOptions`: https://bitol-io.github.io/open-data-contract-standard, chapter Schema."""
    name, options = identifier(column.name), column.options
    comparisons = {
        "minimum": ("<", "is at least"),
        "maximum": (">", "is at most"),
        "exclusiveMinimum": ("<=", "is more than"),
        "exclusiveMaximum": (">=", "is less than"),
    }
    for option, (breaks, words) in comparisons.items():
        limit = options.get(option)
        if isinstance(limit, bool):
            # In 3.0 the exclusive options are a yes or no beside the limit; from 3.1 on they are limits themselves.
            limit = options.get(option.replace("exclusiveM", "m")) if limit else None
        if limit is not None:
            claim = Limit(column.name, breaks, limit)
            yield _no_row("values", column.name, f"{column.name} {words} {limit}", f"{name} {breaks} {literal(limit)}", claim)
    for option, breaks, words in (("minLength", "<", "at least"), ("maxLength", ">", "at most")):
        if (limit := options.get(option)) is not None:
            sentence = f"{column.name} has {words} {limit} characters"
            yield _no_row("values", column.name, sentence, f"length({name}) {breaks} {literal(limit)}")
    if (pattern := options.get("pattern")) is not None:
        sentence = f"{column.name} matches {pattern}"
        yield _no_row("values", column.name, sentence, f"NOT regexp_matches({name}, {literal(pattern)})")


def _library_measure(rule: dict[str, Any], column: Column | None, key: tuple[str, ...]) -> _Measure:
    metric, arguments = rule.get("metric") or rule.get("rule"), rule.get("arguments") or {}
    if metric == "rowCount":
        return _Measure("count(*)", "the number of rows")
    if metric == "duplicateValues":
        columns = (column.name,) if column else tuple(arguments.get("properties") or key)
        if not columns:
            raise ContractError("the metric 'duplicateValues' needs properties: there is no primary key to judge")
        duplicates = _no_duplicates("", columns, "")
        sentence = f"the number of duplicates in {', '.join(columns)}"
        return _Measure(duplicates.measure, sentence, columns, duplicates.failing, duplicates.claim)
    if column is None:
        raise ContractError(f"the metric {metric!r} judges a column; move the rule below one")
    name, claim = identifier(column.name), None
    if metric == "nullValues":
        failing, claim = f"{name} IS NULL", NeverNull(column.name)
    elif metric == "missingValues":
        missing = arguments.get("missingValues") or [None, ""]
        texts = [literal(str(value)) for value in missing if value is not None]
        failing = f"{name} IS NULL" if None in missing else "FALSE"
        if texts:
            failing = f"({failing} OR {name}::VARCHAR IN ({', '.join(texts)}))"
    elif metric == "invalidValues":
        tests = []
        if valid := arguments.get("validValues"):
            tests.append(f"{name} NOT IN ({', '.join(f'{literal(str(value))}::{column.type}' for value in valid)})")
        if pattern := arguments.get("pattern"):
            tests.append(f"NOT regexp_matches({name}::VARCHAR, {literal(pattern)})")
        if not tests:
            raise ContractError("the metric 'invalidValues' needs the argument validValues or pattern")
        failing = f"({' OR '.join(tests)})"
    else:
        raise ContractError(f"there is no library metric {metric!r}")
    measure = f"count(*) FILTER (WHERE {failing})"
    return _Measure(measure, f"the number of {metric} in {column.name}", (column.name,), failing, claim)


def _sql_measure(rule: dict[str, Any], table: str, column: Column | None) -> _Measure:
    """ODCS `sql` rules name the table `${object}` or `{object}`, and the column `${property}` or `{property}`."""
    query = rule.get("query")
    if not query:
        raise ContractError("a quality rule of type sql has a query")
    meanings = {"object": identifier(CANDIDATE), "table": identifier(CANDIDATE)}
    if column:
        meanings |= {"property": identifier(column.name), "column": identifier(column.name)}
    # All at once: a name that is put in is not looked into again, whatever it is called.
    words = re.compile(r"\$?\{(" + "|".join(meanings) + r")\}")
    query = words.sub(lambda word: meanings[word[1]], query.strip().rstrip(";"))
    # The line break ends a comment that the query may end with.
    return _Measure(f"({query}\n)", f"the result of its query on {table}", (column.name,) if column else ())


def _no_row(check: str, column: str, sentence: str, failing: str, claim: Claim | None = None) -> Rule:
    return Rule(check, sentence, (column,), f"count(*) FILTER (WHERE {failing})", failing=failing, claim=claim)


def _no_duplicates(check: str, columns: tuple[str, ...], sentence: str) -> Rule:
    """Counts the rows beyond the first of each key. Keys that hold a NULL are the business of `required`."""
    key = ", ".join(map(identifier, columns))
    present = " AND ".join(f"{identifier(column)} IS NOT NULL" for column in columns)
    repeated = f"FROM {CANDIDATE} WHERE {present} GROUP BY {key} HAVING count(*) > 1"
    return Rule(
        check,
        sentence,
        columns,
        measure=f"(SELECT coalesce(sum(n), 0)::BIGINT FROM (SELECT count(*) - 1 AS n {repeated}))",
        failing=f"({key}) IN (SELECT ({key}) {repeated})" if len(columns) > 1 else f"{key} IN (SELECT {key} {repeated})",
        claim=Key(columns),
    )


def _check_name(name: str) -> str:
    """Dagster's check names hold letters, digits and underscores."""
    return "".join(character if character.isascii() and character.isalnum() else "_" for character in name)
