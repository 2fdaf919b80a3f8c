"""The types of columns: as others spell them, as DuckDB spells them, as Delta stores them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from mesh_isolation.engine import identifier
from mesh_isolation.text import nearest
from mesh_isolation.type_spellings import BINARY, DECIMALS, NESTED, OTHERS, REFUSED, TEXT, TIMES, WHOLE_NUMBERS


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

_STORED = f"Delta stores {', '.join(_DELTA)}, DECIMAL(p,s), and T[], STRUCT(name T, …) and MAP(T, T) of these"
SPELLINGS = {**TEXT, **BINARY, **WHOLE_NUMBERS, **OTHERS, **TIMES, **DECIMALS, **NESTED}
"""Every name of a type that a contract can use."""

_DUCKDB = {delta: duckdb for duckdb, delta in _DELTA.items()}

WHOLE = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64}
"""The integer types, and how many bits each has."""

ANY_INTEGER, ANY_NUMBER = "ANY_INTEGER", "ANY_NUMBER"
"""The types of columns that state none, and accept every width: of integers, and of integers, decimals and binary numbers."""

WIDTHS = {
    ANY_INTEGER: "TINYINT, SMALLINT, INTEGER, BIGINT or DECIMAL(p,0)",
    ANY_NUMBER: "TINYINT, SMALLINT, INTEGER, BIGINT, FLOAT, DOUBLE or DECIMAL(p,s)",
}
"""What these types accept, in words."""

_WIDEST = {ANY_INTEGER: "BIGINT", ANY_NUMBER: "DOUBLE"}

_DECIMAL = re.compile(r"DECIMAL\((\d{1,2}),(\d{1,2})\)", re.ASCII)
_TOKEN = re.compile(r"""\s*("(?:[^"]|"")+"|'(?:[^']|'')*'|`[^`]+`|[\w$]+|[()<>\[\],:])""")
_MOST_DIGITS = 38
_DEEPEST = 20


class UnstorableType(ValueError):
    """The text is no type, or one that Delta does not store; the message says why, and does not repeat it."""


def canonical(duckdb: str) -> str:
    """A type as DuckDB describes it, in the spelling of `parse_type`; unchanged if Delta cannot store it."""
    try:
        return str(own_type(duckdb))
    except UnstorableType:
        return duckdb


def own_type(text: str) -> Type:
    """Parses a type in the spelling of `parse_type`, or with ANY_INTEGER or ANY_NUMBER in it. Raises UnstorableType."""
    return _Reader(text, _own).whole()


def accepts(promised: Type, actual: Type) -> bool:
    """Whether data of the type `actual` have the promised type, in each of its parts."""
    match promised, actual:
        case Items(item), Items(its):
            return accepts(item, its)
        case Mapped(key, value), Mapped(its_key, its_value):
            return accepts(key, its_key) and accepts(value, its_value)
        case Struct(fields), Struct(its):
            same = [name for name, _ in fields] == [name for name, _ in its]
            return same and all(accepts(part, other) for (_, part), (_, other) in zip(fields, its))
        case "ANY_INTEGER" | "ANY_NUMBER", str():
            places = decimal_places(actual)
            whole = actual in WHOLE or bool(places) and places[1] == 0
            return whole or promised == ANY_NUMBER and (bool(places) or actual in ("FLOAT", "DOUBLE", ANY_NUMBER))
    return promised == actual


# The type of a column without a physicalType; the data decide the width of a number: https://bitol-io.github.io/open-data-contract-standard
IMPLIED = {
    "string": "VARCHAR",
    "integer": ANY_INTEGER,
    "number": ANY_NUMBER,
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
}
_TIMES = {"TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "VARCHAR"}
# More physical types of logical types. ODCS 3.0 uses `date` for days and times; a text can hold either in a stated format.
_HOLD = {"string": {"BLOB"}, "date": _TIMES, "timestamp": _TIMES, "time": {"VARCHAR"}}
_PARTED = {"array": Items, "vector": Items, "object": Struct, "map": Mapped}


def agrees(logical: str | None, kind: Type) -> bool:
    """Whether a column of this logical type can have this physical type."""
    if logical is None or logical in _PARTED:
        return logical is None or isinstance(kind, _PARTED[logical])
    return isinstance(kind, str) and (kind in _HOLD.get(logical, ()) or accepts(IMPLIED.get(logical, ""), kind))


def fitted_type(promised: str, actual: str | None = None) -> Type:
    """The type `actual` if the promised type accepts it, else the promised one, with BIGINT and DOUBLE for every open width."""
    kind = own_type(promised)
    try:
        its = own_type(actual) if actual else None
    except UnstorableType:
        its = None
    return its if its is not None and accepts(kind, its) else with_widths(kind, _WIDEST)


def with_widths(kind: Type, widths: Mapping[str, str]) -> Type:
    """The type with other types for ANY_INTEGER and ANY_NUMBER in it."""
    match kind:
        case Items(item):
            return Items(with_widths(item, widths))
        case Mapped(key, value):
            return Mapped(with_widths(key, widths), with_widths(value, widths))
        case Struct(fields):
            return Struct(tuple((name, with_widths(part, widths)) for name, part in fields))
    return widths.get(kind, kind)


def common_type(one: Type, other: Type) -> Type | None:
    """The widest type that both accept; None if they accept no type in common."""
    match one, other:
        case Items(item), Items(its):
            parts = [common_type(item, its)]
            return None if None in parts else Items(*parts)
        case Mapped(key, value), Mapped(its_key, its_value):
            parts = [common_type(key, its_key), common_type(value, its_value)]
            return None if None in parts else Mapped(*parts)
        case Struct(fields), Struct(its) if dict(fields).keys() == dict(its).keys():
            parts = [(name, common_type(part, dict(its)[name])) for name, part in fields]
            return None if None in dict(parts).values() else Struct(tuple(parts))
    return other if accepts(one, other) else one if accepts(other, one) else None


def part_of(kind: Type, name: str) -> Type:
    """The type of a field of a struct, of `key` or `value` of a map, or of `items`."""
    match kind:
        case Struct(fields):
            return dict(fields)[name]
        case Items(item):
            return item
    return getattr(kind, name)


def type_in_words(promised: str) -> str:
    """A promised type, with the types that it accepts if it leaves a width open."""
    if promised in WIDTHS:
        return f"{promised} ({WIDTHS[promised]})"
    kinds = [f"{kind} is {widths}" for kind, widths in WIDTHS.items() if re.search(rf"\b{kind}\b", promised)]
    return f"{promised} ({'; '.join(kinds)})" if kinds else promised


def sized_type(physical: str | None) -> Type | None:
    """A type as `parse_type` reads it, whose texts and bytes keep their lengths, as VARCHAR(3)[]; None for what is no type."""

    def sized(name: str, arguments: Sequence[str]) -> str:
        length = _length(arguments) if name in TEXT or name in BINARY else None
        return f"{_foreign(name, arguments)}({length})" if length else _foreign(name, arguments)

    try:
        return _Reader(physical or "", sized).whole()
    except UnstorableType:
        return None


def decimal_places(duckdb: str) -> tuple[int, int] | None:
    """Precision and scale of a DECIMAL of `parse_type`, and of ANY_INTEGER at most; None for any other type."""
    if duckdb == ANY_INTEGER:
        return _MOST_DIGITS, 0
    match = _DECIMAL.fullmatch(duckdb)
    return (int(match[1]), int(match[2])) if match else None


def delta_type(duckdb: str) -> str | dict[str, Any]:
    """The Delta type that stores a type of `parse_type`: a name, or an object for a nested type."""
    return _stored(parse_type(duckdb))


def stored_type(delta: str | dict[str, Any]) -> str:
    """The type of `parse_type` that a Delta type stores: the inverse of `delta_type`."""
    return str(_unstored(delta))


def parse_type(text: str) -> Type:
    """Parses a type, in DuckDB's spelling, as `STRUCT(a INTEGER, "b c" DATE[])`, or in one of `type_spellings`.

    Raises UnstorableType.
    """
    return _Reader(text, _foreign).whole()


class _Reader:
    """Reads one type from a text. `plain` maps a name in capital letters and its arguments to a type without parts."""

    def __init__(self, text: str, plain: Callable[[str, Sequence[str]], str]) -> None:
        self._plain, self._tokens, place = plain, [], 0
        while text[place:].strip():
            if not (token := _TOKEN.match(text, place)):
                raise UnstorableType(f"it is not written as a type is. {_STORED}")
            self._tokens.append(token[1])
            place = token.end()
        self._tokens.reverse()

    def whole(self) -> Type:
        kind = self._type(0)
        if self._tokens:
            raise UnstorableType(f"{self._tokens[-1]!r} follows its end. {_STORED}")
        return kind

    def _type(self, depth: int) -> Type:
        if depth > _DEEPEST:
            raise UnstorableType(f"it is nested more than {_DEEPEST} levels deep")
        words, arguments = self._words(), []
        if len(words) == 1 and words[0] in NESTED and self._next() in ("(", "<"):
            kind = self._nested(NESTED[words[0]], depth)
        else:
            while self._next() == "(":
                arguments += self._arguments()
                words += self._words()
            kind = self._plain(" ".join(words), arguments)
        suffixes = 0
        while self._next() == "[":
            self._take("[")
            if self._next() != "]" and kind in ("VARCHAR", "BLOB"):
                raise UnstorableType(f"a length is in round brackets; the nearest is {kind}({self._next()}). {_STORED}")
            if self._next() != "]":
                raise UnstorableType(f"a port stores no list of a fixed length; the nearest is T[]. {_STORED}")
            self._take("]")
            kind, suffixes = Items(kind), suffixes + 1
            if depth + suffixes > _DEEPEST:
                raise UnstorableType(f"it is nested more than {_DEEPEST} levels deep")
        return kind

    def _nested(self, kind: str, depth: int) -> Type:
        end = ")" if self._take("(", "<") == "(" else ">"
        parts = []
        while not parts or self._take(",", end) == ",":
            name = self._field() if kind == "STRUCT" else ""
            parts.append((name, self._type(depth + 1)))
        match kind, parts:
            case "STRUCT", _:
                if len({name.casefold() for name, _ in parts}) < len(parts):
                    raise UnstorableType("two of its fields have one name")
                return Struct(tuple(parts))
            case "MAP", [(_, key), (_, value)]:
                return Mapped(key, value)
            case "LIST", [(_, item)]:
                return Items(item)
        raise UnstorableType(f"a {kind} has {'two parts' if kind == 'MAP' else 'one part'}. {_STORED}")

    def _field(self) -> str:
        name = self._take()
        if self._next() == ":":
            self._take(":")
        if name[0] == '"':
            return name[1:-1].replace('""', '"')
        if name[0] in "()<>[],:'":
            raise UnstorableType(f"{name!r} stands where a field's name is expected. {_STORED}")
        return name.strip("`")

    def _words(self) -> list[str]:
        words = []
        while re.fullmatch(r"[\w$]+", self._next()):
            words.append(self._take().upper())
        return words

    def _arguments(self) -> list[str]:
        self._take("(")
        arguments = []
        while not arguments or self._take(",", ")") == ",":
            arguments.append(self._take() if self._next().startswith("'") else " ".join(self._words()))
        return arguments

    def _next(self) -> str:
        return self._tokens[-1] if self._tokens else ""

    def _take(self, *expected: str) -> str:
        if not self._tokens or expected and self._tokens[-1] not in expected:
            raise UnstorableType(f"it is not written as a type is: {' or '.join(expected) or 'a name'} is missing. {_STORED}")
        return self._tokens.pop()


def _own(name: str, arguments: Sequence[str]) -> str:
    """A type without parts in the words of DuckDB."""
    if name == "DECIMAL" and len(arguments) == 2:
        return f"DECIMAL({','.join(arguments)})"
    if name not in _DELTA and name not in _WIDEST or arguments:
        raise UnstorableType(_STORED)
    return name


def _foreign(name: str, arguments: Sequence[str]) -> str:
    """A type without parts in the words of any system."""
    numbers = [int(argument) if re.fullmatch("[0-9]{1,9}", argument) else None for argument in arguments]
    if sized := TEXT.get(name) or BINARY.get(name):
        if arguments not in ([], ["MAX"]) and _length(arguments) is None:
            raise UnstorableType(
                f"a length is a number of {'characters' if name in TEXT else 'bytes'}, as {name}(40). {_STORED}"
            )
        return sized
    match name, numbers:
        case _, [] if name in OTHERS:
            return OTHERS[name]
        case "TINYINT", [1]:
            raise UnstorableType(f"it is a boolean to some clients of MySQL; the nearest are BOOLEAN and TINYINT. {_STORED}")
        case _, [] | [int()] if name in WHOLE_NUMBERS:
            return WHOLE_NUMBERS[name]
        case "FLOAT", [int(bits)] if 1 <= bits <= 53:
            return "FLOAT" if bits <= 24 else "DOUBLE"
        case _, [] | [0 | 1 | 2 | 3 | 4 | 5 | 6] if name in TIMES:
            return TIMES[name]
        case _, [int()] if name in TIMES:
            raise UnstorableType(f"a port stores microseconds; the nearest is {TIMES[name]}. {_STORED}")
        case _, _ if name in DECIMALS:
            return _decimal(name, numbers)
    if known := REFUSED.get(name) or REFUSED.get(name.partition(" ")[0]):
        raise UnstorableType(f"{known[0]}; the nearest is {known[1]}. {_STORED}")
    if name in SPELLINGS:
        raise UnstorableType(f"{name} is not written with {', '.join(arguments)} in brackets. {_STORED}")
    raise UnstorableType(
        f"{name or 'nothing'} is unknown. {nearest(name, SPELLINGS) if get_close_matches(name, SPELLINGS) else ''} {_STORED}"
    )


def _decimal(name: str, numbers: Sequence[int | None]) -> str:
    if not numbers and (digits := DECIMALS[name]) is None:
        raise UnstorableType(f"the digits of a {name} that states none differ between systems; write {name}(p,s). {_STORED}")
    precision, scale = [*(numbers or [digits]), 0][:2]
    if len(numbers) > 2 or None in numbers or not (1 <= precision <= _MOST_DIGITS and scale <= precision):
        raise UnstorableType(f"a decimal has at most {_MOST_DIGITS} digits, and at most as many after the point")
    return f"DECIMAL({precision},{scale})"


def _length(arguments: Sequence[str]) -> int | None:
    """The one length among the arguments of a text or bytes, at least 1; None if they state none."""
    match = re.fullmatch("0*([1-9][0-9]{0,8})(?: CHAR)?", arguments[0], re.ASCII) if len(arguments) == 1 else None
    return int(match[1]) if match else None


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
