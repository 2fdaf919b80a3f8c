"""ODCS `quality` as rules: the standard's metrics, SQL, and custom engines."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from mesh_isolation.footers import NeverNull
from mesh_isolation.placeholders import filled, unknown_placeholder
from mesh_isolation.schema_errors import KeyPath
from mesh_isolation.sql import CEILING, OWN, Limits
from mesh_isolation.value_text import among
from mesh_platform.contract.column import Column, stated_bound
from mesh_platform.contract.open_names import stated
from mesh_platform.contract.rule import (
    CANDIDATE,
    RESERVED,
    Rule,
    bound_of,
    custom_rule,
    name_of_check,
    no_duplicates,
    no_row,
    states_bound,
    with_set_aside,
)
from mesh_platform.contract.values import matches, typed_all
from mesh_platform.errors import ContractError, QueryRefused, inside
from mesh_platform.names import identifier
from mesh_platform.restricted_sql import select_over

_EARLIER = {"duplicateCount": "duplicateValues", "validValues": "invalidValues"}
"""The names of metrics in ODCS 3.0, and the present ones."""

_UNITS = (None, "rows", "percent")


def _library_rule(rule: Mapping[str, Any], columns: Mapping[str, Column], column: Column | None, key: tuple[str, ...]) -> Rule:
    """A rule of type `library`, without a check of its own; its sentence says what is measured. Raises ContractError."""
    metric = rule.get("metric") or rule.get("rule")
    if rule.get("unit") not in _UNITS:
        raise ContractError(f"it counts in {rule['unit']!r}; a metric counts in rows or percent")
    arguments = rule.get("arguments") or {}
    if metric == "validValues":
        # ODCS 3.0 lists the values beside the rule, and allows no other value unless the rule states a bound.
        arguments = {"validValues": rule.get("validValues"), **arguments}
        rule = rule if states_bound(rule) else {**rule, "mustBe": 0}
    measured = _measure(_EARLIER.get(metric, metric), arguments, columns, column, key)
    if measured.compared and rule.get("unit") != "percent":
        raise ContractError("a change since the previous version is in percent; state unit: percent", place=("unit",))
    is_share = rule.get("unit") == "percent" and not measured.compared
    return replace(_share(measured) if is_share else measured, bound=bound_of(rule, of_numbers=True))


def _measure(
    metric: Any, arguments: Mapping[str, Any], columns: Mapping[str, Column], column: Column | None, key: tuple[str, ...]
) -> Rule:
    if metric == "rowCount":
        return _row_count(arguments)
    if metric == "duplicateValues":
        return _duplicates(arguments, columns, column, key)
    if metric not in _COUNTED:
        raise ContractError(f"there is no library metric {metric!r}")
    if column is None:
        raise ContractError(f"the metric {metric!r} judges a column; move the rule below one")
    claim = NeverNull(column.name) if metric == "nullValues" else None
    return no_row("", column.name, f"the number of {metric} in {column.name}", _COUNTED[metric](column, arguments), claim)


def _row_count(arguments: Mapping[str, Any]) -> Rule:
    if (other := arguments.get("comparedWith")) is None:
        return Rule("", "the number of rows", measure="count(*)")
    if other != "previousVersion":
        message = f"the argument comparedWith is {other!r}; the number of rows is compared with previousVersion"
        raise ContractError(message, place=("arguments", "comparedWith"))
    return Rule("", "the change of the number of rows since the previous version, in percent,", compared=True)


def _share(measured: Rule) -> Rule:
    if not measured.columns:
        raise ContractError("the number of rows in percent of the rows is always 100")
    return replace(measured, sentence=f"{measured.sentence}, in percent of the rows,", percent=True)


def _duplicates(
    arguments: Mapping[str, Any], columns: Mapping[str, Column], column: Column | None, key: tuple[str, ...]
) -> Rule:
    properties = arguments.get("properties")
    if properties is not None and not (isinstance(properties, list) and all(isinstance(name, str) for name in properties)):
        raise ContractError("the argument properties is a list of column names", place=("arguments", "properties"))
    names = (column.name,) if column else tuple(dict.fromkeys(properties or key))
    if not names:
        raise ContractError("the metric 'duplicateValues' needs properties: there is no primary key to judge")
    if unknown := [name for name in names if name not in columns]:
        message = f"the metric 'duplicateValues' is about {', '.join(unknown)}, which the contract does not promise"
        raise ContractError(message, place=() if column else ("arguments", "properties"))
    return no_duplicates("", names, f"the number of duplicates in {', '.join(names)}")


def _missing(column: Column, arguments: Mapping[str, Any]) -> str:
    missing = _listed(arguments, "missingValues") or [None, ""]
    name = identifier(column.name)
    with inside("arguments", "missingValues"):
        known = typed_all(missing, column.type, lenient=True)
    failing = f"{name} IS NULL" if None in missing else "FALSE"
    return f"({failing} OR coalesce({among(name, known)}, FALSE))" if known else failing


def _invalid(column: Column, arguments: Mapping[str, Any]) -> str:
    name, tests = identifier(column.name), []
    if valid := _listed(arguments, "validValues"):
        with inside("arguments", "validValues"):
            known = typed_all(valid, column.type, column.of_data)
        tests.append(f"NOT {among(name, known)}" if known else f"{name} IS NOT NULL")
    if pattern := arguments.get("pattern"):
        with inside("arguments", "pattern"):
            if not isinstance(pattern, str):
                raise ContractError("the argument pattern is a text")
            tests.append(f"NOT {matches(name if column.type == 'VARCHAR' else f'{name}::VARCHAR', pattern)}")
    if not tests:
        raise ContractError("the metric 'invalidValues' needs the argument validValues or pattern")
    return f"({' OR '.join(tests)})"


def _listed(arguments: Mapping[str, Any], name: str) -> list:
    values = arguments.get(name)
    if values is not None and not isinstance(values, list):
        raise ContractError(f"the argument {name} is a list of values", place=("arguments", name))
    return values or []


_COUNTED = {
    "nullValues": lambda column, _: f"{identifier(column.name)} IS NULL",
    "missingValues": _missing,
    "invalidValues": _invalid,
}
"""The metrics that count rows of a column. Each maps the column and the rule's arguments to the predicate for these rows."""


PLACEHOLDERS = {"object": CANDIDATE, "table": CANDIDATE, "model": CANDIDATE, "schema": CANDIDATE}
"""The placeholders of a query and the tables that they stand for: `object` in ODCS, `table` in 3.0, the rest in other tools."""
COLUMN_PLACEHOLDERS = ("property", "column", "field")
"""The placeholders that stand for the column that has the rule."""


def sql_query(rule: Mapping[str, Any], table: str, column: Column | None) -> str:
    """The query of a rule of type `sql`. Raises ContractError unless it is one SELECT over the object `table` alone."""
    if not isinstance(query := rule.get("query"), str) or not query.strip():
        raise ContractError("a quality rule of type sql has a query")
    meanings = {name: identifier(rows) for name, rows in PLACEHOLDERS.items()}
    meanings |= dict.fromkeys(COLUMN_PLACEHOLDERS, identifier(column.name)) if column else {}
    text = filled(query, meanings, qualifier="schema")
    try:
        return select_over(text, CANDIDATE, table)
    except QueryRefused as problem:
        if left := unknown_placeholder(text, meanings):
            where = "here" if column else "in a rule of a table"
            message = f"its query has the placeholder {left[0]}, which is unknown {where}"
            raise ContractError(message, left[1], ("query",)) from None
        raise ContractError(f"its query {problem.found}", problem.way_out, ("query",)) from problem


def sql_limits(rule: Mapping[str, Any]) -> Limits:
    """What the query of a rule may cost: its custom property `limits`. Raises ContractError beyond the ceiling."""
    for limits in stated(rule, "limits"):
        numbers = limits.values() if isinstance(limits, Mapping) and {*limits} <= {"seconds", "megabytes"} else [None]
        if not all(isinstance(number, (int, float, Decimal)) and number > 0 for number in numbers):
            raise ContractError(f"limits is {limits!r}; write seconds and megabytes, like {{seconds: 120, megabytes: 2000}}")
        plain = {name: float(part) if part % 1 else int(part) for name, part in limits.items()}
        if (stated_limits := replace(OWN, **plain)).within(CEILING) != stated_limits:
            raise ContractError(f"limits is {limits!r}; at most {CEILING.seconds} seconds and {CEILING.megabytes} megabytes")
        return stated_limits
    return OWN


def quality_rule(
    rule: dict[str, Any], table: str, columns: dict[str, Column], column: Column | None, key: tuple[str, ...]
) -> Rule:
    """Turns an entry of ODCS `quality` of type `library`, `sql` or `custom` into a rule.

    Args:
        rule: the entry.
        table: the name of the contract's object.
        columns: the object's columns, by name.
        column: the column that has the entry; None for a rule of the table.
        key: the names of the primary key's columns.

    Raises ContractError for an entry that cannot be executed.
    """
    kind, name = kind_of(rule), name_of(rule)
    place = f"quality rule {name!r}" + (f" of column {column.name!r}" if column else "")
    if kind not in ("custom", "sql", "library"):
        raise ContractError(f"{place} is of type {kind!r}, which the standard does not have")
    try:
        if kind == "custom":
            return _custom(rule, name, column)
        measured = _queried(rule, table, column) if kind == "sql" else _library_rule(rule, columns, column, key)
        sentence = rule.get("description") or f"{measured.sentence} {measured.bound}"
        named = replace(measured, check=name_of_check(name), sentence=sentence, blocks=blocks(rule.get("severity")))
        return with_set_aside(named, stated_bound(rule.get("customProperties")))
    except ContractError as problem:
        message = problem.found if problem.found.startswith("quality rule") else f"{place}: {problem.found}"
        raise ContractError(message, problem.way_out, problem.place) from problem


def kind_of(rule: dict[str, Any]) -> str:
    """The type of a quality rule; default: `library`."""
    return rule.get("type") or "library"


def name_of(rule: dict[str, Any]) -> str:
    """The name of a quality rule: its name or id, else its metric or engine."""
    return str(given_name(rule) or rule.get("metric") or rule.get("rule") or rule.get("engine") or "quality")


def given_name(rule: dict[str, Any]) -> str | None:
    """The name or id that a quality rule states; None if it states none."""
    return rule.get("name") or rule.get("id") or None


def check_distinct(rules: Sequence[tuple[KeyPath, dict[str, Any]]]) -> None:
    """Checks that no named quality rule has the check of another rule.

    Args:
        rules: each quality rule with its place in the contract. Unnamed rules of one metric share a check.

    Raises ContractError if two names are the same check, or if a name is a check that every port has.
    """
    taken = {check: f"the check {check!r}, which ports have by themselves" for check in RESERVED}
    unnamed = [name_of(rule) for _, rule in rules if not given_name(rule)]
    taken |= {name_of_check(name): f"the unnamed rules of the metric {name!r}" for name in unnamed}
    for place, rule in rules:
        if name := given_name(rule):
            if (check := name_of_check(name)) in taken:
                message = f"the quality rule {name!r} would be shown as the check {check!r}, and so is {taken[check]}"
                raise ContractError(message, "Give it another name.", place)
            taken[check] = f"the quality rule {name!r}"


def blocks(severity: Any) -> bool:
    """Whether a broken rule of this severity blocks publishing: any severity does except warning and info."""
    return str(severity or "error").lower() not in ("warning", "info")


def _queried(rule: dict[str, Any], table: str, column: Column | None) -> Rule:
    sentence, columns = f"the result of its query on {table}", (column.name,) if column else ()
    return Rule("", sentence, columns, bound=bound_of(rule), query=sql_query(rule, table, column), limits=sql_limits(rule))


def _custom(rule: dict[str, Any], name: str, column: Column | None) -> Rule:
    custom = custom_rule(rule, name, column.name if column else None)
    sentence = rule.get("description") or f"{custom.engine} finds nothing wrong with {custom.column or 'it'}"
    columns = (column.name,) if column else ()
    return Rule(name_of_check(name), sentence, columns, custom=custom, blocks=blocks(rule.get("severity")))
