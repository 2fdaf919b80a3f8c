"""Columns as a contract declares them: name, type, nullability, classification and the share of bad rows it tolerates."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from mesh_platform.contract.types import (
    WHOLE,
    Items,
    Leaf,
    Mapped,
    Struct,
    Type,
    decimal_places,
    declared_length,
    duckdb_type,
    parts_of,
)
from mesh_platform.errors import ContractError, inside


def stated(said: Mapping[str, Any], name: str) -> Sequence[Any]:
    """Every value that `said`, any part of a contract or a descriptor, gives to its custom property `name`."""
    return [entry.get("value") for entry in said.get("customProperties") or () if entry.get("property") == name]


PROPERTY = "setAside"
"""The custom property, of a quality rule or of a column, that states the bound: `0.5 %` or `20 rows`."""

_STATED = re.compile(r"(\d+(?:\.\d+)?)\s*(%|rows?)")


@dataclass(frozen=True)
class SetAside:
    """A number of rows, or a share of all rows."""

    limit: Decimal
    percent: bool

    def allows(self, bad: int, rows: int) -> bool:
        """Whether `bad` of `rows` rows may be set aside. All of them never may: that would publish nothing."""
        measured = Decimal(bad) * 100 / rows if self.percent and rows else Decimal(bad)
        return measured <= self.limit and bad < rows

    def __str__(self) -> str:
        return f"{self.limit.normalize():f} %" if self.percent else f"{self.limit:f} rows"


def stated_bound(properties: list[dict[str, Any]] | None) -> SetAside | None:
    """The bound that ODCS `customProperties` state; None when they state none. Raises ContractError for another form."""
    numbers = [number for number, entry in enumerate(properties or ()) if entry.get("property") == PROPERTY]
    if not numbers:
        return None
    value, place = properties[numbers[0]].get("value"), ("customProperties", numbers[0])
    parts = _STATED.fullmatch(str(value).strip())
    if len(numbers) > 1 or not parts:
        found = f"{PROPERTY} is {value!r}; write one share or number of rows, like '0.5 %' or '20 rows'"
        raise ContractError(found, place=place)
    bound = SetAside(Decimal(parts[1]), parts[2] == "%")
    if bound.percent and bound.limit >= 100 or not bound.percent and bound.limit % 1:
        found = f"{PROPERTY} is {value!r}; a share is below 100 %, and rows are counted whole"
        raise ContractError(found, place=place)
    return bound


@dataclass(frozen=True)
class Column:
    """One column of the promise, or one part of a column that has parts. A port's columns are listed in the contract only."""

    name: str
    type: str
    """The DuckDB type that the data must have, spelled as DuckDB spells it."""
    description: str = ""
    required: bool = False
    unique: bool = False
    classification: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    """ODCS `logicalTypeOptions`."""
    logical: str | None = None
    """ODCS `logicalType`."""
    length: int | None = None
    """The length that the physical type itself allows: 40 for VARCHAR(40)."""
    enum: tuple[Any, ...] = ()
    """The only values there may be; () where the contract lists none."""
    items: "Column | None" = None
    """What each item of a list is."""
    fields: tuple["Column", ...] = ()
    """The fields of a struct, as far as the contract describes them."""
    set_aside: SetAside | None = None
    """Within which bound rows that break the column's own rules are set aside."""


_NUMBERS = {*WHOLE, "FLOAT", "DOUBLE"}
_TIMES = {"TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "VARCHAR"}
# The types that can hold a logical type. 3.0 has one word for days and moments; a text may hold a day in a stated format.
_HOLD = {
    "string": {"VARCHAR", "BLOB"},
    "integer": {*WHOLE},
    "number": _NUMBERS,
    "boolean": {"BOOLEAN"},
    "date": {"DATE", *_TIMES},
    "timestamp": _TIMES,
    "time": {"VARCHAR"},
}
_PARTED = {"array": Items, "vector": Items, "object": Struct, "map": Mapped}
_ELEMENTS = {"float32": "FLOAT", "float64": "DOUBLE", "int8": "TINYINT"}


def read_column(entry: dict[str, Any], given: Type | None = None) -> Column:
    """One entry of ODCS `properties`, `items` or `map` as a column.

    Args:
        entry: what the contract says.
        given: the type that the whole, of which this is a part, says it has.

    Raises ContractError for a type that no port can store and for types that contradict each other.
    """
    name = entry.get("name") or ""
    try:
        return _read(entry, name, given)
    except ContractError as problem:
        if problem.found.startswith("column "):
            raise
        raise ContractError(f"column {name!r}: {problem.found}", problem.way_out, problem.place) from problem


def _read(entry: dict[str, Any], name: str, given: Type | None) -> Column:
    if entry.get("semanticType") == "measure":
        raise ContractError("it is a measure, which is calculated and not stored: a port promises columns")
    kind = _type(entry, given)
    _check_logical(entry.get("logicalType"), kind)
    return Column(
        name=name,
        type=str(kind),
        description=" ".join((entry.get("description") or "").split()),
        required=bool(entry.get("required")),
        unique=bool(entry.get("unique")),
        classification=entry.get("classification"),
        options=entry.get("logicalTypeOptions") or {},
        logical=entry.get("logicalType"),
        length=declared_length(entry.get("physicalType")),
        enum=tuple(allowed["value"] for allowed in entry.get("enum") or []),
        items=_items(entry, kind),
        fields=_fields(entry, kind),
        set_aside=stated_bound(entry.get("customProperties")),
    )


def _type(entry: dict[str, Any], given: Type | None) -> Type:
    """The physical type that is stated; else the one of the whole; else what logical type and parts imply."""
    stated = entry.get("physicalType")
    logical = entry.get("logicalType")
    if stated is not None:
        kind = parts_of(duckdb_type(stated, logical))
        if given is not None and kind != given:
            raise ContractError(f"physicalType {stated!r} contradicts {given}, which the type of the whole says")
        return kind
    if given is not None:
        return given
    if logical == "array" and "items" in entry:
        return Items(_type(entry["items"], None))
    if logical == "object" and entry.get("properties"):
        return Struct(tuple((part["name"], _type(part, None)) for part in entry["properties"]))
    if logical == "map" and "map" in entry:
        return Mapped(*(_type(entry["map"][part], None) for part in ("key", "value")))
    if logical == "vector":
        element = (entry.get("logicalTypeOptions") or {}).get("elementType", "float32")
        if element not in _ELEMENTS:
            raise ContractError(f"a port cannot store a vector of {element!r}; it stores {', '.join(_ELEMENTS)}")
        return Items(Leaf(_ELEMENTS[element]))
    return parts_of(duckdb_type(None, logical))


def _check_logical(logical: str | None, kind: Type) -> None:
    if logical is None:
        return
    if logical in _PARTED:
        fits = isinstance(kind, _PARTED[logical])
    else:
        fits = isinstance(kind, Leaf) and (kind.name in _HOLD[logical] or _is_decimal(kind.name, logical))
    if not fits:
        raise ContractError(f"logicalType {logical!r} contradicts physicalType {str(kind)!r}")


def _is_decimal(name: str, logical: str) -> bool:
    places = decimal_places(name)
    return bool(places) and (logical == "number" or (logical == "integer" and places[1] == 0))


def _items(entry: dict[str, Any], kind: Type) -> Column | None:
    if "items" not in entry:
        return None
    if not isinstance(kind, Items):
        raise ContractError(f"it has items, but its type is {kind}")
    return _part(entry["items"], "items", kind.item, "items")


def _fields(entry: dict[str, Any], kind: Type) -> tuple[Column, ...]:
    """The parts of a struct or a map that are described; all of a struct's are, or none."""
    if isinstance(kind, Mapped) and "map" in entry:
        return tuple(_part(entry["map"][part], part, getattr(kind, part), "map", part) for part in ("key", "value"))
    described = entry.get("properties") or []
    if not described:
        return ()
    if not isinstance(kind, Struct):
        raise ContractError(f"it has properties, but its type is {kind}")
    types = dict(kind.fields)
    names = [part["name"] for part in described]
    if len(types) != len(kind.fields) or sorted(names) != sorted(types):
        raise ContractError(f"its properties are {', '.join(names)}, but its type has {', '.join(types)}")
    return tuple(_part(part, part["name"], types[part["name"]], "properties", number) for number, part in enumerate(described))


def _part(entry: dict[str, Any], name: str, kind: Type, *place: str | int) -> Column:
    """A part of a column, found at `place` in it. It is one value of many, and so no key."""
    with inside(*place):
        return replace(read_column(entry | {"name": name}, kind), unique=False)
