"""Text that a team, a file or a library has written, as it may be shown: nothing hidden, no markup, no values of data."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches

_UNSEEN = set("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters and marks without a shape."""


def visible(text: object) -> str:
    """The text with an escape such as `\\u202e` for each character that has no shape of its own, except spaces and new lines.

    Terminals execute control characters; others change the order or the look of what surrounds them:
    https://www.unicode.org/reports/tr36/
    """
    text = str(text)
    if text.isprintable() and _UNSEEN.isdisjoint(text):
        return text
    return "".join(map(_with_shape, text))


def _with_shape(character: str) -> str:
    if character.isprintable() and character not in _UNSEEN or character in "\n\t" or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode("ascii")


_LINE_BREAKS = {"\n": "\\n", "\t": "\\t"}
_LONGEST = 80


def brief(text: object) -> str:
    """A foreign text as a message quotes it: `visible`, on one line, and cut after 80 characters."""
    shown = visible(str(text)[: _LONGEST + 1]).translate(str.maketrans(_LINE_BREAKS))
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def brief_repr(value: object) -> str:
    """The `repr` of a foreign value, as `brief` shows it; the name of its type if `repr` fails."""
    try:
        return brief(repr(value))
    except Exception:  # an integer of thousands of digits has no repr
        return f"a value of the type {type(value).__name__}"


_FEW = 10


def few(texts: Iterable[object]) -> str:
    """Foreign texts as a message lists them: the first ten as `brief` shows each, and how many more there are."""
    listed = [*texts]
    more = f" and {len(listed) - _FEW:,} more" if len(listed) > _FEW else ""
    return f"{', '.join(map(brief, listed[:_FEW]))}{more}"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: `1 row`, `2,000 rows`; `counted(2, "policy", "policies")` gives `2 policies`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


_DIGITS = re.compile("[0-9]{1,20}")


def whole_number(text: object) -> int | None:
    """The number that a text of up to 20 ASCII digits writes; None for any other text.

    `str.isdigit` is true for `²`, which `int` refuses, and `int` refuses thousands of digits.
    """
    return int(text) if isinstance(text, str) and _DIGITS.fullmatch(text) else None


# Code that stays code; an address, which Markdown makes a link of; a character that begins an image, a link or a table.
_MARKUP = re.compile(r"(?P<code>`[^`\n|]+`)|(?P<address>[^\s|`]*(?:://|www\.|@)[^\s|`]*)|(?P<sign>[\\`\[<&|~])", re.I)


def plain(text: object) -> str:
    """A text of a team for a place where Dagster shows Markdown: it loads nothing and links to nothing.

    Addresses become code, and what is hidden becomes visible. https://github.github.com/gfm/
    """
    written = {"code": "{}", "address": "`{}`", "sign": "\\{}"}
    return _MARKUP.sub(lambda match: written[match.lastgroup].format(match[0]), visible(text))


ENGINE_ERROR = re.compile(r"\b([A-Z][A-Za-z]*(?: (?:[a-z]+|[A-Z][A-Za-z]*))* Error): ")
"""How DuckDB begins the message of an error."""

_ABOUT_CODE = {"Binder Error", "Catalog Error", "Parser Error", "Permission Error"}
"""The kinds of DuckDB's errors that are raised while SQL is read and bound, before any row. All others can quote values."""

_HARMLESS = re.compile(
    r"""IO\ Error:\ [^"']*(["']/[^"']*["'][^"']*)*
    |IO\ Error:\ (Cannot|Could\ not|No\ files\ found\ that|Unable\ to)\ [a-z ]+\ "[^"]+"[^"']*
    |Out\ of\ Memory\ Error:\ ([Ff]ailed\ to|[Cc]ould\ not)\ [a-z ]+of\ size\ [\d.]+\ .*
    |Dependency\ Error:\ Cannot\ [a-z]+\ entry\ "\w+"\ because\ there\ are\ entries\ that\ depend\ on\ it.*""",
    re.VERBOSE | re.DOTALL,
)
"""Messages of other kinds that quote nothing but files, sizes and names of tables."""

_NOT_ABOUT_VALUES = {
    "IO Error",
    "HTTP Error",
    "Not implemented Error",
    "Out of Memory Error",
    "Dependency Error",
    "Settings Error",
}
"""Kinds that are seldom about a value, and can quote one all the same: an unknown time zone is not implemented."""

QUOTED = re.compile(r"""(?<!\w)'([^']*)'(?!\w)|"([^"]*)\"""")
"""What a message quotes."""
_OF_CODE = re.compile(  # a name, a signature, an operator, a file of a project
    r"[A-Za-z_$][\w.$]*|[^\s\"'()]+\([^\"']*\)(?: -> [^\"']+)?|[^\w\s]{1,3}|[\w./-]+\.(?:sql|ya?ml|csv|parquet|py)"
)
_ENUM = re.compile(r"""ENUM\((?:'(?:[^']|'')*'(?:, |(?=\))))*\)""")
"""A type that lists values; it can be made of those of a column."""

_TYPE = r"U?[A-Z]*INT\d*|INTEGER|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\)|BOOL|DATE|TIME|TIMESTAMP|INTERVAL|UUID"
_CAST = re.compile(rf".*(?:\bto|\btype) ({_TYPE})(?: failed: value is out of range!)?", re.DOTALL)
_COLUMN = re.compile(r" when casting from source column (\w+)$")


def without_values(message: object) -> str:
    """The message of an error of DuckDB in one line, without the values that it quotes.

    Where data come from, they have no classification, so any value can be personal. The type and the column remain.
    """
    text, *line = re.split(r"\s+LINE \d+: ", str(message).strip(), maxsplit=1)
    kind = ENGINE_ERROR.search(text)
    if not kind or kind[1] == "Permission Error" or _HARMLESS.fullmatch(text, kind.start()):
        return " ".join(text.split())
    if kind[1] in _ABOUT_CODE:
        return " ".join(_names_of_code(text, "".join(line)).split())
    if kind[1] in _NOT_ABOUT_VALUES:
        return " ".join(f"{text[: kind.end()]}the message is not shown, because it can quote values".split())
    converted = text[kind.end() :] if kind[1] == "Conversion Error" else ""
    column, cast = _COLUMN.search(converted), _CAST.fullmatch(_COLUMN.sub("", converted))
    of_column = f" of the column {column[1]}" if column else ""
    reason = f"a value{of_column} does not fit {cast[1]}" if cast else f"a value{of_column} is not valid"
    return " ".join(f"{text[: kind.end()]}{reason} (values are not shown)".split())


def _names_of_code(text: str, line: str) -> str:
    """The text with `'…'` for all that it quotes, except names, signatures, and what is in the line of SQL.

    A column that PIVOT makes of a value has the value as its name, and the type ENUM lists its values.
    """

    def shown(match: re.Match) -> str:
        quoted = match[1] if match[2] is None else match[2]
        return match[0] if quoted in line or _OF_CODE.fullmatch(quoted) else "'…'"

    return QUOTED.sub(shown, _ENUM.sub("ENUM(…)", text))


@contextmanager
def hiding_values() -> Iterator[None]:
    """Removes the values from the messages of DuckDB's errors that are raised inside, causes included: logs keep them."""
    try:
        yield
    except Exception as problem:
        link: BaseException | None = problem
        while link:
            if type(link).__module__.lstrip("_").partition(".")[0] == "duckdb":
                link.args = (without_values(link),)
            link = link.__cause__ or link.__context__
        raise


def reason_of(problem: Exception) -> str:
    """The message of an error of delta-rs on one line, without the colours and the stack trace that some have."""
    return " ".join(re.sub(r"\x1b\[\d*m", "", re.split(r"\n +0: ", str(problem))[0]).split())


def described(problem: BaseException) -> str:
    """The type and the message of any error, in one line without a full stop."""
    try:
        message = without_values(problem)
    except Exception:
        message = ""
    return f"{type(problem).__name__}: {message}".rstrip(".: ")


def nearest(name: str, known: Iterable[object]) -> str:
    """The way out of an unknown name: the known names that are most similar, or else up to ten of them."""
    names = sorted(map(str, known))
    if similar := get_close_matches(name, names):
        return f"Did you mean {' or '.join(similar)}?"
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return f"There {'is' if len(names) == 1 else 'are'} {', '.join(names[:10]) or 'none yet'}{more}."
