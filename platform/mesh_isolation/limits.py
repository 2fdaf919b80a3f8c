"""Limits as people write them: a number or a share of rows, how far a number may change, and how long versions are kept."""

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from mesh_isolation.text import brief_repr, counted

_NUMBER = r"(\d{1,15}(?:\.\d{1,9})?)"
_SHARE = re.compile(rf"{_NUMBER}\s*(%|rows?)", re.ASCII)
_CHANGE = re.compile(rf"±\s*{_NUMBER}\s*%|-\s*{_NUMBER}\s*%\s*,\s*(?:\+\s*{_NUMBER}\s*%|any)", re.ASCII)


def _stripped(value: object) -> str:
    return value.strip() if isinstance(value, str) else brief_repr(value)


@dataclass(frozen=True)
class SetAside:
    """The largest number or share of rows that may be set aside."""

    limit: Decimal
    percent: bool

    @classmethod
    def parse(cls, value: object) -> "SetAside":
        """`0.5 %` or `20 rows` → the limit. Raises ValueError with a text that says what is wrong."""
        if not (parts := _SHARE.fullmatch(_stripped(value))):
            raise ValueError(f"is {brief_repr(value)}; write one share or number of rows, like '0.5 %' or '20 rows'")
        bound = cls(Decimal(parts[1]), parts[2] == "%")
        if bound.percent and bound.limit >= 100 or not bound.percent and bound.limit % 1:
            raise ValueError(f"is {brief_repr(value)}; a share is below 100 %, and rows are counted whole")
        return bound

    def allows(self, bad: int, rows: int) -> bool:
        """Whether `bad` of `rows` rows may be set aside. All rows never may, because nothing would be published."""
        return (bad * 100 <= Fraction(self.limit) * rows if self.percent else bad <= self.limit) and bad < rows

    def __str__(self) -> str:
        return f"{self.limit.normalize():f} %" if self.percent else counted(int(self.limit), "row")


def set_aside_of(value: object) -> SetAside:
    """The limit that a source states; a whole number is a number of rows. Raises ValueError as `SetAside.parse` does."""
    return SetAside.parse(f"{value} rows" if type(value) is int and abs(value) < 10**15 else value)


@dataclass(frozen=True)
class AllowedChange:
    """How far a number may fall or rise, in percent of what it was."""

    fall: Decimal
    rise: Decimal | None
    """None for any rise."""

    @classmethod
    def parse(cls, value: object) -> "AllowedChange":
        """`±50 %`, `-20 %, +100 %` or `-20 %, any` → the limit. Raises ValueError with a text that says what is wrong."""
        if not (parts := _CHANGE.fullmatch(_stripped(value))):
            forms = "'±50 %', '-20 %, +100 %' or '-20 %, any'"
            raise ValueError(f"is {brief_repr(value)}; write how far it may fall and rise, like {forms}")
        fall, rise = parts[1] or parts[2], parts[1] or parts[3]
        if Decimal(fall) > 100:
            raise ValueError(f"is {brief_repr(value)}; nothing falls by more than 100 %")
        return cls(Decimal(fall), None if rise is None else Decimal(rise))

    def allows(self, before: int, now: int) -> bool:
        """Whether the number may change like this. A number that was 0 has no percentage, and may become any; UNKNOWN none."""
        change, least = (now - before) * 100, -Fraction(self.fall) * before
        return not before or before > 0 and least <= change and (self.rise is None or change <= Fraction(self.rise) * before)

    def __str__(self) -> str:
        rise = "any rise" if self.rise is None else f"+{self.rise.normalize():f} %"
        return f"-{self.fall.normalize():f} % to {rise}"


def change_of(value: object) -> AllowedChange | None:
    """The limit that a source states: None for any change, an empty text for ±50 %. Raises ValueError as `parse` does."""
    return None if value is None else AllowedChange.parse("±50 %" if value == "" else value)


_KEPT = re.compile(r"(\d{1,9}) ?(versions?|m|h|d|w)", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True)
class Retention:
    """How long earlier versions are kept. Either `versions` or `time` is stated."""

    value: str
    """As it was written: `30 d`."""
    versions: int | None = None
    """The number of newest versions to keep, including the served one."""
    time: timedelta | None = None
    """How long a version is kept after another version replaced it."""

    @classmethod
    def parse(cls, value: object) -> "Retention":
        """`30 d`, `10 versions` → the retention. Raises ValueError with a text that says what is wrong."""
        if not (match := _KEPT.fullmatch(_stripped(value))):
            raise ValueError(f"is {brief_repr(value)}; write 30 d, 12 h, 4 w, or 10 versions")
        number, unit = int(match[1]), match[2]
        if unit in _UNITS:
            return cls(match[0], time=timedelta(**{_UNITS[unit]: number}))
        if number < 1:
            raise ValueError(f"is {brief_repr(value)}; at least the served version is kept")
        return cls(match[0], versions=number)

    def __str__(self) -> str:
        return f"the newest {self.value}" if self.versions else f"{self.value} after another version took its place"


UNKNOWN = -1
"""In place of a number of rows that a damaged log held. Nothing can be compared with it, so no limit allows it."""


def number_before(before: int) -> str:
    """A number of rows for a message: `1,234`."""
    return f"{before:,}" if before >= 0 else "a number that is not known, because the log of its versions was damaged,"


def changed(before: int, now: int) -> str:
    """The change of a number in percent: `-99.6 %`."""
    if before < 0:
        return "which cannot be compared"
    return f"{float(Fraction((now - before) * 100, before)):+.1f} %" if before else "from 0"
