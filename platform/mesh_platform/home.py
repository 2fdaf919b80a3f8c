"""The one folder that holds the state of a mesh: nothing that runs here writes anywhere else."""

import os
from dataclasses import dataclass
from pathlib import Path

from mesh_platform.naming import PortAddress


@dataclass(frozen=True)
class MeshHome:
    """`$MESH_HOME`, or `.mesh` beside `workspace.yaml`. Folders come into being when something is written."""

    root: Path

    @classmethod
    def of(cls, project: Path) -> "MeshHome":
        """The home of the mesh whose repository is `project`; always absolute, as Dagster asks for."""
        return cls(Path(os.environ.get("MESH_HOME") or project / ".mesh").absolute())

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME: the instance that `mesh run` and the UI share."""
        return self.root / "dagster"

    @property
    def sources(self) -> Path:
        """Where generated source files go, and where ingestion looks when nobody says otherwise."""
        return self.root / "sources"

    @property
    def ports(self) -> Path:
        """The only part of a home that other domains and other tools read."""
        return self.root / "ports"

    def port(self, address: PortAddress, major: int) -> Path:
        """The Delta table of one major version of a port; two majors can be served side by side."""
        return self.ports / address.domain / address.port / f"v{major}"

    def candidates(self, domain: str) -> Path:
        """Where a domain's unpublished data waits for its audit."""
        return self.root / "candidates" / domain

    def warehouse(self, domain: str) -> Path:
        """The domain's private DuckDB file; only its owner opens it."""
        return self.root / "warehouses" / f"{domain}.duckdb"

    def aside(self, domain: str) -> Path:
        """Rows of source files that could not be read, one CSV file a source."""
        return self.root / "aside" / domain

    def dbt(self, domain: str) -> Path:
        """dbt's target folder for the domain: manifest, compiled SQL, logs."""
        return self.root / "dbt" / domain

    def lock(self, domain: str) -> Path:
        """The file whose lock says who is writing to the domain."""
        return self.root / "locks" / f"{domain}.lock"

    def remember_source(self, folder: Path) -> None:
        """Notes which source folder was read last, so that a run started in the UI reads the same one."""
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "source").write_text(f"{folder.absolute()}\n", encoding="utf-8")

    @property
    def source(self) -> Path:
        """The source folder in force: `$MESH_SOURCE`, else the one read last, else the generated files."""
        if named := os.environ.get("MESH_SOURCE"):
            return Path(named).absolute()
        remembered = self.root / "source"
        return Path(remembered.read_text(encoding="utf-8").strip()) if remembered.exists() else self.sources
