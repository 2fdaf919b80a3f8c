"""How many bad rows a rule lets pass beside the good ones: the bound within which rows are set aside."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mesh_platform.contract.custom_properties import stated
from mesh_platform.errors import ContractError

PROPERTY = "setAside"
"""The custom property, of a quality rule or of a column, that states the bound: `0.5 %` or `20 rows`."""

_STATED = re.compile(r"(\d+(?:\.\d+)?)\s*(%|rows?)")


@dataclass(frozen=True)
class SetAside:
    """A number of rows, or a share of all rows."""

    limit: Decimal
    percent: bool

    def allows(self, bad: int, rows: int) -> bool:
        """Whether `bad` of `rows` rows may be set aside. All of them never may: that would publish nothing."""
        measured = Decimal(bad) * 100 / rows if self.percent and rows else Decimal(bad)
        return measured <= self.limit and bad < rows

    def __str__(self) -> str:
        return f"{self.limit.normalize():f} %" if self.percent else f"{self.limit:f} rows"


def stated_bound(properties: list[dict[str, Any]] | None) -> SetAside | None:
    """The bound that ODCS `customProperties` state; None when they state none. Raises ContractError for another form."""
    bounds = stated({"customProperties": properties}, PROPERTY)
    if not bounds:
        return None
    parts = _STATED.fullmatch(str(bounds[0]).strip())
    if len(bounds) > 1 or not parts:
        raise ContractError(f"{PROPERTY} is {bounds[0]!r}; write one share or number of rows, like '0.5 %' or '20 rows'")
    bound = SetAside(Decimal(parts[1]), parts[2] == "%")
    if bound.percent and bound.limit >= 100 or not bound.percent and bound.limit % 1:
        raise ContractError(f"{PROPERTY} is {bounds[0]!r}; a share is below 100 %, and rows are counted whole")
    return bound
