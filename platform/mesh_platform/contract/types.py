"""Types as contracts spell them, as DuckDB spells them, and as Delta stores them."""

import re
from typing import Any

from mesh_platform.contract.nested_types import Items, Leaf, Mapped, Struct, Type, parse
from mesh_platform.errors import ContractError

# Spellings that mean one thing. Left: what a contract may write. Right: DuckDB's own word.
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

# What a logical type becomes when a contract says no physical one: https://bitol-io.github.io/open-data-contract-standard
_LOGICAL = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
}

WHOLE = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64}
"""The types of whole numbers, and their bits."""

_DECIMAL = re.compile(r"(?:DECIMAL|NUMERIC)\s*\(\s*(\d+)\s*,\s*(\d+)\s*\)", re.ASCII)
_TEXT = re.compile(r"(?:VARCHAR|CHARACTER VARYING|CHAR|CHARACTER|TEXT|STRING)\s*\(\s*(\d+)\s*\)", re.ASCII)


def duckdb_type(physical: str | None, logical: str | None) -> str:
    """The DuckDB type of a contract's column. Raises ContractError for a type that a port cannot store."""
    if physical is None:
        if logical not in _LOGICAL:
            raise ContractError(f"there is no physicalType, and logicalType {logical!r} does not imply one")
        return _LOGICAL[logical]
    return str(parse(physical, lambda word: _leaf(word, physical)))


def declared_length(physical: str | None) -> int | None:
    """How many characters a type like VARCHAR(40) allows: DuckDB and Delta drop the number, so the audit holds it."""
    said = _TEXT.fullmatch(_words(physical or ""))
    return int(said[1]) if said else None


def decimal_places(duckdb: str) -> tuple[int, int] | None:
    """Precision and scale of a DECIMAL of `duckdb_type`; None for any other type."""
    said = _DECIMAL.fullmatch(duckdb)
    return (int(said[1]), int(said[2])) if said else None


def delta_type(duckdb: str) -> str | dict[str, Any]:
    """The Delta type that stores a DuckDB type of `duckdb_type`: a word, or an object where it has parts."""
    return _stored(parse(duckdb, lambda word: _leaf(word, duckdb)))


def stored_type(delta: str | dict[str, Any]) -> str:
    """The DuckDB type that a Delta type of `delta_type` came from."""
    return str(_unstored(delta))


def parts_of(duckdb: str) -> Type:
    """A DuckDB type of `duckdb_type`, taken apart."""
    return parse(duckdb, lambda word: _leaf(word, duckdb))


def canonical(duckdb: str) -> str:
    """A type as DuckDB describes it, spelled as `duckdb_type` spells it; unchanged if no port can store it."""
    try:
        return duckdb_type(duckdb, None)
    except ContractError:
        return duckdb


def _leaf(word: str, whole: str) -> str:
    spelled = _words(word)
    if decimal := decimal_places(spelled):
        precision, scale = decimal
        if not (1 <= precision <= 38 and scale <= precision):
            raise ContractError(
                f"a port cannot store {whole}: a decimal has up to 38 digits, and no more of them after the point"
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
        case Leaf(name):
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
    return Leaf(_DUCKDB.get(delta) or delta.upper())
