"""Placeholders in SQL, as the writers of contracts spell them: `${name}` or `{name}`, alone or in quotes."""

import re
from collections.abc import Mapping

from mesh_isolation.text import nearest

# Braces in a text, a quoted name or a comment are their content; a struct of DuckDB, {'a': 1} or {a: 1}, has a colon.
_SKIPPED = r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/"""
_LEFT = re.compile(rf"{_SKIPPED}|(\$\{{[^}}]*\}}+|\{{+\s*[\w.]+\s*\}}+)", re.DOTALL)


def filled(sql: str, meanings: Mapping[str, str], qualifier: str = "") -> str:
    """`sql` with the meaning of each placeholder in its place, and without the quotes around it.

    Args:
        sql: the text.
        meanings: the SQL that stands for each name.
        qualifier: the name of a placeholder that is dropped if it qualifies another, as `schema` in `${schema}.${table}`.
    """
    names = "|".join(map(re.escape, meanings))
    before = rf"""(?:(["'`]?)\$?\{{{qualifier}\}}\1\.(?=["'`]?\$?\{{))?""" if qualifier else "()"
    # One pass: a meaning is not read again, even if it looks like a placeholder.
    words = re.compile(rf"""{before}(["'`]?)(?<!\{{)\$?(?<!\{{)\{{({names})\}}(?!\}})\2""")
    return words.sub(lambda word: meanings[word[3]], sql)


def unknown_placeholder(sql: str, meanings: Mapping[str, str]) -> tuple[str, str] | None:
    """The first placeholder left in `sql`, as it is written, and the way out, which names the nearest; None if none is left."""
    for match in _LEFT.finditer(sql):
        if word := match[1]:
            return word, nearest(f"${{{word.strip('${} ')}}}".casefold(), (f"${{{name}}}" for name in meanings))
    return None
