"""How DuckDB cuts a text into tokens, and whether another reader of SQL has cut it in the same way."""

import re
from collections.abc import Callable, Iterable
from itertools import accumulate

SPACES = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u202f\u205f\u2060\u3000\ufeff"
"""The signs outside of ASCII that DuckDB replaces by spaces before it reads a text, also in quotes behind some comments."""
_LETTER = r"A-Za-z_\x80-\U0010ffff"
_TAG = rf"\$(?:[{_LETTER}][{_LETTER}0-9]*)?\$"
_TOKEN = re.compile(
    rf"""
    (?P<words>[{_LETTER}][{_LETTER}0-9$]*(?:[ \t\n\r\f]+[{_LETTER}][{_LETTER}0-9$]*)*)
    | (?P<number>[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]+)?)
    | '(?:[^']|'')*' | "(?:[^"]|"")*" | [eE]'(?:[^'\\]|\\.|'')*' | (?P<tag>{_TAG})(?:(?!(?P=tag)).)*(?P=tag)
    | (?P<sign>(?:(?!--|/\*)[!-#%&(-/:-@\[-^`{{-~])+|\$)
    """,
    re.DOTALL | re.VERBOSE,
)
"""The forms of DuckDB's tokens. Several words can be one token of another reader, as in GROUP BY."""
_APART = re.compile(r"\.[0-9]|<<|>>")
_OPERATOR = re.compile(r"[!#%&*+/<=>?@^`|~-]")
_ARROW = re.compile(r"(?!(?:<=|>=|<>|!=|==|\|\|)\Z)[!#%&*+/<=>@^|~-]{2,}")
"""The signs that are an operator like any other, and no arrow or the like, if a comment or operator follows without a space."""
_WORD = re.compile(r"[^ \t\n\r\f]+")
_SPACE = re.compile(r"(?:[ \t\n\r\f]|--[^\n\r]*)+")
_BOUND = re.compile(r"/\*|\*/")


def is_plain(part: str) -> bool:
    """Whether a part of a text, outside of quotes, has only signs that no reader takes for a space: see SPACES."""
    return not re.search(r"[^\x21-\x7e\w]", part)


def other_cut(sql: str, tokens: Iterable[tuple[int, int, str]]) -> int | None:
    """Where DuckDB cuts a text in another way than another reader did; None if both have the same tokens.

    A point before the digits of a number and each sign of a shift may be tokens of their own, and words with nothing but spaces
    between them one token. Everything else is held to be a difference.

    Args:
        sql: the text.
        tokens: the other reader's, in their order: where each starts, where it ends, and how it is read.
    """
    if "\0" in sql:
        return sql.index("\0")  # DuckDB reads no further
    at, starts = 0, set()
    for start, end, text in tokens:
        if not _is_space(sql[at:start]):
            return at
        if not _is_read(sql[start:end], text) or (_ARROW.fullmatch(text) and _OPERATOR.match(sql, end)):
            return start
        starts |= {start + word.start() for word in _words(sql[start:end])}
        at = end
    if not _is_space(sql[at:]):
        return at
    try:
        other = starts ^ {*token_starts(sql)}
    except ValueError:
        return 0
    return min((place for place in other if not _APART.fullmatch(sql, max(place - 1, 0), place + 1)), default=None)


def token_starts(sql: str) -> list[int]:
    """Where DuckDB's tokens start, counted in characters. Raises ValueError for a text that it cannot cut."""
    import duckdb

    try:
        places = [place for place, _ in duckdb.tokenize(sql)]
    except (duckdb.Error, RuntimeError, TypeError) as problem:
        raise ValueError(str(problem)) from problem
    if sql.isascii():
        return places
    character_at = {place: number for number, place in enumerate(accumulate((len(sign.encode()) for sign in sql), initial=0))}
    return [character_at.get(place, -1) for place in places]


def _words(token: str) -> Iterable[re.Match[str]]:
    form = _TOKEN.fullmatch(token)
    return _WORD.finditer(token) if form and form["words"] else re.finditer(r"\A", token)


def _is_read(token: str, text: str) -> bool:
    """Whether a token of another reader is one for DuckDB, too, and is read as it is written."""
    form = _TOKEN.fullmatch(token)
    if form is None or any(space in token for space in SPACES):
        return False
    if form["words"]:
        # Some letters become ASCII with another case: the reader could take a name for a keyword.
        folds = (token.upper(), token.lower(), token.casefold())
        same = " ".join(token.split()).upper() == text.upper()
        return same and is_plain("".join(token.split())) and (token.isascii() or not any(map(str.isascii, folds)))
    if form["number"]:
        return token.replace("_", "") == text.replace("_", "")
    if form["sign"]:
        return token == text
    if form["tag"]:
        return text == token[len(form["tag"]) : -len(form["tag"])]
    quote = token[0]
    return quote not in "'\"" or text == token[1:-1].replace(quote * 2, quote)


def _is_space(gap: str) -> bool:
    """Whether DuckDB finds nothing but spaces and comments in it."""
    return gap_end(gap)(0) == len(gap)


def gap_end(text: str, space: re.Pattern[str] = _SPACE) -> Callable[[int], int]:
    """A function that gives, for a place in a text, where the spaces and comments end that begin there.

    Args:
        text: the text.
        space: its spaces, and comments that end with their line.
    """
    ends, opened = {}, []
    for bound in _BOUND.finditer(text):
        if bound[0] == "/*":
            opened.append(bound.start())
        elif opened:
            ends[opened.pop()] = bound.end()

    def after(at: int) -> int:
        while (match := space.match(text, at)) or at in ends:
            at = match.end() if match else ends[at]
        return at

    return after
