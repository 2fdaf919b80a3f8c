"""Durations as people state them: a number and a unit, or one part of ISO 8601, such as `P1Y` and `PT24H`."""

import re
from datetime import timedelta
from typing import Any

TIME_UNITS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), "seconds"),
    **dict.fromkeys(("m", "min", "minute", "minutes"), "minutes"),
    **dict.fromkeys(("h", "hr", "hour", "hours"), "hours"),
    **dict.fromkeys(("d", "day", "days"), "days"),
    **dict.fromkeys(("w", "week", "weeks"), "weeks"),
    **dict.fromkeys(("mo", "month", "months"), "months"),
    **dict.fromkeys(("y", "yr", "year", "years"), "years"),
}
"""The units in the Open Data Contract Standard and its examples. `m` means minutes."""
_DAYS = {"months": 30, "years": 365}
_ISO = re.compile(r"P(?:(\d{1,6})([YMWD])|T(\d{1,6})([HMS]))")
_DATES = {"Y": "years", "M": "months", "W": "weeks", "D": "days"}
_TIMES = {"H": "hours", "M": "minutes", "S": "seconds"}


def amount_of(value: Any, unit: Any) -> tuple[float, str]:
    """A duration as a number of one of the units `seconds` to `years`.

    Raises ValueError, in words that follow a name, for an unknown unit, and for a value that is no number.
    """
    if unit is None and isinstance(value, str) and (stated := _ISO.fullmatch(value)):
        return float(stated[1] or stated[3]), _DATES[stated[2]] if stated[2] else _TIMES[stated[4]]
    if (known := TIME_UNITS.get(str(unit))) is None:
        raise ValueError(f"has the unit {unit!r}; write one of {', '.join(TIME_UNITS)}")
    try:
        number = float(value) if not isinstance(value, bool) else None
        if number is not None and 0 <= number < 1_000_000:
            return number, known
    except (TypeError, ValueError):
        pass
    raise ValueError(f"is {value!r}, which is no number of {known}")


def duration_of(number: float, unit: str) -> timedelta:
    """The length of a duration; a month has 30 days and a year 365. Raises ValueError beyond every calendar."""
    try:
        return timedelta(**({"days": number * _DAYS[unit]} if unit in _DAYS else {unit: number}))
    except OverflowError:
        raise ValueError(f"is {number} {unit}, which no calendar reaches") from None
