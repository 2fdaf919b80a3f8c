"""Columns as a contract declares them: name, type, nullability, classification and the share of bad rows it tolerates."""

from dataclasses import dataclass, field, replace
from typing import Any

from mesh_isolation.column_types import Items, Mapped, Struct, Type, agrees, fitted_type, part_of
from mesh_isolation.limits import SetAside
from mesh_isolation.sensitivity import is_personal, most_sensitive
from mesh_isolation.type_lengths import declared_length, with_lengths
from mesh_isolation.type_spellings import NESTED
from mesh_platform.contract.open_names import stated
from mesh_platform.contract.types import duckdb_type, parts_of
from mesh_platform.errors import ContractError, inside

SET_ASIDE_PROPERTY = "setAside"
"""The custom property of a quality rule or a column that states how many rows may be set aside: `0.5 %` or `20 rows`."""


def stated_bound(properties: list[dict[str, Any]] | None) -> SetAside | None:
    """The bound that ODCS `customProperties` state; None if they state none. Raises ContractError for an invalid bound."""
    numbers = [number for number, entry in enumerate(properties or ()) if entry.get("property") == SET_ASIDE_PROPERTY]
    if not numbers:
        return None
    value, place = properties[numbers[0]].get("value"), ("customProperties", numbers[0])
    try:
        if len(numbers) > 1:
            raise ValueError(f"is stated {len(numbers)} times; state it once")
        return SetAside.parse(value)
    except ValueError as problem:
        raise ContractError(f"{SET_ASIDE_PROPERTY} {problem}", place=place) from None


@dataclass(frozen=True)
class Column:
    """One column of a contract, or one part of a nested column."""

    name: str
    type: str
    """The DuckDB type that the data must have, in DuckDB's spelling, or one with ANY_INTEGER or ANY_NUMBER in it."""
    description: str = ""
    required: bool = False
    unique: bool = False
    classification: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    """ODCS `logicalTypeOptions`."""
    logical: str | None = None
    """ODCS `logicalType`."""
    length: int | None = None
    """The length that the physical type states: 40 for VARCHAR(40)."""
    enum: tuple[Any, ...] = ()
    """The allowed values; () if the contract lists none."""
    items: "Column | None" = None
    """The items of a list."""
    fields: tuple["Column", ...] = ()
    """The fields of a struct, or key and value of a map; () if the contract does not describe them."""
    set_aside: SetAside | None = None
    """How many rows that break the column's own rules may be set aside; None: no row."""
    non_finite: bool = False
    """Whether NaN and the infinities keep every limit: the custom property `nonFinite: allowed`."""
    of_data: bool = False
    """Whether `type` is that of the data, because the contract leaves a width open."""
    of_personal: bool = False
    """Whether a column of an earlier major can be made of personal data of the newest one, whatever its own label says."""

    @property
    def sensitivity(self) -> str | None:
        """The most sensitive classification of the column and its parts; None if it has none."""
        return most_sensitive(self)

    @property
    def personal(self) -> bool:
        """Whether the column, or a part of it, holds personal data."""
        return self.of_personal or is_personal(self.sensitivity)

    def fitted(self, actual: str | None = None) -> "Column":
        """The column with the type `actual`, if its own accepts it; else with BIGINT and DOUBLE for every open width."""
        kind = fitted_type(self.type, actual)
        if str(kind) == self.type:
            return self
        items = self.items and self.items.fitted(str(part_of(kind, "items")))
        fields = tuple(part.fitted(str(part_of(kind, part.name))) for part in self.fields)
        return replace(self, type=str(kind), items=items, fields=fields, of_data=True)


_DESCRIBED = {"LIST": ("array", "items"), "STRUCT": ("object", "properties"), "MAP": ("map", "map")}
_ELEMENTS = {"float32": "FLOAT", "float64": "DOUBLE", "int8": "TINYINT"}


def read_column(entry: dict[str, Any], given: Type | None = None) -> Column:
    """Reads a column, or a part of a nested column, from an entry of a contract.

    Args:
        entry: one entry of ODCS `properties`, `items` or `map`.
        given: the type that the enclosing column states for this part; None for a column or if it states none.

    Raises ContractError for a type that a port cannot store and for types that contradict each other.
    """
    name, entry = entry.get("name") or "", with_lengths(entry)
    try:
        if entry.get("semanticType") == "measure":
            raise ContractError("it is a measure, which is calculated and not stored: a port promises columns")
        kind = _type(entry, given)
        if not agrees(logical := entry.get("logicalType"), kind):
            raise ContractError(f"logicalType {logical!r} contradicts physicalType {str(kind)!r}")
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
            non_finite="allowed" in stated(entry, "nonFinite"),
        )
    except ContractError as problem:
        if problem.found.startswith("column "):
            raise
        raise ContractError(f"column {name!r}: {problem.found}", problem.way_out, problem.place) from problem


def _type(entry: dict[str, Any], given: Type | None) -> Type:
    """The type of an entry: its `physicalType`, else `given`, else the type that `logicalType` and the parts imply."""
    stated = entry.get("physicalType")
    logical = entry.get("logicalType")
    whole, parts = _DESCRIBED.get(NESTED.get(str(stated).strip().upper()), (None, None))
    if whole and entry.get(parts) and logical in (None, whole):
        stated, logical = None, whole  # `physicalType: array` names no parts, and the entry describes them
    if stated is not None:
        kind = parts_of(stated)
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
        return Items(_ELEMENTS[element])
    return duckdb_type(None, logical)


def _items(entry: dict[str, Any], kind: Type) -> Column | None:
    if "items" not in entry:
        return None
    if not isinstance(kind, Items):
        raise ContractError(f"it has items, but its type is {kind}")
    return _part(entry["items"], "items", kind.item, "items")


def _fields(entry: dict[str, Any], kind: Type) -> tuple[Column, ...]:
    """The described fields of a struct, or key and value of a map. A contract describes all fields of a struct or none."""
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
    """The part at `place` of a column's entry. `unique` and `nonFinite` belong to a whole column."""
    with inside(*place):
        return replace(read_column(entry | {"name": name}, kind), unique=False, non_finite=False)
