"""Why the tables of a dbt project can hold something else than the results of its models' queries.

Whoever knows the queries of all models knows what their tables hold, unless the project writes to these tables in another way,
or reads a table that was not built from the query of today.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from mesh_isolation.sql import COMPUTED, SqlRefused, parsed_select

_OF_DBT = ("dbt", "dbt_duckdb")
"""The packages of dbt's own macros."""
_MAKE_TEXT = ("/utils/", "/generic_test_sql/", "/get_custom_name/")
"""Folders of dbt's macros that a project may replace: their output is a part of the compiled SQL, or the name of a table."""
_NAME_TABLES = ("/get_custom_name/",)
"""Those of them that make no text of the statements that build a snapshot."""
_CALLED_BY_NAME = re.compile(r"materialization_.*|snapshot_\w+_strategy|get_incremental_\w+_sql")
"""The macros of a project that dbt calls although no file of the project names them."""
_ADAPTER = re.compile(r"(?:default|duckdb)__")
_SQL_SETTINGS = (
    "sql_header",
    "dbt_valid_to_current",
    "incremental_predicates",
    "predicates",
    "merge_clauses",
    "merge_insert_condition",
    "merge_update_condition",
    "merge_update_set_expressions",
)
"""Settings of a model that hold SQL, executed beside its query. Source: the macros of dbt 1.11 and dbt-duckdb 1.11."""
_COLUMNS = ("unique_key", "updated_at", "check_cols", "snapshot_meta_column_names")
"""Settings of a snapshot that name columns, and that dbt executes as expressions."""
_NAME_ALONE = re.compile(r"[^\W\d]\w*")
_FREE = ("meta", "tags", "docs", "group", "delimiter", "pre-hook", "post-hook")
"""Settings that dbt writes into no statement, or only as one letter; and hooks, which are judged by themselves."""
_PLAIN = re.compile(r"[\w\s.,:+%/()\[\]-]*")
"""Text that cannot end a name or an expression and begin another statement."""
_READING = {"SELECT", "EXPLAIN", "VACUUM"}
"""The types of statements that change no table. One that ends a transaction can undo what the node has built."""
_EXECUTES = re.compile("analy[sz]e", re.IGNORECASE)
"""With this option, EXPLAIN executes the statement that it explains."""


def side_writes(manifest: Mapping[str, Any], shared: Collection[str], reserved: Collection[str] = ()) -> Iterator[str]:
    """What the project of a dbt manifest can write besides its models' queries, one sentence each, without a full stop.

    Args:
        manifest: https://schemas.getdbt.com/dbt/manifest/v12.json
        shared: the texts of macro files that do not belong to the project and write only the results of queries.
        reserved: the names that dbt gives to what its macros use; a macro or package of such a name takes their place.
    """
    snapshots = any(node["resource_type"] == "snapshot" for node in manifest["nodes"].values())
    yield from _macros(manifest["macros"].values(), shared, reserved, _NAME_TABLES if snapshots else _MAKE_TEXT)
    for node in manifest["nodes"].values():
        config, kind = node["config"], node["resource_type"]
        name = f"the {kind} {node['name']}"
        if kind == "operation":
            yield f"dbt_project.yml has the hook {node['name']}, which can change any table"
        elif not all(
            "{" not in hook["sql"] and only_reads(hook["sql"])
            for when in ("pre-hook", "post-hook")
            for hook in config.get(when) or ()
        ):
            yield f"{name} has a hook, which can change any table"
        yield from (f"{name} has {setting}, whose SQL is executed beside its query" for setting in _with_sql(node))


CHANGED = ".changed"
"""The ending of the file beside a warehouse that a project which writes besides its queries has been built in."""


def remembering(manifest: Mapping[str, Any]) -> Iterator[str]:
    """The nodes whose tables keep rows from build to build, one sentence each, for a warehouse with a file CHANGED."""
    for node in manifest["nodes"].values():
        kind = node["resource_type"]
        if kind in ("snapshot", "seed") or (kind == "model" and node["config"].get("materialized") == "incremental"):
            kept = f"the {kind} {node['name']} keeps its table until the folder of the warehouse is removed"
            yield f"an earlier build of the project could change any table, and {kept}"


_ASKS = "has rows of the warehouse, or names that can be values, while dbt compiles it, and they can become a part of a query"


def asking(file: str) -> str:
    """The sentence about a file whose Jinja has asked for rows."""
    return f"the Jinja of {file} {_ASKS}"


def without_asking(doubt: str) -> str:
    """A `doubt` of a model without these sentences: they do not matter if each query is what was judged."""
    return "; ".join(part for part in doubt.split("; ") if not part.endswith(_ASKS))


def unreferenced(manifest: Mapping[str, Any], queries: Mapping[str, str]) -> dict[str, list[str]]:
    """By node, the tables that its query names without `ref()` or `source()`, one sentence each, without a full stop.

    dbt does not build such a table before: it can be the result of an earlier query, or of an earlier project. Functions that
    read what a text names, or the catalog of DuckDB, count as such tables.

    Args:
        manifest: as in `side_writes`.
        queries: the compiled SQL of nodes, by their ids.
    """
    nodes = manifest["nodes"]
    tables = {key: _folded(node["schema"], node["alias"]) for key, node in nodes.items()}
    tables |= {key: _folded(one["schema"], one["identifier"]) for key, one in manifest["sources"].items()}
    found: dict[str, list[str]] = {}
    for key, sql in queries.items():
        model, known = f"the model {nodes[key]['name']}", {tables[one] for one in _upstream(key, nodes) if one in tables}
        try:
            names = {*_tables(parsed_select(sql))}
        except (SqlRefused, RecursionError):
            found[key] = [f"which tables {model} reads is not known"]
            continue
        found[key] = [
            f"{model} reads {'.'.join(table)} without ref() or source(), so that it may read an earlier result of it"
            for table in sorted(names - known)
        ]
    return found


def seeds_of(key: str, manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The schemas and names of the seeds that dbt loads before a node of a manifest."""
    above = (manifest["nodes"].get(one, {}) for one in _upstream(key, manifest["nodes"]))
    return sorted((node["schema"], node["alias"]) for node in above if node.get("resource_type") == "seed")


def _upstream(key: str, nodes: Mapping[str, Any]) -> set[str]:
    """A node and all nodes that dbt builds before it."""
    ahead, known = [key], set()
    while ahead:
        if (one := ahead.pop()) not in known:
            known.add(one)
            ahead += (nodes.get(one, {}).get("depends_on") or {}).get("nodes", [])
    return known


_NAMELESS = re.compile(r"query|query_table|(?:duckdb|pragma|pg|sqlite)_\w+")
"""Functions that read tables without naming them, or what DuckDB knows of them."""


def _tables(tree: Any) -> Iterator[tuple[str, str]]:
    """The schema and name of each table in the tree of a query, and of each function that reads some.

    A step of WITH hides the table of its name from the query that follows it, and not from itself.
    """
    ahead: list[tuple[Any, frozenset[str]]] = [(tree, frozenset())]
    while ahead:
        node, steps = ahead.pop()
        if isinstance(node, list):
            ahead += [(part, steps) for part in node]
        if not isinstance(node, Mapping):
            continue
        for step in (node.get("cte_map") or {}).get("map", ()):
            name = step["key"].casefold()
            recursive = (step["value"].get("query") or {}).get("node", {}).get("type") == "RECURSIVE_CTE_NODE"
            ahead.append((step["value"], steps | {name} if recursive else steps))
            steps |= {name}
        ahead += [(part, steps) for key, part in node.items() if key != "cte_map"]
        name, schema = str(node.get("table_name") or ""), str(node.get("schema_name") or "")
        if node.get("type") in ("BASE_TABLE", "SHOW_REF") and name and (schema or name.casefold() not in steps):
            yield _folded(schema or "main", name)
        elif node.get("type") == "FUNCTION" and _NAMELESS.fullmatch(str(node.get("function_name")).casefold()):
            yield _folded(node.get("schema") or "system", node["function_name"])
        elif node.get("type") == "TABLE_FUNCTION":
            function = node.get("function") or {}
            if str(function.get("function_name")).casefold() not in COMPUTED:
                yield _folded(function.get("schema") or "system", str(function.get("function_name")))


def only_reads(sql: str, connection: Any = None) -> bool:
    """Whether no statement of a text changes a table. SQL that cannot be parsed does not count as reading."""
    import duckdb

    try:
        statements = (connection or duckdb).extract_statements(sql)
    except duckdb.Error:
        return False
    return all(map(is_reading, statements))


def is_reading(statement: Any) -> bool:
    """Whether a statement of DuckDB changes no table."""
    kind = getattr(statement.type, "name", "")
    return kind in _READING and not (kind == "EXPLAIN" and _EXECUTES.search(statement.query))


def _with_sql(node: Mapping[str, Any]) -> Iterator[str]:
    """The settings of a node whose text dbt executes as SQL, or could."""
    config = node["config"]
    yield from (f"the setting {name}" for name in _SQL_SETTINGS if config.get(name))
    if node["resource_type"] in ("test", "operation"):
        return
    if node["resource_type"] == "snapshot":
        stated = {name: config.get(name) for name in _COLUMNS}
        yield from (
            f"the setting {name}" for name, value in stated.items() if not all(map(_NAME_ALONE.fullmatch, _values(value)))
        )
    named = {name: value for name, value in config.items() if name not in (*_FREE, *_SQL_SETTINGS)}
    named |= {name: node[name] for name in ("name", "alias", "schema")}
    yield from (f"the setting {name}" for name, value in named.items() if not all(map(_PLAIN.fullmatch, _texts(value))))
    if (config.get("contract") or {}).get("enforced"):
        parts = [
            (column["name"], column.get("data_type"), column.get("constraints"))
            for column in (node.get("columns") or {}).values()
        ]
        if not all(map(_PLAIN.fullmatch, _texts([*parts, node.get("constraints")]))):
            yield "a constraint"


def _values(value: Any) -> list[str]:
    """The texts of a setting that names columns."""
    return [*_texts([*value.values()] if isinstance(value, Mapping) else value)]


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value of JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for part in value.items() for text in _texts(part))
    elif isinstance(value, (list, tuple)):
        yield from (text for part in value for text in _texts(part))


def _macros(
    macros: Collection[Mapping[str, Any]], shared: Collection[str], reserved: Collection[str], free: Collection[str]
) -> Iterator[str]:
    writing = {
        macro["name"]
        for macro in macros
        if macro["package_name"] in _OF_DBT and not any(folder in macro["original_file_path"] for folder in free)
    }
    writing |= {_ADAPTER.sub("", name, count=1) for name in writing}
    for macro in macros:
        name, file, package = macro["name"], macro["original_file_path"], macro["package_name"]
        if package in reserved:
            yield f"the package {package} has a name that dbt's own macros use"
        if macro["package_name"] in _OF_DBT or any(macro["macro_sql"].strip() in text for text in shared):
            continue
        if _ADAPTER.sub("", name, count=1) in writing or name in reserved or _CALLED_BY_NAME.fullmatch(name):
            yield f"{file} has the macro {name}, which dbt executes in place of its own"


def _folded(schema: str, table: str) -> tuple[str, str]:
    return schema.casefold(), table.casefold()
