"""Numbers that people write: decimals that keep their text, limits on the values of a type, and JSON with every digit."""

import json
import secrets
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any

from mesh_isolation.column_types import WHOLE, decimal_places

_EXACT = Context(prec=10_000)
"""Enough digits that nothing is rounded: WrittenNumber has at most 4,300, and its exponent is bounded."""


class WrittenNumber(Decimal):
    """A decimal number as its author wrote it. It was never a binary float, and it is shown in its own digits."""

    def __new__(cls, text: str) -> "WrittenNumber":
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return super().__format__(spec) if spec else self.text


class WrittenInteger(int):
    """An integer that its author did not write in plain digits: 010, 1_000, 0x1F or 12:30."""

    text: str

    def __new__(cls, value: int, text: str) -> "WrittenInteger":
        number = super().__new__(cls, value)
        number.text = text
        return number

    def __deepcopy__(self, _: Any) -> "WrittenInteger":
        return self


def is_whole(value: Any) -> bool:
    """Whether a value is a decimal without a fraction, such as 2.0."""
    return isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value(context=_EXACT)


def decimal_digits(value: Decimal) -> int:
    """The digits after the point that a finite number needs, without trailing zeros; negative for whole tens."""
    _, digits, exponent = value.as_tuple()
    zeros = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return -(exponent + zeros) if any(digits) else 0


def sized_range(size: str) -> tuple[int, int]:
    """The smallest and the largest integer of a Rust type, i8 to i128 or u8 to u128."""
    bits = int(size[1:])
    return (0, 2**bits - 1) if size.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


_INFINITE = {"FLOAT": Decimal(2**128 - 2**103), "DOUBLE": Decimal(2**1024 - 2**970)}
"""The smallest numbers whose nearest value of the type is infinite."""


def _rounded(number: Decimal, kind: str) -> Decimal:
    """The number; the largest of a binary type for one just beyond it, of which it is the nearest."""
    lowest, highest = span_of(kind)[0]
    return max(lowest, min(number, highest)) if number.copy_abs() < _INFINITE.get(kind, 0) else number


def span_of(kind: str) -> tuple[tuple[Decimal, Decimal], int | None]:
    """The smallest and the largest number of a type, and its digits after the point; None for a binary type."""
    if kind in WHOLE:
        half = Decimal(2 ** (WHOLE[kind] - 1))
        return (-half, half - 1), 0
    if places := decimal_places(kind):
        most = Decimal((0, (9,) * places[0], -places[1]))  # arithmetic would round it to 28 digits
        return (most.copy_negate(), most), places[1]
    most = Decimal({"FLOAT": 2**128 - 2**104, "DOUBLE": 2**1024 - 2**971}[kind])
    return (most.copy_negate(), most), None


def exact_number(value: Decimal, kind: str) -> str | None:
    """The digits of a number; None if the type `kind` cannot hold it exactly. A cast would round 0.015 to 0.02 instead.

    A FLOAT or DOUBLE holds the nearest number. Of NaN and the infinities it has one each, which a contract names as a text.
    """
    (lowest, highest), places = span_of(kind)
    if not value.is_finite():
        return str(value) if places is None else None
    value = _rounded(value, kind)
    if not lowest <= value <= highest or (places is not None and decimal_digits(value) > places):
        return None
    return str(value) if places is None else f"{value:f}"


def representable_limit(breaks: str, limit: Decimal, kind: str) -> tuple[str, str]:
    """The comparison that holds for the same values of a type as `value <breaks> <limit>`, with a limit that the type has.

    Args:
        breaks: `<`, `<=`, `>` or `>=`.
        limit: any finite number.
        kind: a type of numbers, in DuckDB's spelling.

    Returns: the operator, and the digits of the limit.
    """
    (lowest, highest), places = span_of(kind)
    limit, less = _rounded(limit, kind), breaks.startswith("<")
    if limit > highest:
        breaks, limit = ("<=" if less else ">"), highest
    elif limit < lowest:
        breaks, limit = ("<" if less else ">="), lowest
    elif places is not None:
        # A value between two values of the type breaks `<` as the next greater one does, and `<=` as the next smaller.
        rounding = ROUND_CEILING if breaks in ("<", ">=") else ROUND_FLOOR
        limit = limit.quantize(Decimal(1).scaleb(-places), rounding, _EXACT)
    return breaks, str(limit) if places is None else f"{limit:f}"


def exact_json(document: Any, **options: Any) -> str:
    """The document as JSON, with every decimal as a number with all its digits; `options` as for `json.dumps`."""
    mark = secrets.token_hex(16)

    def marked(value: Any) -> str:
        if isinstance(value, Decimal):
            return f"{mark}{Decimal(value)}{mark}"
        raise TypeError(f"{type(value).__name__} is not JSON")

    text = json.dumps(document, default=marked, **options)
    return text.replace(f'"{mark}', "").replace(f'{mark}"', "")
