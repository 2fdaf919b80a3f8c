"""Formats of dates and times that are stored as text, in the letters of ODCS, as SQL of DuckDB."""

import re
from datetime import datetime

from mesh_isolation.engine import literal


class UnreadableTime(ValueError):
    """A format with letters that are not supported, or a time that is not of its format."""


OFFSET = "[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?"
"""An offset from UTC as a regular expression. No clock was ever further from it: https://www.iana.org/time-zones"""
_ZONE = "(?:Z|[+-](?:0[0-9]|1[0-5]):?[0-5][0-9])"
# The supported letters: a regular expression and the strptime code of each. The standard's examples do not quote T.
_LETTERS = {
    "yyyy": ("[0-9]{4}", "%Y"),
    "uuuu": ("[0-9]{4}", "%Y"),
    "MM": ("[0-9]{2}", "%m"),
    "dd": ("[0-9]{2}", "%d"),
    "HH": ("[0-9]{2}", "%H"),
    "mm": ("[0-9]{2}", "%M"),
    "ss": ("[0-9]{2}", "%S"),
    "SSS": ("[0-9]{3}", "%g"),
    "SSSSSS": ("[0-9]{6}", "%f"),
    "T": ("T", "T"),
    **dict.fromkeys(("X", "XX", "XXX", "Z", "ZZZZZ"), (_ZONE, "%z")),
}
_PARTS = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")


class TimeText:
    """A format of dates or times that are stored as text.

    Args:
        format: the letters of ODCS: `yyyy-MM-dd'T'HH:mm:ss`.

    Raises UnreadableTime for a format with unsupported letters.
    """

    def __init__(self, format: str) -> None:
        self.format = format
        parts = [self._part(part) for part in _PARTS.finditer(format)]
        self._shape, self._code = ("".join(side) for side in zip(*parts)) if parts else ("", "")
        self.has_zone = "%z" in self._code
        if "".join(part[0] for part in _PARTS.finditer(format)) != format or (self.has_zone and self._code[-2:] != "%z"):
            raise self._unreadable(format)

    @property
    def type(self) -> str:
        """The DuckDB type that `read` returns."""
        return "TIMESTAMP WITH TIME ZONE" if self.has_zone else "TIMESTAMP"

    def read(self, value: str) -> str:
        """SQL that parses the SQL text `value`; NULL if it has another format or is an impossible date."""
        zoned = f"regexp_replace({value}, 'Z$', '+00:00')" if self.has_zone else value
        return f"try_strptime({zoned}, {literal(self._code)})"

    def breaks(self, value: str) -> str:
        """SQL that is true if the SQL text `value` does not have this format."""
        shape = literal(f"^(?:{self._shape})$")
        return f"({value} IS NOT NULL AND (NOT regexp_matches({value}, {shape}) OR {self.read(value)} IS NULL))"

    def limit(self, text: str) -> str:
        """A limit that is written in this format, as a SQL literal. Raises UnreadableTime for another format."""
        try:
            moment = datetime.strptime(text, self._code.replace("%g", "%f"))
        except (TypeError, ValueError) as problem:
            raise UnreadableTime(f"the limit {text!r} is not of the column's format {self.format!r}") from problem
        return f"{literal(moment.isoformat())}::{self.type}"

    def _part(self, part: re.Match) -> tuple[str, str]:
        if part[2]:
            if part[0] not in _LETTERS:
                raise self._unreadable(part[0])
            return _LETTERS[part[0]]
        text = (part[1] or "'").replace("''", "'") if part[0].startswith("'") else part[0]
        return re.escape(text), text.replace("%", "%%")

    def _unreadable(self, what: str) -> UnreadableTime:
        known = ", ".join(_LETTERS)
        return UnreadableTime(f"the format {self.format!r} cannot be judged: {what!r} is none of {known} or a quoted text")
