"""Whether a policy's query may be executed: one SELECT over metadata tables, which can neither write nor look at files.

Read from DuckDB's own parse tree, `json_serialize_sql`: https://duckdb.org/docs/stable/data/json/sql_to_and_from_json
"""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb

from mesh_platform.errors import PolicyError
from mesh_platform.names import literal

RESULT = ("subject", "message", "evidence")
"""The columns that a policy's query returns, in this order."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TABLE_FUNCTIONS = ("unnest", "range", "generate_series", "regexp_split_to_table", "string_split")
_FORBIDDEN_FUNCTIONS = ("getenv", "current_setting", "nextval", "currval", "write_log", "setseed", "query", "query_table")


@dataclass(frozen=True)
class Statement:
    """A query that was found to be harmless."""

    sql: str
    tables: tuple[str, ...]
    """The metadata tables that it reads."""
    columns: tuple[str, ...] = field(default=())
    """The names of columns that it mentions."""


def check_statement(sql: str, known: Collection[str], connection: duckdb.DuckDBPyConnection, where: str) -> Statement:
    """The statement in `sql`. Raises PolicyError for anything that is not one SELECT over known tables.

    Args:
        sql: what stands in the policy's file below its header.
        known: the names of the tables that a policy may read.
        connection: any connection; only its parser is used.
        where: the policy's file, to be named in the message.
    """
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as problem:
        raise PolicyError(f"{where} does not parse: {_one_line(problem)}.", "Correct its SQL.") from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        kinds = ", ".join(statement.type.name for statement in statements) or "nothing"
        raise PolicyError(f"{where} holds {kinds} where one SELECT belongs.", "A policy only reads: write one SELECT.")
    text = statements[0].query.strip().rstrip(";")
    tree = _tree(text, connection, where)
    nodes = list(_nodes(tree))
    names = {entry["key"] for node in nodes for entry in (node.get("cte_map") or {}).get("map", ())}
    if odd := next((name for name in names if not _PLAIN.fullmatch(name)), None):
        # Where the name is out of sight, DuckDB would take it for a file's.
        raise PolicyError(f"{where} calls a step {odd!r}.", "A step of a query is called by letters, digits and underscores.")
    names, tables = {name.casefold() for name in names}, set()
    for node in nodes:
        if problem := _strange(node, known, names, tables):
            raise PolicyError(f"{where} {problem}.", f"A policy may read {', '.join(sorted(known))}, and nothing else.")
    columns = {node["column_names"][-1] for node in nodes if node.get("type") == "COLUMN_REF"}
    return Statement(text, tuple(sorted(tables)), tuple(sorted(columns)))


def check_result(table: str, connection: duckdb.DuckDBPyConnection, where: str) -> None:
    """Raises PolicyError unless the table that a policy's query made has the columns that a policy returns."""
    found = tuple(column[0] for column in connection.execute(f"FROM {table} LIMIT 0").description)
    if found != RESULT:
        raise PolicyError(
            f"{where} returns {', '.join(found)}.", f"A policy returns {', '.join(RESULT)}, a row for each violation."
        )


def _tree(sql: str, connection: duckdb.DuckDBPyConnection, where: str) -> dict[str, Any]:
    said = json.loads(connection.execute(f"SELECT json_serialize_sql({literal(sql)})").fetchone()[0])
    if said.get("error"):
        raise PolicyError(f"{where} does not parse: {said.get('error_message')}.", "Correct its SQL.")
    return said


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    ahead = [tree]
    while ahead:
        node = ahead.pop()
        if isinstance(node, dict):
            yield node
            ahead.extend(node.values())
        elif isinstance(node, list):
            ahead.extend(node)


def _strange(node: dict[str, Any], known: Collection[str], own: set[str], tables: set[str]) -> str | None:
    """What is wrong with a node of the tree; what it reads is added to `tables`."""
    kind = node.get("type")
    if kind == "BASE_TABLE":
        name, schema = node["table_name"], node["schema_name"]
        if not schema and name.casefold() in own:
            return None
        if node["catalog_name"] or schema not in ("", "mesh") or name.casefold() not in known:
            return f"reads {'.'.join(filter(None, (node['catalog_name'], schema, name)))!r}, which is no metadata table"
        tables.add(name.casefold())
    elif kind == "TABLE_FUNCTION" and node["function"]["function_name"].casefold() not in _TABLE_FUNCTIONS:
        return f"calls {node['function']['function_name']!r}, which reads other things than metadata"
    elif kind in ("SHOW_REF", "COLUMN_DATA", "DELIM_GET"):
        return "shows the database itself"
    elif kind == "FUNCTION" and node.get("function_name", "").casefold() in _FORBIDDEN_FUNCTIONS:
        return f"calls {node['function_name']!r}, which a policy may not"
    return None


def _one_line(problem: Exception) -> str:
    return " ".join(str(problem).split()).rstrip(".")
