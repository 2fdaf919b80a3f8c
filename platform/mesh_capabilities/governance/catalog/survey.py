"""The units of a mesh that are harvested separately, and signatures that show whether one has changed.

All answers come from the file system, without opening a file.
"""

import hashlib
import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISDIR

from mesh_isolation.side_writes import CHANGED
from mesh_isolation.team_files import UnreadableFile, entries_below
from mesh_platform.home import bucket_of_ports
from mesh_platform.port.place import major_folders, major_of, place_of
from mesh_platform.project import Project


@dataclass(frozen=True)
class Unit:
    """One part of the mesh that is harvested separately."""

    kind: str
    """domain, product, contract, transitions, port, project, lineage or run."""
    name: str
    """A path from the repository's root, `sales/orders/v1` for a port's folder, else the name of a domain, port or run."""
    domain: str

    @property
    def id(self) -> str:
        return f"{self.kind}:{self.name}"


class Survey:
    """One pass over the file system; each key is looked up once.

    A key is `file:<path from the root>`; `contracts:`, every contract of the mesh; `port:<domain>/<port>/v<major>`, a port's
    folder; `project:<domain>`, everything that dbt reads of the domain; `runs:`, the history of Dagster's runs; or `day:`, the
    day, UTC.
    """

    def __init__(self, project: Project) -> None:
        self.root, self.home = project.root, project.home
        self.domains = project.names
        if bucket_of_ports():  # the signatures below are those of the local copies
            for folder in major_folders(self.home.ports):
                place_of(folder).refresh()
        self._known: dict[str, str] = {}

    def units(self) -> Iterator[Unit]:
        """Every unit that has a file or folder of its own; ports of models and runs have none."""
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
                    if major_of(major) is not None:
                        yield Unit("port", f"{domain}/{port}/{major}", domain)

    def signature(self, key: str) -> str:
        """A text that changes whenever what `key` names may have changed; empty when it does not exist."""
        if key not in self._known:
            kind, _, name = key.partition(":")
            self._known[key] = getattr(self, f"_{kind}")(name)
        return self._known[key]

    def _file(self, name: str) -> str:
        return _stat(f"{self.root}/{name}")

    def _contracts(self, _: str) -> str:
        folders = [f"domains/{domain}/contracts" for domain in _names(f"{self.root}/domains")]
        files = [f"{folder}/{name}" for folder in folders for name in _names(f"{self.root}/{folder}")]
        return hashlib.sha256("\n".join(f"{file} {self._file(file)}" for file in files).encode()).hexdigest()

    def _port(self, name: str) -> str:
        """A commit changes the folder of the log; a vacuum removes files, or those of some days; damage changes a file."""
        folder = f"{self.home.ports}/{name}"
        if not (log := _stat(f"{folder}/_delta_log")):
            return ""
        files = [f"{folder}/{file}" for file in _names(folder)]
        files += [f"{day}/{file}" for day in files if "=" in day for file in _names(day)]
        stats = "\n".join(f"{file} {_stat(file)}" for file in files)
        return f"{log}|{hashlib.sha256(stats.encode()).hexdigest()}"

    def _project(self, domain: str) -> str:
        """Of all files, with their names, so that a moved or removed file counts."""
        folder = self.root / "dbt_projects" / domain
        try:
            below = sorted(entries_below(folder, ("logs", "target")))
        except UnreadableFile as problem:
            return str(problem)
        entries = [f"{path} {_stat(path)}" for path, kind in below if not S_ISDIR(kind)]
        if entries and Path(f"{self.home.warehouse(domain)}{CHANGED}").exists():
            entries.append(CHANGED)
        return hashlib.sha256("\n".join(entries).encode("utf-8", "surrogateescape")).hexdigest() if entries else ""

    def _day(self, _: str) -> str:
        return datetime.now(UTC).date().isoformat()

    def _runs(self, _: str) -> str:
        """Read from Dagster's database of runs directly, which avoids loading Dagster when there is nothing new."""
        file = self.home.dagster / "history" / "runs.db"
        if not file.is_file():
            return ""
        try:
            with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
                return str(database.execute("SELECT count(*), max(update_timestamp) FROM runs").fetchone())
        except sqlite3.Error:  # another layout, or just being created: ask Dagster
            return str(uuid.uuid4())


def _stat(path: str) -> str:
    try:
        stat = os.stat(path)  # noqa: PTH116, ten thousand Path objects take longer than the calls themselves
    except OSError:
        return ""
    return f"{stat.st_mtime_ns}:{stat.st_size}:{stat.st_ino}"


def _names(folder: str) -> list[str]:
    """The names in a folder, without those that are not UTF-8: no id, no address and no SQL can contain them."""
    try:
        names = os.listdir(folder)  # noqa: PTH208, for the same reason
    except OSError:
        return []
    return sorted(name for name in names if name.encode("utf-8", "ignore") == os.fsencode(name))
