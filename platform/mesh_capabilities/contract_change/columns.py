"""Which column of the old contract is which of the new one: by id, by name, or renamed and otherwise the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

ALIKE = 0.75
"""How much of two descriptions must agree, from 0 to 1, for a column to count as renamed and not as exchanged."""

_IDENTITY = ("name", "id", "description", "businessName", "examples", "tags", "customProperties", "physicalName")


@dataclass(frozen=True)
class Pairs:
    """The columns of two contracts, held together. Nested ones are written `address.city`, items of a list `tags[]`."""

    same: tuple[tuple[str, str], ...]
    """Old and new name of each column that is in both; the two differ where it was renamed."""
    removed: tuple[str, ...]
    added: tuple[str, ...]


def flat_columns(properties: list[dict[str, Any]] | None, above: str = "") -> dict[str, dict[str, Any]]:
    """Every property by its path, nested ones included; of two with one name the last one counts."""
    found: dict[str, dict[str, Any]] = {}
    for entry in properties or []:
        path = f"{above}{entry.get('name') or 'items'}"
        found[path] = entry
        found |= flat_columns(entry.get("properties"), f"{path}.")
        if isinstance(items := entry.get("items"), dict):
            found[f"{path}[]"] = items
            found |= flat_columns(items.get("properties"), f"{path}[].")
    return found


def pair_columns(old: Mapping[str, dict[str, Any]], new: Mapping[str, dict[str, Any]]) -> Pairs:
    """Holds the columns of two contracts together.

    The same `id` (ODCS from 3.1 on) is the same column whatever it is called; then the same name; then a column that is
    gone and one that is new count as one, renamed, if they promise the same and are described alike.
    """
    ids = {entry["id"]: path for path, entry in new.items() if entry.get("id")}
    same = {path: ids[entry["id"]] for path, entry in old.items() if entry.get("id") in ids}
    taken = set(same.values())
    same |= {path: path for path in old if path not in same and path in new and path not in taken}
    gone = [path for path in old if path not in same]
    fresh = [path for path in new if path not in set(same.values())]
    for path in gone:
        likely = [(score, other) for other in fresh if (score := _alike(old[path], new[other])) >= ALIKE]
        if likely:
            same[path] = max(likely, key=lambda pair: pair[0])[1]
            fresh.remove(same[path])
    ordered = tuple((path, same[path]) for path in old if path in same)
    return Pairs(ordered, tuple(path for path in old if path not in same), tuple(fresh))


def _alike(old: Mapping[str, Any], new: Mapping[str, Any]) -> float:
    """From 0 to 1; nothing unless both promise the same and either are described or hint at each other by name."""
    promised = [{key: value for key, value in entry.items() if key not in _IDENTITY} for entry in (old, new)]
    if promised[0] != promised[1] or (old.get("id") and new.get("id")):
        return 0
    texts = [" ".join((entry.get("description") or "").lower().split()) for entry in (old, new)]
    if all(texts):
        return SequenceMatcher(None, *texts).ratio()
    return SequenceMatcher(None, *(str(entry.get("name") or "") for entry in (old, new))).ratio()
