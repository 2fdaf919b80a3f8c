"""How long versions of a port are kept: the custom property `versionRetention` of a contract.

ODCS knows `retention` as an SLA property, which says how long *data* are kept in what is served. How long earlier
*versions* can still be read is a matter of this platform, so it is a custom property:

    customProperties:
      - property: versionRetention
        value: 30 d          # or h, w, m; or "10 versions"
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from mesh_platform.contract.custom_properties import stated
from mesh_platform.errors import ContractError

PROPERTY = "versionRetention"
_FORM = re.compile(r"(\d+) ?(versions?|m|h|d|w)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True)
class Retention:
    """How long; `versions` or `time` is stated, not both."""

    said: str
    """As the contract has it."""
    versions: int | None = None
    """So many of the newest versions are kept, the served one included."""
    time: timedelta | None = None
    """A version is kept for so long after another one took its place."""

    def __str__(self) -> str:
        return f"the newest {self.said}" if self.versions else f"{self.said} after another version took its place"


def retention_of(odcs: Mapping[str, Any]) -> Retention | None:
    """What a contract states; None keeps every version for ever. Raises ContractError for what is no retention."""
    return next(map(_retention, stated(odcs, PROPERTY)), None)


def _retention(value: object) -> Retention:
    found = _FORM.fullmatch(str(value).strip())
    if not found:
        raise ContractError(f"customProperties.{PROPERTY} is {value!r}; write 30 d, 12 h, 4 w, or 10 versions")
    number, unit = int(found[1]), found[2]
    if unit in _UNITS:
        return Retention(found[0], time=timedelta(**{_UNITS[unit]: number}))
    if number < 1:
        raise ContractError(f"customProperties.{PROPERTY} is {value!r}; at least the served version is kept")
    return Retention(found[0], versions=number)
