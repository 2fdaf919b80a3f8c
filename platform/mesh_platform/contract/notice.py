"""How long a promise is still to be kept: the end that a deprecated contract states, and the time that it leaves."""

from datetime import date, timedelta
from typing import Any

from mesh_capabilities.contract_change.service_change import ENDS, columns_of

NOTICE = timedelta(days=30)
"""The shortest time between the day an end is announced and that end; a contract may promise more with `noticePeriod`."""

_DAYS = {"d": 1, "day": 1, "days": 1, "w": 7, "week": 7, "weeks": 7, "y": 365, "yr": 365, "year": 365, "years": 365}


def ends_of(document: dict[str, Any]) -> dict[str | None, date]:
    """The days on which the promises of a contract end: by column, and under None for the contract as a whole.

    Read from the SLA properties `endOfLife` and, where there is none, `endOfSupport`; a column is named as `element`.
    What is no date states no end.
    """
    ends: dict[str | None, date] = {}
    for kind in ENDS:  # endOfLife comes last, and prevails
        for entry in document.get("slaProperties") or []:
            if entry.get("property") == kind and (day := _day(entry.get("value"))):
                ends |= dict.fromkeys(columns_of(entry) or (None,), day)
    return ends


def notice_of(document: dict[str, Any]) -> timedelta:
    """The notice that the contract's consumers are given at least."""
    for entry in document.get("slaProperties") or []:
        if entry.get("property") == "noticePeriod" and str(entry.get("value")).isdigit():
            return max(NOTICE, timedelta(days=int(entry["value"]) * _DAYS.get(str(entry.get("unit")), 1)))
    return NOTICE


def too_short(old: dict[str, Any], new: dict[str, Any], today: date) -> list[str]:
    """Sentences on the ends that are newly stated, or brought forward, without leaving the notice that was promised."""
    before, after, notice = ends_of(old), ends_of(new), notice_of(old)
    return [
        f"the end of {column or 'the contract'} is announced for {end}, but its consumers have {notice.days} days' notice: "
        f"{today + notice} at the earliest"
        for column, end in after.items()
        if end < today + notice and (column not in before or end < before[column])
    ]


def removal_refused(document: dict[str, Any], today: date) -> str | None:
    """Why the contract may not be removed today; None when nothing is promised any more."""
    status = document.get("status")
    if status in ("draft", "proposed"):
        return None
    ends = ends_of(document)
    if status not in ("deprecated", "retired") or None not in ends:
        return "it was never deprecated with an end: its status is to be deprecated and slaProperties to state an endOfLife"
    column, end = max(ends.items(), key=lambda stated: stated[1])
    if end >= today:
        return f"{f'its column {column}' if column else 'it'} is promised until {end}"
    return None


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
