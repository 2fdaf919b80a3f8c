"""Two versions of a contract compared: every difference, as a change of a known sort.

What an audit executes is compared as the rules that it executes. Everything else is compared as it is written, so a key that
the platform does not execute is a change, too.
ODCS: https://bitol-io.github.io/open-data-contract-standard
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from mesh_capabilities.contract_change.entries import (
    ACTED_ON_IN_COLUMN,
    ACTED_ON_IN_CONTRACT,
    custom_changes,
    keyed_changes,
    listed_changes,
    matched,
    service_changes,
)
from mesh_capabilities.contract_change.promises import NOWHERE, TABLE, column_of_entry, promises_of
from mesh_capabilities.contract_change.rules import promise_changes, type_changes, wording_changes
from mesh_capabilities.contract_change.sorts import Change
from mesh_isolation.column_types import ANY_NUMBER, Items, Mapped, Struct, Type, common_type, own_type, with_widths
from mesh_isolation.sensitivity import plain_classification, sensitivity_level
from mesh_platform.contract.column import Column
from mesh_platform.contract.options import documented_options
from mesh_platform.errors import ContractError

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
DRAFTS = ("proposed", "draft")
"""The statuses of a contract that promises nothing yet."""
_PROMISES = ("active", "deprecated")


FileAndRoot = tuple[Path, Path]
"""A contract's file, and the root of its repository."""


def compare_documents(old: dict[str, Any], new: dict[str, Any], place: FileAndRoot = (NOWHERE, NOWHERE)) -> list[Change]:
    """Every change from the contract document `old` to `new`, breaking ones first; the version number is not compared.

    Without a `place`, relationships to other contracts are compared as they are written.
    """
    changes = [*_contract_changes(old, new), *_schema_changes(old, new, place)]
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
    yield from service_changes(old, new)
    custom = (side.get("customProperties") for side in (old, new))
    yield from custom_changes("the contract", *custom, acted_on=ACTED_ON_IN_CONTRACT)
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
    if old in (*DRAFTS, "None") and new == "active":
        return "promise given"
    if new in (*DRAFTS, "retired") and old in _PROMISES:
        return "promise withdrawn"
    return "label changed" if old in DRAFTS else "unknown changed"


def _schema_changes(old: dict[str, Any], new: dict[str, Any], place: FileAndRoot) -> Iterator[Change]:
    for name, before, after in matched(old.get("schema"), new.get("schema"), lambda table: str(table.get("name"))):
        if after is None:
            yield Change("table removed", f"the table {name}", f"the table {name} is gone")
        elif before is None:
            yield Change("table added", f"the table {name}", f"the table {name} is new")
        else:
            yield from _table_changes({**old, "schema": [before]}, {**new, "schema": [after]}, place)


def _table_changes(old_document: dict[str, Any], new_document: dict[str, Any], place: FileAndRoot) -> Iterator[Change]:
    """The changes between the only tables of two contracts."""
    old, new = old_document["schema"][0], new_document["schema"][0]
    yield from keyed_changes(TABLE, old, new, _TABLE_KEYS)
    unknown = (old.keys() | new.keys()) - _TABLE_KEYS.keys() - _TABLE_HANDLED
    yield from keyed_changes(TABLE, old, new, dict.fromkeys(sorted(unknown), "unknown changed"))
    grains = [table.get("dataGranularityDescription") or "not stated" for table in (old, new)]
    # "One row an order" and "One row per order" are the same grain.
    words = [re.sub(r"\b(?:is|an?|the|per|for|each|every)\b", "", grain, flags=re.IGNORECASE) for grain in grains]
    if _letters(words[0]) != _letters(words[1]):
        yield Change("grain changed", TABLE, f"the grain was {grains[0]!r} and is {grains[1]!r}")
    yield from custom_changes(TABLE, old.get("customProperties"), new.get("customProperties"))
    yield from wording_changes(TABLE, old.get("quality") or [], new.get("quality") or [], ())
    before, after = flat_columns(old.get("properties")), flat_columns(new.get("properties"))
    pairs = pair_columns(*({name: part.entry for name, part in side.items()} for side in (before, after)))
    for name in _topmost(pairs.removed):
        yield Change("column removed", name, f"the column {name} is gone", (name,))
    for name in _topmost(pairs.added):
        yield Change("column added", name, f"the column {name} is new")
    names = dict(pairs.same)
    for name, now in pairs.same:
        if name != now:
            yield Change("column renamed", name, f"the column {name} was renamed to {now}", (name,))
        yield from column_changes(name, before[name], after[now])
    changes: dict[Change, None] = {}
    for types in _alike_types({(name, now): (before[name].type, after[now].type) for name, now in pairs.same}):
        old_types, new_types = ({pair[side]: str(kind) for pair, kind in types.items()} for side in (0, 1))
        promised = promises_of(old_document, names, place, old_types), promises_of(new_document, {}, place, new_types)
        kept = [
            [promise for promise in side if not promise.columns or not gone.issuperset(promise.columns)]
            for side, gone in zip(promised, map(set, (pairs.removed, pairs.added)))
        ]
        changes |= dict.fromkeys(promise_changes(*kept, {now: name for name, now in pairs.same}))
    replaced = {name for name, now in pairs.same if _replaced(before[name].type, after[now].type)}
    yield from (change for change in changes if change.sort != "rule replaced" or not {*change.columns} & replaced)
    if not any(change.sort.startswith("key") for change in changes):
        yield from _key_changes(_key(before, names), _key(after))
    kept_names = set(names.values())
    order = [now for now in after if now in kept_names]
    if order != [names[name] for name in before if name in names]:
        yield Change("columns reordered", TABLE, "the columns are in another order")


def _alike_types(types: Mapping[tuple[str, str], tuple[Type, Type]]) -> Iterator[dict[tuple[str, str], Type]]:
    """For columns that leave their width open: the types that data of both contracts can have, to compare the rules for them.

    The rules of one contract differ between types: a limit on a binary number is its nearest, and any other is exact.
    """
    common = {pair: kind for pair, both in types.items() if (kind := common_type(*both)) is not None}
    for width in (ANY_NUMBER, "DOUBLE", "FLOAT"):
        of_width = {pair: with_widths(kind, {ANY_NUMBER: width}) for pair, kind in common.items()}
        if width == ANY_NUMBER or of_width != common:
            yield of_width


def _replaced(old: Type, new: Type) -> bool:
    """Whether values of one type mean nothing in the other, nor do limits on them."""
    return any(change.sort == "type replaced" for change in type_changes("", {}, old, {}, new))


def _topmost(paths: tuple[str, ...]) -> Iterator[str]:
    """The columns of which no enclosing column is among the paths."""
    known = set(paths)
    return (path for path in paths if not any(path[: end.start()] in known for end in re.finditer(r"\.|\[\]", path)))


def _key(columns: dict[str, "ColumnPart"], names: dict[str, str] | None = None) -> dict[str, str]:
    """The primary key: each column's name in the new contract with its name in this one."""
    return {(names or {}).get(name, name): name for name, part in columns.items() if part.entry.get("primaryKey")}


def _key_changes(old: dict[str, str], new: dict[str, str]) -> Iterator[Change]:
    """A key that is declared in another way, where the same is promised."""
    if old.keys() != new.keys():
        was, now = (f"({', '.join(key)})" if key else "not stated" for key in (old.values(), new))
        sentence = f"the primary key was {was} and is {now}, and rules promise the same"
        yield Change("label changed", "the key", sentence, tuple(old.values()))


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
    "partitioned": "partition changed",
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
    *("classification", "relationships", "customProperties", "properties", "items", "map"),
}
_EXECUTED = ("setAside", "nonFinite")
"""Custom properties of a column that are part of its rules."""


def column_changes(name: str, old_part: "ColumnPart", new_part: "ColumnPart") -> Iterator[Change]:
    """The changes of one column, without those of its rules; `name` is its name in the old contract."""
    columns, old, new = (name,), old_part.entry, new_part.entry
    yield from type_changes(name, old, old_part.type, new, new_part.type)
    yield from _documented_changes(name, old_part, new_part)
    yield from wording_changes(name, old.get("quality") or [], new.get("quality") or [], columns)
    custom = ([it for it in part.get("customProperties") or [] if it.get("property") not in _EXECUTED] for part in (old, new))
    yield from custom_changes(name, *custom, columns, ACTED_ON_IN_COLUMN)
    yield from keyed_changes(name, old, new, _COLUMN_KEYS, columns)
    unknown = (old.keys() | new.keys()) - _COLUMN_KEYS.keys() - _COLUMN_HANDLED
    yield from keyed_changes(name, old, new, dict.fromkeys(sorted(unknown), "unknown changed"), columns)
    before, after = old_part.label, new_part.label
    stated = old.get("classification") or new.get("classification")  # else the column that it is a part of has the change
    if stated and plain_classification(before) != plain_classification(after):
        sort = "classification lowered" if _lowered(before, after) else "classification raised"
        yield Change(sort, name, f"{name} was classified {before or 'not at all'} and is {after or 'not at all'}", columns)


def _documented_changes(name: str, old: "ColumnPart", new: "ColumnPart") -> Iterator[Change]:
    """The changes of the options that say what values mean and that no rule checks."""
    zones = [part.options.get("defaultTimezone") or "UTC" for part in (old, new)]
    if zones[0] != zones[1]:
        yield Change("time zone changed", name, f"defaultTimezone of {name} was {zones[0]} and is {zones[1]}", (name,))
    before, after = old.documented(name), new.documented(name)
    if before != after and not _replaced(old.type, new.type):
        was, now = ("; ".join(words).rstrip(".") or "nothing was said" for words in (before, after))
        yield Change("format changed", name, f"the form of {name} was: {was}; and is: {now}", (name,))


def _lowered(old: str | None, new: str | None) -> bool:
    """Whether the new classification requires less protection; the lowest, and none, require none. Of two others that rank
    alike, the new one may require more.
    """
    return sensitivity_level(new) <= 1 or sensitivity_level(new) < sensitivity_level(old)


ALIKE = 0.75
"""The least similarity of two descriptions, from 0 to 1, at which a column counts as renamed."""

COMPARED = 10
"""With how many of the added columns that promise the same a removed one is compared, those nearest in order first."""

_IDENTITY = ("name", "id", "description", "businessName", "examples", "tags", "customProperties", "physicalName")


@dataclass(frozen=True)
class Pairs:
    """The columns of two contracts, matched. Nested columns are written `address.city`, items of a list `tags[]`."""

    same: tuple[tuple[str, str], ...]
    """Old and new name of each column that is in both contracts; they differ when it was renamed."""
    removed: tuple[str, ...]
    added: tuple[str, ...]


@dataclass(frozen=True)
class ColumnPart:
    """A column, or a part of a nested one."""

    entry: dict[str, Any]
    """Its entry in the contract; its name and type, if only the type of the whole names it."""
    type: Type
    label: str | None
    """Its classification, or that of the column that it is a part of."""

    @property
    def options(self) -> dict[str, Any]:
        return self.entry.get("logicalTypeOptions") or {}

    def documented(self, name: str) -> list[str]:
        """What its options say about its values, beyond its rules."""
        try:
            return list(
                documented_options(Column(name, str(self.type), options=self.options, logical=self.entry.get("logicalType")))
            )
        except ContractError:  # a format that no rule can check
            return [f"{name} is of the format {self.options.get('format')}"]


def flat_columns(properties: list[dict[str, Any]] | None) -> dict[str, ColumnPart]:
    """Every column and every part of a nested one by its path; of two with the same name the last one counts.

    A type that is spelled out has the same parts as one that follows from the entries of its parts.
    """
    columns: dict[str, ColumnPart] = {}
    for entry in properties or []:
        column = column_of_entry(entry)
        columns |= _parts(str(entry.get("name")), entry, own_type(column.type) if column else _spelled(entry))
    return columns


def _parts(path: str, entry: dict[str, Any], kind: Type, outer: str | None = None) -> dict[str, ColumnPart]:
    classification = entry.get("classification") or outer
    described = {str(part.get("name")): part for part in entry.get("properties") or []}
    match kind:
        case Struct(fields):
            parts = [(f"{path}.{name}", described.get(name), part) for name, part in fields]
        case Items(item):
            parts = [(f"{path}[]", entry.get("items"), item)]
        case Mapped(key, value):
            both = entry.get("map") or {}
            parts = [(f"{path}.key", both.get("key"), key), (f"{path}.value", both.get("value"), value)]
        case _:
            parts = [(f"{path}.{name}", part, _spelled(part)) for name, part in described.items()]
            parts += [(f"{path}[]", items, _spelled(items)) for items in [entry.get("items")] if isinstance(items, dict)]
            parts += [(f"{path}.{name}", part, _spelled(part)) for name, part in (entry.get("map") or {}).items()]
    columns = {path: ColumnPart(entry, kind, classification)}
    for below, part, its in parts:
        columns |= _parts(below, part if part is not None else {"physicalType": str(its)}, its, classification)
    return columns


def _spelled(entry: dict[str, Any]) -> str:
    """A type that a port cannot store, by its spelling."""
    physical = entry.get("physicalType")
    return re.sub(r"\s+", "", str(physical)).upper() if physical else str(entry.get("logicalType"))


def pair_columns(old: Mapping[str, dict[str, Any]], new: Mapping[str, dict[str, Any]]) -> Pairs:
    """Matches the columns of two contracts: by `id` (ODCS from 3.1 on), else by name.

    A removed and an added column count as one renamed column if they differ in name and description only, and the
    descriptions are equal, or similar and among the COMPARED nearest in the order of the columns.
    """
    ids, twice = ({entry["id"]: path for path, entry in side.items() if entry.get("id")} for side in (new, old))
    same = {path: ids[entry["id"]] for path, entry in old.items() if entry.get("id") in ids and twice[entry["id"]] == path}
    taken = set(same.values())
    same |= {path: path for path in old if path not in same and path in new and path not in taken}
    taken = set(same.values())
    gone, fresh = [path for path in old if path not in same], [path for path in new if path not in taken]
    same |= _renamed({path: old[path] for path in gone}, {path: new[path] for path in fresh})
    taken = set(same.values())
    ordered = tuple((path, same[path]) for path in old if path in same)
    return Pairs(ordered, tuple(path for path in gone if path not in same), tuple(path for path in fresh if path not in taken))


def _renamed(gone: Mapping[str, dict[str, Any]], fresh: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    """The new name of each removed column that promises the same as an added one and is described in a similar way."""
    described: dict[Any, list[str]] = {}
    for path, entry in fresh.items():
        described.setdefault((_promised(entry), _described(entry)), []).append(path)
    same: dict[str, str] = {}
    for path, entry in gone.items():
        others = described.get((_promised(entry), _described(entry)), []) if _described(entry) else []
        if other := next((other for other in others if not (entry.get("id") and fresh[other].get("id"))), None):
            others.remove(other)
            same[path] = other
    left: dict[str, list[str]] = {}
    for (promised, _), paths in described.items():
        left.setdefault(promised, []).extend(paths)
    place = {path: at for at, path in enumerate(fresh)}
    for at, (path, entry) in enumerate(gone.items()):
        others = left.get(_promised(entry), []) if path not in same else []
        nearest = sorted(others, key=lambda other: (abs(place[other] - at), place[other]))[:COMPARED]
        scores = {other: _alike(entry, fresh[other]) for other in sorted(nearest, key=place.__getitem__)}
        if scores and (most := max(scores.values())) >= ALIKE:
            same[path] = next(other for other, score in scores.items() if score == most)
            others.remove(same[path])
    return same


def _promised(entry: Mapping[str, Any]) -> str:
    """What a column promises, without what only identifies it."""
    return json.dumps({key: value for key, value in entry.items() if key not in _IDENTITY}, sort_keys=True, default=str)


def _described(entry: Mapping[str, Any]) -> str:
    return " ".join((entry.get("description") or "").lower().split())


def _alike(old: Mapping[str, Any], new: Mapping[str, Any]) -> float:
    """The similarity of two columns that promise the same, from 0 to 1: of their descriptions, else of their names."""
    if old.get("id") and new.get("id"):
        return 0
    texts = [_described(entry) for entry in (old, new)]
    texts = texts if all(texts) else [str(entry.get("name") or "") for entry in (old, new)]
    matcher = SequenceMatcher(None, *texts)
    return matcher.ratio() if matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE else 0
