"""A value that a contract states, as SQL of the column's own type: what no such column can hold is refused."""

import math
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from mesh_platform.contract.types import WHOLE, decimal_places
from mesh_platform.errors import ContractError
from mesh_platform.names import literal


def typed(value: Any, kind: str, zone: str | None = None) -> str:
    """`value` as a SQL literal of the DuckDB type `kind`.

    Args:
        value: what the contract says; days and moments are ISO 8601 texts.
        kind: a type of `duckdb_type`.
        zone: where a moment is that names no time zone itself; UTC if nobody says.

    Raises ContractError when no value of that type is equal to it.
    """
    if value is None:
        return "NULL"
    try:
        said = _text(value, kind, zone)
    except (ValueError, InvalidOperation, OverflowError):
        said = None
    if said is None:
        raise ContractError(f"{value!r} is no value of the type {kind}")
    return literal(said) if kind == "VARCHAR" else f"{literal(said)}::{kind}"


def among(value: str, literals: Iterable[str]) -> str:
    """SQL that is true when the SQL expression `value` equals one of `literals`, of which there is one; NULL when it is NULL.

    A function and no IN: DuckDB asks it once for each entry of a Parquet dictionary, and IN once for each row.
    """
    return f"list_contains([{', '.join(literals)}], {value})"


def number(value: Any) -> str:
    """A number as a SQL literal, exact where it can be. Raises ContractError for what is none."""
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


def _exact(said: Decimal, kind: str) -> str | None:
    """Casting would round 0.015 to a price of 0.02 that the contract never named."""
    precision, scale = decimal_places(kind) or (0, 0)
    if not said.is_finite() or abs(said) >= Decimal(10) ** 39 or said.normalize().as_tuple().exponent < -scale:
        return None
    if kind in WHOLE and not -(2 ** (WHOLE[kind] - 1)) <= said < 2 ** (WHOLE[kind] - 1):
        return None
    if kind not in WHOLE and abs(said) >= Decimal(10) ** (precision - scale):
        return None
    return f"{said:f}"


def _moment(said: datetime, kind: str, zone: str | None) -> str:
    where = ZoneInfo(zone) if zone else UTC
    if kind == "TIMESTAMP":
        return (said.astimezone(where).replace(tzinfo=None) if said.tzinfo else said).isoformat()
    return (said if said.tzinfo else said.replace(tzinfo=where)).astimezone(UTC).isoformat()
