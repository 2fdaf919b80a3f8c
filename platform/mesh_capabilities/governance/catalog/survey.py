"""What the mesh is made of, and whether a part is as it was: asked of the file system, without opening a file."""

import hashlib
import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from mesh_platform.home import bucket_of_ports
from mesh_platform.port.place import major_folders, place_of
from mesh_platform.project import Project


@dataclass(frozen=True)
class Unit:
    """One part of the mesh that is harvested by itself."""

    kind: str
    """domain, product, contract, transitions, port, project, lineage or run."""
    name: str
    """A file from the repository's root, `sales/orders/v1` for a port's folder, else a domain, a port or a run."""
    domain: str

    @property
    def id(self) -> str:
        return f"{self.kind}:{self.name}"


class Survey:
    """One look at the file system; each thing is asked once.

    What can be asked for is written `file:<path from the root>`, `port:<domain>/<port>/v<major>`, a port's folder, and
    `project:<domain>`, everything that dbt reads of the domain; `runs:` is the history of Dagster's runs.
    """

    def __init__(self, project: Project) -> None:
        self.root, self.home = project.root, project.home
        self.domains = sorted({*project.domains, *project.broken})
        if bucket_of_ports():  # what is asked below is asked of the copies
            for folder in major_folders(self.home.ports):
                place_of(folder).refresh()
        self._known: dict[str, str] = {}

    def units(self) -> Iterator[Unit]:
        """Every part there is, but for those that only other parts know of."""
        for domain in self.domains:
            yield Unit("domain", domain, domain)
            yield Unit("project", domain, domain)
            for folder, ending, kind in (
                ("products", ".odps.yaml", "product"),
                ("contracts", ".odcs.yaml", "contract"),
                ("products", ".lifecycle.yaml", "transitions"),
            ):
                for name in _names(f"{self.root}/domains/{domain}/{folder}"):
                    if name.endswith(ending):
                        yield Unit(kind, f"domains/{domain}/{folder}/{name}", domain)
        ports = f"{self.home.ports}"
        for domain in _names(ports):
            for port in _names(f"{ports}/{domain}"):
                for major in _names(f"{ports}/{domain}/{port}"):
                    if major[:1] == "v" and major[1:].isdigit():
                        yield Unit("port", f"{domain}/{port}/{major}", domain)

    def signature(self, key: str) -> str:
        """Another text whenever what `key` stands for may be another; empty when there is no such thing."""
        if key not in self._known:
            kind, _, name = key.partition(":")
            self._known[key] = getattr(self, f"_{kind}")(name)
        return self._known[key]

    def _file(self, name: str) -> str:
        return _stat(f"{self.root}/{name}")

    def _port(self, name: str) -> str:
        """A commit changes the folder of the log; a vacuum changes that of the files, or those of their days."""
        folder = f"{self.home.ports}/{name}"
        inside = [_stat(f"{folder}/_delta_log"), _stat(folder)]
        try:
            with os.scandir(folder) as entries:
                inside += sorted(_stat(entry.path) for entry in entries if "=" in entry.name)
        except OSError:
            return ""
        return inside[0] and "|".join(inside)

    def _project(self, domain: str) -> str:
        """Of all files; the names are in it, so that one that is moved or removed counts."""
        folder = self.root / "dbt_projects" / domain
        found = []
        for place, folders, files in os.walk(folder):
            folders[:] = sorted(set(folders) - {"logs", "target"})
            found += [f"{place}/{file} {_stat(f'{place}/{file}')}" for file in sorted(files)]
        return hashlib.sha256("\n".join(found).encode()).hexdigest() if found else ""

    def _runs(self, _: str) -> str:
        """Asked of Dagster's database of runs itself, for that spares loading Dagster when there is nothing new."""
        file = self.home.dagster / "history" / "runs.db"
        if not file.is_file():
            return ""
        try:
            with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
                return str(database.execute("SELECT count(*), max(update_timestamp) FROM runs").fetchone())
        except sqlite3.Error:  # laid out otherwise, or being made: ask Dagster
            return str(uuid.uuid4())


def _stat(path: str) -> str:
    try:
        found = os.stat(path)  # noqa: PTH116, ten thousand Path objects take longer than the question itself
    except OSError:
        return ""
    return f"{found.st_mtime_ns}:{found.st_size}:{found.st_ino}"


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208, for the same reason
    except OSError:
        return []
