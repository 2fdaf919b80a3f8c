"""Which values a comparison lets pass, as sets of intervals, so that two comparisons can be held against each other."""

from decimal import Decimal, InvalidOperation
from math import ceil, floor
from typing import Any

_LOWEST, _HIGHEST = Decimal("-Infinity"), Decimal("Infinity")

Interval = tuple[Decimal, bool, Decimal, bool]
"""Lowest value, whether it belongs to it, highest value, whether it belongs to it."""


def allowed(operator: str, operand: Any) -> list[Interval] | None:
    """The values that pass an ODCS comparison; None when the operand is no number and nothing can be said."""
    try:
        low, high = (Decimal(str(part)) for part in (operand if isinstance(operand, list) else [operand, operand]))
    except (InvalidOperation, ValueError):
        return None
    if not (low.is_finite() and high.is_finite()):
        return None
    match operator:
        case "mustBe" | "mustBeBetween":
            return [(low, True, high, True)] if low <= high else []
        case "mustNotBe" | "mustNotBeBetween":
            whole = [(_LOWEST, False, _HIGHEST, False)]
            return [(_LOWEST, False, low, False), (high, False, _HIGHEST, False)] if low <= high else whole
        case "mustBeGreaterThan":
            return [(low, False, _HIGHEST, False)]
        case "mustBeGreaterOrEqualTo":
            return [(low, True, _HIGHEST, False)]
        case "mustBeLessThan":
            return [(_LOWEST, False, low, False)]
        case "mustBeLessOrEqualTo":
            return [(_LOWEST, False, low, True)]
    return None


def whole_numbers(values: list[Interval]) -> list[Interval]:
    """The same values where only whole numbers occur: more than 4 is at least 5."""
    made = []
    for low, with_low, high, with_high in values:
        if low.is_finite():
            low, with_low = Decimal(floor(low) + 1 if not with_low else ceil(low)), True
        if high.is_finite():
            high, with_high = Decimal(ceil(high) - 1 if not with_high else floor(high)), True
        made.append((low, with_low, high, with_high))
    return [part for part in made if part[0] <= part[2]]


def within(inner: list[Interval], outer: list[Interval]) -> bool:
    """Whether every value of `inner` is one of `outer`. Intervals of one list do not touch each other."""
    return all(any(_inside(part, whole) for whole in outer) for part in inner)


def _inside(part: Interval, whole: Interval) -> bool:
    low, with_low, high, with_high = part
    lowest, with_lowest, highest, with_highest = whole
    above = low > lowest or (low == lowest and (with_lowest or not with_low))
    below = high < highest or (high == highest and (with_highest or not with_high))
    return above and below
