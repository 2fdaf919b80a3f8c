"""The changes of keys and named entries of a contract: custom properties, roles, servers and service levels."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from mesh_capabilities.contract_change.sorts import Change
from mesh_capabilities.notice import notice_of
from mesh_isolation.durations import TIME_UNITS, duration_of
from mesh_isolation.limits import Retention
from mesh_isolation.sla_entries import END_PROPERTIES, NOTICE_PROPERTY, ends_of, level_columns, unread_ends
from mesh_platform.contract.contract import COMPLETE_PROPERTY, RETENTION_PROPERTY
from mesh_platform.contract.service_levels import aged_columns, freshness, property_of
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
    before, after = (value is not None and value for value in (old, new))
    return "service replaced" if before != after else ""  # any other value than true and false cannot be published


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
    for name, before, after in matched(old, new, lambda entry: str(entry.get(key)), words):
        title = f"{place} {name}"
        if after is None:
            yield Change(removed, place, f"{title} is gone")
        elif before is None:
            yield Change(added, place, f"{title} is new")
        else:
            for part in sorted(before.keys() | after.keys()):
                if _plain(before.get(part)) != _plain(after.get(part)):
                    values = _was_and_is(before.get(part), after.get(part))
                    yield Change("wording changed" if part in words else changed, place, f"{part} of {title} {values}")


ListEntry = dict[str, Any]


def matched(
    old: Iterable[ListEntry] | None,
    new: Iterable[ListEntry] | None,
    name_of: Callable[[ListEntry], str],
    words: Collection[str] = (),
) -> Iterator[tuple[str, ListEntry | None, ListEntry | None]]:
    """Each entry of two lists with its other form, and their name, which need not be unique.

    Of several with one name, those that are equal belong together, then those with the same `words`, then by their order.
    """
    sides: tuple[dict[str, list[ListEntry]], ...] = {}, {}
    for side, entries in zip(sides, (old, new)):
        for entry in entries or []:
            side.setdefault(name_of(entry), []).append(entry)
    for name in dict.fromkeys((*sides[0], *sides[1])):
        before, after = (list(side.get(name, ())) for side in sides)
        same: list[tuple[ListEntry, ListEntry]] = []
        for part_of in (dict, lambda entry: [entry.get(word) for word in words if entry.get(word)], lambda _: True):
            for one in list(before):
                other = next((other for other in after if part_of(one) and part_of(one) == part_of(other)), None)
                if other is not None:
                    same.append((one, other))
                    before.remove(one)
                    after.remove(other)
        yield from ((name, one, other) for one, other in same)
        yield from ((name, one, None) for one in before)
        yield from ((name, None, other) for other in after)


def custom_changes(
    place: str,
    old: list[dict[str, Any]] | None,
    new: list[dict[str, Any]] | None,
    columns: tuple[str, ...] = (),
    acted_on: Mapping[str, SortOf] = ACTED_ON,
) -> Iterator[Change]:
    """The changes between two `customProperties` lists; `acted_on` has the sort of those that are no labels."""
    before, after = (_values_by_name(entries or [], acted_on) for entries in (old, new))
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was != now and (sort := acted_on.get(name, lambda old, new: "label changed")(was, now)):
            yield Change(sort, place, f"{name} of {place} {_was_and_is(was, now)}", columns)


def _values_by_name(entries: list[dict[str, Any]], acted_on: Collection[str]) -> dict[str, Any]:
    """The values of custom properties. Of two that the platform acts on, it reads the first; of labels, all count."""
    values: dict[str, list[Any]] = {}
    for entry in entries:
        values.setdefault(str(entry.get("property")), []).append(entry.get("value"))
    return {name: stated[0] if name in acted_on or len(stated) == 1 else stated for name, stated in values.items()}


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
    try:
        fresh = [freshness(document) for document in (old, new)]
        yield from _freshness_change(*fresh)
    except ContractError:  # a frequency that cannot be judged is compared as it is written
        fresh = []
    ends = list(_end_changes(*map(ends_of, (old, new))))
    yield from ends
    notices = list(_notice_changes(old, new))
    yield from notices
    acted_on = bool(ends), bool(notices)
    for name, one, other in matched(_levels(old), _levels(new), _level_name, _WORDS):
        if fresh and _ALSO.get(property_of(one or other or {})) == "frequency":
            one, other = ({**level, "value": None, "unit": None} if level else None for level in (one or other, other or one))
        yield from _property_changes(name, one, other, acted_on)


def _notice(document: Mapping[str, Any]) -> timedelta | None:
    """The notice that consumers get; None if what is stated cannot be read."""
    try:
        return notice_of(document)
    except ContractError:
        return None


def _notice_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """The change of the notice. One that cannot be read may be any: it can be corrected, and neither taken away nor stated."""
    before, after = _notice(old), _notice(new)
    if before is None and after is not None:
        kept = any(level.get("property") == NOTICE_PROPERTY for level in new.get("slaProperties") or [])
        sort = "service improved" if kept else "service replaced"
    elif after is None:
        sort = "service replaced" if before is not None else ""
    else:
        sort = _direction(before, after)
    if sort:
        was, now = ("one that cannot be read" if notice is None else f"{notice.days} days" for notice in (before, after))
        yield Change(sort, f"slaProperties {NOTICE_PROPERTY}", f"the notice before an end was {was} and is {now}")


def _end_changes(old: Mapping[str | None, date], new: Mapping[str | None, date]) -> Iterator[Change]:
    """The changes of the days on which promises end, as the platform reads them: those of a column, else of the contract."""
    for column in sorted(old.keys() | new.keys(), key=str):
        before, after = (ends.get(column, ends.get(None)) for ends in (old, new))
        if before == after:
            continue
        if before is None or after is None:
            sort = "deprecated" if before is None else "deprecation withdrawn"
        else:
            sort = "end postponed" if after > before else "end brought forward"
        was, now = (f"on {end}" if end else "not stated" for end in (before, after))
        columns = (column,) if column else ()
        yield Change(sort, "slaProperties end", f"the end of {column or 'the contract'} was {was} and is {now}", columns)


def _freshness_change(old: timedelta | None, new: timedelta | None) -> Iterator[Change]:
    """The change of how old the newest version may become: what `mesh status` and Dagster judge."""
    sort = _direction(new, old) if old and new else _direction(old is not None, new is not None)
    if sort:
        was, now = (f"promised every {str(age).removesuffix(', 0:00:00')}" if age else "not promised" for age in (old, new))
        yield Change(sort, "slaProperties frequency", f"a new version was {was} and is {now}")


def _levels(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The levels; of each, whether it is a rule about data, and the columns that it is about."""
    return [
        level | {"rule": bool(aged_columns(level, document)), "about": tuple(filter(None, level_columns(level, document)))}
        for level in document.get("slaProperties") or []
    ]


def _level_name(level: Mapping[str, Any]) -> str:
    """The property and the columns of a level, which several levels can have."""
    return " of ".join(filter(None, (_ALSO.get(property_of(level), level["property"]), ", ".join(level["about"]))))


def _property_changes(
    name: str, old: dict[str, Any] | None, new: dict[str, Any] | None, acted_on: tuple[bool, bool]
) -> Iterator[Change]:
    """The changes of one level; `acted_on`: whether the ends and the notice that the platform acts on have changed."""
    place, stated = f"slaProperties {name}", new or old or {}
    columns, kind = stated["about"], stated.get("property")
    if kind in (*END_PROPERTIES, NOTICE_PROPERTY):
        sort = _unread_sort(kind, old, new) if _valued(old) != _valued(new) else None
        ends_changed, notice_changed = acted_on
        if notice_changed if kind == NOTICE_PROPERTY else ends_changed and sort == "label changed":
            sort = None  # the change that the platform acts on says it
    elif kind == "generalAvailability":
        sort = "label changed" if _valued(old) != _valued(new) else None
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


def _unread_sort(kind: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> str:
    """The sort of a change that the platform does not act on: a label, unless what is stated last cannot be read."""
    last = {"slaProperties": [new or old]}
    if not (unread_ends(last) if kind in END_PROPERTIES else _notice(last) is None):
        return "label changed"
    if kind == NOTICE_PROPERTY:
        return "service replaced"
    return "deprecated" if old is None else "deprecation withdrawn" if new is None else "service replaced"


def _service_sort(old: dict[str, Any], new: dict[str, Any]) -> str | None:
    calendar = ("valueExt", "scheduler", "schedule")
    if any(old.get(part) != new.get(part) for part in calendar):
        return "service replaced"
    if (old["rule"] and new["rule"]) or all(old.get(part) == new.get(part) for part in ("value", "unit")):
        return None
    kind = _ALSO.get(property_of(new), property_of(new))
    before, after = _amount(old), _amount(new)
    if before is None or after is None or before[1] != after[1] or kind not in (*LESS_IS_BETTER, *MORE_IS_BETTER):
        return "service replaced"
    if before[0] == after[0]:
        return None
    return "service improved" if (after[0] > before[0]) == (kind in MORE_IS_BETTER) else "service reduced"


_SHARES = {
    **dict.fromkeys(("%", "percent", "pct", "per cent"), Decimal("0.01")),
    **dict.fromkeys(("‰", "permille", "per mille", "per mil", "promille"), Decimal("0.001")),
    **dict.fromkeys(("ppm", "parts per million"), Decimal("0.000001")),
}
"""Units of shares, and how much of the whole one is."""


def _amount(level: dict[str, Any]) -> tuple[Decimal, str] | None:
    """The value and what it counts: seconds, a share, or things per year, else the unit as it is written.

    None if it is not a number. Amounts of different units are not comparable.
    """
    value, unit = level.get("value"), " ".join(str(level.get("unit") or "").lower().split())
    with suppress(ValueError):
        return _exact(duration_of(value, unit or None).length), "time"
    text = str(value).strip()
    if text[-1:] in _SHARES and not unit:
        text, unit = text[:-1], text[-1]
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    if unit in _SHARES:
        return number * _SHARES[unit], "share"
    things, per, time = (part.strip() for part in unit.replace(" per ", "/").rpartition("/"))
    if per and time in TIME_UNITS:
        return number * _exact(timedelta(days=365)) / _exact(duration_of(1, time).length), f"{things} per year"
    return number, unit


def _exact(time: timedelta) -> Decimal:
    return Decimal(str(time.total_seconds()))


def _level_change(old: dict[str, Any] | None, new: dict[str, Any] | None) -> str:
    return f"was {_level(old)} and is {_level(new)}"


def _level(entry: dict[str, Any] | None) -> str:
    if entry is None:
        return "not promised"
    return " ".join(str(part) for part in (entry.get("value"), entry.get("unit")) if part not in (None, ""))
