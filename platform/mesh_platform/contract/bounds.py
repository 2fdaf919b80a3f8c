"""The comparison operators of ODCS quality rules: which measured value still passes."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mesh_platform.errors import ContractError

_WORDS = {
    "mustBe": "is",
    "mustNotBe": "is not",
    "mustBeGreaterThan": "is more than",
    "mustBeGreaterOrEqualTo": "is at least",
    "mustBeLessThan": "is less than",
    "mustBeLessOrEqualTo": "is at most",
    "mustBeBetween": "is between",
    "mustNotBeBetween": "is not between",
}


@dataclass(frozen=True)
class Bound:
    """One comparison with one operand (two for the `Between` operators, both ends included)."""

    operator: str = "mustBe"
    operand: Any = 0

    def allows(self, value: Any) -> bool:
        """Whether a measured value passes. Nothing measured (NULL, or a share of no rows) passes nothing."""
        if value is None or value != value:
            return False
        value, operand = _exact(value), _exact(self.operand)
        match self.operator:
            case "mustBe":
                return value == operand
            case "mustNotBe":
                return value != operand
            case "mustBeGreaterThan":
                return value > operand
            case "mustBeGreaterOrEqualTo":
                return value >= operand
            case "mustBeLessThan":
                return value < operand
            case "mustBeLessOrEqualTo":
                return value <= operand
            case "mustBeBetween":
                return operand[0] <= value <= operand[1]
            case "mustNotBeBetween":
                return not operand[0] <= value <= operand[1]
        raise ContractError(f"there is no comparison {self.operator!r}")

    def __str__(self) -> str:
        operand = " and ".join(map(str, self.operand)) if isinstance(self.operand, list) else self.operand
        return f"{_WORDS[self.operator]} {operand}"


def _exact(value: Any) -> Any:
    """0.3 in a contract means three tenths, as a measured amount of money does, and not the nearest binary fraction."""
    if isinstance(value, list):
        return [_exact(part) for part in value]
    return Decimal(str(value)) if isinstance(value, float) else value


def bound_of(rule: dict[str, Any]) -> Bound:
    """The one comparison that a quality rule states. Raises ContractError for none or several."""
    stated = [operator for operator in _WORDS if rule.get(operator) is not None]
    if len(stated) != 1:
        raise ContractError(f"a quality rule states one comparison, this one states {', '.join(stated) or 'none'}")
    operand = rule[stated[0]]
    if stated[0].endswith("Between") and operand[0] > operand[1]:
        raise ContractError(f"{stated[0]} says {operand[0]} and {operand[1]}; the smaller number comes first")
    return Bound(stated[0], operand)


def states_bound(rule: dict[str, Any]) -> bool:
    """Whether a quality rule states a comparison at all."""
    return any(rule.get(operator) is not None for operator in _WORDS)
