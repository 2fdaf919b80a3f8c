"""Days in UTC and ranges of days, how people write them, and the days of files in folders like `day=2017-01-01`."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from mesh_isolation.text import counted

_ONE_DAY = timedelta(days=1)
_DAY = r"\d{4}-\d{2}-\d{2}"
_DAY_OR_TIME = re.compile(rf"{_DAY}(?:[T ][\d:.]+(?:Z|[+]00:00)?)?", re.ASCII)
_RANGE = re.compile(rf"({_DAY})(?:\.\.({_DAY}))?")


@dataclass(frozen=True, order=True)
class DayRange:
    """Consecutive days, both ends included."""

    first: date
    last: date

    @classmethod
    def parse(cls, text: str) -> "DayRange":
        """`"2017-01-01..2017-03-31"`, or one day → the range. Raises ValueError with a text that says what is wrong."""
        match = _RANGE.fullmatch(text.strip())
        if not match:
            raise ValueError(f"'{text}' is neither a range like 2017-01-01..2017-03-31 nor a day like 2017-01-01")
        try:
            first, last = (date.fromisoformat(part) for part in (match[1], match[2] or match[1]))
        except ValueError:
            raise ValueError(f"'{text}' contains a day that does not exist") from None
        if last < first:
            raise ValueError(f"'{text}' ends before it begins")
        return cls(first, last)

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __iter__(self) -> Iterator[date]:
        return (self.first + number * _ONE_DAY for number in range(len(self)))

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        return f"{self.first}" if self.first == self.last else f"{self.first}..{self.last}"


def ranges(days: Iterable[date]) -> list[DayRange]:
    """The shortest sorted list of ranges that contains exactly these days."""
    parts: list[DayRange] = []
    for day in sorted(set(days)):
        if parts and parts[-1].last + _ONE_DAY == day:
            parts[-1] = DayRange(parts[-1].first, day)
        else:
            parts.append(DayRange(day, day))
    return parts


def in_words(days: Iterable[date]) -> str:
    """Days for a message: up to three ranges, otherwise the number of days with the first and the last."""
    distinct = sorted(set(days))
    parts = ranges(distinct)
    if len(parts) <= 3:
        return ", ".join(map(str, parts)) or "no day"
    return f"{counted(len(distinct), 'day')} from {distinct[0]} to {distinct[-1]}"


def day_of(file: Path) -> date | None:
    """The day of a file in a folder like `day=2017-01-01`; None for any other file."""
    _, equals, day = file.parent.name.partition("=")
    try:
        return date.fromisoformat(day) if equals else None
    except ValueError:
        return None


def days_of(files: Iterable[Path]) -> set[date]:
    """The days that these files hold."""
    return {day for file in files if (day := day_of(file))}


def written_day(value: object) -> date | None:
    """The day, written as 2017-01-31, that a value is, or that a point in time without an offset is on; None if it is none."""
    match = _DAY_OR_TIME.fullmatch(str(value))
    try:
        return datetime.fromisoformat(match[0]).date() if match else None
    except ValueError:
        return None
