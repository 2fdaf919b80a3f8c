"""Why the tables of a dbt project can hold something else than the results of its models' queries.

Whoever knows the queries of all models knows what their tables hold, unless the project writes to these tables in another way,
or reads a table that was not built from the query of today.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

_OF_DBT = ("dbt", "dbt_duckdb")
"""The packages of dbt's own macros."""
_MAKE_TEXT = ("/utils/", "/generic_test_sql/", "/get_custom_name/")
"""Folders of dbt's macros that a project may replace: their output is a part of the compiled SQL, or the name of a table."""
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
_FREE = ("meta", "tags", "docs", "group", "delimiter", "pre-hook", "post-hook")
"""Settings that dbt writes into no statement, or only as one letter; and hooks, which are judged by themselves."""
_PLAIN = re.compile(r"[\w\s.,:+%/()\[\]-]*")
"""Text that cannot end a name or an expression and begin another statement."""
_READING = {"SELECT", "EXPLAIN", "VACUUM", "TRANSACTION"}
"""The types of statements that change no table."""
_EXECUTES = re.compile("analy[sz]e", re.IGNORECASE)
"""With this option, EXPLAIN executes the statement that it explains."""


def side_writes(manifest: Mapping[str, Any], shared: Collection[str]) -> Iterator[str]:
    """What the project of a dbt manifest can write besides its models' queries, one sentence each, without a full stop.

    Args:
        manifest: https://schemas.getdbt.com/dbt/manifest/v12.json
        shared: the texts of macro files that do not belong to the project and write only the results of queries.
    """
    yield from _macros(manifest["macros"].values(), shared)
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


def unreferenced(manifest: Mapping[str, Any], queries: Mapping[str, str]) -> dict[str, list[str]]:
    """By node, the tables of other models that its query names without `ref()`, one sentence each, without a full stop.

    dbt does not build such a model before: its table can be the result of an earlier query.

    Args:
        manifest: as in `side_writes`.
        queries: the compiled SQL of nodes, by their ids.
    """
    import duckdb

    nodes = manifest["nodes"]
    tables = {key: _folded(node["schema"], node["alias"]) for key, node in nodes.items()}
    kept = {tables[key] for key, node in nodes.items() if node["resource_type"] in ("model", "snapshot")}
    found: dict[str, list[str]] = {}
    for key, sql in queries.items():
        try:
            names = map(_table, duckdb.get_table_names(sql, qualified=True))
        except duckdb.Error:
            continue  # the query will fail
        for table in sorted(kept.intersection(names) - {tables[one] for one in _upstream(key, nodes)}):
            named = f"the model {nodes[key]['name']} reads {'.'.join(table)} without ref()"
            found.setdefault(key, []).append(f"{named}, so that it may read an earlier result of it")
    return found


def _upstream(key: str, nodes: Mapping[str, Any]) -> set[str]:
    """A node and all nodes that dbt builds before it."""
    ahead, known = [key], set()
    while ahead:
        if (one := ahead.pop()) in nodes and one not in known:
            known.add(one)
            ahead += (nodes[one].get("depends_on") or {}).get("nodes", [])
    return known


def _table(name: str) -> tuple[str, str]:
    """The schema and name of an entry of `duckdb.get_table_names`."""
    parts = [quoted.replace('""', '"') or bare for quoted, bare in _PART.findall(_NAME.match(name)[0])]
    return _folded(*parts[-2:]) if parts[1:] else _folded("main", parts[0])


_PART = re.compile(r'"((?:[^"]|"")+)"|([^".\s]+)')
_NAME = re.compile(rf"(?:{_PART.pattern})(?:\.(?:{_PART.pattern}))*")
"""The name at the beginning of an entry of `duckdb.get_table_names`; an alias can follow."""


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


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value of JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for part in value.items() for text in _texts(part))
    elif isinstance(value, (list, tuple)):
        yield from (text for part in value for text in _texts(part))


def _macros(macros: Collection[Mapping[str, Any]], shared: Collection[str]) -> Iterator[str]:
    writing = {
        macro["name"]
        for macro in macros
        if macro["package_name"] in _OF_DBT and not any(folder in macro["original_file_path"] for folder in _MAKE_TEXT)
    }
    writing |= {_ADAPTER.sub("", name, count=1) for name in writing}
    for macro in macros:
        name, file = macro["name"], macro["original_file_path"]
        if macro["package_name"] in _OF_DBT or any(macro["macro_sql"].strip() in text for text in shared):
            continue
        if _ADAPTER.sub("", name, count=1) in writing or _CALLED_BY_NAME.fullmatch(name):
            yield f"{file} has the macro {name}, which dbt executes in place of its own"


def _folded(schema: str, table: str) -> tuple[str, str]:
    return schema.casefold(), table.casefold()
