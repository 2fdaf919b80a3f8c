"""Durations as people state them: a number and a unit, or ISO 8601, such as `P1Y6M` and `PT24H`."""

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from mesh_isolation.text import brief_repr

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
_MONTHS = {"months": 1, "years": 12}
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}
_ISO = re.compile(
    r"P(?=[0-9T])(?:(?P<years>N)Y)?(?:(?P<months>N)M)?(?:(?P<weeks>N)W)?(?:(?P<days>N)D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>N)H)?(?:(?P<minutes>N)M)?(?:(?P<seconds>N)S)?)?".replace("N", r"[0-9]{1,6}(?:[.,][0-9]{1,6})?")
)
_LONGEST_MONTHS = 12 * 2_000


@dataclass(frozen=True)
class Duration:
    """A duration of a calendar: months, whose days differ, and a time. A year is twelve months, a day 24 hours."""

    months: int
    time: timedelta

    @property
    def length(self) -> timedelta:
        """How long it is at no date in particular: a year has 365 days, and each further month 30."""
        years, months = divmod(self.months, 12)
        return timedelta(days=365 * years + 30 * months) + self.time


def duration_of(value: Any, unit: Any) -> Duration:
    """A number of a unit, or without a unit a text of ISO 8601, as a duration.

    Half a year is six months, and half a month 15 days. Raises ValueError, in words that follow a name, for an unknown unit,
    for a value that is no number, and beyond every calendar.
    """
    if unit is None and isinstance(value, str) and value[:1] == "P":
        if not (stated := _ISO.fullmatch(value)):
            raise ValueError(f"is {brief_repr(value)}, which is no duration of ISO 8601; write one like P1Y6M, P30D or PT24H")
        return _sum({unit: Fraction(part.replace(",", ".")) for unit, part in stated.groupdict("0").items()}, value)
    if (known := TIME_UNITS.get(str(unit))) is None:
        raise ValueError(f"has the unit {unit!r}; write one of {', '.join(TIME_UNITS)}")
    try:
        number = Decimal(str(value))
    except (InvalidOperation, ValueError):  # also an integer of thousands of digits
        number = Decimal("NaN")
    # Of a number with a large exponent, a fraction would have as many digits.
    if not number.is_finite() or not 0 <= number < 1_000_000 or number.as_tuple().exponent < -30 or isinstance(value, bool):
        raise ValueError(f"is {brief_repr(value)}, which is no number of {known}")
    return _sum({known: Fraction(number)}, f"{value} {known}")


def _sum(parts: dict[str, Fraction], stated: str) -> Duration:
    months = sum(number * _MONTHS[unit] for unit, number in parts.items() if unit in _MONTHS)
    seconds = sum(number * _SECONDS[unit] for unit, number in parts.items() if unit in _SECONDS)
    seconds += (months - int(months)) * 30 * _SECONDS["days"]
    if months > _LONGEST_MONTHS or seconds > _LONGEST_MONTHS * 30 * _SECONDS["days"]:
        raise ValueError(f"is {stated}, which no calendar reaches")
    return Duration(int(months), timedelta(seconds=float(seconds)))
