"""What changed of the service that a contract promises: how fresh, how long kept, until when."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from mesh_capabilities.contract_change.catalogue import Change
from mesh_platform.contract.contract import ENDS, columns_of

LESS_IS_BETTER = ("frequency", "latency", "errorRate", "timeToDetect", "timeToNotify", "timeToRepair")
MORE_IS_BETTER = ("retention", "availability", "throughput", "noticePeriod")

_SECONDS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3_600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "week", "weeks"), 604_800),
    **dict.fromkeys(("mo", "month", "months"), 2_629_746),
    **dict.fromkeys(("y", "yr", "year", "years"), 31_556_952),
}
_WORDS = ("description", "driver", "id", "customProperties", "authoritativeDefinitions")


def service_changes(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Iterator[Change]:
    """The changes between two `slaProperties` lists."""
    before, after = _by_name(old), _by_name(new)
    for name in (*before, *(name for name in after if name not in before)):
        yield from _property_changes(name, before.get(name), after.get(name))


def _by_name(entries: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The properties by name, and by element where one is named; of two that say the same the last one counts."""
    return {" of ".join(filter(None, (str(entry.get("property")), entry.get("element")))): entry for entry in entries}


def _property_changes(name: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> Iterator[Change]:
    place, stated = f"slaProperties {name}", new or old or {}
    columns, kind = columns_of(stated), stated.get("property")
    if kind == "generalAvailability" and (old is None or new is None or old.get("value") != new.get("value")):
        yield Change("label changed", place, f"{name} {_was_and_is(old, new)}", columns)
    elif kind in ENDS:
        if sort := _end_sort(old, new):
            yield Change(sort, place, f"{name} {_was_and_is(old, new)}", columns)
    elif old is None or new is None:
        sort = "service improved" if old is None else "service reduced"
        yield Change(sort, place, f"{name} {_was_and_is(old, new)}", columns)
    elif sort := _service_sort(kind, old, new):
        yield Change(sort, place, f"{name} {_was_and_is(old, new)}", columns)
    if old and new:
        for key in _WORDS:
            if old.get(key) != new.get(key):
                yield Change("wording changed", place, f"the {key} of {name} is worded otherwise", columns)


def _end_sort(old: dict[str, Any] | None, new: dict[str, Any] | None) -> str | None:
    if old is None or new is None:
        return "deprecated" if old is None else "deprecation withdrawn"
    before, after = str(old.get("value")), str(new.get("value"))
    if before == after:
        return None
    try:
        return "end postponed" if date.fromisoformat(after[:10]) >= date.fromisoformat(before[:10]) else "end brought forward"
    except ValueError:
        return "service replaced"


def _service_sort(kind: Any, old: dict[str, Any], new: dict[str, Any]) -> str | None:
    parts = ("value", "valueExt", "unit", "scheduler", "schedule")
    if all(old.get(part) == new.get(part) for part in parts):
        return None
    before, after = _amount(old), _amount(new)
    if before is None or after is None or kind not in (*LESS_IS_BETTER, *MORE_IS_BETTER):
        return "service replaced"
    if before == after:
        return None if all(old.get(part) == new.get(part) for part in ("scheduler", "schedule")) else "service replaced"
    return "service improved" if (after > before) == (kind in MORE_IS_BETTER) else "service reduced"


def _amount(entry: dict[str, Any]) -> Decimal | None:
    """The value in seconds, or as it is where there is no unit of time; None where it is no number."""
    try:
        value = Decimal(str(entry.get("value")).strip().removesuffix("%"))
    except InvalidOperation:
        return None
    unit = str(entry.get("unit") or "").lower()
    return value * _SECONDS.get(unit, 1)


def _was_and_is(old: dict[str, Any] | None, new: dict[str, Any] | None) -> str:
    return f"was {_said(old)} and is {_said(new)}"


def _said(entry: dict[str, Any] | None) -> str:
    if entry is None:
        return "not promised"
    return " ".join(str(part) for part in (entry.get("value"), entry.get("unit")) if part not in (None, ""))
