"""Patterns: the standard writes them as ECMA-262 does, DuckDB executes RE2, and what RE2 has no word for is refused.

RE2's syntax: https://github.com/google/re2/wiki/Syntax
"""

import re
from functools import cache

from mesh_platform.contract.candidate import engine
from mesh_platform.errors import ContractError
from mesh_platform.names import literal

# What ECMA-262 spells in another way than RE2. A set like [(?<] is taken as a whole: in it, nothing else is special.
_UNICODE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\u\{([0-9A-Fa-f]+)\}|\\.", re.DOTALL)
_OWN_WORDS = re.compile(r"\(\?<(?=[A-Za-z_])|\[\^\]|\[(?:\\.|[^\]\\])*\]|" + _UNICODE.pattern, re.DOTALL)


def matches(value: str, pattern: str) -> str:
    """SQL that is true when the SQL expression `value` holds a match of `pattern`, at any place, as in JSON Schema.

    Raises ContractError for a pattern that RE2 cannot execute.
    """
    return f"regexp_matches({value}, {literal(checked(pattern))})"


@cache
def checked(pattern: str) -> str:
    """An ECMA-262 pattern as RE2 writes it. Raises ContractError when RE2 has nothing of the kind."""
    import duckdb

    translated = _OWN_WORDS.sub(_translated, pattern)
    try:
        with engine().cursor() as connection:
            connection.execute(f"SELECT regexp_matches('', {literal(translated)})").fetchall()
    except (duckdb.Error, UnicodeError) as problem:
        reason = " ".join(str(problem).split()).removeprefix("Invalid Input Error: ")
        raise ContractError(
            f"the pattern {pattern!r} cannot be executed: {reason}",
            "Write it without look-around and back references, which RE2 does not have, or state the rule as sql.",
        ) from problem
    return translated


def _translated(word: re.Match) -> str:
    if digits := word[1] or word[2]:
        return f"\\x{{{digits}}}"
    if word[0] in ("(?<", "[^]"):
        return {"(?<": "(?P<", "[^]": r"[\s\S]"}[word[0]]
    return _UNICODE.sub(_translated, word[0]) if word[0].startswith("[") else word[0]
