"""DuckDB locked to declared files: it refuses other files, attached databases, extensions, secrets and settings itself.

https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview
"""

import math
import os
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from mesh_isolation.team_files import UnreadableFile
from mesh_isolation.text import without_values

if TYPE_CHECKING:
    import duckdb


_MEMORY = "1GB"
"""The memory limit of DuckDB for audits, on top of the memory of the process."""


@cache
def engine() -> "duckdb.DuckDBPyConnection":
    """The process's connection for audits, because opening one takes longer than a small audit. Each reader uses a cursor.

    It has a memory limit and spills to the system's temporary folder.
    """
    import duckdb

    spill = Path(tempfile.gettempdir()) / f"mesh-audit-{os.getpid()}"
    return duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": str(spill)})


def lock(
    connection: "duckdb.DuckDBPyConnection", files: Sequence[str] = (), folders: Sequence[str] = (), settings: bool = True
) -> None:
    """From here on, every connection to this database reads these files and folders and nothing else, for good.

    `settings` locks the other settings as well, against statements that foreign SQL chooses.
    """
    for setting, allowed in (("allowed_paths", files), ("allowed_directories", folders)):
        connection.execute(f"SET {setting} = [{', '.join(literal(path) for path in allowed)}]")
    for setting in ("python_enable_replacements", "autoinstall_known_extensions", "autoload_known_extensions"):
        connection.execute(f"SET {setting} = false")
    connection.execute("SET allow_community_extensions = false; SET GLOBAL TimeZone = 'UTC'")
    connection.execute(f"SET enable_external_access = false; SET lock_configuration = {settings}")


@contextmanager
def attached(
    path: Path, name: str, files: Sequence[str] = (), folders: Sequence[str] = (), read_only: bool = False
) -> "Iterator[duckdb.DuckDBPyConnection]":
    """A connection to a database file in which foreign SQL has left what it wanted: views, and macros named like functions.

    The file is a catalog beside the connection's own, so a statement finds in it only what it calls by `name`: DuckDB looks for
    functions in its own catalogs alone. What a view in it reads is limited to the files and folders, as in `lock`.

    Args:
        path: the file, which is created if it does not exist.
        name: of the catalog.
        files: what may be read besides.
        folders: folders whose files may be read besides.
        read_only: whether nothing is written.

    DuckDB's errors inside the block have the path as their `filename`: most of its messages about damage name no file.
    """
    import duckdb

    with duckdb.connect() as connection, _about(path):
        connection.execute(f"SET temp_directory = {literal(f'{path}.tmp')}")
        # Without a type, DuckDB would load an extension for a file of another format.
        connection.execute(f"ATTACH {literal(path)} AS {identifier(name)} (TYPE duckdb, READ_ONLY {read_only})")
        lock(connection, files, folders, settings=False)
        yield connection


@contextmanager
def _about(path: Path) -> Iterator[None]:
    import duckdb

    try:
        yield
    except duckdb.Error as problem:
        problem.filename = str(path)
        raise


def read_database(path: Path) -> None:
    """Reads every table of a database file from its beginning to its end. Raises DuckDB's error where one cannot be read."""
    with attached(path, "read", read_only=True) as connection:
        connection.execute("SELECT count(*) FROM duckdb_columns()").fetchall()
        tables = "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'read' ORDER BY ALL"
        for schema, name in connection.execute(tables).fetchall():
            table = f"read.{identifier(schema)}.{identifier(name)}"
            connection.execute(f"SELECT bit_xor(hash(every_column)) FROM {table} AS every_column").fetchall()


_LOG_HEAD = bytes.fromhex("640062650002ffff")
"""How a write-ahead log of version 2 begins."""


def whole_entries(log: Path) -> tuple[int, int]:
    """How many bytes of a database's write-ahead log are whole entries, and how many it has.

    After the head, each entry is its length, its checksum, both of eight bytes, and its content. DuckDB reads a log up to the
    first entry that is not whole, and drops the rest without a word; of a log with another head it drops everything.
    https://github.com/duckdb/duckdb/blob/v1.5.5/src/storage/wal_replay.cpp

    Raises OSError when it cannot be read.
    """
    if not log.is_file():
        raise UnreadableFile(log, "is missing, or is not a file", "Remove it.")
    size = log.stat().st_size
    with log.open("rb") as content:
        if content.read(len(_LOG_HEAD)) != _LOG_HEAD:
            return 0, size
        whole = len(_LOG_HEAD)
        while len(head := content.read(16)) == 16:
            end = whole + 16 + int.from_bytes(head[:8], "little")
            if end > size:
                break
            content.seek(whole := end)
    return whole, size


def read_rows(file: Path, columns: Mapping[str, type], chosen: str, way_out: str) -> list[tuple[Any, ...]]:
    """Rows of a Parquet file that the platform keeps for itself, with times in UTC.

    Args:
        file: the file.
        columns: its columns, with the type of their values in Python.
        chosen: the clauses of SQL after the file's name.
        way_out: what to do about a file that cannot be read.

    Raises UnreadableFile if it is no such file.
    """
    import duckdb

    if not file.is_file():  # a pipe would block its reader
        raise UnreadableFile(file, "is missing, or is not a file", way_out)
    try:
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            sql = f"SELECT {', '.join(map(identifier, columns))} FROM read_parquet({literal(file)}){chosen}"
            rows = connection.execute(sql).fetchall()
    except duckdb.Error as problem:
        raise UnreadableFile(file, f"cannot be read: {without_values(problem)}", way_out) from None
    if not all(isinstance(value, kind) for row in rows for value, kind in zip(row, columns.values())):
        raise UnreadableFile(file, "holds something else than its rows", way_out)
    return rows


def table_in(catalog: str, schema: str, name: str, connection: "duckdb.DuckDBPyConnection") -> str:
    """The name of a table in a catalog, quoted, for statements that create, read or drop it.

    A view that has the name is dropped: to read it would execute what foreign SQL has left there.
    """
    quoted = ".".join(map(identifier, (catalog, schema, name)))
    views = f"SELECT count(*) FROM duckdb_views() WHERE database_name = {literal(catalog)}"
    if connection.execute(f"{views} AND schema_name = {literal(schema)} AND view_name = {literal(name)}").fetchone()[0]:
        connection.execute(f"DROP VIEW {quoted}")
    return quoted


class Stopped(Exception):
    """A query on another thread was stopped."""


class Stop:
    """Ends queries on other threads: a thread that waits for them would not end before they do."""

    def __init__(self) -> None:
        self._requested = Event()
        self._connections: list[duckdb.DuckDBPyConnection] = []

    @contextmanager
    def cursor(self, connection: "duckdb.DuckDBPyConnection") -> "Iterator[duckdb.DuckDBPyConnection]":
        """A connection of its own to the same database, closed after the block."""
        with connection.cursor() as own:
            self._connections.append(own)
            yield own

    def check(self) -> None:
        """Raises Stopped after `end` was called."""
        if self._requested.is_set():
            raise Stopped

    def end(self, queries: Collection[Future]) -> None:
        """Interrupts the queries until all have ended; each may be between two of its statements."""
        self._requested.set()
        while wait(queries, timeout=0.05).not_done:
            for connection in self._connections:
                with suppress(Exception):  # closed meanwhile
                    connection.interrupt()


_COMMENT = r"\s*(?:/\*(?:[^*]|\*(?!/))*\*/)?\s*"
"""dbt begins every statement with a comment."""

_CANDIDATE = re.compile(
    _COMMENT + r"copy \(\s*select \* from \(\n(.*)\n\s*\) where (.*)\n\s*\) to '(.*)' "
    r"\(format parquet, compression zstd, compression_level 1\)\s*",
    re.DOTALL,
)
"""The one statement that writes a file: that of the materialisation `port`."""

_SEED = re.compile(_COMMENT + r"COPY [^();]+ FROM '(?:[^']|'')*' \(FORMAT CSV, HEADER TRUE, DELIMITER '.'\)\s*")
"""The one statement that dbt-duckdb loads a seed with."""

REFUSED_STATEMENT = "The build of a domain may not execute a statement of type"
"""How the message begins when a build would write another file than its candidates, or change a setting."""
REFUSED_CHANGE = "The build of a domain may not change a table while dbt compiles a model"
"""How it begins when the Jinja of a model would write: only the results of queries are written."""

_ALLOWED = {"SELECT", "CREATE", "CREATE_FUNC", "INSERT", "UPDATE", "DELETE", "MERGE_INTO", "DROP", "ALTER"}
"""The types of the statements that only read, or change tables of the warehouse. Only dbt itself ends a transaction."""
_SETTING = re.compile(r"\b(?:(?:en|dis)able_(?:logging|profiling)|truncate_duckdb_logs|write_log)\b", re.IGNORECASE)
"""Functions that change a setting, or write a file, in a statement that reads."""


def check_statements(sql: str, connection: Any, candidates: str) -> None:
    """Raises PermissionException for a statement that would write a file other than a candidate, or change a setting.

    A path that a connection may read is one that it may also overwrite; so the statements are checked as well.
    """
    import duckdb

    if written := _CANDIDATE.fullmatch(sql):
        query, only, file = written.groups()
        inside = Path(file).parent == Path(candidates)
        # In brackets and without them: so it is one condition, and no UNION follows it.
        alone = all(is_select(f"select 1 where {text}", connection) for text in (only, f"(\n{only}\n)"))
        if inside and "'" not in file and is_select(query, connection) and alone:
            return
    if _SEED.fullmatch(sql):
        return
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error:
        return  # the statement will fail
    for statement in statements:
        kind = getattr(statement.type, "name", "")
        if kind not in _ALLOWED or (kind := (_SETTING.search(statement.query) or [""])[0].upper()):
            shown = " ".join(re.sub(r"/\*.*?\*/", "", statement.query, flags=re.DOTALL).split())[:200]
            raise duckdb.PermissionException(f"{REFUSED_STATEMENT} {kind}: {shown}")


def is_select(sql: str, connection: Any) -> bool:
    """Whether a text is one SELECT by itself, so that a bracket around it stays around it."""
    import duckdb

    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error:
        return False
    return len(statements) == 1 and statements[0].type == duckdb.StatementType.SELECT


def identifier(name: str) -> str:
    """A name quoted as a SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


_NUL = "' || chr(0) || '"
"""DuckDB's parser ends a statement at a NUL."""


def literal(value: object) -> str:
    """A value as a SQL literal.

    The value is quoted and not bound as a parameter: DuckDB imports pandas for the first bound parameter, which
    costs every short command more than a second.
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and not math.isfinite(value):
        return f"'{value}'::DOUBLE"  # an unquoted inf would be a column name
    if isinstance(value, (int, float)):
        return repr(value)
    text = "'" + str(value).replace("'", "''") + "'"
    return f"({text.replace(chr(0), _NUL)})" if "\0" in text else text


def columns_of_table(table: str, connection: "duckdb.DuckDBPyConnection") -> list[str]:
    """The names of the columns; empty when the table does not exist."""
    import duckdb

    try:
        return [name for name, *_ in connection.execute(f"DESCRIBE {table}").fetchall()]
    except duckdb.CatalogException:
        return []
