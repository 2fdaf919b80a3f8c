"""The changes of keys and named entries of a contract: custom properties, roles, servers and service levels."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from mesh_capabilities.contract_change.sorts import Change
from mesh_capabilities.notice import notice_of
from mesh_isolation.durations import duration_of
from mesh_isolation.limits import Retention
from mesh_platform.contract.contract import COMPLETE_PROPERTY, END_PROPERTIES, RETENTION_PROPERTY, element_columns
from mesh_platform.contract.service_levels import element_of, freshness, property_of
from mesh_platform.errors import ContractError

UNITS = (
    *("unit", "currency", "currencyCode", "currencyColumn", "unitOfMeasure", "scale", "precision"),
    *("timezone", "timeZone", "calendar"),
)
"""Custom properties that change the meaning of a number; the standard has no field for units."""


def _retention_sort(old: Any, new: Any) -> str:
    """Fewer earlier versions, or more. A number of versions and a time cannot be compared."""
    try:
        before, after = (None if value is None else Retention.parse(value) for value in (old, new))
    except ValueError:  # a contract that cannot be published
        return "service replaced"
    if before is None or after is None:
        return "service improved" if after is None else "service reduced"
    if before.versions and after.versions:
        return _direction(before.versions, after.versions)
    return _direction(before.time, after.time) if before.time is not None and after.time is not None else "service replaced"


def _direction(before: Any, after: Any) -> str:
    return "" if before == after else "service improved" if after > before else "service reduced"


def _days_sort(old: Any, new: Any) -> str:
    """Days that stayed are removed from then on, or the other way round: both are other rows than were promised."""
    return "service replaced" if bool(old) != bool(new) else ""


def _purpose_sort(old: Any, new: Any) -> str:
    return "promise given" if old is None else "promise withdrawn" if new is None else "purpose changed"


SortOf = Callable[[Any, Any], str]
"""The sort of a change, of the values before and after; empty if they mean the same."""

ACTED_ON: Mapping[str, SortOf] = {
    "processingPurpose": _purpose_sort,
    "legalBasis": _purpose_sort,
    **dict.fromkeys(UNITS, lambda old, new: "unit changed"),
}
"""The custom properties that the platform acts on, wherever they are stated. Any other is a label."""

ACTED_ON_IN_CONTRACT: Mapping[str, SortOf] = ACTED_ON | {
    RETENTION_PROPERTY: _retention_sort,
    COMPLETE_PROPERTY: _days_sort,
    "servedFrom": lambda old, new: "derivation changed",
}
ACTED_ON_IN_COLUMN: Mapping[str, SortOf] = ACTED_ON | {
    "masking": lambda old, new: "format changed",
    "declassified": lambda old, new: "classification raised" if new is None else "classification lowered",
}


def keyed_changes(
    place: str, old: Mapping[str, Any], new: Mapping[str, Any], sorts: Mapping[str, str], columns: tuple[str, ...] = ()
) -> Iterator[Change]:
    """One change of the given sort for every key in `sorts` whose value changed."""
    for key, sort in sorts.items():
        before, after = old.get(key), new.get(key)
        if _plain(before) != _plain(after):
            yield Change(sort, place, f"{key} of {place} {_was_and_is(before, after)}", columns)


def listed_changes(
    place: str,
    key: str,
    old: list[dict[str, Any]] | None,
    new: list[dict[str, Any]] | None,
    added: str,
    removed: str,
    changed: str,
    words: tuple[str, ...] = ("description",),
) -> Iterator[Change]:
    """The changes between two lists of entries, matched by their `key`.

    Args:
        added: the sort of change of a new entry.
        removed: the sort of change of a removed entry.
        changed: the sort of change of an entry with another value.
        words: keys whose values are wording only.
    """
    before, after = ({str(entry.get(key)): entry for entry in entries or []} for entries in (old, new))
    for name in (*before, *(name for name in after if name not in before)):
        title = f"{place} {name}"
        if name not in after:
            yield Change(removed, place, f"{title} is gone")
        elif name not in before:
            yield Change(added, place, f"{title} is new")
        else:
            for part in sorted(before[name].keys() | after[name].keys()):
                if _plain(before[name].get(part)) != _plain(after[name].get(part)):
                    values = _was_and_is(before[name].get(part), after[name].get(part))
                    yield Change("wording changed" if part in words else changed, place, f"{part} of {title} {values}")


def custom_changes(
    place: str,
    old: list[dict[str, Any]] | None,
    new: list[dict[str, Any]] | None,
    columns: tuple[str, ...] = (),
    acted_on: Mapping[str, SortOf] = ACTED_ON,
) -> Iterator[Change]:
    """The changes between two `customProperties` lists; `acted_on` has the sort of those that are no labels."""
    # Of two with the same name, the platform reads the first.
    before, after = (
        {str(entry.get("property")): entry.get("value") for entry in reversed(entries or [])} for entries in (old, new)
    )
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was != now and (sort := acted_on.get(name, lambda old, new: "label changed")(was, now)):
            yield Change(sort, place, f"{name} of {place} {_was_and_is(was, now)}", columns)


def _was_and_is(old: Any, new: Any) -> str:
    if any(isinstance(value, (dict, list)) for value in (old, new)):
        return "has changed"
    return f"was {_shortened(old)} and is {_shortened(new)}"


def _shortened(value: Any) -> str:
    text = "not stated" if value is None else " ".join(str(value).split())
    text = text if len(text) <= 60 else f"{text[:57]}…"
    return f"'{text}'" if value is not None and " " in text else text


def _plain(value: Any) -> Any:
    """The value without line breaks; an empty value, and false, equal a missing one."""
    if isinstance(value, str):
        return " ".join(value.split()) or None
    return None if value in ([], {}) or value is False else value


LESS_IS_BETTER = ("frequency", "latency", "errorrate", "timetodetect", "timetonotify", "timetorepair")
MORE_IS_BETTER = ("retention", "availability", "throughput")

_ALSO = {"fy": "frequency", "ly": "latency", "freshness": "latency", "re": "retention"}
_ALSO |= {name: name for name in _ALSO.values()}  # in capitals, too
_WORDS = ("description", "driver", "id", "customProperties", "authoritativeDefinitions")


def service_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """The changes between the `slaProperties` of two contracts, without those of levels that are rules about data."""
    before, after = _by_name(old), _by_name(new)
    try:
        fresh = [freshness(document) for document in (old, new)]
        yield from _freshness_change(*fresh)
    except ContractError:  # a frequency that cannot be judged is compared as it is written
        fresh = []
    for name in (*before, *(name for name in after if name not in before)):
        one, other = before.get(name), after.get(name)
        if fresh and _ALSO.get(property_of(one or other or {})) == "frequency":
            one, other = ({**level, "value": None, "unit": None} if level else None for level in (one or other, other or one))
        yield from _property_changes(name, one, other)


def _freshness_change(old: timedelta | None, new: timedelta | None) -> Iterator[Change]:
    """The change of how old the newest version may become: what `mesh status` and Dagster judge."""
    sort = _direction(new, old) if old and new else _direction(old is not None, new is not None)
    if sort:
        was, now = (f"promised every {str(age).removesuffix(', 0:00:00')}" if age else "not promised" for age in (old, new))
        yield Change(sort, "slaProperties frequency", f"a new version was {was} and is {now}")


def _by_name(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The levels by property and element; of two with the same name that which the platform reads."""
    levels: dict[str, dict[str, Any]] = {}
    for level in document.get("slaProperties") or []:
        name = " of ".join(filter(None, (_ALSO.get(property_of(level), level["property"]), level.get("element"))))
        if name not in levels or level["property"] in END_PROPERTIES:  # of two ends the last one counts
            levels[name] = level | {"rule": bool(element_of(level, document))}
    return levels


def _property_changes(name: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> Iterator[Change]:
    place, stated = f"slaProperties {name}", new or old or {}
    columns, kind = element_columns(stated), stated.get("property")
    if kind in END_PROPERTIES:
        sort = _end_sort(old, new)
    elif kind == "generalAvailability":
        sort = "label changed" if _valued(old) != _valued(new) else None
    elif kind == "noticePeriod":
        sort = _direction(*(notice_of({"slaProperties": [level] if level else []}) for level in (old, new)))
        sort = sort or ("label changed" if _valued(old) != _valued(new) else None)
    elif old is None or new is None:
        sort = None if stated["rule"] else "service improved" if old is None else "service reduced"
    else:
        sort = _service_sort(old, new)
    if sort:
        yield Change(sort, place, f"{name} {_level_change(old, new)}", columns)
    if old and new:
        for key in _WORDS:
            if old.get(key) != new.get(key):
                yield Change("wording changed", place, f"the {key} of {name} is worded differently", columns)


def _valued(level: dict[str, Any] | None) -> Any:
    return level and (level.get("value"), level.get("unit"))


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


def _service_sort(old: dict[str, Any], new: dict[str, Any]) -> str | None:
    calendar = ("valueExt", "scheduler", "schedule")
    if any(old.get(part) != new.get(part) for part in calendar):
        return "service replaced"
    if (old["rule"] and new["rule"]) or all(old.get(part) == new.get(part) for part in ("value", "unit")):
        return None
    kind = _ALSO.get(property_of(new), property_of(new))
    before, after = _amount(old), _amount(new)
    if before is None or after is None or kind not in (*LESS_IS_BETTER, *MORE_IS_BETTER):
        return "service replaced"
    if before == after:
        return None
    return "service improved" if (after > before) == (kind in MORE_IS_BETTER) else "service reduced"


def _amount(level: dict[str, Any]) -> Decimal | None:
    """The value in seconds, or without a unit of time as it is; None when it is not a number."""
    value, unit = level.get("value"), level.get("unit")
    with suppress(ValueError):
        return Decimal(str(duration_of(value, unit and str(unit).lower()).length.total_seconds()))
    try:
        return Decimal(str(value).strip().removesuffix("%"))
    except InvalidOperation:
        return None


def _level_change(old: dict[str, Any] | None, new: dict[str, Any] | None) -> str:
    return f"was {_level(old)} and is {_level(new)}"


def _level(entry: dict[str, Any] | None) -> str:
    if entry is None:
        return "not promised"
    return " ".join(str(part) for part in (entry.get("value"), entry.get("unit")) if part not in (None, ""))
