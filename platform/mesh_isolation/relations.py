"""The names of the tables that a dbt project builds: each names one thing, for those who follow names through SQL."""

from collections.abc import Collection, Mapping
from pathlib import PurePath
from typing import Any

from mesh_isolation.engine import identifier

_BUILT = ("model", "snapshot", "seed", "test")


def name_clash(nodes: Mapping[str, Any], reserved: Collection[str]) -> tuple[PurePath, str, str] | None:
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
        names = [f"{identifier(schema)}.{identifier(alias)}"]
        if node["config"].get("materialized") == "port":
            if alias != name:
                return file, f"builds the port '{name}' under the name {alias}", "Remove the alias, or the versions."
            names.append(f"the port '{name}'")
        for thing in names:
            if (other := seen.setdefault(thing.casefold(), key)) != key:
                return file, f"builds {thing}, and so does {other}", "Give it a name of its own."
    return None
