"""One entry of ODCS `quality` becomes a rule, or a sentence for people.

The entries: https://bitol-io.github.io/open-data-contract-standard/latest/data-quality/
"""

from typing import Any

from mesh_platform.contract.bounds import Bound, bound_of
from mesh_platform.contract.check_names import check_name
from mesh_platform.contract.column import Column
from mesh_platform.contract.engines import custom_rule
from mesh_platform.contract.measure import Measure
from mesh_platform.contract.quality_metrics import library_measure
from mesh_platform.contract.quality_sql import sql_measure
from mesh_platform.contract.rule import Rule, within
from mesh_platform.contract.setting_aside import stated_bound
from mesh_platform.errors import ContractError

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
            return _measured(rule, sql_measure(rule, table, column), bound_of(rule), name)
        if kind == "library":
            measured, bound = library_measure(rule, columns, column, key)
            return _measured(rule, measured, bound, name)
    except ContractError as problem:
        found = problem.found if problem.found.startswith("quality rule") else f"{place}: {problem.found}"
        raise ContractError(found, problem.way_out) from problem
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
