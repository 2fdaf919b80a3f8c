"""The grammar of DuckDB's types: lists, structs and maps, down to the words that name a plain type."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mesh_platform.errors import ContractError
from mesh_platform.names import identifier

_DEEPEST = 20
_TOKENS = re.compile(r'\s*("(?:[^"]|"")*"|\[\s*\]|\w+(?:\s*\(\s*\d+\s*(?:,\s*\d+\s*)?\))?|[(),]|\S)')


@dataclass(frozen=True)
class Leaf:
    """A plain type, by its name."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Items:
    """A list of values of one type."""

    item: "Type"

    def __str__(self) -> str:
        return f"{self.item}[]"


@dataclass(frozen=True)
class Mapped:
    """Keys of one type, each with a value of another."""

    key: "Type"
    value: "Type"

    def __str__(self) -> str:
        return f"MAP({self.key}, {self.value})"


@dataclass(frozen=True)
class Struct:
    """Named fields, each of its own type."""

    fields: tuple[tuple[str, "Type"], ...]

    def __str__(self) -> str:
        return f"STRUCT({', '.join(f'{identifier(name)} {part}' for name, part in self.fields)})"


Type = Leaf | Items | Mapped | Struct


def parse(text: str, leaf: Callable[[str], str]) -> Type:
    """A type as DuckDB spells it, taken apart.

    Args:
        text: `VARCHAR[]`, `STRUCT(a INTEGER, "b c" DATE)`.
        leaf: what a plain type, as it is written, is called; raises ContractError for one that is none.
    """
    reader = _Reader(_TOKENS.findall(text), text, leaf)
    kind = reader.type()
    if reader.tokens:
        raise reader.unreadable()
    return kind


class _Reader:
    def __init__(self, tokens: list[str], text: str, leaf: Callable[[str], str]) -> None:
        self.tokens, self.text, self.leaf = tokens, text, leaf

    def type(self, depth: int = 0) -> Type:
        if depth > _DEEPEST:
            raise self.unreadable()
        kind = self._plain(depth)
        while self._next() == "[]":
            self.tokens.pop(0)
            kind = Items(kind)
        return kind

    def _plain(self, depth: int) -> Type:
        word = self._next().upper()
        if word == "STRUCT" and self.tokens[1:2] == ["("]:
            return Struct(self._listed(lambda: (self._name(), self.type(depth + 1))))
        if word == "MAP" and self.tokens[1:2] == ["("]:
            parts = self._listed(lambda: self.type(depth + 1))
            if len(parts) != 2:
                raise self.unreadable()
            return Mapped(*parts)
        words = []
        while self._next() not in ("", ",", ")", "[]"):
            words.append(self.tokens.pop(0))
        return Leaf(self.leaf(" ".join(words)))

    def _listed(self, one: Callable) -> tuple:
        del self.tokens[:2]
        found = [one()]
        while self._next() == ",":
            self.tokens.pop(0)
            found.append(one())
        if self._next() != ")":
            raise self.unreadable()
        self.tokens.pop(0)
        return tuple(found)

    def _name(self) -> str:
        if self._next() in ("", ",", ")", "(", "[]"):
            raise self.unreadable()
        name = self.tokens.pop(0)
        return name[1:-1].replace('""', '"') if name.startswith('"') else name

    def _next(self) -> str:
        if not self.tokens:
            return ""
        return "[]" if re.fullmatch(r"\[\s*\]", self.tokens[0]) else self.tokens[0]

    def unreadable(self) -> ContractError:
        return ContractError(f"a port cannot store physicalType {self.text!r}: it is no type that can be read")


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
