"""The types of columns: as contracts spell them, as DuckDB spells them, as Delta stores them."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mesh_isolation.footers import WHOLE as WHOLE
from mesh_platform.errors import ContractError
from mesh_platform.names import identifier

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType


@dataclass(frozen=True)
class Items:
    """A list of values of one type."""

    item: "Type"

    def __str__(self) -> str:
        return f"{self.item}[]"


@dataclass(frozen=True)
class Mapped:
    """A map from keys of one type to values of another."""

    key: "Type"
    value: "Type"

    def __str__(self) -> str:
        return f"MAP({self.key}, {self.value})"


@dataclass(frozen=True)
class Struct:
    """Named fields, each with its own type."""

    fields: tuple[tuple[str, "Type"], ...]

    def __str__(self) -> str:
        return f"STRUCT({', '.join(f'{identifier(name)} {part}' for name, part in self.fields)})"


Type = str | Items | Mapped | Struct
"""A type; one without parts is its name."""

# Other spellings that a contract can use, and DuckDB's own.
_SYNONYMS = {
    "TEXT": "VARCHAR",
    "STRING": "VARCHAR",
    "INT": "INTEGER",
    "LONG": "BIGINT",
    "BOOL": "BOOLEAN",
    "REAL": "FLOAT",
    "DOUBLE PRECISION": "DOUBLE",
    "BYTEA": "BLOB",
    "BINARY": "BLOB",
    "VARBINARY": "BLOB",
    "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE",
    "TIMESTAMP WITHOUT TIME ZONE": "TIMESTAMP",
}

# Delta's primitive types: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#primitive-types
_DELTA = {
    "VARCHAR": "string",
    "TINYINT": "byte",
    "SMALLINT": "short",
    "INTEGER": "integer",
    "BIGINT": "long",
    "FLOAT": "float",
    "DOUBLE": "double",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp_ntz",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
    "BLOB": "binary",
}

_DUCKDB = {delta: duckdb for duckdb, delta in _DELTA.items()}

# The type of a column without a physicalType: https://bitol-io.github.io/open-data-contract-standard
_LOGICAL = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
}

_DECIMAL = re.compile(r"(?:DECIMAL|NUMERIC)\s*\(\s*(\d{1,9})\s*,\s*(\d{1,9})\s*\)", re.ASCII)
_TEXT = re.compile(r"(?:VARCHAR|CHARACTER VARYING|CHAR|CHARACTER|TEXT|STRING)\s*\(\s*(\d{1,9})\s*\)", re.ASCII)
_NESTED = re.compile(r"\s*(?:STRUCT|MAP)\s*\(.*|.*\]\s*", re.IGNORECASE | re.DOTALL)
_DEEPEST = 20


def duckdb_type(physical: str | None, logical: str | None) -> str:
    """The DuckDB type of a contract's column. Raises ContractError for a type that a port cannot store."""
    if physical is None:
        if logical not in _LOGICAL:
            raise ContractError(f"there is no physicalType, and logicalType {logical!r} does not imply one")
        return _LOGICAL[logical]
    return str(parts_of(physical))


def canonical(duckdb: str) -> str:
    """A type as DuckDB describes it, in the spelling of `duckdb_type`; unchanged if a port cannot store it."""
    try:
        return duckdb_type(duckdb, None)
    except ContractError:
        return duckdb


def declared_length(physical: str | None) -> int | None:
    """The length in a type like VARCHAR(40), in characters. DuckDB and Delta drop it, so the audit checks it."""
    match = _TEXT.fullmatch(_words(physical or ""))
    return int(match[1]) if match else None


def decimal_places(duckdb: str) -> tuple[int, int] | None:
    """Precision and scale of a DECIMAL of `duckdb_type`; None for any other type."""
    match = _DECIMAL.fullmatch(duckdb)
    return (int(match[1]), int(match[2])) if match else None


def delta_type(duckdb: str) -> str | dict[str, Any]:
    """The Delta type that stores a type of `duckdb_type`: a name, or an object for a nested type."""
    return _stored(parts_of(duckdb))


def stored_type(delta: str | dict[str, Any]) -> str:
    """The type of `duckdb_type` that a Delta type stores: the inverse of `delta_type`."""
    return str(_unstored(delta))


def parts_of(physical: str) -> Type:
    """Parses a type. DuckDB itself parses nested types, like `STRUCT(a INTEGER, "b c" DATE[])`.

    Raises ContractError for a type that a port cannot store.
    """
    if not _NESTED.fullmatch(physical):
        return _plain(physical, physical)
    import duckdb

    try:
        return _parts(duckdb.sqltype(physical), physical)
    except (duckdb.Error, TypeError) as problem:  # TypeError: the text is not valid Unicode.
        raise ContractError(f"a port cannot store physicalType {physical!r}: DuckDB does not know such a type") from problem


def _parts(kind: "DuckDBPyType", whole: str, depth: int = 0) -> Type:
    if depth > _DEEPEST:
        raise ContractError(f"a port cannot store physicalType {whole!r}: it is nested more than {_DEEPEST} levels deep")
    if kind.id not in ("list", "map", "struct"):
        return _plain(str(kind), whole)
    parts = [(name, _parts(part, whole, depth + 1)) for name, part in kind.children]
    match kind.id, parts:
        case "list", [(_, item)]:
            return Items(item)
        case "map", [(_, key), (_, value)]:
            return Mapped(key, value)
    return Struct(tuple(parts))


def _plain(word: str, whole: str) -> str:
    """A type without parts in DuckDB's spelling. Messages name `whole`, the type that contains it."""
    spelled = _words(word)
    if decimal := decimal_places(spelled):
        precision, scale = decimal
        if not (1 <= precision <= 38 and scale <= precision):
            raise ContractError(
                f"a port cannot store {whole}: a decimal has at most 38 digits, and at most as many after the point"
            )
        return f"DECIMAL({precision},{scale})"
    spelled = "VARCHAR" if _TEXT.fullmatch(spelled) else _SYNONYMS.get(spelled, spelled)
    if spelled not in _DELTA:
        known = f"{', '.join(_DELTA)}, DECIMAL(p,s), and T[], STRUCT(name T, …) and MAP(T, T) of these"
        raise ContractError(f"a port cannot store physicalType {whole!r}; it stores {known}")
    return spelled


def _words(text: str) -> str:
    return " ".join(text.upper().split())


def _stored(kind: Type) -> str | dict[str, Any]:
    match kind:
        case str(name):
            places = decimal_places(name)
            return f"decimal({places[0]},{places[1]})" if places else _DELTA[name]
        case Items(item):
            return {"type": "array", "elementType": _stored(item), "containsNull": True}
        case Mapped(key, value):
            return {"type": "map", "keyType": _stored(key), "valueType": _stored(value), "valueContainsNull": True}
        case Struct(fields):
            parts = [{"name": name, "type": _stored(part), "nullable": True, "metadata": {}} for name, part in fields]
            return {"type": "struct", "fields": parts}


def _unstored(delta: str | dict[str, Any]) -> Type:
    match delta:
        case {"type": "array", "elementType": item}:
            return Items(_unstored(item))
        case {"type": "map", "keyType": key, "valueType": value}:
            return Mapped(_unstored(key), _unstored(value))
        case {"type": "struct", "fields": fields}:
            return Struct(tuple((field["name"], _unstored(field["type"])) for field in fields))
    return _DUCKDB.get(delta) or delta.upper()
