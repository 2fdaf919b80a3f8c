"""Values as contracts write them, as SQL: literals, limits, formats of times, and regular expressions."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from mesh_isolation.column_types import WHOLE, decimal_places
from mesh_isolation.ecma import UnlikeEcma, re2_pattern
from mesh_isolation.engine import engine
from mesh_isolation.number_types import BINARY_NUMBERS, exact_text, representable_limit
from mesh_platform.errors import ContractError, inside
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
    if text is None and isinstance(value, bool):
        reason = f"{str(value).lower()} is no value of the type {kind}: YAML reads yes, no, on, off, true and false as booleans"
        raise ContractError(reason, "Put the text in quotes.")
    if text is None:
        raise ContractError(f"{value!r} is no value of the type {kind}")
    return literal(text) if kind == "VARCHAR" else f"{literal(text)}::{kind}"


def typed_all(values: Iterable[Any], kind: str, lenient: bool) -> list[str]:
    """The `values` without None as SQL literals of the type `kind`; `lenient` leaves out what no value of the type can equal.

    Raises ContractError at the value that is no value of the type. A boolean for a text is never left out.
    """
    literals: list[str] = []
    for number, value in enumerate(values):
        try:
            with inside(number):
                literals += [] if value is None else [typed(value, kind)]
        except ContractError:
            if not lenient or isinstance(value, bool) and kind == "VARCHAR":
                raise
    return literals


def among(value: str, literals: Iterable[str]) -> str:
    """SQL that is true if the SQL expression `value` equals one of `literals`, and NULL if it is NULL.

    `literals` must not be empty. DuckDB evaluates this function once per entry of a Parquet dictionary, and IN once per row.
    """
    return f"list_contains([{', '.join(literals)}], {value})"


def number_literal(value: Any) -> str:
    """A number as a SQL literal, with all its digits. Raises ContractError for any other value."""
    return f"{_number(value):f}"


def representable(breaks: str, limit: Any, kind: str) -> tuple[str, str]:
    """A comparison as SQL, operator and operand, that is true for the same numbers of the type `kind` as the given one.

    The operand is of the type, so nothing is rounded when it is compared. On FLOAT and DOUBLE it is the nearest number of the
    type. Raises ContractError if the limit is no number.
    """
    breaks, near = representable_limit(breaks, _number(limit), kind)
    return breaks, f"{literal(near)}::{kind}"


def finite(value: str, broken: str, non_finite: bool) -> str:
    """SQL that is true if `broken` is, or if a FLOAT or DOUBLE is NaN or infinite. With `non_finite`, such a value is good."""
    return f"(isfinite({value}) AND {broken})" if non_finite else f"(NOT isfinite({value}) OR {broken})"


def _number(value: Any) -> Decimal:
    number = Decimal(str(value)) if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) else None
    if number is None or not number.is_finite():
        raise ContractError(f"{value!r} is no number")
    return number


def _text(value: Any, kind: str, zone: str | None) -> str | None:
    if isinstance(value, bool):
        return str(value).lower() if kind == "BOOLEAN" else None
    text = getattr(value, "text", str(value))  # a number on a text means its own digits, as they are written
    if kind == "VARCHAR":
        return text
    if kind in WHOLE or decimal_places(kind) or kind in BINARY_NUMBERS:
        return exact_text(Decimal(str(value)), kind)
    if kind == "BOOLEAN":
        return text.lower() if text.lower() in ("true", "false") else None
    if kind == "DATE":
        return date.fromisoformat(text).isoformat()
    if kind in ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"):
        return _moment(datetime.fromisoformat(text), kind, zone)
    return None


def _moment(moment: datetime, kind: str, zone: str | None) -> str:
    tz = ZoneInfo(zone) if zone else UTC
    if kind == "TIMESTAMP":
        return (moment.astimezone(tz).replace(tzinfo=None) if moment.tzinfo else moment).isoformat()
    return (moment if moment.tzinfo else moment.replace(tzinfo=tz)).astimezone(UTC).isoformat()


def matches(value: str, pattern: str) -> str:
    """SQL that is true if the SQL expression `value` contains a match of `pattern`, as in ECMA-262 and JSON Schema.

    Raises ContractError for a pattern that DuckDB's engine, RE2, cannot execute with the same meaning.
    """
    try:
        return f"regexp_matches({value}, {literal(re2_pattern(pattern, engine()))})"
    except UnlikeEcma as problem:
        raise ContractError(
            f"the pattern {pattern!r} cannot be executed: {problem}",
            "Write it without this construct, or state the rule as sql.",
        ) from problem
