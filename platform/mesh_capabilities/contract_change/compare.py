"""Two versions of a contract held against each other: every difference, as a change of a known sort.

The documents are compared as they are written (https://bitol-io.github.io/open-data-contract-standard), so that a key which
the platform does not execute is a change too.
"""

from collections.abc import Iterator
from typing import Any

from mesh_capabilities.contract_change.catalogue import Change
from mesh_capabilities.contract_change.column_change import column_changes, relationship_changes
from mesh_capabilities.contract_change.columns import flat_columns, pair_columns
from mesh_capabilities.contract_change.named import custom_changes, keyed_changes, listed_changes
from mesh_capabilities.contract_change.quality_change import quality_changes
from mesh_capabilities.contract_change.service_change import service_changes

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
_DRAFTS, _PROMISES = ("proposed", "draft"), ("active", "deprecated")


def compare(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """Every change from the contract document `old` to `new`, the gravest first; the version number itself is none."""
    found = [*_contract_changes(old, new), *_schema_changes(old.get("schema") or [], new.get("schema") or [])]
    return sorted(found, key=lambda change: -change.bump)


def _contract_changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    sorts = dict(_CONTRACT_KEYS)
    if _is_next_major(old, new):
        del sorts["id"]
    yield from keyed_changes("the contract", old, new, sorts)
    strange = (old.keys() | new.keys()) - _CONTRACT_KEYS.keys() - _HANDLED
    yield from keyed_changes("the contract", old, new, dict.fromkeys(sorted(strange), "unknown changed"))
    if old.get("status") != new.get("status"):
        before, after = str(old.get("status")), str(new.get("status"))
        yield Change(_status_sort(before, after), "the contract", f"its status was {before} and is {after}")
    yield from service_changes(old.get("slaProperties") or [], new.get("slaProperties") or [])
    yield from custom_changes("the contract", old.get("customProperties"), new.get("customProperties"))
    yield from listed_changes(
        "the role",
        "role",
        old.get("roles"),
        new.get("roles"),
        "access widened",
        "access narrowed",
        "access narrowed",
        _ROLE_WORDS,
    )
    yield from listed_changes(
        "the server", "server", old.get("servers"), new.get("servers"), "place added", "place changed", "place changed"
    )


_ROLE_WORDS = ("description", "id", "firstLevelApprovers", "secondLevelApprovers", "customProperties")


def _is_next_major(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether the ids differ only in the major version that this mesh writes at their end."""
    before, after = (str(said.get("id")).rpartition(".v") for said in (old, new))
    majors = [str(said.get("version")).partition(".")[0] for said in (old, new)]
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
    strange = (old.keys() | new.keys()) - _TABLE_KEYS.keys() - _TABLE_HANDLED
    yield from keyed_changes(place, old, new, dict.fromkeys(sorted(strange), "unknown changed"))
    grains = [_letters(table.get("dataGranularityDescription")) for table in (old, new)]
    if grains[0] != grains[1]:
        said = [table.get("dataGranularityDescription") or "not stated" for table in (old, new)]
        yield Change("grain changed", place, f"the grain was {said[0]!r} and is {said[1]!r}")
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
            yield Change("column renamed", name, f"the column {name} is called {now}", (name,))
        yield from column_changes(name, before[name], after[now])
    yield from _key_changes(_key(before, names), _key(after))
    order = [now for now in after if now in set(names.values())]
    if order != [names[name] for name in before if name in names]:
        yield Change("columns reordered", place, "the columns stand in another order")


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


def _letters(text: str | None) -> str:
    """A sentence without what does not change its meaning: line breaks, capitals, the full stop."""
    return " ".join((text or "").lower().split()).rstrip(".")
