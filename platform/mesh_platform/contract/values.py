"""Values as contracts write them, as SQL: literals, limits, formats of times, and regular expressions."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from mesh_isolation.ecma import UnlikeEcma, re2_pattern
from mesh_isolation.engine import engine
from mesh_isolation.number_types import representable_limit
from mesh_isolation.value_text import value_text
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
        text = value_text(value, kind, zone)
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


def _number(value: Any) -> Decimal:
    number = Decimal(str(value)) if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) else None
    if number is None or not number.is_finite():
        raise ContractError(f"{value!r} is no number")
    return number


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
