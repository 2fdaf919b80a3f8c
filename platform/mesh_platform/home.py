"""Where a mesh is: its repository, and the one folder that holds its state."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from mesh_platform.errors import ProjectError
from mesh_platform.names import PortAddress

REGISTRY = "workspace.yaml"
"""The file at the root of a mesh's repository that registers its domains."""


def find_root(start: Path | None = None) -> Path:
    """The nearest folder at or above `start` (default: here) that holds `workspace.yaml`. Raises ProjectError."""
    here = (start or Path.cwd()).absolute()
    for folder in (here, *here.parents):
        if (folder / REGISTRY).is_file():
            return folder
    raise ProjectError(f"There is no {REGISTRY} in {here} or above it.", "Go into the mesh's repository and try again.")


@dataclass(frozen=True)
class MeshHome:
    """`$MESH_HOME`, or `.mesh` beside `workspace.yaml`. Folders come into being when something is written."""

    root: Path

    @classmethod
    def of(cls, project: Path) -> "MeshHome":
        """The home of the mesh whose repository is `project`; always absolute, as Dagster asks for.

        Raises ProjectError for a path that no table can lie in.
        """
        root = Path(os.environ.get("MESH_HOME") or project / ".mesh").absolute()
        if bad := set(str(root)) & set("#?%\\"):
            raise ProjectError(
                f"The mesh's home {root} has {' and '.join(sorted(bad))} in its path, which Delta tables cannot have.",
                "Put it elsewhere with MESH_HOME, or rename the folder.",
            )
        return cls(root)

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME: the instance that `mesh run` and the UI share; a deployment names its own with `$MESH_INSTANCE`."""
        return instance_of_deployment() or self.root / "dagster"

    @property
    def sources(self) -> Path:
        """Where generated source files go, and where ingestion looks when nobody says otherwise."""
        return self.root / "sources"

    @property
    def portal(self) -> Path:
        """The pages that `mesh portal build` writes and `mesh ui` serves."""
        return self.root / "portal"

    @property
    def ports(self) -> Path:
        """The only part of a home that other domains and other tools read; a copy where `$MESH_PORTS` names a bucket."""
        url = bucket_of_ports()
        return self.root / "copies" / url.removeprefix("s3://") if url else self.root / "ports"

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

    def quarantine(self, port: PortAddress) -> Path:
        """Rows of a port's candidates that broke its contract, one folder a candidate."""
        return self.root / "quarantine" / port.domain / port.port

    def dbt(self, domain: str) -> Path:
        """dbt's target folder for the domain: what it has parsed and compiled, and its logs."""
        return self.root / "dbt" / domain

    @property
    def catalog(self) -> Path:
        """What was harvested of the mesh, so that only what has changed is read again."""
        return self.root / "catalog"

    def lock(self, domain: str) -> Path:
        """The file whose lock says who is writing to the domain."""
        return self.root / "locks" / f"{domain}.lock"

    @property
    def grown(self) -> Path:
        """What `mesh new` wrote last, so that `mesh undo` can take it back."""
        return self.root / "grown.json"

    def remember_source(self, folder: Path) -> None:
        """Notes which source folder was read last, so that a run started in the UI reads the same one."""
        self.root.mkdir(parents=True, exist_ok=True)
        # Whoever is killed here leaves the old name or the new one, and no empty file.
        beside = self.root / "source.new"
        beside.write_text(f"{folder.absolute()}\n", encoding="utf-8")
        beside.replace(self.root / "source")

    @property
    def source(self) -> Path:
        """The source folder in force: `$MESH_SOURCE`, else the one read last, else the generated files."""
        if named := os.environ.get("MESH_SOURCE"):
            return Path(named).absolute()
        remembered = self.root / "source"
        return Path(remembered.read_text(encoding="utf-8").strip()) if remembered.exists() else self.sources


def bucket_of_ports() -> str | None:
    """`$MESH_PORTS`: where the ports of the mesh are kept, `s3://bucket/prefix`; None for the home itself.

    Raises ProjectError for anything else.
    """
    url = os.environ.get("MESH_PORTS", "").rstrip("/")
    if url and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]+(/[\w.=-]+)*", url, re.ASCII):
        raise ProjectError(
            f"MESH_PORTS is {url!r}, which is no bucket with a prefix.",
            "Write s3://bucket/prefix, with letters, digits and . _ = - in the prefix; for a shared folder, set MESH_HOME.",
        )
    return url or None


def instance_of_deployment() -> Path | None:
    """`$MESH_INSTANCE`: the folder with the `dagster.yaml` of a deployment, which is used as it stands; None for the home's.

    Raises ProjectError when there is no such file.
    """
    named = os.environ.get("MESH_INSTANCE")
    if not named:
        return None
    folder = Path(named).absolute()
    if not (folder / "dagster.yaml").is_file():
        raise ProjectError(
            f"MESH_INSTANCE is {named}, where there is no dagster.yaml.",
            "Name the folder of the deployment's Dagster instance, or unset it: then the home has one of its own.",
        )
    return folder
