"""Parses SQL with sqlglot's grammar for DuckDB, where every name that DuckDB may read as a column stays a name."""

from functools import cache
from typing import ClassVar

from sqlglot import exp, parse_one
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError, TokenError
from sqlglot.tokens import Token

from mesh_isolation.lexer import other_cut

_KEPT_AS_WRITTEN = {
    "DATE_ADD", "DATE_DIFF", "DATE_TRUNC", "DATEDIFF", "DATETRUNC", "DECODE", "LAST_DAY", "TIME_BUCKET",
    "FILTER", "LIST_FILTER", "LIST_REDUCE", "LIST_TRANSFORM", "ARRAY_FILTER", "ARRAY_REDUCE", "ARRAY_TRANSFORM", "REDUCE",
}  # fmt: skip
"""Functions whose arguments sqlglot changes: it drops one, or makes a column a keyword. A lambda needs the function's name."""

_JINJA = ("{#", "{{", "{%", "#}", "}}", "%}")
"""Where sqlglot begins and ends a template's comment or block, which DuckDB does not know."""


class OtherCut(TokenError):
    """DuckDB cuts a text into other tokens than sqlglot does: what sqlglot reads is not what DuckDB executes."""

    @classmethod
    def at(cls, sql: str, place: int) -> "OtherCut":
        """The error at a place of the text."""
        line, part = sql.count("\n", 0, place) + 1, " ".join(sql[place : place + 40].split())
        return cls(
            f"in line {line}, DuckDB can read {part!r} in another way than sqlglot does; write plain spaces between operators "
            "and comments, and names with unusual signs in quotes"
        )


class ColumnsKept(DuckDB):
    """DuckDB's SQL, cut as DuckDB cuts it, of which no argument of a function is lost."""

    class Tokenizer(DuckDB.Tokenizer):
        KEYWORDS: ClassVar = {
            word: kind for word, kind in DuckDB.Tokenizer.KEYWORDS.items() if word[:2] not in _JINJA and word[-2:] not in _JINJA
        }

        def tokenize(self, sql: str) -> list[Token]:
            tokens = super().tokenize(sql)
            place = other_cut(sql, ((token.start, token.end + 1, token.text) for token in tokens))
            if place is not None:
                raise OtherCut.at(sql, place)
            return tokens

    class Parser(DuckDB.Parser):
        FUNCTIONS = {name: build for name, build in DuckDB.Parser.FUNCTIONS.items() if name not in _KEPT_AS_WRITTEN}
        ARRAY_CONSTRUCTORS: ClassVar = {}  # `t.list[1]` is an element of a column
        NO_PAREN_FUNCTION_PARSERS = {
            name: parse for name, parse in DuckDB.Parser.NO_PAREN_FUNCTION_PARSERS.items() if name != "CONNECT_BY_ROOT"
        }


ColumnsKept.Tokenizer._COMMENTS.pop("{#")  # sqlglot adds it to every dialect


def parsed(sql: str) -> exp.Expression:
    """The tree of a query. Raises SqlglotError: OtherCut if DuckDB can read the text in another way."""
    return parse_one(sql, dialect=ColumnsKept)


def is_statement(text: str) -> bool:
    """Whether DuckDB can parse a text, whatever sqlglot makes of it."""
    import duckdb

    try:
        with duckdb.connect() as connection:
            return bool(connection.extract_statements(text))
    except (duckdb.Error, UnicodeError):
        return False


def names_of_word(node: exp.Expression) -> tuple[str, ...]:
    """The names of the columns that DuckDB may read in place of `current_date` or `interval`, if there are any."""
    if isinstance(node, exp.Interval):
        return () if node.args.get("unit") else ("interval",)
    return _words().get(type(node), ())


@cache
def _words() -> dict[type[exp.Expression], tuple[str, ...]]:
    words: dict[type[exp.Expression], tuple[str, ...]] = {}
    for token, kind in DuckDB.Parser.NO_PAREN_FUNCTIONS.items():
        words[kind] = (*words.get(kind, ()), token.name.lower())
    return words


_COMPARABLE = (
    exp.DType.BOOLEAN, exp.DType.TINYINT, exp.DType.SMALLINT, exp.DType.INT, exp.DType.BIGINT, exp.DType.INT128,
    exp.DType.UTINYINT, exp.DType.USMALLINT, exp.DType.UINT, exp.DType.UBIGINT, exp.DType.DECIMAL, exp.DType.TEXT,
    exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ, exp.DType.TIMESTAMPTZ, exp.DType.UUID,
)  # fmt: skip
"""The types of which two values are equal if and only if they are one group."""


@cache
def comparable_type(text: str) -> str:
    """One spelling of a type, for values that are equal only if they are the same; empty for every other type."""
    try:
        kind = exp.DataType.build(text, dialect=ColumnsKept)
    except SqlglotError:
        return ""
    return kind.sql("duckdb").upper() if kind.this in _COMPARABLE else ""


@cache
def built_in_functions() -> frozenset[str]:
    """The names of DuckDB's functions whose result is made of their arguments."""
    return frozenset(name for (name,) in _listed("SELECT DISTINCT lower(function_name)")) - {
        "query", "query_table", "getvariable", "current_setting",
    }  # fmt: skip


@cache
def _lambdas() -> frozenset[tuple[str, int]]:
    """DuckDB's functions with a lambda, and the place of the lambda among their arguments."""
    rows = _listed("SELECT DISTINCT lower(function_name), list_position(parameter_types, 'LAMBDA') - 1")
    return frozenset((name, place) for name, place in rows if place is not None and place >= 0)


def _listed(select: str) -> list[tuple]:
    import duckdb

    with duckdb.connect() as connection:
        return connection.execute(f"{select} FROM duckdb_functions() WHERE internal").fetchall()


def is_array(node: exp.Expression) -> bool:
    """Whether `array[1, 2]` is a list of its own."""
    name = node.this if isinstance(node, exp.Bracket) else None
    return isinstance(name, exp.Column) and not name.table and not name.this.args.get("quoted") and name.name.lower() == "array"


def is_lambda(node: exp.Lambda) -> bool:
    """Whether DuckDB reads `x -> …` as a lambda. Everywhere else it is an arrow into JSON, whose sides are values."""
    call = node.parent
    if isinstance(call, exp.Columns):
        return True
    if not isinstance(call, exp.Anonymous):
        return False
    place = next(index for index, part in enumerate(call.expressions) if part is node)
    if isinstance(call.parent, exp.Dot) and call.arg_key == "expression":
        place += 1  # `tags.list_filter(x -> x > 1)`
    return (call.name.lower(), place) in _lambdas()
