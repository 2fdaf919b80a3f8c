"""Changes of entries that a contract keeps under a name or a key: what is gone, what is new, what says something else."""

from collections.abc import Iterator, Mapping
from typing import Any

from mesh_capabilities.contract_change.catalogue import Change

UNITS = ("unit", "currency", "currencyCode", "unitOfMeasure", "scale", "precision", "timezone", "timeZone", "calendar")
"""Custom properties that change what a figure says; the standard has no field of its own for them."""


def keyed_changes(
    place: str, old: Mapping[str, Any], new: Mapping[str, Any], sorts: Mapping[str, str], columns: tuple[str, ...] = ()
) -> Iterator[Change]:
    """One change for every key of `sorts` with another value; keys in neither mapping are left to others."""
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
    """The changes between two lists of entries that are named by `key`.

    Args:
        added: the sort of an entry that is new.
        removed: the sort of an entry that is gone.
        changed: the sort of an entry that says something else.
        words: keys that only people read.
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
                    said = _was_and_is(before[name].get(part), after[name].get(part))
                    yield Change("wording changed" if part in words else changed, place, f"{part} of {title} {said}")


def custom_changes(
    place: str, old: list[dict[str, Any]] | None, new: list[dict[str, Any]] | None, columns: tuple[str, ...] = ()
) -> Iterator[Change]:
    """The changes between two `customProperties` lists; a unit among them changes what the figures say."""
    before, after = ({str(entry.get("property")): entry.get("value") for entry in entries or []} for entries in (old, new))
    for name in (*before, *(name for name in after if name not in before)):
        if before.get(name) != after.get(name):
            sort = "unit changed" if name in UNITS else "label changed"
            yield Change(sort, place, f"{name} of {place} {_was_and_is(before.get(name), after.get(name))}", columns)


def _was_and_is(old: Any, new: Any) -> str:
    if any(isinstance(value, (dict, list)) for value in (old, new)):
        return "says something else"
    return f"was {_said(old)} and is {_said(new)}"


def _said(value: Any) -> str:
    text = "not stated" if value is None else " ".join(str(value).split())
    return text if len(text) <= 60 else f"{text[:57]}…"


def _plain(value: Any) -> Any:
    """Texts without their line breaks; a value that is not stated and an empty one are one."""
    if isinstance(value, str):
        return " ".join(value.split()) or None
    return None if value in ([], {}) else value
