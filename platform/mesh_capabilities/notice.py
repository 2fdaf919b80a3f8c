"""The notice that the consumers of a contract get before a promise ends."""

from datetime import timedelta
from typing import Any

from mesh_isolation.text import whole_number

SHORTEST_NOTICE = timedelta(days=30)
"""The shortest time between the announcement of an end and the end. A contract can state more with `noticePeriod`."""

_LONGEST_DAYS = 36_500
"""A longer notice counts as a century: its end would be no date."""

_DAYS_OF_UNIT = {"d": 1, "day": 1, "days": 1, "w": 7, "week": 7, "weeks": 7, "y": 365, "yr": 365, "year": 365, "years": 365}


def notice_of(document: dict[str, Any]) -> timedelta:
    """The shortest notice that the consumers of the contract get."""
    for entry in document.get("slaProperties") or []:
        number = whole_number(str(entry.get("value"))) if entry.get("property") == "noticePeriod" else None
        if number is not None:
            days = min(number * _DAYS_OF_UNIT.get(str(entry.get("unit")), 1), _LONGEST_DAYS)
            return max(SHORTEST_NOTICE, timedelta(days=days))
    return SHORTEST_NOTICE
