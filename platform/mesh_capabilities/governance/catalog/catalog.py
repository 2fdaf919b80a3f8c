"""The catalog as others use it: open it, and what has changed in the mesh since the last time is harvested."""

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from filelock import FileLock

import mesh_platform
from mesh_capabilities.governance.catalog.harvesting import harvest
from mesh_capabilities.governance.catalog.judging import fill, judge_of_the_mesh
from mesh_capabilities.governance.catalog.kept import Kept
from mesh_capabilities.governance.catalog.tables import JUDGED, TABLES
from mesh_capabilities.governance.catalog.views import VIEWS
from mesh_platform.names import identifier
from mesh_platform.project import Project

if TYPE_CHECKING:
    from dagster import DagsterInstance


class Catalog:
    """The metadata tables, as they were when the catalog was opened.

    Args:
        project: the mesh.
        connection: a DuckDB in memory with the tables in its schema `mesh`.
    """

    def __init__(self, project: Project, connection: duckdb.DuckDBPyConnection) -> None:
        self.project = project
        self._connection = connection
        self._judged = False

    def judge(self) -> None:
        """Fills the tables of policies, which are not harvested: the mesh is judged by the others, once a catalog."""
        if self._judged:
            return
        self._judged = True
        evaluate = judge_of_the_mesh()
        if evaluate:
            report = evaluate(self.project, self)
            fill(self._connection, {"policies": report.policies, "waivers": report.waivers})
            report.keep("mesh.policy_results")

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table, in the order of its key, as plain Python values."""
        if table in JUDGED:
            self.judge()
        declared = TABLES[table]
        order = ", ".join(map(identifier, declared.key))
        found = self._connection.execute(f"FROM mesh.{identifier(table)} ORDER BY {order}").fetchall()
        return [dict(zip(declared.columns, row)) for row in found]

    def connection(self) -> duckdb.DuckDBPyConnection:
        """The DuckDB that holds the tables, readable by their bare names; it is the catalog's own, so do not close it."""
        return self._connection


def open_catalog(project: Project, instance: "DagsterInstance | None" = None) -> Catalog:
    """The catalog of a mesh, up to date with its files, its commits and its runs.

    Args:
        project: the mesh.
        instance: Dagster's, where one is open already; else the one of the mesh's home is asked when it has something new.

    What has not changed since the last time is taken from the mesh's home. A part that is broken is a row with its
    problem, and hides no other: load the project `with_broken` to have domains whose own file is broken, too.
    """
    folder = project.home.catalog
    folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    with FileLock(folder / "harvest.lock"):
        kept = Kept(folder, _stamp(project))
        harvest(project, kept, instance)
        kept.attach(connection)
    connection.execute("CREATE SCHEMA mesh")
    for name in TABLES:
        _make(connection, name)
    connection.execute("DETACH kept")
    connection.execute("SET search_path = 'mesh,main'")
    return Catalog(project, connection)


def _make(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    columns = {column: kind for column, (kind, _) in TABLES[name].columns.items()}
    listed = ", ".join(f"{identifier(column)} {kind}" for column, kind in columns.items())
    connection.execute(f"CREATE TABLE mesh.{identifier(name)} ({listed})")
    if name in JUDGED:
        return
    source = f"({VIEWS[name]})" if name in VIEWS else f"kept.{identifier(name)}"
    connection.execute(f"INSERT INTO mesh.{identifier(name)} SELECT {', '.join(map(identifier, columns))} FROM {source}")


def _stamp(project: Project) -> str:
    """By which code, of which repository, in which home: facts that another one harvested may say something else."""
    code = hashlib.sha256(f"{project.root}\0{project.home.root}\0{duckdb.__version__}".encode())
    for place, folders, files in os.walk(Path(mesh_platform.__file__).parent):
        folders[:] = sorted(set(folders) - {"__pycache__"})
        for file in sorted(files):
            found = os.stat(f"{place}/{file}")  # noqa: PTH116
            code.update(f"{place}/{file} {found.st_size} {found.st_mtime_ns}\n".encode())
    return code.hexdigest()
