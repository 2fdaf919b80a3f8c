"""Times kept as text: a format of Java's DateTimeFormatter, which the standard names, as DuckDB reads it."""

import re
from datetime import datetime

from mesh_platform.errors import ContractError
from mesh_platform.names import literal

_ZONE = "(?:Z|[+-][0-9]{2}:?[0-9]{2})"
# The letters that can be read, each with its digits and its place in strptime; T stands bare in the standard's examples.
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
    """One format, ready to judge and to read texts.

    Args:
        format: `yyyy-MM-dd'T'HH:mm:ss`.

    Raises ContractError for a format whose letters cannot be read.
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
        """The DuckDB type of what is read."""
        return "TIMESTAMP WITH TIME ZONE" if self.has_zone else "TIMESTAMP"

    def read(self, value: str) -> str:
        """SQL that reads the SQL text `value`; NULL if it is of another form or names a day that never was."""
        zoned = f"regexp_replace({value}, 'Z$', '+00:00')" if self.has_zone else value
        return f"try_strptime({zoned}, {literal(self._code)})"

    def breaks(self, value: str) -> str:
        """SQL that is true for a text that is not of this format."""
        shape = literal(f"^(?:{self._shape})$")
        return f"({value} IS NOT NULL AND (NOT regexp_matches({value}, {shape}) OR {self.read(value)} IS NULL))"

    def limit(self, said: str) -> str:
        """A limit in this format as a SQL literal. Raises ContractError when it is in another."""
        try:
            moment = datetime.strptime(said, self._code.replace("%g", "%f"))
        except (TypeError, ValueError) as problem:
            raise ContractError(f"the limit {said!r} is not of the column's format {self.format!r}") from problem
        return f"{literal(moment.isoformat())}::{self.type}"

    def _part(self, part: re.Match) -> tuple[str, str]:
        if part[2]:
            if part[0] not in _LETTERS:
                raise self._unreadable(part[0])
            return _LETTERS[part[0]]
        text = (part[1] or "'").replace("''", "'") if part[0].startswith("'") else part[0]
        return re.escape(text), text.replace("%", "%%")

    def _unreadable(self, what: str) -> ContractError:
        known = ", ".join(_LETTERS)
        return ContractError(f"the format {self.format!r} cannot be judged: {what!r} is none of {known} or a quoted text")
