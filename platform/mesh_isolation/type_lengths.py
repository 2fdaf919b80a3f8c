"""The lengths that the types of contracts state. DuckDB and Delta drop them, so the audit checks them."""

import re
from collections.abc import Mapping
from typing import Any

from mesh_isolation.column_types import Items, Mapped, Struct, Type, sized_type

_SIZED = re.compile(r"\b(VARCHAR|BLOB)\(([0-9]+)\)")


def declared_length(physical: str | None) -> int | None:
    """The length in a type like VARCHAR(40) or VARBINARY(16), in characters or bytes.

    `with_lengths` finds those in a nested type.
    """
    kind = sized_type(physical)
    match = _SIZED.fullmatch(kind) if isinstance(kind, str) else None
    return int(match[2]) if match else None


def with_lengths(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """A column of a contract with the lengths in its nested type, as in VARCHAR(3)[], stated by the entries of its parts.

    Of a part that states a length of its own, the shorter one counts: values have to keep both.
    """
    kind = sized_type(entry.get("physicalType"))
    if kind is None or not _SIZED.search(str(kind)):
        return entry

    def stating(part: Mapping[str, Any] | None, its: Type) -> dict[str, Any]:
        own = sized_type((part or {}).get("physicalType"))
        return {**(part or {}), "physicalType": str(its if own is None else _shorter(own, its))}

    match kind:
        case Items(item):
            return {**entry, "items": stating(entry.get("items"), item)}
        case Mapped(key, value):
            parts = entry.get("map") or {}
            return {**entry, "map": {"key": stating(parts.get("key"), key), "value": stating(parts.get("value"), value)}}
        case Struct(fields):
            described = {part["name"]: part for part in entry.get("properties") or []}
            if not described or described.keys() == dict(fields).keys():  # any other is refused where it is read
                parts = [{"name": name, **stating(described.get(name), part)} for name, part in fields]
                return {**entry, "properties": parts}
    return entry


def _shorter(own: Type, other: Type) -> Type:
    """The type `own` with the lengths of both; `own` where they are different types."""
    match own, other:
        case Items(item), Items(its):
            return Items(_shorter(item, its))
        case Mapped(key, value), Mapped(its_key, its_value):
            return Mapped(_shorter(key, its_key), _shorter(value, its_value))
        case Struct(fields), Struct(its):
            return Struct(tuple((name, _shorter(part, dict(its).get(name, part))) for name, part in fields))
    lengths = [int(match[2]) for kind in (own, other) if isinstance(kind, str) and (match := _SIZED.fullmatch(kind))]
    names = {kind.partition("(")[0] if isinstance(kind, str) else "" for kind in (own, other)}
    return f"{names.pop()}({min(lengths)})" if lengths and len(names) == 1 and "" not in names else own
