"""Which measured values pass: a comparison with a number, a text or two of them, exact at any precision."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import Any

from mesh_isolation.text import brief_repr

COMPARISONS: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "mustBe": ("is", operator.eq),
    "mustNotBe": ("is not", operator.ne),
    "mustBeGreaterThan": ("is more than", operator.gt),
    "mustBeGreaterOrEqualTo": ("is at least", operator.ge),
    "mustBeLessThan": ("is less than", operator.lt),
    "mustBeLessOrEqualTo": ("is at most", operator.le),
    "mustBeBetween": ("is between", lambda value, limits: limits[0] <= value <= limits[1]),
    "mustNotBeBetween": ("is not between", lambda value, limits: not limits[0] <= value <= limits[1]),
}
"""By the key of a quality rule: its words, and the comparison. https://bitol-io.github.io/open-data-contract-standard"""


@dataclass(frozen=True)
class Bound:
    """A comparison with an operand, or with a list of two for the `Between` operators, which include both ends."""

    operator: str = "mustBe"
    operand: Any = 0

    def allows(self, value: Any) -> bool:
        """Whether a measured value passes. Numbers are compared as decimals. NULL, NaN and the infinities never pass."""
        if value is None or (isinstance(value, (float, Decimal)) and not isfinite(value)):
            return False
        return COMPARISONS[self.operator][1](_exact(value), _exact(self.operand))

    def problem(self, of_numbers: bool = False) -> str | None:
        """Why no value can be compared with the operand, and with `of_numbers` no number; None if there is no reason."""
        between, parts = self.operator.endswith("Between"), self.operand if isinstance(self.operand, list) else [self.operand]
        kinds, says = {_kind(part) for part in parts}, f"{self.operator} says {brief_repr(self.operand)}"
        if isinstance(self.operand, list) != between or (between and len(parts) != 2):
            return f"{says}; it compares with {'a list of two' if between else 'one value'}"
        if of_numbers and kinds != {_NUMBER}:
            return f"{says}; a metric is a number, and is compared with numbers"
        if len(kinds) > 1 or not kinds <= {_NUMBER, _TEXT, _TRUTH}:
            return f"{says}; it compares with a number, a text or a boolean"
        if any(isinstance(part, (float, Decimal)) and not isfinite(part) for part in parts):
            return f"{self.operator} says {' and '.join(map(str, parts))}; it compares with finite numbers alone"
        if between and parts[0] > parts[1]:
            return f"{self.operator} says {parts[0]} and {parts[1]}; the smaller number comes first"
        return None

    def incomparable(self, value: Any) -> str | None:
        """Why a query's value is of no use, in words that follow `its query`; None if it can be compared."""
        kinds = {_kind(part) for part in (self.operand if isinstance(self.operand, list) else [self.operand])}
        if value is None or kinds == {kind := _kind(value)}:
            return "returns NULL" if value is None else None
        if kind == _TRUTH and kinds == {_NUMBER}:  # as 1 and 0
            return None
        return f"returns {kind}, and is compared with {' and '.join(sorted(kinds))}"

    def __str__(self) -> str:
        operand = " and ".join(map(str, self.operand)) if isinstance(self.operand, list) else self.operand
        return f"{COMPARISONS[self.operator][0]} {operand}"


_NUMBER, _TEXT, _TRUTH = "a number", "a text", "a boolean"


def _kind(value: Any) -> str:
    kinds = (bool, _TRUTH), (_NUMBERS, _NUMBER), (str, _TEXT)
    return next((words for types, words in kinds if isinstance(value, types)), f"a {type(value).__name__}")


_NUMBERS = (int, float, Decimal, Fraction)


def is_number(value: Any) -> bool:
    """Whether a value is a number; a boolean is none."""
    return _kind(value) == _NUMBER


def _exact(value: Any) -> Any:
    """Numbers as fractions: a float means its shortest decimal, so 0.3 is three tenths."""
    if isinstance(value, list):
        return [_exact(part) for part in value]
    if not isinstance(value, _NUMBERS) or (isinstance(value, (float, Decimal)) and not isfinite(value)):
        return value
    return Fraction(str(value) if isinstance(value, float) else value)
