"""The public interface of the catalog: the metadata tables, including the results of the policies."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mesh_capabilities.governance.catalog.kept import insert
from mesh_capabilities.governance.catalog.metadata import MetadataTables, open_tables
from mesh_capabilities.governance.catalog.tables import JUDGED, TABLES
from mesh_capabilities.governance.policy_report import evaluate
from mesh_platform.names import identifier
from mesh_platform.project import Project


class Catalog(MetadataTables):
    """The metadata tables; reading `policies`, `policy_results` or `waivers` evaluates the policies first, once."""

    _judged = False

    def judge(self) -> None:
        """Evaluates the policies on the other tables and fills their own, unless that has been done."""
        if self._judged:
            return
        self._judged = True
        report = evaluate(self.project, self)
        self._replace("policies", report.policies)
        self._replace("waivers", report.waivers)
        report.keep("mesh.policy_results")

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table, in the order of its key, as plain Python values."""
        if table in JUDGED:
            self.judge()
        return super().rows(table)

    def _replace(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        self._connection.execute(f"DELETE FROM mesh.{identifier(name)}")
        kinds = {column: kind for column, (kind, _) in TABLES[name].columns.items()}
        with TemporaryDirectory() as folder:
            insert(self._connection, f"mesh.{identifier(name)}", kinds, rows, Path(folder) / f"{name}.json")


def open_catalog(project: Project, instance: object | None = None) -> Catalog:
    """The catalog of a mesh, up to date with its files, its commits and its runs.

    Facts that have not changed since the last harvest come from the mesh's home. A broken file, descriptor, contract or dbt
    project is a row with its problem, and does not hide other rows. Load the project `with_broken` to include domains whose
    `domain.yaml` is broken.

    Args:
        project: the mesh.
        instance: a `DagsterInstance` that is open already; by default that of the mesh's home is opened when it has new runs.
    """
    return Catalog(project, open_tables(project, instance))
