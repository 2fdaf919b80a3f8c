"""The notice that the consumers of a contract get before a promise ends."""

from datetime import timedelta
from typing import Any

from mesh_isolation.durations import duration_of
from mesh_isolation.text import whole_number

SHORTEST_NOTICE = timedelta(days=30)
"""The shortest time between the announcement of an end and the end. A contract can state more with `noticePeriod`."""

_LONGEST = timedelta(days=36_500)
"""A longer notice counts as a century: its end would be no date."""


def notice_of(document: dict[str, Any]) -> timedelta:
    """The shortest notice that the consumers of the contract get."""
    for entry in document.get("slaProperties") or []:
        if entry.get("property") == "noticePeriod":
            value, unit = entry.get("value"), entry.get("unit")
            try:
                notice = duration_of(value, unit).length
            except ValueError:
                if (days := whole_number(str(value))) is None:
                    continue
                notice = timedelta(days=min(days, _LONGEST.days))  # a number alone counts days
            return max(SHORTEST_NOTICE, min(notice, _LONGEST))
    return SHORTEST_NOTICE
