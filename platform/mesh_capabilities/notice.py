"""The notice that the consumers of a contract get before a promise ends."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from mesh_isolation.sla_entries import NOTICE_PROPERTY, stated_notice
from mesh_platform.errors import ContractError

SHORTEST_NOTICE = timedelta(days=30)
"""The shortest time between the announcement of an end and the end. A contract can state more with `noticePeriod`."""

_LONGEST = timedelta(days=36_500)
"""A longer notice counts as a century: its end would be no date."""


def notice_of(document: Mapping[str, Any]) -> timedelta:
    """The shortest notice that the consumers of the contract get. Of several that it states, the longest counts.

    Raises ContractError if it states one that cannot be read.
    """
    stated = [level for level in document.get("slaProperties") or [] if level.get("property") == NOTICE_PROPERTY]
    try:
        return min(max([SHORTEST_NOTICE, *map(stated_notice, stated)]), _LONGEST)
    except ValueError as problem:
        way_out = "Write it as a number of days, like 90, or with a unit, like 3 months."
        raise ContractError(f"its {NOTICE_PROPERTY} {problem}.", way_out) from None
