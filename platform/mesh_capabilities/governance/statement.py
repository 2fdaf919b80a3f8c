"""The limits of a policy's SQL: one read-only SELECT over metadata tables, within a time limit.

Statements are checked on DuckDB's own parse tree, `json_serialize_sql`:
https://duckdb.org/docs/stable/data/json/sql_to_and_from_json
"""

import json
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Timer
from typing import Any

import duckdb

from mesh_capabilities.governance.policy import Policy
from mesh_platform.errors import PolicyError
from mesh_platform.names import literal

RESULT = ("subject", "message", "evidence")
"""The columns that a policy's query returns, in this order."""

SECONDS = 10.0
"""How long one policy may take. All of them together take less on a mesh of 5,000 products."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TABLE_FUNCTIONS = ("unnest", "range", "generate_series", "regexp_split_to_table", "string_split")
_FORBIDDEN_FUNCTIONS = ("getenv", "current_setting", "nextval", "currval", "write_log", "setseed", "query", "query_table")


@dataclass(frozen=True)
class Statement:
    """A query that passed the checks."""

    sql: str
    tables: tuple[str, ...]
    """The metadata tables that it reads."""
    columns: tuple[str, ...] = field(default=())
    """The names of columns that it mentions."""


def check_policy(policy: Policy, known: Collection[str], connection: duckdb.DuckDBPyConnection) -> Statement:
    """The statement of a policy. Raises PolicyError unless its query and its scope only read metadata tables.

    Args:
        policy: any policy.
        known: the names of the tables that a policy may read.
        connection: any connection; only its parser is used.
    """
    subjects, condition = policy.scope.subjects, policy.scope.condition
    if condition:
        check_condition(subjects.table, condition, known, connection, f"the scope of {policy.file}")
    return check_statement(policy.query, known, connection, policy.file)


def check_statement(sql: str, known: Collection[str], connection: duckdb.DuckDBPyConnection, where: str) -> Statement:
    """The statement in `sql`. Raises PolicyError unless it is exactly one SELECT over known tables.

    Args:
        sql: the text of the policy's file below its header.
        known: the names of the tables that a policy may read.
        connection: any connection; only its parser is used.
        where: the policy's file, for messages.
    """
    if "\0" in sql:
        raise PolicyError(f"{where} does not parse: it contains a NUL character.", "Remove it.")
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as problem:
        raise PolicyError(f"{where} does not parse: {_one_line(problem)}.", "Correct its SQL.") from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        kinds = ", ".join(statement.type.name for statement in statements) or "no statement"
        raise PolicyError(f"{where} contains {kinds} instead of one SELECT.", "Write exactly one SELECT.")
    text = statements[0].query.strip().rstrip(";")
    nodes = list(_nodes(_tree(text, connection, where)))
    steps = {entry["key"] for node in nodes for entry in (node.get("cte_map") or {}).get("map", ())}
    if odd := next((name for name in steps if not _PLAIN.fullmatch(name)), None):
        # Outside the query that defines it, DuckDB would take such a name for the path of a file.
        raise PolicyError(
            f"{where} names a common table expression {odd!r}.", "Use letters, digits and underscores for its name."
        )
    steps, tables = {name.casefold() for name in steps}, set()
    for node in nodes:
        if problem := _violation(node, known, steps, tables):
            raise PolicyError(f"{where} {problem}.", f"A policy may only read {', '.join(sorted(known))}.")
    columns = {node["column_names"][-1] for node in nodes if node.get("type") == "COLUMN_REF"}
    return Statement(text, tuple(sorted(tables)), tuple(sorted(columns)))


def check_condition(
    table: str, condition: str, known: Collection[str], connection: duckdb.DuckDBPyConnection, where: str
) -> None:
    """Raises PolicyError unless `condition` is one expression over the rows of `table` that only reads known tables.

    A text that closes the parentheses around it could add subjects of other domains. So the statement around the condition
    must parse to the same tree as with the condition TRUE, apart from that condition.
    """
    text = f"SELECT * FROM {table} WHERE (\n{{}}\n)"
    check_statement(text.format(condition), known, connection, where)
    around = [_tree(text.format(each), connection, where)["statements"][0]["node"] for each in (condition, "TRUE")]
    for node in around:
        node.pop("where_clause", None)
    if around[0] != around[1]:
        raise PolicyError(f"{where} is not a single condition.", f"Write one expression over the columns of {table}.")


def check_result(table: str, connection: duckdb.DuckDBPyConnection, where: str) -> None:
    """Raises PolicyError unless the table, the result of a policy's query, has the columns that a policy returns."""
    columns = tuple(column[0] for column in connection.execute(f"FROM {table} LIMIT 0").description)
    if columns != RESULT:
        raise PolicyError(
            f"{where} returns {', '.join(columns)}.", f"Return {', '.join(RESULT)}, in this order, one row per violation."
        )


@contextmanager
def time_limit(seconds: float, connection: duckdb.DuckDBPyConnection, where: str) -> Iterator[None]:
    """Interrupts what the connection executes within the block after `seconds`.

    Raises PolicyError then, and for any other error of DuckDB's; `where` is the policy's file, for messages.
    """
    timer = Timer(seconds, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    except duckdb.InterruptException:
        raise PolicyError(
            f"{where} was interrupted: it took longer than {seconds:g} s.", "Join by keys, and select violations only."
        ) from None
    except duckdb.Error as problem:
        raise PolicyError(f"{where} cannot be executed: {_one_line(problem)}.", "Correct its SQL.") from None
    finally:
        timer.cancel()


def _tree(sql: str, connection: duckdb.DuckDBPyConnection, where: str) -> dict[str, Any]:
    tree = json.loads(connection.execute(f"SELECT json_serialize_sql({literal(sql)})").fetchone()[0])
    if tree.get("error"):
        raise PolicyError(f"{where} does not parse: {tree.get('error_message')}.", "Correct its SQL.")
    return tree


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    ahead = [tree]
    while ahead:
        node = ahead.pop()
        if isinstance(node, dict):
            yield node
            ahead.extend(node.values())
        elif isinstance(node, list):
            ahead.extend(node)


def _violation(node: dict[str, Any], known: Collection[str], steps: set[str], tables: set[str]) -> str | None:
    """What a node of the tree does that a policy must not do. Adds a metadata table that the node reads to `tables`."""
    kind = node.get("type")
    if kind == "BASE_TABLE":
        name, schema = node["table_name"], node["schema_name"]
        if not schema and name.casefold() in steps:
            return None
        if node["catalog_name"] or schema not in ("", "mesh") or name.casefold() not in known:
            return f"reads {'.'.join(filter(None, (node['catalog_name'], schema, name)))!r}, which is not a metadata table"
        tables.add(name.casefold())
    elif kind == "TABLE_FUNCTION" and node["function"]["function_name"].casefold() not in _TABLE_FUNCTIONS:
        return f"calls {node['function']['function_name']!r}, which does not read metadata"
    elif kind in ("SHOW_REF", "COLUMN_DATA", "DELIM_GET"):
        return "describes the database itself"
    elif kind == "FUNCTION" and node.get("function_name", "").casefold() in _FORBIDDEN_FUNCTIONS:
        return f"calls {node['function_name']!r}, which a policy may not call"
    return None


def _one_line(problem: Exception) -> str:
    return " ".join(str(problem).split()).rstrip(".")
