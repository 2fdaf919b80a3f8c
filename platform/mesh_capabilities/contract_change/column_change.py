"""What changed of one column, beyond its name."""

from collections.abc import Iterator
from typing import Any

from mesh_capabilities.contract_change.catalogue import Change
from mesh_capabilities.contract_change.named import custom_changes, keyed_changes
from mesh_capabilities.contract_change.quality_change import quality_changes
from mesh_capabilities.contract_change.rule_change import column_rule_changes
from mesh_capabilities.contract_change.type_change import type_changes

_KEYS = {
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
_HANDLED = {
    *("name", "logicalType", "physicalType", "primaryKey", "required", "unique", "enum", "logicalTypeOptions", "quality"),
    *("classification", "relationships", "customProperties", "properties", "items"),
}
SECRECY = ("public", "internal", "confidential", "restricted")
"""Classifications from open to closed. Any other word, like `personal`, stands for itself."""


def column_changes(name: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    """Every change of one column; `name` is its name in the old contract."""
    columns = (name,)
    yield from type_changes(name, old, new)
    yield from column_rule_changes(name, old, new)
    yield from quality_changes(name, old.get("quality") or [], new.get("quality") or [], columns)
    yield from relationship_changes(name, old.get("relationships"), new.get("relationships"), columns)
    yield from custom_changes(name, old.get("customProperties"), new.get("customProperties"), columns)
    yield from keyed_changes(name, old, new, _KEYS, columns)
    strange = (old.keys() | new.keys()) - _KEYS.keys() - _HANDLED
    yield from keyed_changes(name, old, new, dict.fromkeys(sorted(strange), "unknown changed"), columns)
    before, after = old.get("classification"), new.get("classification")
    if before != after:
        sort = "classification lowered" if _lowered(before, after) else "classification raised"
        yield Change(sort, name, f"{name} was classified {before or 'not at all'} and is {after or 'not at all'}", columns)


def relationship_changes(
    place: str, old: list[dict[str, Any]] | None, new: list[dict[str, Any]] | None, columns: tuple[str, ...]
) -> Iterator[Change]:
    """The changes of what a table or column refers to; a reference is a rule that every row keeps."""
    before, after = ([_reference(entry) for entry in entries or []] for entries in (old, new))
    for reference in before:
        if reference not in after:
            yield Change("rule loosened", place, f"{place} no longer refers to {reference}", columns)
    for reference in after:
        if reference not in before:
            yield Change("rule tightened", place, f"{place} refers to {reference}, which it did not promise", columns)


def _reference(entry: dict[str, Any]) -> str:
    ends = [" and ".join(end) if isinstance(end, list) else end for end in (entry.get("from"), entry.get("to"))]
    return " from ".join(str(end) for end in (ends[1], ends[0]) if end)


def _lowered(old: str | None, new: str | None) -> bool:
    """Whether nobody has to protect more than before. What has left the known order may need more."""
    if new is None or new == "public":
        return True
    return old in SECRECY and new in SECRECY and SECRECY.index(new) < SECRECY.index(old)
