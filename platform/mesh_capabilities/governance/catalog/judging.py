"""How the tables of policies are filled: by whoever judges the mesh, asked when somebody wants to know."""

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from mesh_capabilities.governance.catalog.inserting import insert
from mesh_capabilities.governance.catalog.tables import TABLES
from mesh_platform.names import identifier


def judge_of_the_mesh() -> Callable[..., Any] | None:
    """What judges a project by its catalog; None where the platform has no governance."""
    if find_spec("mesh_capabilities.governance") is None:
        return None
    return import_module("mesh_capabilities.governance.report").evaluate


def fill(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
    """Replaces the rows of metadata tables; a column that a row does not have is NULL."""
    with TemporaryDirectory() as folder:
        for name, rows in tables.items():
            connection.execute(f"DELETE FROM mesh.{identifier(name)}")
            kinds = {column: kind for column, (kind, _) in TABLES[name].columns.items()}
            insert(connection, f"mesh.{identifier(name)}", kinds, rows, Path(folder) / f"{name}.json")
