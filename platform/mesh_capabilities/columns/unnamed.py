"""Names a column that its query does not: by DuckDB's own spelling of the expression, as in `(amount + 1)`."""

import re
from collections.abc import Iterable
from functools import cache

from sqlglot import exp
from sqlglot.errors import SqlglotError

from mesh_capabilities.columns.parsed import parsed

_WORDS = {
    "current_catalog", "current_date", "current_role", "current_schema", "current_time", "current_timestamp", "current_user",
    "localtime", "localtimestamp", "null", "session_user", "user",
}  # fmt: skip
"""The expressions that are a word. Every other name of that form is an alias, or the name of a column."""
_WORD = re.compile(r"[^\W\d]\w*")
_SPACE_AND_SIGNS = re.compile(r'[\s()"]|\bmain\.')


class Unnamed(str):
    """The SQL of an expression, in place of the name that DuckDB gives it."""


def _reading(text: str) -> str:
    return _SPACE_AND_SIGNS.sub("", text.lower().replace("count_star()", "count(*)"))


@cache
def _reading_of_name(name: str) -> str:
    try:
        return _reading(parsed(re.sub(r"\bmain\.", "", name)).sql("duckdb"))
    except (SqlglotError, RecursionError):
        return _reading(name)


def unnamed_as(names: Iterable[str], name: str) -> list[str]:
    """Those of a table's columns without a name that DuckDB may call `name`.

    These are the ones that read the same, else all: DuckDB's spelling can differ from that of the query.
    """
    unnamed = [one for one in names if isinstance(one, Unnamed)]
    if not unnamed or (_WORD.fullmatch(name) and name.lower() not in _WORDS):
        return []
    same = [one for one in unnamed if _reading(one) == _reading_of_name(name)]
    return same or unnamed


def result_name(value: exp.Expression) -> str:
    """The name of an expression without an alias: that of the column or field that it is, or `Unnamed`."""
    while isinstance(value, exp.Paren):
        value = value.this
    if isinstance(value, exp.Column):
        return value.name
    if isinstance(value, exp.Dot) and isinstance(value.expression, exp.Identifier):
        head: exp.Expression = value
        while isinstance(head, exp.Dot):
            head = head.this
        if isinstance(head, (exp.Column, exp.Identifier)):
            return value.expression.name
    return Unnamed(value.sql("duckdb"))
