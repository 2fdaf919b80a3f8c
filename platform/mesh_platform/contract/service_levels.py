"""ODCS `slaProperties` that data can prove: how old the newest row may be, and how old any row.

The properties: https://bitol-io.github.io/open-data-contract-standard/latest/service-level-agreement/
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from mesh_platform.contract.column import Column
from mesh_platform.contract.options import text_of, zone_of
from mesh_platform.contract.rule import CLOCK, Bound, Largest, Rule, no_row
from mesh_platform.errors import ContractError, inside
from mesh_platform.names import identifier, literal

CHECK = "service_levels"

_FRESH = ("frequency", "fy", "latency", "ly", "freshness")
_RETENTION = ("retention", "re")
# What the standard and its examples write, and what ISO 8601's letters would be; m has always been minutes here.
_UNITS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), "seconds"),
    **dict.fromkeys(("m", "min", "minute", "minutes"), "minutes"),
    **dict.fromkeys(("h", "hr", "hour", "hours"), "hours"),
    **dict.fromkeys(("d", "day", "days"), "days"),
    **dict.fromkeys(("w", "week", "weeks"), "weeks"),
    **dict.fromkeys(("mo", "month", "months"), "months"),
    **dict.fromkeys(("y", "yr", "year", "years"), "years"),
}
_DAYS = {"months": 30, "years": 365}


def freshness(odcs: Mapping[str, Any]) -> timedelta | None:
    """How old the newest version of the port may become: the property `frequency`. Raises ContractError."""
    for number, said in enumerate(odcs.get("slaProperties") or []):
        if _property(said) in ("frequency", "fy"):
            with inside("slaProperties", number):
                return _duration(said)
    return None


def service_level_rules(odcs: Mapping[str, Any], table: str, columns: Mapping[str, Column]) -> Iterator[Rule]:
    """The service levels that name an `element`, which is the column to look at.

    `latency` (also `freshness`, `frequency`): the newest value is at most so old. `retention`: no value is older. Both are
    held against the clock of the audit. Without an element, and for any other property, no rule looks at data.
    Raises ContractError.
    """
    for number, said in enumerate(odcs.get("slaProperties") or []):
        element = said.get("element") or odcs.get("slaDefaultElement")
        if not element or _property(said) not in (*_FRESH, *_RETENTION):
            continue
        with inside("slaProperties", number):
            for path in element.split(","):
                column = _column(path.strip(), said["property"], table, columns)
                yield (_kept if _property(said) in _RETENTION else _newest)(said, column)


def documented_levels(odcs: Mapping[str, Any]) -> Iterator[str]:
    """The service levels that no rule looks at: sentences for people."""
    for said in odcs.get("slaProperties") or []:
        executed = _property(said) in (*_FRESH, *_RETENTION) and (said.get("element") or odcs.get("slaDefaultElement"))
        if not executed and _property(said) not in ("frequency", "fy"):
            stated = " ".join(str(said[part]) for part in ("value", "unit") if said.get(part) is not None)
            yield f"{said['property']}: {said.get('description') or stated}"


def _newest(said: Mapping[str, Any], column: Column) -> Rule:
    age = f"getvariable({literal(CLOCK)}) - {{}}"
    # A conversion may bring times into another order: an hour comes twice when the clock is put back.
    stored = _moment(column) == identifier(column.name)
    sentence = said.get("description") or f"the newest {column.name} is at most {said['value']} {said.get('unit')} old"
    return Rule(
        CHECK,
        sentence,
        (column.name,),
        age.format(f"max({_moment(column)})"),
        Bound("mustBeLessOrEqualTo", _duration(said)),
        claim=Largest(column.name, age) if stored else None,
    )


def _kept(said: Mapping[str, Any], column: Column) -> Rule:
    number, unit = _amount(said)
    oldest = f"getvariable({literal(CLOCK)}) - to_{unit}({int(number)})"
    if number != int(number):
        oldest = f"getvariable({literal(CLOCK)}) - to_seconds({_duration(said).total_seconds()!r})"
    sentence = said.get("description") or f"no {column.name} is older than {said['value']} {said.get('unit')}"
    return no_row(CHECK, column.name, sentence, f"{_moment(column)} < {oldest}")


def _moment(column: Column) -> str:
    """The column as moments with a time zone, so that they can be compared with the clock."""
    name, text, kind = identifier(column.name), text_of(column), column.type
    if text:
        name, kind = text.read(name), text.type
    if kind == "TIMESTAMP WITH TIME ZONE":
        return name
    return f"({name}::TIMESTAMP AT TIME ZONE {literal(zone_of(column) or 'UTC')})"


def _column(path: str, called: str, table: str, columns: Mapping[str, Column]) -> Column:
    name = path.removeprefix(f"{table}.")
    if name not in columns:
        raise ContractError(f"slaProperties.{called} looks at {path!r}, which the contract does not promise")
    column = columns[name]
    if not (text_of(column) or column.type in ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")):
        raise ContractError(f"slaProperties.{called} looks at {name!r}, which is {column.type} and no time")
    return column


def _property(said: Mapping[str, Any]) -> str:
    return said["property"].lower()


def _amount(said: Mapping[str, Any]) -> tuple[float, str]:
    called, value = said["property"], said.get("value")
    unit = _UNITS.get(str(said.get("unit")))
    if unit is None:
        raise ContractError(f"slaProperties.{called} has the unit {said.get('unit')!r}; write one of {', '.join(_UNITS)}")
    try:
        number = float(value) if not isinstance(value, bool) else None
        if number is not None and 0 <= number < 1_000_000:
            return number, unit
    except (TypeError, ValueError):
        pass
    raise ContractError(f"slaProperties.{called} is {value!r}, which is no number of {unit}")


def _duration(said: Mapping[str, Any]) -> timedelta:
    number, unit = _amount(said)
    try:
        return timedelta(**({"days": number * _DAYS[unit]} if unit in _DAYS else {unit: number}))
    except OverflowError as problem:
        raise ContractError(f"slaProperties.{said['property']} is {number} {unit}, which no calendar reaches") from problem
