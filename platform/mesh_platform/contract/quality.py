"""ODCS `quality` as rules: the standard's metrics, SQL, and custom engines."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mesh_platform.contract.column import Column, stated, stated_bound
from mesh_platform.contract.rule import (
    CANDIDATE,
    Bound,
    Claim,
    NeverNull,
    Rule,
    bound_of,
    check_name,
    custom_rule,
    no_duplicates,
    states_bound,
    within,
)
from mesh_platform.contract.values import among, matches, typed
from mesh_platform.errors import ContractError, QueryRefused, inside
from mesh_platform.names import identifier
from mesh_platform.restricted_sql import CEILING, OWN, Limits, one_select


@dataclass(frozen=True)
class Measure:
    """A number, as SQL and in words."""

    expression: str
    """SQL over the whole candidate, aggregates only."""
    sentence: str
    columns: tuple[str, ...] = ()
    failing: str | None = None
    """A SQL predicate that is true for the rows that are counted."""
    claim: Claim | None = None
    """What is proven when nothing is counted."""
    percent: bool = False
    """Whether it is a share of the rows and not their number."""


_EARLIER = {"duplicateCount": "duplicateValues", "validValues": "invalidValues"}
"""What 3.0 calls the metrics of today, under `rule`."""

_UNITS = (None, "rows", "percent")


def library_measure(
    rule: Mapping[str, Any], columns: Mapping[str, Column], column: Column | None, key: tuple[str, ...]
) -> tuple[Measure, Bound]:
    """What an entry of type `library` measures, and the bound it states. Raises ContractError."""
    said = rule.get("metric") or rule.get("rule")
    if rule.get("unit") not in _UNITS:
        raise ContractError(f"it counts in {rule['unit']!r}; a metric counts in rows or percent")
    arguments = rule.get("arguments") or {}
    if said == "validValues":
        # 3.0 lists the values beside the rule; none may be another unless it says how many.
        arguments = {"validValues": rule.get("validValues"), **arguments}
        rule = rule if states_bound(rule) else {**rule, "mustBe": 0}
    measured = _measure(_EARLIER.get(said, said), arguments, columns, column, key)
    if rule.get("unit") == "percent":
        measured = _share(measured)
    return measured, bound_of(rule)


def _measure(
    metric: Any, arguments: Mapping[str, Any], columns: Mapping[str, Column], column: Column | None, key: tuple[str, ...]
) -> Measure:
    if metric == "rowCount":
        return Measure("count(*)", "the number of rows")
    if metric == "duplicateValues":
        return _duplicates(arguments, columns, column, key)
    if metric not in _COUNTED:
        raise ContractError(f"there is no library metric {metric!r}")
    if column is None:
        raise ContractError(f"the metric {metric!r} judges a column; move the rule below one")
    failing = _COUNTED[metric](column, arguments)
    claim = NeverNull(column.name) if metric == "nullValues" else None
    sentence = f"the number of {metric} in {column.name}"
    return Measure(f"count(*) FILTER (WHERE {failing})", sentence, (column.name,), failing, claim)


def _share(measured: Measure) -> Measure:
    if not measured.columns:
        raise ContractError("the number of rows in percent of the rows is always 100")
    return replace(
        measured,
        expression=f"({measured.expression}) * 100.0 / greatest(count(*), 1)",
        sentence=f"{measured.sentence}, in percent of the rows,",
        percent=True,
    )


def _duplicates(
    arguments: Mapping[str, Any], columns: Mapping[str, Column], column: Column | None, key: tuple[str, ...]
) -> Measure:
    stated = arguments.get("properties")
    if stated is not None and not (isinstance(stated, list) and all(isinstance(name, str) for name in stated)):
        raise ContractError("the argument properties is a list of column names", place=("arguments", "properties"))
    names = (column.name,) if column else tuple(dict.fromkeys(stated or key))
    if not names:
        raise ContractError("the metric 'duplicateValues' needs properties: there is no primary key to judge")
    if unknown := [name for name in names if name not in columns]:
        found = f"the metric 'duplicateValues' is about {', '.join(unknown)}, which the contract does not promise"
        raise ContractError(found, place=() if column else ("arguments", "properties"))
    found = no_duplicates("", names, "")
    return Measure(found.measure, f"the number of duplicates in {', '.join(names)}", names, found.failing, found.claim)


def _null(column: Column, arguments: Mapping[str, Any]) -> str:
    return f"{identifier(column.name)} IS NULL"


def _missing(column: Column, arguments: Mapping[str, Any]) -> str:
    missing = _listed(arguments, "missingValues") or [None, ""]
    name, known = identifier(column.name), []
    for value in missing:
        try:
            known += [typed(value, column.type)] if value is not None else []
        except ContractError:
            continue  # no value of the column's type is written like that, so none is missing in that way
    failing = f"{name} IS NULL" if None in missing else "FALSE"
    return f"({failing} OR coalesce({among(name, known)}, FALSE))" if known else failing


def _invalid(column: Column, arguments: Mapping[str, Any]) -> str:
    name, tests = identifier(column.name), []
    if valid := _listed(arguments, "validValues"):
        with inside("arguments", "validValues"):
            known = [typed(value, column.type) for value in valid if value is not None]
        tests.append(f"NOT {among(name, known)}" if known else f"{name} IS NOT NULL")
    if pattern := arguments.get("pattern"):
        with inside("arguments", "pattern"):
            if not isinstance(pattern, str):
                raise ContractError("the argument pattern is a text")
            tests.append(f"NOT {matches(f'{name}::VARCHAR', pattern)}")
    if not tests:
        raise ContractError("the metric 'invalidValues' needs the argument validValues or pattern")
    return f"({' OR '.join(tests)})"


def _listed(arguments: Mapping[str, Any], name: str) -> list:
    said = arguments.get(name)
    if said is not None and not isinstance(said, list):
        raise ContractError(f"the argument {name} is a list of values", place=("arguments", name))
    return said or []


_COUNTED = {"nullValues": _null, "missingValues": _missing, "invalidValues": _invalid}


def sql_query(rule: Mapping[str, Any], column: Column | None) -> str:
    """The query of a rule of type `sql`. Raises ContractError unless it is one SELECT over the table alone.

    The query names the table `${object}` or `{object}`, and the column it stands below `${property}` or `{property}`;
    3.0 also writes `table` and `column`.
    """
    query = rule.get("query")
    if not isinstance(query, str) or not query.strip():
        raise ContractError("a quality rule of type sql has a query")
    meanings = {"object": identifier(CANDIDATE), "table": identifier(CANDIDATE)}
    if column:
        meanings |= {"property": identifier(column.name), "column": identifier(column.name)}
    # All at once: a name that is put in is not looked into again, whatever it is called.
    words = re.compile(r"\$?\{(" + "|".join(meanings) + r")\}")
    try:
        return one_select(words.sub(lambda word: meanings[word[1]], query), frozenset({CANDIDATE})).sql
    except QueryRefused as problem:
        raise ContractError(f"its query {problem.found}", problem.way_out, ("query",)) from problem


def sql_limits(rule: Mapping[str, Any]) -> Limits:
    """What the query of a rule may cost: its custom property `limits`. Raises ContractError beyond the ceiling."""
    for limits in stated(rule, "limits"):
        numbers = limits.values() if isinstance(limits, Mapping) and {*limits} <= {"seconds", "megabytes"} else [None]
        if not all(isinstance(number, (int, float)) and number > 0 for number in numbers):
            raise ContractError(f"limits is {limits!r}; write seconds and megabytes, like {{seconds: 120, megabytes: 2000}}")
        if (stated_limits := replace(OWN, **limits)).within(CEILING) != stated_limits:
            raise ContractError(f"limits is {limits!r}; at most {CEILING.seconds} seconds and {CEILING.megabytes} megabytes")
        return stated_limits
    return OWN


_MILD = ("warning", "info")


def quality_rule(
    rule: dict[str, Any], table: str, columns: dict[str, Column], column: Column | None, key: tuple[str, ...]
) -> Rule:
    """An entry of type `library`, `sql` or `custom` as a rule.

    Args:
        rule: the entry.
        table: the name of the object it is about.
        columns: all columns of it, by name.
        column: the column it stands below; None for a rule of the table.
        key: the names of the primary key's columns.

    Raises ContractError for what cannot be executed.
    """
    kind, name = kind_of(rule), name_of(rule)
    place = f"quality rule {name!r}" + (f" of column {column.name!r}" if column else "")
    try:
        if kind == "custom":
            return _custom(rule, name, column)
        if kind == "sql":
            result = Measure("0", f"the result of its query on {table}", (column.name,) if column else ())
            made = _measured(rule, result, bound_of(rule), name)
            return replace(made, query=sql_query(rule, column), limits=sql_limits(rule))
        if kind == "library":
            measured, bound = library_measure(rule, columns, column, key)
            return _measured(rule, measured, bound, name)
    except ContractError as problem:
        found = problem.found if problem.found.startswith("quality rule") else f"{place}: {problem.found}"
        raise ContractError(found, problem.way_out, problem.place) from problem
    raise ContractError(f"{place} is of type {kind!r}, which the standard does not have")


def kind_of(rule: dict[str, Any]) -> str:
    """The type of an entry: `library` unless it says another."""
    return rule.get("type") or "library"


def name_of(rule: dict[str, Any]) -> str:
    """What the entry is called: its name or id, else what it measures."""
    return str(given_name(rule) or rule.get("metric") or rule.get("rule") or rule.get("engine") or "quality")


def given_name(rule: dict[str, Any]) -> str | None:
    """The name that its owner gave the entry, if any."""
    return rule.get("name") or rule.get("id") or None


def blocks(severity: Any) -> bool:
    """Whether a broken rule forbids to publish: all do but those of severity warning or info."""
    return str(severity or "error").lower() not in _MILD


def _measured(rule: dict[str, Any], measured: Measure, bound: Bound, name: str) -> Rule:
    made = Rule(
        check=check_name(name),
        sentence=rule.get("description") or f"{measured.sentence} {bound}",
        columns=measured.columns,
        measure=measured.expression,
        bound=bound,
        failing=measured.failing,
        percent=measured.percent,
        claim=measured.claim,
        blocks=blocks(rule.get("severity")),
    )
    return within(made, stated_bound(rule.get("customProperties")))


def _custom(rule: dict[str, Any], name: str, column: Column | None) -> Rule:
    custom = custom_rule(rule, name, column.name if column else None)
    sentence = rule.get("description") or f"{custom.engine} finds nothing wrong with {custom.column or 'it'}"
    columns = (column.name,) if column else ()
    return Rule(check_name(name), sentence, columns, custom=custom, blocks=blocks(rule.get("severity")))
