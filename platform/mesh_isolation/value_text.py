"""Values of YAML as texts that DuckDB reads as values of a type, and SQL that compares with such values."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from mesh_isolation.column_types import WHOLE, decimal_places
from mesh_isolation.number_types import BINARY_NUMBERS, exact_text


def value_text(value: Any, kind: str, zone: str | None = None) -> str | None:
    """A value of YAML as the text that DuckDB casts to the type `kind` without a loss; None if no value of the type equals it.

    Args:
        value: dates and times are ISO 8601 texts.
        kind: a type of DuckDB.
        zone: the time zone of a time that states none; None for UTC.

    Raises ValueError, OverflowError or decimal.InvalidOperation for a text that has not the form of the type.
    """
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


def among(value: str, literals: Iterable[str]) -> str:
    """SQL that is true if the SQL expression `value` equals one of `literals`, and NULL if it is NULL.

    `literals` must not be empty. DuckDB evaluates this function once per entry of a Parquet dictionary, and IN once per row.
    """
    return f"list_contains([{', '.join(literals)}], {value})"


def finite(value: str, broken: str, non_finite: bool) -> str:
    """SQL that is true if `broken` is, or if a FLOAT or DOUBLE is NaN or infinite. With `non_finite`, such a value is good."""
    return f"(isfinite({value}) AND {broken})" if non_finite else f"(NOT isfinite({value}) OR {broken})"
