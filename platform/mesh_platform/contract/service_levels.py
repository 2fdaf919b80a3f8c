"""ODCS `slaProperties` that data can prove: how old the newest row may be, and how old any row.

The properties: https://bitol-io.github.io/open-data-contract-standard/latest/service-level-agreement/
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from mesh_isolation.bounds import Bound
from mesh_isolation.durations import Duration, duration_of
from mesh_isolation.footers import Largest
from mesh_isolation.machine import CLOCK_TOLERANCE
from mesh_isolation.sla_entries import END_PROPERTIES, NOTICE_PROPERTY, check_level, level_columns
from mesh_platform.contract.column import Column
from mesh_platform.contract.options import text_of, zone_of
from mesh_platform.contract.rule import CLOCK, Rule, no_row
from mesh_platform.errors import ContractError, inside
from mesh_platform.names import identifier, literal

CHECK = "service_levels"

_FREQUENCY = ("frequency", "fy")
_FRESH = (*_FREQUENCY, "latency", "ly", "freshness")
_RETENTION = ("retention", "re")


def freshness(odcs: Mapping[str, Any]) -> timedelta | None:
    """The largest age of the newest version of the port: the shortest `frequency`, of columns or not. Raises ContractError."""
    promised = []
    for number, level in enumerate(odcs.get("slaProperties") or []):
        if property_of(level) in _FREQUENCY:
            with inside("slaProperties", number):
                promised.append(_duration(level).length)
    return min(promised, default=None)


def service_level_rules(odcs: Mapping[str, Any], columns: Mapping[str, Column]) -> Iterator[Rule]:
    """The rules of the service levels that name columns as their `element`.

    `latency` (also `freshness`, `frequency`) limits the age of the newest value, `retention` the age of every value, at
    the time of the audit. Other properties, and properties of the whole table, have no rule.

    Raises ContractError for a level of these, an end or a notice that cannot be read.
    """
    for number, level in enumerate(odcs.get("slaProperties") or []):
        with inside("slaProperties", number):
            if level["property"] in (*END_PROPERTIES, NOTICE_PROPERTY) or _is_age(level):
                with _named(level):
                    check_level(_with_element(level, odcs), odcs)
            for name in aged_columns(level, odcs):
                yield (_kept if property_of(level) in _RETENTION else _newest)(level, _time(columns[name], level["property"]))


def _is_age(level: Mapping[str, Any]) -> bool:
    return property_of(level) in (*_FRESH, *_RETENTION)


def _with_element(level: Mapping[str, Any], odcs: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**level, "element": level.get("element") or odcs.get("slaDefaultElement")} if _is_age(level) else level


def aged_columns(level: Mapping[str, Any], odcs: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns that the rule of a service level reads; empty for a level without a rule."""
    return tuple(filter(None, level_columns(_with_element(level, odcs), odcs))) if _is_age(level) else ()


def documented_levels(odcs: Mapping[str, Any]) -> Iterator[str]:
    """The service levels without a rule, one sentence each."""
    for level in odcs.get("slaProperties") or []:
        if not aged_columns(level, odcs) and property_of(level) not in _FREQUENCY:
            yield f"{level['property']}: {level.get('description') or _words(level)}"


def _newest(level: Mapping[str, Any], column: Column) -> Rule:
    age = f"getvariable({literal(CLOCK)}) - {{}}"
    # A conversion can change the order of times: one hour repeats when daylight saving time ends.
    stored = _moment(column) == identifier(column.name)
    sentence = level.get("description") or f"the newest {column.name} is at most {_words(level)} old"
    return Rule(
        CHECK,
        sentence,
        (column.name,),
        age.format(f"max({_moment(column)})"),
        Bound("mustBeBetween", [-CLOCK_TOLERANCE, _duration(level).length]),  # a time in the future is a fault of the data
        claim=Largest(column.name, age) if stored else None,
    )


def _kept(level: Mapping[str, Any], column: Column) -> Rule:
    kept = _duration(level)
    back = [f"to_months({kept.months})"] * bool(kept.months) + [f"to_seconds({kept.time.total_seconds()!r})"] * bool(kept.time)
    oldest = " - ".join([f"getvariable({literal(CLOCK)})", *(back or ["to_seconds(0)"])])
    sentence = level.get("description") or f"no {column.name} is older than {_words(level)}"
    return no_row(CHECK, column.name, sentence, f"{_moment(column)} < {oldest}")


def _moment(column: Column) -> str:
    """SQL for the column as TIMESTAMP WITH TIME ZONE, which can be compared with the clock."""
    name, text, kind = identifier(column.name), text_of(column), column.type
    if text:
        name, kind = text.read(name), text.type
    if kind == "TIMESTAMP WITH TIME ZONE":
        return name
    return f"({name}::TIMESTAMP AT TIME ZONE {literal(zone_of(column) or 'UTC')})"


def _time(column: Column, level: str) -> Column:
    if not (text_of(column) or column.type in ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")):
        raise ContractError(f"slaProperties.{level} looks at {column.name!r}, which is {column.type} and no time")
    return column


def property_of(level: Mapping[str, Any]) -> str:
    return level["property"].lower()


def _duration(level: Mapping[str, Any]) -> Duration:
    with _named(level):
        return duration_of(level.get("value"), level.get("unit"))


@contextmanager
def _named(level: Mapping[str, Any]) -> Iterator[None]:
    """Reads a level: a ValueError, in words that follow the name of its property, becomes a ContractError."""
    try:
        yield
    except ValueError as problem:
        raise ContractError(f"slaProperties.{level['property']} {problem}") from None


def _words(level: Mapping[str, Any]) -> str:
    return " ".join(str(level[part]) for part in ("value", "unit") if level.get(part) is not None)
