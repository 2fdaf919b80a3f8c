"""The one door for SQL that one party writes and another runs: one SELECT, a locked connection, limits, its own process.

The text is judged on DuckDB's own parse tree (https://duckdb.org/docs/stable/data/json/sql_to_and_from_json) and executed
by itself: nothing pastes it into another statement. The connection reads the named files and nothing else
(https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview). DuckDB does not count the memory of every
aggregate and does not stop within one long operation, so the query runs in a process that the kernel stops.
"""

import json
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mesh_isolation.engine import identifier, literal, lock
from mesh_isolation.text import counted
from mesh_isolation.worker import NO_MEMORY, ask_worker

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Limits:
    """What one query may cost. Its process ends when it exceeds one of them."""

    seconds: float
    megabytes: int = 1_000
    rows: int = 1
    bytes: int = 10_000
    """The size of the result, as JSON."""

    def within(self, ceiling: "Limits") -> "Limits":
        """These limits, each at most that of the ceiling."""
        seconds, megabytes = min(self.seconds, ceiling.seconds), min(self.megabytes, ceiling.megabytes)
        return replace(self, seconds=seconds, megabytes=megabytes)


OWN, FOREIGN, CEILING = Limits(60), Limits(10), Limits(600, 8_000)
"""The default for a rule of the owner; for what another domain asks; and the most that a contract can state."""
ALL_FOREIGN_SECONDS = 30.0
"""How long the questions of all other domains may take together."""

COMPUTED = frozenset({"unnest", "range", "generate_series", "repeat", "repeat_row", "json_each", "json_tree"})
"""The functions in FROM whose rows are made of their arguments alone."""
_FORBIDDEN = re.compile(
    "current_setting|getenv|nextval|currval|write_log|setseed|query|query_table|current_query|stats|pg_get_\\w+|"
    "parse_duckdb_log_message|json_serialize_plan"
)
CLOCK_WORDS = frozenset({"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"})
"""Words that read the clock without brackets."""
_VARYING = {"getvariable", "current_localtime", "current_localtimestamp", "version", "alias", "vector_type"}
_MACROS = re.compile(r"(list|array|json|map)_\w+|split_part|nullif|round_even|roundbankers|fdiv|fmod|date_add|days_in_month")
_WRITTEN_NAME = re.compile(rb'(?:mesh\s*\.\s*)?("(?:[^"]|"")*"|[^\s"(),;.]+)', re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORD = re.compile(r"\w+")


class SqlRefused(Exception):
    """A text was not executed, or was stopped. `found` says why, in words that follow a name; `way_out` what to do."""

    def __init__(self, found: str, way_out: str = "") -> None:
        super().__init__(found)
        self.found, self.way_out = found, way_out


@dataclass(frozen=True)
class Statement:
    """A query that passed the checks."""

    sql: str
    tables: tuple[str, ...]
    """The known tables that it reads; where every table may be read, as it spells them, in small letters."""
    columns: tuple[str, ...] = ()
    """The names of columns that it mentions."""


@lru_cache(1_000)
def one_select(sql: str, known: frozenset[str] | None = None) -> Statement:
    """The statement in `sql`. Raises SqlRefused, in words that follow a name, unless it is one SELECT that only reads.

    Args:
        sql: the whole text.
        known: the names of the tables that it may read, in small letters; None for every table of the connection.
    """
    node, text = _parsed(sql)
    nodes = list(nodes_of(node))
    steps = {entry["key"] for each in nodes for entry in (each.get("cte_map") or {}).get("map", ())}
    if odd := next((name for name in steps if not _PLAIN.fullmatch(name)), None):
        # Outside the query that defines it, DuckDB would take such a name for the path of a file.
        raise SqlRefused(f"names a common table expression {odd!r}.", "Use letters, digits and underscores for its name.")
    tables: set[str] = set()
    for each in nodes:
        if problem := _violation(each, known, {name.casefold() for name in steps}, tables):
            raise SqlRefused(f"{problem}.", f"It may only read {', '.join(sorted(known))}." if known else "")
    columns = {each["column_names"][-1] for each in nodes if each.get("type") == "COLUMN_REF"}
    return Statement(text, tuple(sorted(tables)), tuple(sorted(columns)))


@lru_cache(1_000)
def select_over(sql: str, table: str, also: str) -> str:
    """The one SELECT in `sql` that reads `table` alone, which it may also call `also`. Raises SqlRefused for anything else."""
    statement = one_select(sql, frozenset({table, also.casefold()}))
    if {*statement.tables} <= {table}:
        return statement.sql
    text = statement.sql.encode()
    nodes = [*nodes_of(parsed_select(statement.sql))]
    reads = (node for node in nodes if node.get("type") == "BASE_TABLE")
    named = {*first_names(nodes), *(str(node.get("relation_name") or "").casefold() for node in nodes)}
    own = [(node["query_location"], node["alias"]) for node in reads if node["table_name"].casefold() == also.casefold()]
    for place, alias in sorted(own, reverse=True):
        name = _WRITTEN_NAME.match(text, place)
        text = b"".join(
            (
                text[:place],
                table.encode(),
                b"" if alias or also.casefold() not in named else b" AS " + name[1],
                text[name.end() :],
            )
        )
    return text.decode()


def parsed_select(sql: str) -> dict[str, Any]:
    """The tree of one SELECT, as DuckDB parses it. Raises SqlRefused for anything else."""
    return _parsed(sql)[0]


def check_expression(expression: str) -> list[dict[str, Any]]:
    """Its tree. Raises SqlRefused unless it is one expression by itself, so that the parentheses around it stay around it."""
    nodes = [{**_parsed(text)[0]} for text in ("SELECT TRUE", f"SELECT {expression}\n", f"SELECT (\n{expression}\n)")]
    _, alone, surrounded = (node.pop("select_list", ()) for node in nodes)
    if nodes[0] != nodes[1] or nodes[0] != nodes[2] or len(alone) != 1 or len(surrounded) != 1 or alone[0].get("alias"):
        raise SqlRefused("is not one expression over the columns of a row.", "Write one expression.")
    return alone


def check_scalar(expression: str, columns: Collection[str] | None = None) -> None:
    """Raises SqlRefused unless it computes one value from a row, and the same one wherever it is executed.

    Args:
        expression: SQL that is written into the views of consumers.
        columns: the columns that it may name; None for any.
    """
    nodes = list(nodes_of(check_expression(expression)))
    known = {name for node in nodes if node.get("type") == "LAMBDA" for name in first_names(node["lhs"])}
    known |= {column.casefold() for column in columns or ()}
    for node in nodes:
        name = node.get("function_name", "").casefold()
        if node.get("class") in ("SUBQUERY", "WINDOW", "STAR", "PARAMETER", "POSITIONAL_REFERENCE", "DEFAULT"):
            raise SqlRefused(f"contains a {node['class'].casefold()}.", "Write an expression over the columns of a row.")
        if name and (name not in _scalars() or node.get("catalog") or node.get("schema") not in (None, "", "main")):
            raise SqlRefused(f"calls {name!r}, whose result depends on more than its arguments.", "Use scalar functions.")
        if name == "age" and len(node["children"]) == 1:
            raise SqlRefused("calls 'age' with one argument, which reads the clock.", "Name both times, or use date_diff.")
    if columns is not None and (odd := sorted({*first_names(nodes)} - known)):
        raise SqlRefused(f"names {', '.join(odd)}, which is no column.", f"Name {', '.join(columns)}.")


class Rows(NamedTuple):
    """The result of a query."""

    columns: Sequence[str]
    rows: Sequence[tuple[Any, ...]]


def answer(sql: str, tables: Mapping[str, Sequence[Path] | Mapping[str, str]], limits: Limits, text: bool = False) -> Rows:
    """The result of one SELECT that another party wrote, executed in the process for foreign SQL.

    Args:
        sql: the whole text.
        tables: by the name under which the query reads it, the Parquet files of a table, or for an empty table the type of
            each column.
        limits: what it may cost.
        text: whether every value is text, as DuckDB writes it; otherwise only days and times are. Numbers keep every digit.

    Raises SqlRefused, in words that follow a name, for anything but one SELECT over these tables, for SQL that DuckDB
    rejects, and for a query that exceeds its limits.
    """
    shown = {
        name: source if isinstance(source, Mapping) else [str(file.absolute()) for file in source]
        for name, source in tables.items()
    }
    select = one_select(sql, frozenset(map(str.casefold, tables))).sql
    reply = ask_worker(_reply, {"sql": select, "tables": shown, "text": text, **vars(limits)})
    if "refused" in reply:
        raise SqlRefused(reply["refused"], "Correct its SQL.")
    return Rows(reply["columns"], [tuple(map(_decoded, row)) for row in reply["rows"]])


@lru_cache(2_000)
def _parsed(sql: str) -> tuple[dict[str, Any], str]:
    """The tree of one SELECT, which nobody changes, and its text."""
    import duckdb

    if "\0" in sql:
        raise SqlRefused("does not parse: it contains a NUL character.", "Remove it.")
    if sql.encode("utf-8", "ignore").decode() != sql:
        raise SqlRefused("does not parse: it contains bytes that are not UTF-8.", "Write it in UTF-8.")
    if re.match(r"\s*pragma\b", sql, re.IGNORECASE):
        # DuckDB turns some of them into a SELECT over its own catalog.
        raise SqlRefused("is a PRAGMA; expected is one SELECT.", "Write exactly one SELECT.")
    with _parser().cursor() as connection:
        try:
            statements = connection.extract_statements(sql)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                kinds = [statement.type.name for statement in statements]
                reason = f"contains {len(kinds)} statements ({', '.join(kinds)})" if kinds else "contains no statement"
                if len(kinds) == 1:
                    reason = f"is a statement of type {kinds[0]}"
                raise SqlRefused(f"{reason}; expected is one SELECT.", "Write exactly one SELECT.")
            text = statements[0].query.strip().rstrip(";")
            tree = json.loads(connection.execute(f"SELECT json_serialize_sql({literal(text)})").fetchone()[0])
        except (duckdb.Error, UnicodeError, RecursionError) as problem:
            raise SqlRefused(f"does not parse: {' '.join(str(problem).split()).rstrip('.')}.", "Correct its SQL.") from None
    if tree.get("error") or len(tree["statements"]) != 1:
        raise SqlRefused(f"does not parse: {tree.get('error_message')}.", "Correct its SQL.")
    return tree["statements"][0]["node"], text


@cache
def _parser() -> "duckdb.DuckDBPyConnection":
    import duckdb

    connection = duckdb.connect()
    lock(connection)
    return connection


@cache
def _scalars() -> frozenset[str]:
    """The functions of DuckDB whose result depends on their arguments alone."""
    with _parser().cursor() as connection:
        rows = connection.execute("SELECT function_name, function_type, stability FROM duckdb_functions()").fetchall()
    scalar = {name for name, kind, stability in rows if (kind, stability) == ("scalar", "CONSISTENT")}
    macros = {name for name, kind, _ in rows if kind == "macro" and _MACROS.fullmatch(name)}
    return frozenset(name.casefold() for name in (scalar | macros) - _VARYING if not _FORBIDDEN.fullmatch(name.casefold()))


@cache
def varying_functions() -> frozenset[str]:
    """The functions of DuckDB that may return something else the next time, although their arguments are the same."""
    with _parser().cursor() as connection:
        rows = connection.execute("SELECT function_name, stability, macro_definition FROM duckdb_functions()").fetchall()
    state = {"error", "current_database", "current_schema", "current_schemas", "in_search_path"}
    varying = {name.casefold() for name, stability, _ in rows if stability not in (None, "CONSISTENT")} - state
    varying |= {"age", "current_setting"} | (_VARYING - {"version", "alias"})
    macros = {name.casefold() for name, _, body in rows if body and {*_WORD.findall(body.casefold())} & (varying | CLOCK_WORDS)}
    return frozenset(varying | macros)


def nodes_of(tree: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in the tree of a query, itself first."""
    ahead = [tree]
    while ahead:
        node = ahead.pop()
        if isinstance(node, dict):
            yield node
            ahead.extend(node.values())
        elif isinstance(node, list):
            ahead.extend(node)


def first_names(tree: Any) -> Iterator[str]:
    """The first name of every column in the tree of a query."""
    return (node["column_names"][0].casefold() for node in nodes_of(tree) if node.get("type") == "COLUMN_REF")


def _violation(node: dict[str, Any], known: Collection[str] | None, steps: set[str], tables: set[str]) -> str | None:
    """What a node of the tree does that it must not do. Adds a known table that the node reads to `tables`."""
    kind, function = node.get("type"), node.get("function_name", "").casefold()
    if kind == "TABLE_FUNCTION" and (name := node["function"]["function_name"].casefold()) not in COMPUTED:
        return f"calls {name!r}, which it may not call"
    if _FORBIDDEN.fullmatch(function):
        return f"calls {function!r}, which it may not call"
    if kind == "BASE_TABLE":
        catalog, schema, name = node["catalog_name"], node["schema_name"], node["table_name"]
        if not schema and name.casefold() in steps:
            return None
        if known is None:
            tables.add(".".join(filter(None, (catalog, schema, name))).casefold())
            return None
        if catalog or schema not in ("", "mesh") or name.casefold() not in known:
            return f"reads {'.'.join(filter(None, (catalog, schema, name)))!r}, which it may not read"
        tables.add(name.casefold())
    elif known is not None and kind in ("SHOW_REF", "COLUMN_DATA", "DELIM_GET"):
        return "describes the database itself"
    elif kind == "SHOW_REF" and node.get("table_name") == '"tables"':
        return "asks for the tables of one schema, and ports are in the schemas of their domains"
    return None


def _reply(request: Mapping[str, Any]) -> dict[str, Any]:
    import duckdb

    try:
        result = _open(request["tables"], request["megabytes"]).sql(request["sql"])
        columns = result.columns
        kinds = ["varchar" if request["text"] else kind.id for kind in result.types]
        # Python has no infinite days, none before Christ, no nanoseconds and no FLOAT: these are sent as DuckDB writes them.
        as_text = (kind.startswith(("varchar", "date", "time", "interval", "float")) for kind in kinds)
        parts = (f"#{place}{'::VARCHAR' if cast else ''}" for place, cast in enumerate(as_text, 1))
        rows = result.project(", ".join(parts)).fetchmany(request["rows"] + 1)
    except (duckdb.OutOfMemoryException, MemoryError):
        os._exit(NO_MEMORY)
    except duckdb.Error as problem:
        return {"refused": f"cannot be executed: {' '.join(str(problem).split('LINE 1')[0].split()).rstrip('.')}."}
    if len(rows) > request["rows"]:
        return {"refused": f"returns more than {counted(request['rows'], 'row')}."}
    return {"columns": columns, "rows": [list(map(_encoded, row, kinds)) for row in rows]}


_opened: dict[Any, "duckdb.DuckDBPyConnection"] = {}


def _open(tables: Mapping[str, Any], megabytes: int) -> "duckdb.DuckDBPyConnection":
    """A connection to these tables alone; that of the last request, if they are the same."""
    import duckdb

    files = [file for source in tables.values() if isinstance(source, list) for file in source]
    stats = [Path(file).stat() for file in files]
    key = json.dumps([tables, megabytes, [(stat.st_ino, stat.st_size, stat.st_mtime_ns) for stat in stats]])
    if key not in _opened:
        _opened.clear()
        spill = {"temp_directory": "spill", "max_temp_directory_size": f"{4 * megabytes}MB"}
        config = {"memory_limit": f"{megabytes}MB", "threads": min(4, os.cpu_count() or 1), **spill}
        connection = duckdb.connect(config=config)
        connection.execute("SET TimeZone = 'UTC'; CREATE SCHEMA mesh; SET search_path = 'mesh,main'")
        for name, source in tables.items():
            connection.execute(f"CREATE {_table(identifier(name), source)}")
        lock(connection, files)
        _opened[key] = connection
    return _opened[key]


def _table(name: str, source: Mapping[str, str] | list[str]) -> str:
    if isinstance(source, list):
        # A folder like day=2017-01-01 adds no column: the rules read what the files contain.
        files = f"read_parquet([{', '.join(map(literal, source))}], hive_partitioning = false)"
        return f"VIEW mesh.{name} AS SELECT * FROM {files}"
    return f"TABLE mesh.{name} ({', '.join(f'{identifier(column)} {kind}' for column, kind in source.items())})"


def _encoded(value: Any, kind: str) -> Any:
    if kind == "float" and value is not None:
        return float(value)  # the shortest number that is read as it
    return value if isinstance(value, (int, float, str, type(None))) else [type(value).__name__, str(value)]


def _decoded(value: Any) -> Any:
    return {"Decimal": Decimal}.get(value[0], str)(value[1]) if isinstance(value, list) else value
