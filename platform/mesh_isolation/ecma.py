r"""Regular expressions of ECMA-262 for RE2, the engine of DuckDB: translated so that they mean the same, or refused.

A pattern is read as JavaScript's `new RegExp(pattern, "u")` reads it, as JSON Schema recommends: by whole characters. What
only the older grammar without the flag knows, as `\@` or a lone `{`, is read as that grammar reads it, where no reader can
differ. The grammar: https://262.ecma-international.org/15.0/#sec-patterns. RE2: https://github.com/google/re2/wiki/Syntax
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from mesh_isolation.engine import literal

if TYPE_CHECKING:
    import duckdb


class UnlikeEcma(Exception):
    """A pattern is not one of ECMA-262, or RE2 cannot execute it with the same meaning; the message names the construct."""


Ranges = list[tuple[int, int]]
"""The characters of a class, from the first to the last code point of each range."""

_LAST = 0x10FFFF
_DIGIT: Ranges = [(0x30, 0x39)]
_WORD: Ranges = [(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)]
_SPACE: Ranges = [
    *((0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029)),
    *((0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF)),
]
"""WhiteSpace and LineTerminator: https://262.ecma-international.org/15.0/#sec-white-space. RE2 knows only those of ASCII."""
_LINE_ENDS: Ranges = [(0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029)]


def _others(ranges: Ranges) -> Ranges:
    """The characters that are in none of these sorted ranges."""
    starts, ends = [0, *(last + 1 for _, last in ranges)], [*(first - 1 for first, _ in ranges), _LAST]
    return [(first, last) for first, last in zip(starts, ends) if first <= last]


_CLASSES = {
    **{"d": _DIGIT, "w": _WORD, "s": _SPACE},
    **{"D": _others(_DIGIT), "W": _others(_WORD), "S": _others(_SPACE)},
}
_DIGITS = frozenset("0123456789")
_CONTROLS = {"t": 0x09, "n": 0x0A, "v": 0x0B, "f": 0x0C, "r": 0x0D}
_CATEGORIES = {"L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe"}
_CATEGORIES |= {"Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "Cc", "Cf", "Co"}
"""The general categories that both engines have. RE2 has no unassigned characters, which C contains."""

_NAME = re.compile(r"\(\?<((?:[^\W\d]|\$)[\w$]*)>")
_UNICODE = re.compile(r"u(?:([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|([0-9a-fA-F]{4})|\{([0-9a-fA-F]+)\})")
_HEX = re.compile(r"x([0-9a-fA-F]{2})")
_PROPERTY = re.compile(r"[pP]\{(?:(?:General_Category|gc)=(\w+)|(?:Script|sc)=(\w+)|(\w+))\}")
_QUANTIFIER = re.compile(r"(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})\??")
_SYNTAX = "^$\\.*+?()[]{}|/"
"""What a backslash may make a character of, by the grammar with the flag."""
_POSIX = re.compile(r"\[:\^?\w+:\]|\[\.\w+\.\]|\[=\w+=\]")


@lru_cache(1_000)
def re2_pattern(pattern: str, connection: "duckdb.DuckDBPyConnection") -> str:
    """The pattern in the syntax of RE2, with the same meaning. Raises UnlikeEcma if there is none.

    Args:
        pattern: a regular expression of ECMA-262, without slashes and flags.
        connection: any connection to DuckDB. It tries the result, because RE2 has limits of its own.
    """
    import duckdb

    if any("\ud800" <= character <= "\udfff" for character in pattern):
        raise UnlikeEcma("it contains half of a character, which no text holds")
    translated = _Reader(pattern).read()
    try:
        with connection.cursor() as own:
            own.execute(f"SELECT regexp_matches('', {literal(translated)})").fetchall()
    except (duckdb.Error, UnicodeError) as problem:
        raise UnlikeEcma(" ".join(str(problem).split()).removeprefix("Invalid Input Error: ")) from problem
    return translated


class _Reader:
    """Reads one pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self.pattern, self.at = pattern, 0
        self.names: set[str] = set()
        self.older = self.newer = ""
        """A construct that only the grammar without the flag knows, and one that means something else in it."""

    def read(self) -> str:
        """The translated pattern."""
        parts: list[str] = []
        repeatable, opened = False, []
        while self.at < len(self.pattern):
            sign = self.pattern[self.at]
            if quantifier := _QUANTIFIER.match(self.pattern, self.at):
                parts.append(self._repeated(quantifier, repeatable))
                repeatable = False
                continue
            repeatable = True
            if sign == "(":
                parts.append(self._group())
                opened.append(sign)
                repeatable = False
            elif sign == ")":
                if not opened:
                    raise UnlikeEcma("a ')' closes no group")
                opened.pop()
                parts.append(self._step(1, ")"))
            elif sign in "|^$":
                parts.append(self._step(1, sign))
                repeatable = False
            elif sign == ".":
                parts.append(self._step(1, _class(_others(_LINE_ENDS))))
            elif sign == "[":
                parts.append(self._set())
            elif sign == "\\":
                escape, is_assertion = self._escape()
                parts.append(escape)
                repeatable = not is_assertion
            else:
                if sign in "{}]":
                    self.older = sign
                parts.append(_character(self._literal()[0][0]))
        if opened:
            raise UnlikeEcma("a group is not closed")
        if self.older and self.newer:
            raise UnlikeEcma(f"{self.older!r} is valid without the flag u only, where {self.newer!r} has another meaning")
        return "".join(parts)

    def _literal(self) -> Ranges:
        sign = self.pattern[self.at]
        if ord(sign) > 0xFFFF:
            self.newer = sign
        return self._step(1, _one(ord(sign)))

    def _step(self, length: int, translated: str) -> str:
        self.at += length
        return translated

    def _repeated(self, quantifier: re.Match, repeatable: bool) -> str:
        if not repeatable:
            raise UnlikeEcma(f"{quantifier[0]!r} repeats nothing: ECMA-262 has no possessive and no double repetition")
        least, comma, most = quantifier.groups()
        if most and int(most) < int(least):
            raise UnlikeEcma(f"{quantifier[0]!r} is out of order")
        if max(int(least or 0), int(most or 0)) > 1000:
            raise UnlikeEcma(f"{quantifier[0]!r} repeats more than 1,000 times, the most that RE2 can")
        return self._step(len(quantifier[0]), quantifier[0])

    def _group(self) -> str:
        ahead = self.pattern[self.at : self.at + 4]
        if ahead.startswith(("(?=", "(?!", "(?<=", "(?<!")):
            kind = "a look-ahead" if ahead[2] in "=!" else "a look-behind"
            raise UnlikeEcma(f"RE2 does not have {kind}, {ahead[: 3 if ahead[2] in '=!' else 4]!r}")
        if ahead.startswith("(?:"):
            return self._step(3, "(?:")
        if not ahead.startswith("(?"):
            return self._step(1, "(?:")
        if not (name := _NAME.match(self.pattern, self.at)):
            raise UnlikeEcma(f"{ahead!r} begins no group of ECMA-262: it has no flags, comments or atomic groups in a pattern")
        if name[1] in self.names:
            raise UnlikeEcma(f"two groups have the name {name[1]!r}")
        self.names.add(name[1])
        return self._step(len(name[0]), "(?:")

    def _escape(self) -> tuple[str, bool]:
        """The translation of an escape outside of a set, and whether it is an assertion."""
        letter = self.pattern[self.at + 1 : self.at + 2]
        if letter in ("b", "B"):
            return self._step(2, f"\\{letter}"), True
        if letter in _DIGITS - {"0"} or letter == "k":
            raise UnlikeEcma(f"RE2 does not have the back reference '\\{letter}'")
        ranges = self._escaped()
        if isinstance(ranges, str):
            return ranges, False
        return (_character(ranges[0][0]) if _is_one(ranges) else _class(ranges)), False

    def _escaped(self) -> Ranges | str:
        r"""The characters of an escape that is the same in and outside of a set; for \p{…}, its spelling in RE2."""
        rest = self.pattern[self.at + 1 :]
        letter = rest[:1]
        if not letter:
            raise UnlikeEcma("a backslash ends the pattern")
        if letter in _CLASSES:
            return self._step(2, _CLASSES[letter])
        if letter in _CONTROLS:
            return self._step(2, _one(_CONTROLS[letter]))
        if letter == "0" and rest[1:2] not in _DIGITS:
            return self._step(2, _one(0))
        if letter == "c" and rest[1:2].isalpha() and rest[1:2].isascii():
            return self._step(3, _one(ord(rest[1]) % 32))
        if digits := _HEX.match(rest):
            return self._step(1 + len(digits[0]), _one(int(digits[1], 16)))
        if digits := _UNICODE.match(rest):
            self.newer = self.newer if digits[3] else f"\\{digits[0]}"
            return self._step(1 + len(digits[0]), _one(_code_point(digits)))
        if letter in "pP" and (named := _PROPERTY.match(rest)):
            self.newer = f"\\{named[0]}"
            return self._step(1 + len(named[0]), _property(letter, named))
        if letter.isascii() and letter.isalnum():
            raise UnlikeEcma(f"'\\{rest[: 2 if letter in 'cpP' else 1]}' is no escape of ECMA-262")
        if letter not in _SYNTAX:
            self.older = f"\\{letter}"
            self.newer = letter if ord(letter) > 0xFFFF else self.newer
        return self._step(2, _one(ord(letter)))

    def _set(self) -> str:
        """A set in brackets. Its members are written by their numbers, because RE2 has more syntax in it."""
        if (posix := _POSIX.search(self.pattern, self.at + 1)) and "]" not in self.pattern[self.at + 1 : posix.start()]:
            raise UnlikeEcma(f"{posix[0]!r} is no class of ECMA-262")
        self.at += 1
        negated = self.pattern.startswith("^", self.at)
        self.at += negated
        ranges: Ranges = []
        properties: list[str] = []
        while not self.pattern.startswith("]", self.at):
            first = self._member()
            if isinstance(first, str):
                properties.append(first)
                continue
            if self.pattern.startswith("-", self.at) and not self.pattern.startswith("-]", self.at):
                self.at += 1
                last = self._member()
                if isinstance(last, str) or not (_is_one(first) and _is_one(last)):
                    raise UnlikeEcma("a class is the end of a range in a set; put the '-' last")
                if last[0][0] < first[0][0]:
                    raise UnlikeEcma("a range in a set is out of order")
                first = [(first[0][0], last[0][0])]
            ranges += first
        self.at += 1
        if not ranges and not properties:
            return _class(_others([])) if negated else _class(_others([]), negated=True)
        return _class(ranges, negated, "".join(properties))

    def _member(self) -> Ranges | str:
        if self.at >= len(self.pattern):
            raise UnlikeEcma("a set is not closed")
        sign = self.pattern[self.at]
        if sign != "\\":
            return self._literal()
        letter = self.pattern[self.at + 1 : self.at + 2]
        if letter in ("b", "-"):
            return self._step(2, _one(0x08 if letter == "b" else ord("-")))
        if letter == "B" or letter in _DIGITS - {"0"}:
            raise UnlikeEcma(f"'\\{letter}' is no member of a set in ECMA-262")
        return self._escaped()


def _one(code: int) -> Ranges:
    return [(code, code)]


def _is_one(ranges: Ranges) -> bool:
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def _code_point(digits: re.Match) -> int:
    if digits[1]:
        return 0x10000 + ((int(digits[1], 16) - 0xD800) << 10) + int(digits[2], 16) - 0xDC00
    code = int(digits[3] or digits[4], 16)
    if 0xD800 <= code <= 0xDFFF:
        raise UnlikeEcma(f"'\\{digits[0]}' is half of a character, which no text holds")
    if code > _LAST:
        raise UnlikeEcma(f"'\\{digits[0]}' is beyond the last character of Unicode")
    return code


def _property(letter: str, named: re.Match) -> str:
    category, script, bare = named.groups()
    if script:
        return f"\\{letter}{{{script}}}"
    if (known := category or bare) not in _CATEGORIES:
        raise UnlikeEcma(f"'\\{named[0]}' is no property that both engines have; write a category, as \\p{{Lu}}, or a script")
    return f"\\{letter}{{{known}}}"


def _character(code: int) -> str:
    return chr(code) if chr(code).isalnum() else f"\\x{{{code:x}}}"


def _class(ranges: Ranges, negated: bool = False, more: str = "") -> str:
    members = (f"\\x{{{first:x}}}-\\x{{{last:x}}}" if first != last else f"\\x{{{first:x}}}" for first, last in ranges)
    return f"[{'^' if negated else ''}{''.join(members)}{more}]"
