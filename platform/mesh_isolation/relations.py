"""The names of the tables that a dbt project builds and reads: each names one thing, for those who follow names through SQL."""

import re
from collections.abc import Collection, Mapping
from pathlib import PurePath
from typing import Any

from mesh_isolation.engine import identifier

_BUILT = ("model", "snapshot", "seed", "test")
_NAME = re.compile(r"[^\W\d]\w*")
_ELSEWHERE = ("external_location", "plugin", "formatter")
"""The entries of `meta` by which dbt-duckdb reads something else than the table. Source: dbt-duckdb 1.11."""

Clash = tuple[PurePath, str, str]
"""A file of a dbt project, what is wrong with a name in it, in words that follow the file, and the way out."""


def table_of(node: Mapping[str, Any]) -> str:
    """The quoted name of the table that a node of a dbt manifest builds."""
    return f"{identifier(node['schema'])}.{identifier(node['alias'])}"


def name_clash(nodes: Mapping[str, Any], reserved: Collection[str]) -> Clash | None:
    """The first node that takes the place of something else, which would be followed as if it were the node.

    Args:
        nodes: those of a dbt manifest.
        reserved: the schemas that hold what the project reads, in any case: DuckDB ignores the case of a name.

    Returns: the node's file in the project, what it does, and the way out; None if every name has one meaning.
    """
    seen: dict[str, str] = {}
    schemas = set(map(str.casefold, reserved))
    for key, node in nodes.items():
        if node["resource_type"] not in _BUILT:
            continue
        file, name, schema, alias = PurePath(node["original_file_path"]), node["name"], node["schema"], node["alias"]
        if schema.casefold() in schemas:
            return file, f"builds {alias} in the schema {schema}, which holds what it reads", "Choose another schema."
        names = [table_of(node)]
        if node["config"].get("materialized") == "port":
            if alias != name:
                return file, f"builds the port '{name}' under the name {alias}", "Remove the alias, or the versions."
            names.append(f"the port '{name}'")
        for thing in names:
            if (other := seen.setdefault(thing.casefold(), key)) != key:
                return file, f"builds {thing}, and so does {other}", "Give it a name of its own."
    return None


def source_clash(manifest: Mapping[str, Any], warehouse: str) -> Clash | None:
    """The first source that stands for another table than its name says, so that whoever reads the name follows another one.

    Args:
        manifest: its nodes and sources.
        warehouse: the name of the database that the project's tables are in.

    Returns: as `name_clash`; None if `source('sales', 'orders')` is the table `sales.orders`, and the project builds nothing in
    the schema `sales`.
    """
    schemas = {str(node["schema"]).casefold() for node in manifest["nodes"].values() if node["resource_type"] in _BUILT}
    for source in manifest["sources"].values():
        file, schema, table = PurePath(source["original_file_path"]), source["source_name"], source["name"]
        stated = f"has the source {schema}.{table}"
        if odd := next((name for name in (schema, table) if not _NAME.fullmatch(name)), None):
            return file, f"{stated}, and {odd!r} is not the name of a table", "Use letters, digits and underscores."
        read = (source["database"], source["schema"], source["identifier"])
        rendered = str(source["relation_name"] or "").replace('"', "")
        if read != (warehouse, schema, table) or rendered != ".".join(read):
            stands_for = rendered if read == (warehouse, schema, table) else ".".join(map(str, read))
            way_out = "Remove database, schema, identifier and external_location; the source has the name of what it reads."
            return file, f"{stated}, which stands for {stands_for}", way_out
        meta = [source.get("meta"), source["config"].get("meta"), source.get("source_meta")]
        if key := next((key for part in meta for key in part or () if key in _ELSEWHERE), None):
            return file, f"{stated}, which is read through {key}", f"Remove {key}."
        if schema.casefold() in schemas or schema.casefold() == "main":
            way_out = "Read what the project builds with ref(), and a port of another domain as the source of its domain."
            return file, f"{stated}, and the schema {schema} holds what the project builds", way_out
    return None
