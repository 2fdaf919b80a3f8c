"""ODCS `slaProperties` that data can prove: how old the newest row may be, and how old any row.

The properties: https://bitol-io.github.io/open-data-contract-standard/latest/service-level-agreement/
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from mesh_isolation.bounds import Bound
from mesh_isolation.durations import Duration, duration_of
from mesh_isolation.footers import Largest
from mesh_isolation.machine import CLOCK_TOLERANCE
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


def service_level_rules(odcs: Mapping[str, Any], table: str, columns: Mapping[str, Column]) -> Iterator[Rule]:
    """The rules of the service levels that name columns as their `element`.

    `latency` (also `freshness`, `frequency`) limits the age of the newest value, `retention` the age of every value, at
    the time of the audit. Other properties, and properties without an element, have no rule. Raises ContractError.
    """
    for number, level in enumerate(odcs.get("slaProperties") or []):
        if not (element := element_of(level, odcs)):
            continue
        with inside("slaProperties", number):
            for path in element.split(","):
                column = _column(path.strip(), level["property"], table, columns)
                yield (_kept if property_of(level) in _RETENTION else _newest)(level, column)


def element_of(level: Mapping[str, Any], odcs: Mapping[str, Any]) -> str | None:
    """The columns, separated by commas, that the rule of a service level reads; None for a level without a rule."""
    if property_of(level) not in (*_FRESH, *_RETENTION):
        return None
    return level.get("element") or odcs.get("slaDefaultElement")


def documented_levels(odcs: Mapping[str, Any]) -> Iterator[str]:
    """The service levels without a rule, one sentence each."""
    for level in odcs.get("slaProperties") or []:
        if not element_of(level, odcs) and property_of(level) not in _FREQUENCY:
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


def _column(path: str, level: str, table: str, columns: Mapping[str, Column]) -> Column:
    name = path.removeprefix(f"{table}.")
    if name not in columns:
        raise ContractError(f"slaProperties.{level} looks at {path!r}, which the contract does not promise")
    column = columns[name]
    if not (text_of(column) or column.type in ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")):
        raise ContractError(f"slaProperties.{level} looks at {name!r}, which is {column.type} and no time")
    return column


def property_of(level: Mapping[str, Any]) -> str:
    return level["property"].lower()


def _duration(level: Mapping[str, Any]) -> Duration:
    try:
        return duration_of(level.get("value"), level.get("unit"))
    except ValueError as problem:
        raise ContractError(f"slaProperties.{level['property']} {problem}") from None


def _words(level: Mapping[str, Any]) -> str:
    return " ".join(str(level[part]) for part in ("value", "unit") if level.get(part) is not None)
