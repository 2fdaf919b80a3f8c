"""Days in UTC, one by one and as ranges: how a port that grows day by day is cut, and how people name the cuts."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

_ONE = timedelta(days=1)
_DAY = r"\d{4}-\d{2}-\d{2}"
_RANGE = re.compile(rf"({_DAY})(?:\.\.({_DAY}))?")


@dataclass(frozen=True, order=True)
class DayRange:
    """Some days in a row, both ends included."""

    first: date
    last: date

    @classmethod
    def parse(cls, text: str) -> "DayRange":
        """`"2017-01-01..2017-03-31"`, or one day → the range. Raises ValueError, whose text says what is wrong with it."""
        found = _RANGE.fullmatch(text.strip())
        if not found:
            raise ValueError(f"'{text}' is not of the form 2017-01-01..2017-03-31, and is not a day like 2017-01-01")
        try:
            first, last = (date.fromisoformat(part) for part in (found[1], found[2] or found[1]))
        except ValueError:
            raise ValueError(f"'{text}' names a day that no calendar has") from None
        if last < first:
            raise ValueError(f"'{text}' ends before it begins")
        return cls(first, last)

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __iter__(self) -> Iterator[date]:
        return (self.first + number * _ONE for number in range(len(self)))

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        return f"{self.first}" if self.first == self.last else f"{self.first}..{self.last}"


def ranges(days: Iterable[date]) -> list[DayRange]:
    """The fewest ranges that hold these days and no other, in order."""
    found: list[DayRange] = []
    for day in sorted(set(days)):
        if found and found[-1].last + _ONE == day:
            found[-1] = DayRange(found[-1].first, day)
        else:
            found.append(DayRange(day, day))
    return found


def in_words(days: Iterable[date]) -> str:
    """Days as a message names them: all ranges while they are few, else the first and the last with their number."""
    chosen = sorted(set(days))
    parts = ranges(chosen)
    if len(parts) <= 3:
        return ", ".join(map(str, parts)) or "no day"
    return f"{len(chosen)} days from {chosen[0]} to {chosen[-1]}"


def day_of(file: Path) -> date | None:
    """The day that a file of a partitioned port belongs to; None for a file of another port, and for rows without one."""
    _, equals, day = file.parent.name.partition("=")
    try:
        return date.fromisoformat(day) if equals else None
    except ValueError:
        return None
