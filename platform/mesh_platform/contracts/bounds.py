"""The comparison operators of ODCS quality rules: which measured value still passes."""

from dataclasses import dataclass
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
        """Whether a measured value passes. Nothing measured (NULL) passes nothing."""
        if value is None:
            return False
        match self.operator:
            case "mustBe":
                return value == self.operand
            case "mustNotBe":
                return value != self.operand
            case "mustBeGreaterThan":
                return value > self.operand
            case "mustBeGreaterOrEqualTo":
                return value >= self.operand
            case "mustBeLessThan":
                return value < self.operand
            case "mustBeLessOrEqualTo":
                return value <= self.operand
            case "mustBeBetween":
                return self.operand[0] <= value <= self.operand[1]
            case "mustNotBeBetween":
                return not self.operand[0] <= value <= self.operand[1]
        raise ContractError(f"there is no comparison {self.operator!r}")

    def __str__(self) -> str:
        operand = " and ".join(map(str, self.operand)) if isinstance(self.operand, list) else self.operand
        return f"{_WORDS[self.operator]} {operand}"


def bound_of(rule: dict[str, Any]) -> Bound:
    """The one comparison that a quality rule states. Raises ContractError for none or several."""
    stated = [operator for operator in _WORDS if rule.get(operator) is not None]
    if len(stated) != 1:
        raise ContractError(f"a quality rule states one comparison, this one states {', '.join(stated) or 'none'}")
    return Bound(stated[0], rule[stated[0]])
