"""What can be wrong with the declaration of a CSV file: all of it is refused before a file is read.

DuckDB judges the types and the format of times: it compiles the query that will read the file, without a row, and reads times
that it has written in the format.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from types import FunctionType
from typing import TYPE_CHECKING, Any

from mesh_isolation.csv_table import DEFAULT_TIMES, Form, cast, select_from, strict
from mesh_isolation.engine import literal, lock
from mesh_isolation.limits import change_of, set_aside_of
from mesh_isolation.reshaping import NamedFunction
from mesh_isolation.text import brief_repr, few, without_values

if TYPE_CHECKING:
    import duckdb

_TABLE = re.compile(r"[A-Za-z0-9_]{1,200}")
_LONGEST_NAME, _LONGEST_PATH = 255, 3_000
"""What file systems allow, in bytes; the path is joined to that of a folder."""
_PROBES = ("2017-03-04 19:08:07.123456", "1999-12-31 23:59:59.999999", "2024-02-29 00:00:00", "2001-11-10 12:30:00")
_PARTS = ("year", "month", "day", "hour", "minute", "second", "millisecond", "microsecond")


class WrongDeclaration(ValueError):
    """A field of a declaration is wrong. `found` says what, in words that follow the field's name; `way_out` what to do."""

    def __init__(self, field: str, found: str, way_out: str) -> None:
        super().__init__(f"{field} {found}")
        self.field, self.found, self.way_out = field, found, way_out


def check_declaration(declared: Mapping[str, Any]) -> None:
    """Raises WrongDeclaration for the first field of a source that no file can be read with.

    Args:
        declared: the fields of a `CsvSource` by their names.
    """
    for field in ("table", "file", "description", "null", "timestamp_format", "reason"):
        _check_text(field, declared[field])
    for field in ("byte_order_mark", "trailing_comma"):
        if type(declared[field]) is not bool:
            raise WrongDeclaration(field, f"is {brief_repr(declared[field])}", "Write True or False.")
    if not _TABLE.fullmatch(declared["table"]):
        reason = f"is {brief_repr(declared['table'])}, which is no name of a table"
        raise WrongDeclaration("table", reason, "Use letters, digits and underscores.")
    _check_file(declared["file"])
    _check_format(declared["timestamp_format"])
    _check_columns("columns", declared["columns"], declared["timestamp_format"])
    if declared["reshape"] is not None:
        _check_reshape(declared["reshape"])
    _check_limits(declared)


def _check_text(field: str, value: Any) -> None:
    if not isinstance(value, str):
        raise WrongDeclaration(field, f"is {brief_repr(value)}, which is no text", "Write a text.")
    if odd := _no_text(value):
        raise WrongDeclaration(field, f"is {brief_repr(value)}, which has {odd}", "Remove it.")


def _no_text(text: str) -> str:
    """What a text has that no file in UTF-8 holds as text; empty if it has nothing of this kind."""
    if "\0" in text:
        return "a NUL"
    return "" if text.encode("utf-8", "ignore").decode() == text else "half of a character"


def _check_file(file: str) -> None:
    path, problem = os.path.normpath(file), ""
    if path == "." or file.endswith("/"):
        problem = "names no file"
    elif path.partition("/")[0] in ("", ".."):
        problem = "is outside the source folder"
    elif len(path.encode()) > _LONGEST_PATH or any(len(part.encode()) > _LONGEST_NAME for part in path.split("/")):
        problem = "is too long for a file system"
    if problem:
        way_out = "Name a file below the source folder, as 'olist/olist_orders_dataset.csv'."
        raise WrongDeclaration("file", f"is {brief_repr(file)}, which {problem}", way_out)


def _check_format(form: str) -> None:
    import duckdb

    if form == DEFAULT_TIMES:
        return
    problem = ""
    if "%z" in form.replace("%%", "").removesuffix("%z"):
        problem = "which has an offset before its end"
    else:
        try:
            if not _reads_what_it_writes(form):
                problem = "which does not state the day, or cannot be read back"
        except duckdb.Error:
            problem = "which DuckDB does not know"
    if problem:
        way_out = f"Write a format of strptime that states the day, as {DEFAULT_TIMES!r}."
        raise WrongDeclaration("timestamp_format", f"is {brief_repr(form)}, {problem}", way_out)


@lru_cache(100)
def _reads_what_it_writes(form: str) -> bool:
    """Whether times that are written in a format are read as the same, except for parts at the end that it leaves out."""
    probes = ", ".join(f"(TIMESTAMP {literal(probe)})" for probe in _PROBES)
    cut = ", ".join(f"date_trunc({literal(part)}, probe)" for part in _PARTS)
    value = strict("timestamp", "TIMESTAMP", "text", "value", form)
    sql = f"SELECT probe, strftime(probe, {literal(form)}) AS text FROM (VALUES {probes}) AS probes(probe)"
    sql = f"SELECT *, {cast('timestamp', 'TIMESTAMP', 'text', form)} AS value FROM ({sql})"
    with _connection() as connection:
        (exact,) = connection.execute(f"SELECT bool_and(coalesce(({value}) IN ({cut}), false)) FROM ({sql})").fetchone()
    return exact


def _check_columns(field: str, columns: Any, timestamp_format: str = DEFAULT_TIMES) -> None:
    if not isinstance(columns, Mapping) or not columns:
        way_out = "Write the name and the DuckDB type of each column, as {'id': 'VARCHAR'}."
        raise WrongDeclaration(field, f"is {brief_repr(columns)}, which names no column", way_out)
    for name in columns:
        if not isinstance(name, str) or not name:
            raise WrongDeclaration(field, f"has the column {brief_repr(name)}, which is no name", "Write each name as a text.")
        if odd := "a line break" if re.search(r"[\r\n]", name) else _no_text(name):
            raise WrongDeclaration(field, f"has the column {brief_repr(name)}, whose name has {odd}", "Rename it.")
    folded = Counter(name.lower() for name in columns)
    if same := [name for name in columns if folded[name.lower()] > 1]:
        reason = f"has names that differ only in case: {few(same)}; they are one name in a table"
        raise WrongDeclaration(field, reason, "Rename them in the file and in the declaration.")
    for name, kind in columns.items():
        problem = "it is no text" if not isinstance(kind, str) else _no_text(kind) or _unreadable(kind, timestamp_format)
        if problem:
            reason = f"has the column {brief_repr(name)} of the type {brief_repr(kind)}: {problem.rstrip('.')}"
            raise WrongDeclaration(field, reason, "Declare one of DuckDB's types, as VARCHAR, INTEGER, DECIMAL(12,2) or DATE.")


@lru_cache(1_000)
def _unreadable(kind: str, timestamp_format: str) -> str:
    """Why DuckDB cannot make a table of texts of this type; empty if it can."""
    import duckdb

    form = Form({"value": kind}, timestamp_format=timestamp_format)
    try:
        with _connection() as connection:
            rows = select_from("(SELECT NULL::VARCHAR AS c0)", form, connection)
            connection.execute(f"CREATE OR REPLACE TEMP TABLE tried AS {rows} LIMIT 0")
            read = str(connection.type(kind))
            if "VARIANT" in read:
                return "a database file that older versions of DuckDB read stores none"
            if lost := _lost_length(kind, connection):
                return f"DuckDB reads it as {read}, without its length {lost}; write that, and state lengths in the contract"
    except (duckdb.CatalogException, duckdb.BinderException, duckdb.ParserException) as problem:
        return without_values(problem)
    except duckdb.Error:
        return "DuckDB does not know it"
    return ""


_LENGTH = re.compile(r""""(?:[^"]|"")*"|'(?:[^']|'')*'|(?<=\()\s*([0-9]+)\s*(?=[,)])""")
"""A name or a text in quotes, or, in the group, the first number in brackets."""
_OTHER_LENGTHS = ("1", "3", "9", "20")


def _lost_length(kind: str, connection: "duckdb.DuckDBPyConnection") -> str:
    """The first length in a type that DuckDB ignores, as `(2)`: with another it is the same type. Empty if there is none."""
    read = connection.type(kind)
    for match in _LENGTH.finditer(kind):
        if match[1] and not any(
            _is_another(f"{kind[: match.start()]}{length}{kind[match.end() :]}", read, connection) for length in _OTHER_LENGTHS
        ):
            return f"({match[1]})"
    return ""


def _is_another(kind: str, read: "duckdb.sqltypes.DuckDBPyType", connection: "duckdb.DuckDBPyConnection") -> bool:
    import duckdb

    try:
        return connection.type(kind) != read
    except duckdb.Error:  # DuckDB judges the length, so it does not ignore it
        return True


def _check_reshape(reshape: Any) -> None:
    function = getattr(reshape, "function", None)
    plain = isinstance(function, FunctionType) and function.__qualname__.isidentifier()
    if not plain and not isinstance(function, NamedFunction):
        name = getattr(function, "__qualname__", None) or brief_repr(function or reshape)
        way_out = "Write Reshape(function, columns). Define the function at the top level of its module."
        raise WrongDeclaration("reshape", f"has {name}, which cannot be called by its name in another process", way_out)
    _check_columns("reshape.columns", reshape.columns)


def _check_limits(declared: Mapping[str, Any]) -> None:
    field, reason = "set_aside", declared["reason"].strip()
    try:
        if set_aside_of(declared["set_aside"]).percent and declared["reshape"]:
            raise ValueError("is a share of the file's rows, which reshape does not keep; state a number of rows")
        field = "volume"
        if change_of(declared["volume"]) is None and not reason:
            raise ValueError("is None without a reason; state the reason in one sentence")
    except ValueError as problem:
        raise WrongDeclaration(field, str(problem), "Correct its CsvSource.") from None


@contextmanager
def _connection() -> Iterator["duckdb.DuckDBPyConnection"]:
    with _engine().cursor() as connection:
        yield connection


@cache
def _engine() -> "duckdb.DuckDBPyConnection":
    import duckdb

    connection = duckdb.connect(config={"threads": 1})
    lock(connection)
    return connection
