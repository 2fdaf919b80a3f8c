"""Where a mesh is: its repository, the folder that holds its state, and how a process is prepared to work there."""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from mesh_isolation.disclosure import MASK
from mesh_isolation.files import keyed_hash, write_whole
from mesh_isolation.records import text_or_none
from mesh_platform.errors import ProjectError
from mesh_platform.names import PortAddress

REGISTRY = "workspace.yaml"
"""The file at the root of a mesh's repository that registers its domains."""


def find_root(start: Path | None = None) -> Path:
    """The nearest folder that holds `workspace.yaml`, from `start` (default: the working directory) upwards.

    Raises ProjectError when there is none.
    """
    here = (start or Path.cwd()).absolute()
    for folder in (here, *here.parents):
        if (folder / REGISTRY).is_file():
            return folder
    raise ProjectError(f"There is no {REGISTRY} in {here} or above it.", "Change to the mesh's repository and try again.")


@dataclass(frozen=True)
class MeshHome:
    """`$MESH_HOME`, or `.mesh` beside `workspace.yaml`. Folders are created on the first write."""

    root: Path

    @classmethod
    def of(cls, project: Path) -> "MeshHome":
        """The home of the mesh whose repository is `project`; always absolute, as Dagster requires.

        Raises ProjectError for a path that cannot hold a Delta table.
        """
        root = Path(os.environ.get("MESH_HOME") or project / ".mesh").absolute()
        if bad := set(str(root)) & set("#?%\\"):
            raise ProjectError(
                f"The path of the mesh's home, {root}, contains {' and '.join(sorted(bad))}, which Delta does not support.",
                "Rename the folder, or set MESH_HOME to another folder.",
            )
        return cls(root)

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME: the instance that `mesh run` and the UI share; `$MESH_INSTANCE` names a deployment's own."""
        return instance_of_deployment() or self.root / "dagster"

    def hashed(self, value: object) -> str:
        """A hash that replaces a personal value: equal for equal values in one home, and meaningless outside of it."""
        return keyed_hash(value, self.root / "hash.key") or MASK

    @property
    def sources(self) -> Path:
        """Where generated source files are written, and the default source folder of ingestion."""
        return self.root / "sources"

    @property
    def ports(self) -> Path:
        """The only part of a home that other domains and tools read; a local copy where `$MESH_PORTS` names a bucket."""
        url = bucket_of_ports()
        return self.root / "copies" / url.removeprefix("s3://") if url else self.root / "ports"

    def port(self, address: PortAddress, major: int) -> Path:
        """The Delta table of one major version of a port; several majors can be served side by side."""
        return self.ports / address.domain / address.port / f"v{major}"

    def candidates(self, domain: str) -> Path:
        """The folder of a domain's unpublished data, which the platform judges; no build can write to it."""
        return self.root / "candidates" / domain

    def built(self, domain: str) -> Path:
        """The folder in which a build writes the data of its ports, until the platform takes them over as candidates."""
        return self.root / "built" / domain

    def inputs(self, domain: str) -> Path:
        """The folder of input ports that are copied for the domain's builds: those seen as an earlier major."""
        return self.root / "inputs" / domain

    def warehouse(self, domain: str) -> Path:
        """The domain's private DuckDB file, in a folder of its own; only the domain itself opens it."""
        return self.root / "warehouses" / domain / f"{domain}.duckdb"

    def aside(self, domain: str) -> Path:
        """The folder of rows of source files that could not be read, one CSV file per source."""
        return self.root / "aside" / domain

    def read(self, domain: str) -> Path:
        """The record of what was last read into a domain's warehouse; see `ingestion/limits.py`."""
        return self.root / "read" / f"{domain}.json"

    def quarantine(self, port: PortAddress) -> Path:
        """The folder of rows that broke a port's contract, one subfolder per candidate."""
        return self.root / "quarantine" / port.domain / port.port

    def dbt(self, domain: str) -> Path:
        """dbt's target folder for the domain: parsed and compiled state, and logs."""
        return self.root / "dbt" / domain

    def lock(self, domain: str) -> Path:
        """The lock file that a process holds while it writes to the domain."""
        return self.root / "locks" / f"{domain}.lock"

    def remember_source(self, folder: Path) -> None:
        """Records the source folder that was read last, so that a run started in the UI reads the same one."""
        write_whole({self.root / "source": f"{folder.absolute()}\n"})

    @property
    def source(self) -> Path:
        """The source folder in use: `$MESH_SOURCE`, else the one read last, else the generated files. Raises ProjectError."""
        if named := os.environ.get("MESH_SOURCE"):
            return Path(named).absolute()
        if not os.path.lexists(remembered := self.root / "source"):
            return self.sources
        folder = (text_or_none(remembered) or "").removesuffix("\n")
        if not folder.startswith("/") or not folder.isprintable():
            found = f"{remembered} does not hold the path of the source folder that was read last."
            raise ProjectError(found, "`mesh run --source FOLDER` writes it anew.")
        return Path(folder)

    def prepare(self, keep_instance: bool = False) -> None:
        """Sets the environment of this process and its children, and writes the settings of the Dagster instance.

        Args:
            keep_instance: keep a DAGSTER_HOME that is set, as code locations do: a deployment has its own instance.
        """
        os.environ["MESH_HOME"] = str(self.root)
        os.environ["DO_NOT_TRACK"] = "1"
        os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
        # dagster starts `dagster` and other tools by name; they are beside this interpreter, in an activated venv or not.
        tools = str(Path(sys.executable).parent)
        if tools not in os.environ.get("PATH", "").split(os.pathsep):
            os.environ["PATH"] = os.pathsep.join([tools, os.environ.get("PATH", os.defpath)])
        if not (keep_instance and os.environ.get("DAGSTER_HOME")):
            os.environ["DAGSTER_HOME"] = str(self.dagster)
        if os.environ["DAGSTER_HOME"] == str(self.dagster) and not instance_of_deployment():
            settings = self.dagster / "dagster.yaml"
            written = (Path(__file__).parent / "dagster/instance.yaml").read_text(encoding="utf-8")
            if text_or_none(settings) != written:
                write_whole({settings: written})


def bucket_of_ports() -> str | None:
    """`$MESH_PORTS`: the bucket that stores the ports of the mesh, `s3://bucket/prefix`; None for the home itself.

    Raises ProjectError for any other value.
    """
    url = os.environ.get("MESH_PORTS", "").rstrip("/")
    if url and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]+(/[\w.=-]+)*", url, re.ASCII):
        raise ProjectError(
            f"MESH_PORTS is {url!r}, which is not a bucket with a prefix.",
            "Write s3://bucket/prefix, with letters, digits and . _ = - in the prefix; for a shared folder, set MESH_HOME.",
        )
    return url or None


def instance_of_deployment() -> Path | None:
    """`$MESH_INSTANCE`: the folder with a deployment's `dagster.yaml`, which is never changed; None for the home's instance.

    Raises ProjectError when the file does not exist.
    """
    named = os.environ.get("MESH_INSTANCE")
    if not named:
        return None
    folder = Path(named).absolute()
    if not (folder / "dagster.yaml").is_file():
        raise ProjectError(
            f"MESH_INSTANCE is {named}, but that folder has no dagster.yaml.",
            "Set it to the folder of the deployment's Dagster instance, or unset it to use the instance in the mesh's home.",
        )
    return folder
