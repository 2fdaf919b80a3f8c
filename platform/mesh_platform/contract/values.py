"""Values as contracts write them, as SQL: literals, time formats, text formats and regular expressions."""

import math
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from mesh_platform.contract.rule import engine
from mesh_platform.contract.types import WHOLE, decimal_places
from mesh_platform.errors import ContractError
from mesh_platform.names import literal


def typed(value: Any, kind: str, zone: str | None = None) -> str:
    """`value` as a SQL literal of the DuckDB type `kind`.

    Args:
        value: the value in a contract; dates and times are ISO 8601 texts.
        kind: a type of `duckdb_type`.
        zone: the time zone of a time that states none; None for UTC.

    Raises ContractError if no value of the type is equal to it.
    """
    if value is None:
        return "NULL"
    try:
        text = _text(value, kind, zone)
    except (ValueError, InvalidOperation, OverflowError):
        text = None
    if text is None:
        raise ContractError(f"{value!r} is no value of the type {kind}")
    return literal(text) if kind == "VARCHAR" else f"{literal(text)}::{kind}"


def among(value: str, literals: Iterable[str]) -> str:
    """SQL that is true if the SQL expression `value` equals one of `literals`, and NULL if it is NULL.

    `literals` must not be empty. DuckDB evaluates this function once per entry of a Parquet dictionary, and IN once per row.
    """
    return f"list_contains([{', '.join(literals)}], {value})"


def number_literal(value: Any) -> str:
    """A number as a SQL literal. Raises ContractError for any other value."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ContractError(f"{value!r} is no number")
    return literal(value)


def _text(value: Any, kind: str, zone: str | None) -> str | None:
    if isinstance(value, bool):
        return str(value).lower() if kind in ("BOOLEAN", "VARCHAR") else None
    text = str(value)
    if kind == "VARCHAR":
        return text
    if kind in WHOLE or decimal_places(kind):
        return _exact(Decimal(text), kind)
    if kind in ("FLOAT", "DOUBLE"):
        return str(float(text))
    if kind == "BOOLEAN":
        return text.lower() if text.lower() in ("true", "false") else None
    if kind == "DATE":
        return date.fromisoformat(text).isoformat()
    if kind in ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"):
        return _moment(datetime.fromisoformat(text), kind, zone)
    return None


def _exact(value: Decimal, kind: str) -> str | None:
    """The digits of a number; None if the type cannot hold it exactly. A cast would round 0.015 to 0.02 instead."""
    precision, scale = decimal_places(kind) or (0, 0)
    if not value.is_finite() or abs(value) >= Decimal(10) ** 39 or value.normalize().as_tuple().exponent < -scale:
        return None
    if kind in WHOLE and not -(2 ** (WHOLE[kind] - 1)) <= value < 2 ** (WHOLE[kind] - 1):
        return None
    if kind not in WHOLE and abs(value) >= Decimal(10) ** (precision - scale):
        return None
    return f"{value:f}"


def _moment(moment: datetime, kind: str, zone: str | None) -> str:
    tz = ZoneInfo(zone) if zone else UTC
    if kind == "TIMESTAMP":
        return (moment.astimezone(tz).replace(tzinfo=None) if moment.tzinfo else moment).isoformat()
    return (moment if moment.tzinfo else moment.replace(tzinfo=tz)).astimezone(UTC).isoformat()


_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOSTNAME = rf"{_LABEL}(?:\.{_LABEL})*"
_GROUP = "[0-9A-Fa-f]{1,4}"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"


def _ipv6() -> str:
    """RFC 3986, section 3.2.2: eight groups, the last two of which may be an IPv4 address, or a gap of at least one."""
    last = f"(?:{_GROUP}:{_GROUP}|{_IPV4})"
    forms = [f"(?:{_GROUP}:){{6}}{last}", f"::(?:{_GROUP}:){{5}}{last}"]
    forms += [f"(?:(?:{_GROUP}:){{0,{left}}}{_GROUP})?::(?:{_GROUP}:){{{4 - left}}}{last}" for left in range(5)]
    forms += [f"(?:(?:{_GROUP}:){{0,5}}{_GROUP})?::{_GROUP}", f"(?:(?:{_GROUP}:){{0,6}}{_GROUP})?::"]
    return f"(?:{'|'.join(forms)})"


_GRAMMARS = {
    "email": rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_HOSTNAME}",  # a mailbox as RFC 5321 writes it without quotes
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*",  # RFC 3986
    "uuid": "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",  # RFC 9562
    "hostname": _HOSTNAME,  # RFC 1123, section 2.1
    "ipv4": _IPV4,
    "ipv6": _ipv6(),
    "byte": "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",  # base64, RFC 4648
    "date": _DATE,  # RFC 3339, section 5.6
    "time": _TIME,
    "date-time": rf"{_DATE}[Tt]{_TIME}",
}
# Conditions that a regular expression cannot check: true for a text that breaks one.
_BEYOND = {
    "hostname": "length({0}) > 253",
    "date": "TRY_CAST({0} AS DATE) IS NULL",
    "date-time": "TRY_CAST(left({0}, 10) AS DATE) IS NULL",
}


def judge_of(name: str) -> Callable[[str], str] | None:
    """Maps the SQL of a text to SQL that is true if the text does not have the format `name`; None for an unknown format."""
    if name not in _GRAMMARS:
        return None
    grammar = literal(f"^(?:{_GRAMMARS[name]})$")
    beyond = f" OR {_BEYOND[name]}" if name in _BEYOND else ""
    # A NULL does not break the format: `required` has its own rule.
    return lambda value: f"({value} IS NOT NULL AND (NOT regexp_matches({value}, {grammar}){beyond.format(value)}))"


_ZONE = "(?:Z|[+-][0-9]{2}:?[0-9]{2})"
# The supported letters: a regular expression and the strptime code of each. The standard's examples do not quote T.
_LETTERS = {
    "yyyy": ("[0-9]{4}", "%Y"),
    "uuuu": ("[0-9]{4}", "%Y"),
    "MM": ("[0-9]{2}", "%m"),
    "dd": ("[0-9]{2}", "%d"),
    "HH": ("[0-9]{2}", "%H"),
    "mm": ("[0-9]{2}", "%M"),
    "ss": ("[0-9]{2}", "%S"),
    "SSS": ("[0-9]{3}", "%g"),
    "SSSSSS": ("[0-9]{6}", "%f"),
    "T": ("T", "T"),
    **dict.fromkeys(("X", "XX", "XXX", "Z", "ZZZZZ"), (_ZONE, "%z")),
}
_PARTS = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")


class TimeText:
    """A format of dates or times that are stored as text.

    Args:
        format: the letters of ODCS: `yyyy-MM-dd'T'HH:mm:ss`.

    Raises ContractError for a format with unsupported letters.
    """

    def __init__(self, format: str) -> None:
        self.format = format
        parts = [self._part(part) for part in _PARTS.finditer(format)]
        self._shape, self._code = ("".join(side) for side in zip(*parts)) if parts else ("", "")
        self.has_zone = "%z" in self._code
        if "".join(part[0] for part in _PARTS.finditer(format)) != format or (self.has_zone and self._code[-2:] != "%z"):
            raise self._unreadable(format)

    @property
    def type(self) -> str:
        """The DuckDB type that `read` returns."""
        return "TIMESTAMP WITH TIME ZONE" if self.has_zone else "TIMESTAMP"

    def read(self, value: str) -> str:
        """SQL that parses the SQL text `value`; NULL if it has another format or is an impossible date."""
        zoned = f"regexp_replace({value}, 'Z$', '+00:00')" if self.has_zone else value
        return f"try_strptime({zoned}, {literal(self._code)})"

    def breaks(self, value: str) -> str:
        """SQL that is true if the SQL text `value` does not have this format."""
        shape = literal(f"^(?:{self._shape})$")
        return f"({value} IS NOT NULL AND (NOT regexp_matches({value}, {shape}) OR {self.read(value)} IS NULL))"

    def limit(self, text: str) -> str:
        """A limit that is written in this format, as a SQL literal. Raises ContractError for another format."""
        try:
            moment = datetime.strptime(text, self._code.replace("%g", "%f"))
        except (TypeError, ValueError) as problem:
            raise ContractError(f"the limit {text!r} is not of the column's format {self.format!r}") from problem
        return f"{literal(moment.isoformat())}::{self.type}"

    def _part(self, part: re.Match) -> tuple[str, str]:
        if part[2]:
            if part[0] not in _LETTERS:
                raise self._unreadable(part[0])
            return _LETTERS[part[0]]
        text = (part[1] or "'").replace("''", "'") if part[0].startswith("'") else part[0]
        return re.escape(text), text.replace("%", "%%")

    def _unreadable(self, what: str) -> ContractError:
        known = ", ".join(_LETTERS)
        return ContractError(f"the format {self.format!r} cannot be judged: {what!r} is none of {known} or a quoted text")


# The syntax of ECMA-262 that RE2 spells differently. A set like [(?<] is one token, because (?< is not special in it.
_UNICODE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\u\{([0-9A-Fa-f]+)\}|\\.", re.DOTALL)
_OWN_WORDS = re.compile(r"\(\?<(?=[A-Za-z_])|\[\^\]|\[(?:\\.|[^\]\\])*\]|" + _UNICODE.pattern, re.DOTALL)


def matches(value: str, pattern: str) -> str:
    """SQL that is true if the SQL expression `value` contains a match of `pattern`, as in JSON Schema.

    Raises ContractError for a pattern that RE2 cannot execute.
    """
    return f"regexp_matches({value}, {literal(_re2(pattern))})"


@cache
def _re2(pattern: str) -> str:
    """Translates an ECMA-262 pattern to RE2. Raises ContractError for a pattern that RE2 cannot execute."""
    import duckdb

    translated = _OWN_WORDS.sub(_translated, pattern)
    try:
        with engine().cursor() as connection:
            connection.execute(f"SELECT regexp_matches('', {literal(translated)})").fetchall()
    except (duckdb.Error, UnicodeError) as problem:
        reason = " ".join(str(problem).split()).removeprefix("Invalid Input Error: ")
        raise ContractError(
            f"the pattern {pattern!r} cannot be executed: {reason}",
            "Write it without look-around and back references, which RE2 does not have, or state the rule as sql.",
        ) from problem
    return translated


def _translated(word: re.Match) -> str:
    if digits := word[1] or word[2]:
        return f"\\x{{{digits}}}"
    if word[0] in ("(?<", "[^]"):
        return {"(?<": "(?P<", "[^]": r"[\s\S]"}[word[0]]
    return _UNICODE.sub(_translated, word[0]) if word[0].startswith("[") else word[0]
