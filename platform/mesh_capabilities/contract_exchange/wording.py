"""The service levels of a contract as sentences."""

from collections.abc import Iterator, Mapping
from typing import Any

_UNITS = {
    **dict.fromkeys(("m", "min", "minute", "minutes"), "minute"),
    **dict.fromkeys(("h", "hr", "hour", "hours"), "hour"),
    **dict.fromkeys(("d", "day", "days"), "day"),
    **dict.fromkeys(("w", "week", "weeks"), "week"),
    **dict.fromkeys(("mo", "month", "months"), "month"),
    **dict.fromkeys(("y", "yr", "year", "years"), "year"),
}


def service_levels(document: Mapping[str, Any]) -> Iterator[str]:
    """Every entry of `slaProperties`: what is promised, and what its author says of it."""
    for entry in document.get("slaProperties") or ():
        value, unit = entry.get("value"), entry.get("unit")
        until = f" to {entry['valueExt']}" if entry.get("valueExt") is not None else ""
        spelled = _UNITS.get(str(unit), str(unit)) if unit else ""
        plural = "s" if spelled in _UNITS.values() and value not in (1, "1") else ""
        said = f"{entry.get('property')}: {value}{until}{f' {spelled}{plural}' if spelled else ''}"
        about = f", of {entry['element']}" if entry.get("element") else ""
        told = f" ({' '.join(entry['description'].split()).rstrip('.')})" if entry.get("description") else ""
        yield said + about + told
