"""Two versions of a contract compared: every difference, as a change of a known sort.

The documents are compared as they are written, so a key that the platform does not execute is a change, too.
ODCS: https://bitol-io.github.io/open-data-contract-standard
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from mesh_capabilities.contract_change.entries import custom_changes, keyed_changes, listed_changes, service_changes
from mesh_capabilities.contract_change.rules import column_rule_changes, quality_changes, type_changes
from mesh_capabilities.contract_change.sorts import Change

_CONTRACT_KEYS = {
    "id": "identity changed",
    "kind": "identity changed",
    "tenant": "identity changed",
    "domain": "identity changed",
    "dataProduct": "ownership changed",
    "name": "label changed",
    "tags": "label changed",
    "apiVersion": "label changed",
    "slaDefaultElement": "label changed",
    "description": "wording changed",
    "context": "wording changed",
    "authoritativeDefinitions": "wording changed",
    "contractCreatedTs": "wording changed",
    "price": "price changed",
    "team": "ownership changed",
    "support": "ownership changed",
}
_TABLE_KEYS = {
    "logicalType": "logical type changed",
    "physicalName": "place changed",
    "physicalType": "layout changed",
    "deprecated": "deprecated",
    "description": "wording changed",
    "businessName": "wording changed",
    "synonyms": "wording changed",
    "context": "wording changed",
    "authoritativeDefinitions": "wording changed",
    "tags": "label changed",
    "id": "label changed",
}
_HANDLED = {"version", "status", "schema", "servers", "roles", "slaProperties", "customProperties"}
_TABLE_HANDLED = {"name", "properties", "relationships", "quality", "customProperties", "dataGranularityDescription"}
_ROLE_WORDS = ("description", "id", "firstLevelApprovers", "secondLevelApprovers", "customProperties")
_DRAFTS, _PROMISES = ("proposed", "draft"), ("active", "deprecated")


def compare_documents(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """Every change from the contract document `old` to `new`, breaking ones first; the version number is not compared."""
    changes = [*_contract_changes(old, new), *_schema_changes(old.get("schema") or [], new.get("schema") or [])]
    return sorted(changes, key=lambda change: -change.bump)


def _contract_changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    sorts = dict(_CONTRACT_KEYS)
    if _is_next_major(old, new):
        del sorts["id"]
    yield from keyed_changes("the contract", old, new, sorts)
    unknown = (old.keys() | new.keys()) - _CONTRACT_KEYS.keys() - _HANDLED
    yield from keyed_changes("the contract", old, new, dict.fromkeys(sorted(unknown), "unknown changed"))
    if old.get("status") != new.get("status"):
        before, after = str(old.get("status")), str(new.get("status"))
        yield Change(_status_sort(before, after), "the contract", f"its status was {before} and is {after}")
    yield from service_changes(old.get("slaProperties") or [], new.get("slaProperties") or [])
    yield from custom_changes("the contract", old.get("customProperties"), new.get("customProperties"))
    access, places = ("access widened", "access narrowed", "access narrowed"), ("place added", "place changed", "place changed")
    yield from listed_changes("the role", "role", old.get("roles"), new.get("roles"), *access, _ROLE_WORDS)
    yield from listed_changes("the server", "server", old.get("servers"), new.get("servers"), *places)


def _is_next_major(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether the ids differ only in the major version at their end."""
    before, after = (str(document.get("id")).rpartition(".v") for document in (old, new))
    majors = [str(document.get("version")).partition(".")[0] for document in (old, new)]
    return before[0] == after[0] and [before[2], after[2]] == majors


def _status_sort(old: str, new: str) -> str:
    if new == "deprecated":
        return "deprecated"
    if old == "deprecated" and new == "active":
        return "deprecation withdrawn"
    if old in (*_DRAFTS, "None") and new == "active":
        return "promise given"
    if new in (*_DRAFTS, "retired") and old in _PROMISES:
        return "promise withdrawn"
    return "label changed" if old in _DRAFTS else "unknown changed"


def _schema_changes(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Iterator[Change]:
    before, after = ({str(table.get("name")): table for table in tables} for tables in (old, new))
    for name in before.keys() - after.keys():
        yield Change("table removed", f"the table {name}", f"the table {name} is gone")
    for name in after.keys() - before.keys():
        yield Change("table added", f"the table {name}", f"the table {name} is new")
    for name in before:
        if name in after:
            yield from _table_changes(before[name], after[name])


def _table_changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    place = "the table"
    yield from keyed_changes(place, old, new, _TABLE_KEYS)
    unknown = (old.keys() | new.keys()) - _TABLE_KEYS.keys() - _TABLE_HANDLED
    yield from keyed_changes(place, old, new, dict.fromkeys(sorted(unknown), "unknown changed"))
    grains = [table.get("dataGranularityDescription") or "not stated" for table in (old, new)]
    # "One row an order" and "One row per order" are the same grain.
    words = [re.sub(r"\b(?:is|an?|the|per|for|each|every)\b", "", grain, flags=re.IGNORECASE) for grain in grains]
    if _letters(words[0]) != _letters(words[1]):
        yield Change("grain changed", place, f"the grain was {grains[0]!r} and is {grains[1]!r}")
    yield from custom_changes(place, old.get("customProperties"), new.get("customProperties"))
    yield from quality_changes(place, old.get("quality") or [], new.get("quality") or [], ())
    yield from relationship_changes(place, old.get("relationships"), new.get("relationships"), ())
    before, after = flat_columns(old.get("properties")), flat_columns(new.get("properties"))
    pairs = pair_columns(before, after)
    for name in pairs.removed:
        yield Change("column removed", name, f"the column {name} is gone", (name,))
    for name in pairs.added:
        yield Change("column added", name, f"the column {name} is new")
    names = dict(pairs.same)
    for name, now in pairs.same:
        if name != now:
            yield Change("column renamed", name, f"the column {name} was renamed to {now}", (name,))
        yield from column_changes(name, before[name], after[now])
    yield from _key_changes(_key(before, names), _key(after))
    order = [now for now in after if now in set(names.values())]
    if order != [names[name] for name in before if name in names]:
        yield Change("columns reordered", place, "the columns are in another order")


def _key(columns: dict[str, dict[str, Any]], names: dict[str, str] | None = None) -> dict[str, str]:
    """The primary key: each column's name in the new contract with its name in this one."""
    return {(names or {}).get(name, name): name for name, entry in columns.items() if entry.get("primaryKey")}


def _key_changes(old: dict[str, str], new: dict[str, str]) -> Iterator[Change]:
    if old.keys() == new.keys():
        return
    if not old or (new and new.keys() < old.keys()):
        sort = "key tightened"
    else:
        sort = "key loosened" if not new or old.keys() < new.keys() else "key replaced"
    was, now = (f"({', '.join(key)})" if key else "not stated" for key in (old.values(), new))
    yield Change(sort, "the key", f"the primary key was {was} and is {now}", tuple(old.values()))


def _letters(text: str) -> str:
    """A sentence without line breaks, capitals and the full stop, which do not change its meaning."""
    return " ".join(text.lower().split()).rstrip(".")


_COLUMN_KEYS = {
    "physicalName": "column renamed",
    "encryptedName": "column renamed",
    "semanticType": "unit changed",
    "transformLogic": "derivation changed",
    "transformSourceObjects": "derivation changed",
    "deprecated": "deprecated",
    "partitioned": "layout changed",
    "partitionKeyPosition": "layout changed",
    "primaryKeyPosition": "layout changed",
    "criticalDataElement": "label changed",
    "tags": "label changed",
    "id": "label changed",
    "description": "wording changed",
    "businessName": "wording changed",
    "synonyms": "wording changed",
    "transformDescription": "wording changed",
    "authoritativeDefinitions": "wording changed",
    "examples": "wording changed",
    "context": "wording changed",
}
_COLUMN_HANDLED = {
    *("name", "logicalType", "physicalType", "primaryKey", "required", "unique", "enum", "logicalTypeOptions", "quality"),
    *("classification", "relationships", "customProperties", "properties", "items"),
}
SECRECY = ("public", "internal", "confidential", "restricted")
"""Classifications from public to secret. Any other, like `personal`, is not compared by rank."""


def column_changes(name: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    """Every change of one column; `name` is its name in the old contract."""
    columns = (name,)
    yield from type_changes(name, old, new)
    yield from column_rule_changes(name, old, new)
    yield from quality_changes(name, old.get("quality") or [], new.get("quality") or [], columns)
    yield from relationship_changes(name, old.get("relationships"), new.get("relationships"), columns)
    yield from custom_changes(name, old.get("customProperties"), new.get("customProperties"), columns)
    yield from keyed_changes(name, old, new, _COLUMN_KEYS, columns)
    unknown = (old.keys() | new.keys()) - _COLUMN_KEYS.keys() - _COLUMN_HANDLED
    yield from keyed_changes(name, old, new, dict.fromkeys(sorted(unknown), "unknown changed"), columns)
    before, after = old.get("classification"), new.get("classification")
    if before != after:
        sort = "classification lowered" if _lowered(before, after) else "classification raised"
        yield Change(sort, name, f"{name} was classified {before or 'not at all'} and is {after or 'not at all'}", columns)


def relationship_changes(
    place: str, old: list[dict[str, Any]] | None, new: list[dict[str, Any]] | None, columns: tuple[str, ...]
) -> Iterator[Change]:
    """The changes of the relationships of a table or a column. A relationship is a rule that blocks."""
    before, after = ([_reference(entry) for entry in entries or []] for entries in (old, new))
    for reference in before:
        if reference not in after:
            yield Change("rule loosened", place, f"{place} no longer refers to {reference}", columns)
    for reference in after:
        if reference not in before:
            yield Change("rule tightened", place, f"{place} now refers to {reference}", columns)


def _reference(entry: dict[str, Any]) -> str:
    ends = [" and ".join(end) if isinstance(end, list) else end for end in (entry.get("from"), entry.get("to"))]
    return " from ".join(str(end) for end in (ends[1], ends[0]) if end)


def _lowered(old: str | None, new: str | None) -> bool:
    """Whether the new classification requires less protection. An unranked one may require more."""
    if new is None or new == "public":
        return True
    return old in SECRECY and new in SECRECY and SECRECY.index(new) < SECRECY.index(old)


ALIKE = 0.75
"""The least similarity of two descriptions, from 0 to 1, at which a column counts as renamed."""

_IDENTITY = ("name", "id", "description", "businessName", "examples", "tags", "customProperties", "physicalName")


@dataclass(frozen=True)
class Pairs:
    """The columns of two contracts, matched. Nested columns are written `address.city`, items of a list `tags[]`."""

    same: tuple[tuple[str, str], ...]
    """Old and new name of each column that is in both contracts; they differ when it was renamed."""
    removed: tuple[str, ...]
    added: tuple[str, ...]


def flat_columns(properties: list[dict[str, Any]] | None, above: str = "") -> dict[str, dict[str, Any]]:
    """Every property by its path, including nested ones; of two with the same name the last one counts."""
    columns: dict[str, dict[str, Any]] = {}
    for entry in properties or []:
        path = f"{above}{entry.get('name') or 'items'}"
        columns[path] = entry
        columns |= flat_columns(entry.get("properties"), f"{path}.")
        if isinstance(items := entry.get("items"), dict):
            columns[f"{path}[]"] = items
            columns |= flat_columns(items.get("properties"), f"{path}[].")
    return columns


def pair_columns(old: Mapping[str, dict[str, Any]], new: Mapping[str, dict[str, Any]]) -> Pairs:
    """Matches the columns of two contracts: by `id` (ODCS from 3.1 on), else by name.

    A removed and an added column count as one renamed column if they differ in name and description only, and the
    descriptions are similar.
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
    """The similarity of two columns, from 0 to 1: of their descriptions, else of their names; 0 if their promises differ."""
    promises = [{key: value for key, value in entry.items() if key not in _IDENTITY} for entry in (old, new)]
    if promises[0] != promises[1] or (old.get("id") and new.get("id")):
        return 0
    texts = [" ".join((entry.get("description") or "").lower().split()) for entry in (old, new)]
    if all(texts):
        return SequenceMatcher(None, *texts).ratio()
    return SequenceMatcher(None, *(str(entry.get("name") or "") for entry in (old, new))).ratio()
