"""Values of Python as the text that DuckDB writes for them, and back: every digit, fraction and time of day is kept.

The text of a value that a type does not hold is written as it is, so that whoever reads the text as that type finds it.
"""

import re
import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from numbers import Real
from typing import TYPE_CHECKING, Any
from uuid import UUID

from mesh_isolation.engine import identifier
from mesh_isolation.numbers import EXACT
from mesh_isolation.text import counted

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation
    from duckdb.sqltypes import DuckDBPyType

INTEGERS = {f"{sign}{size}int" for sign in ("", "u") for size in ("tiny", "small", "big", "huge")} | {"integer", "uinteger"}
"""The ids of the integer types, as in `duckdb.DuckDBPyType.id`."""

DOUBTFUL = {"float": 2**24, "double": 2**53}
"""From here on, a binary number can be the nearest one to another integer."""

_WHOLE = {*INTEGERS, "bignum"}
_LONGEST = 1_000


class Unwritable(Exception):
    """A value is of a Python type that has no text for the declared type; `name` is that of the Python type."""

    def __init__(self, value: Any, reason: str = "") -> None:
        self.name = reason or f"of the type {type(value).__name__}"
        super().__init__(self.name)


def text_shape(kind: "DuckDBPyType") -> str:
    """A type with VARCHAR in place of each part that is no list, struct or map: what DuckDB writes for each part."""
    match kind.id:
        case "list" | "array":
            return f"{text_shape(kind.children[0][1])}[]"
        case "struct":
            return f"STRUCT({', '.join(f'{identifier(name)} {text_shape(part)}' for name, part in kind.children)})"
        case "map" if kind.children[0][1].id not in ("list", "array", "struct", "map"):
            return f"MAP(VARCHAR, {text_shape(kind.children[1][1])})"
    return "VARCHAR"


def shown_rows(relation: "DuckDBPyRelation", most: int | None = None) -> list[tuple]:
    """The rows of a relation as they are shown to people, `most` of them or all.

    Numbers, truths, days and times are values of Python; what Python does not hold as it is, is DuckDB's text: `infinity`,
    `1 month`, `nan`, nanoseconds. A FLOAT is the shortest number that is read as it.
    """
    kinds = relation.types
    texts = relation.project(", ".join(f"CAST(#{place} AS {text_shape(kind)})" for place, kind in enumerate(kinds, 1)))
    rows = texts.fetchall() if most is None else texts.fetchmany(most)
    return [tuple(from_text(value, kind, _shown) for value, kind in zip(row, kinds)) for row in rows]


def _shown(text: str, kind: "DuckDBPyType") -> Any:
    if kind.id in DOUBTFUL:
        return text if "n" in text else float(text)  # `nan` and `inf` stay apart from NULL in JSON, too
    return text if kind.id == "blob" else _parsed(text, kind)


def from_text(value: Any, kind: "DuckDBPyType", read: Callable[[str, "DuckDBPyType"], Any] | None = None) -> Any:
    """The value of Python for a value of `text_shape(kind)`; the text itself for one that Python does not hold.

    `read` gives the value for the text of one that has no parts.
    """
    read = read or _parsed
    if value is None or text_shape(kind) == "VARCHAR":
        return None if value is None else read(value, kind)
    match kind.id:
        case "list" | "array":
            return [from_text(item, kind.children[0][1], read) for item in value]
        case "struct":
            return {name: from_text(value[name], part, read) for name, part in kind.children}
    (_, key), (_, item) = kind.children
    return {read(name, key): from_text(part, item, read) for name, part in value.items()}


def to_text(value: Any, kind: "DuckDBPyType", part: bool = False) -> Any:
    """A value of Python, or a part of one, as a value of `text_shape(kind)`; None if it is missing. Raises Unwritable."""
    shape = text_shape(kind)
    if is_missing(value) and not (part and kind.id in DOUBTFUL and isinstance(value, Real)):  # NaN is a value there
        return None
    if shape == "VARCHAR":
        return duckdb_text(value, kind)
    value = value.tolist() if hasattr(value, "tolist") else value
    if kind.id in ("list", "array") and isinstance(value, (list, tuple)):
        return [to_text(item, kind.children[0][1], True) for item in value]
    if kind.id not in ("struct", "map") or not isinstance(value, Mapping):
        raise Unwritable(value)
    if kind.id == "struct":
        if {*value} - {name for name, _ in kind.children}:
            raise Unwritable(value, "with fields that are not declared")
        return {name: to_text(value.get(name), part, True) for name, part in kind.children}
    (_, key), (_, item) = kind.children
    texts = {duckdb_text(name, key): to_text(part, item, True) for name, part in value.items()}
    if len(texts) < len(value):
        raise Unwritable(value, "with a key twice")
    return texts


def is_missing(value: Any) -> bool:
    """Whether pandas has this for "unknown": None, NA, NaT, NaN."""
    import numpy
    import pandas

    if value is None or value is pandas.NA or value is pandas.NaT:
        return True
    if isinstance(value, (numpy.datetime64, numpy.timedelta64)):
        return bool(numpy.isnat(value))
    if isinstance(value, Decimal):
        return value.is_nan()
    return isinstance(value, (float, numpy.floating)) and bool(value != value)


def duckdb_text(value: Any, kind: "DuckDBPyType") -> str:
    """The text that DuckDB writes for a value as one of the type, if the type holds it. Raises Unwritable."""
    import numpy
    import pandas

    if isinstance(value, (numpy.datetime64, numpy.timedelta64)):
        value = (pandas.Timestamp if isinstance(value, numpy.datetime64) else pandas.Timedelta)(value)
    elif isinstance(value, numpy.generic) and not isinstance(value, numpy.floating):
        value = value.item()
    if isinstance(value, str):
        return str.__str__(value)  # the text of an Enum, too
    if isinstance(value, (bytes, bytearray, memoryview)) and kind.id == "blob":
        return "".join(chr(byte) if 32 <= byte < 127 and byte not in b"\"'\\" else f"\\x{byte:02X}" for byte in bytes(value))
    if kind.id not in ("blob", "bit"):  # these read the digits of a number as something else
        for types, write in _WRITERS.items():
            if isinstance(value, types):
                return write(value, kind)
    raise Unwritable(value)


def _truth(value: bool, kind: "DuckDBPyType") -> str:
    return str(value).lower()


def _number(value: Any, kind: "DuckDBPyType") -> str:
    text = int.__repr__(value) if isinstance(value, int) else str(float(value)) if isinstance(value, float) else str(value)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Unwritable(value) from None
    if kind.id == "float" and isinstance(value, float) and not _is_single(value):
        return str(Decimal(value))
    if not number.is_finite():
        return text.lower().removesuffix("inity")
    binary = not isinstance(value, (int, Decimal))
    if kind.id in DOUBTFUL:
        nearest = float(number)
        return repr(nearest) if binary or Decimal(repr(nearest)) == number or Decimal(nearest) == number else _digits(number)
    if kind.id == "varchar" or number.adjusted() > _LONGEST or number.as_tuple().exponent < -_LONGEST:
        return text if binary else _digits(number)
    number = number.copy_abs() if number.is_zero() else number
    if binary and abs(number) >= DOUBTFUL["double" if isinstance(value, float) else "float"]:
        return f"{number:e}"  # no integer or decimal is written like this
    if kind.id in _WHOLE and number == number.to_integral_value(context=EXACT):
        return str(int(number))
    if kind.id != "decimal":
        return _digits(number)
    (_, precision), (_, scale) = kind.children
    exact = number.quantize(Decimal(1).scaleb(-scale), context=EXACT)
    text = _digits(exact if exact == number else number)
    return re.sub(r"^(-?)0\.", r"\1.", text) if precision == scale else text


def _is_single(value: float) -> bool:
    with suppress(OverflowError):
        return struct.unpack("f", struct.pack("f", value))[0] == value
    return False


def _digits(number: Decimal) -> str:
    short = number.adjusted() <= _LONGEST and number.as_tuple().exponent >= -_LONGEST
    return f"{number:f}" if short else str(number)


def _moment(value: datetime, kind: "DuckDBPyType") -> str:
    value, aware = (value.astimezone(UTC).replace(tzinfo=None), True) if value.tzinfo else (value, False)
    nanosecond = getattr(value, "nanosecond", 0)
    if kind.id == "date" and (value.hour, value.minute, value.second, value.microsecond, nanosecond) == (0,) * 5:
        return value.date().isoformat()
    fraction = f"{value.microsecond:06}{nanosecond:03}".rstrip("0")
    text = f"{value.year:04}-{value.month:02}-{value.day:02} {value.hour:02}:{value.minute:02}:{value.second:02}"
    zone = "+00" if kind.id == "timestamp with time zone" or aware and kind.id == "varchar" else ""
    return f"{text}{fraction and '.'}{fraction}{zone}"


def _day(value: date, kind: "DuckDBPyType") -> str:
    return _moment(datetime(value.year, value.month, value.day), kind) if kind.id.startswith("timestamp") else value.isoformat()


def _time(value: time, kind: "DuckDBPyType") -> str:
    text = value.replace(tzinfo=None).isoformat()
    zone = re.sub(":00$", "", value.isoformat().removeprefix(text))
    return (text.rstrip("0") if "." in text else text) + zone


def _duration(value: timedelta, kind: "DuckDBPyType") -> str:
    past, value = ("-" if value < timedelta(0) else ""), abs(value)
    nanoseconds = getattr(value, "nanoseconds", 0)
    minutes, seconds = divmod(value.seconds, 60)
    fraction = f"{value.microseconds:06}{nanoseconds:03}".rstrip("0")
    days = f"{past}{counted(value.days, 'day').replace(',', '')}" if value.days else ""
    clock = f"{past}{minutes // 60:02}:{minutes % 60:02}:{seconds:02}{fraction and '.'}{fraction}"
    return " ".join(filter(None, [days, clock if value.seconds or fraction or not days else ""]))


def _key(value: UUID, kind: "DuckDBPyType") -> str:
    return str(value)


_WRITERS = {
    bool: _truth,
    (Real, Decimal): _number,
    datetime: _moment,
    date: _day,
    time: _time,
    timedelta: _duration,
    UUID: _key,
}
"""A function for the values of each class; the first that fits, for a bool is an int, and a datetime is a date."""


def _parsed(text: str, kind: "DuckDBPyType") -> Any:
    """The value of a text that DuckDB wrote; the text if Python has no value that is written as it."""
    if kind.id in _WHOLE or kind.id == "decimal":
        return int(text) if kind.id in _WHOLE else Decimal(text)
    with suppress(ValueError):
        if kind.id in _READERS and duckdb_text(value := _READERS[kind.id](text), kind) == text:
            return value
    return text


def _bytes(text: str) -> bytes:
    return re.sub(r"\\x([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), text).encode("latin-1")


_READERS = {
    **dict.fromkeys(DOUBTFUL, float),
    "boolean": {"true": True, "false": False}.__getitem__,
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
    "timestamp with time zone": datetime.fromisoformat,
    "time": time.fromisoformat,
    "uuid": UUID,
    "blob": _bytes,
}
