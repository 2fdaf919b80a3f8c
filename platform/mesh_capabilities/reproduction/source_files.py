"""The source files that versions were made of: where they were when they were read, and whether they are still the same."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mesh_platform.home import MeshHome
from mesh_platform.ingestion.source import RAW
from mesh_platform.names import PortAddress

if TYPE_CHECKING:
    from dagster import DagsterInstance

_LOOKED_BACK = 200
"""So many readings of one source are looked through for the one with a certain hash."""


@dataclass(frozen=True)
class SourceFile:
    """A file that a version was made of, known by its hash."""

    table: PortAddress
    """The asset that it became: `sales/raw_orders`."""
    sha256: str
    path: Path | None = None
    """Where a file with that hash is now; else where it was when it was read, or None where that is not known."""
    state: str = "unknown"
    """`same`, `changed`, `gone`; `unknown` where nothing says from which file the table was read."""

    @property
    def sentence(self) -> str:
        """What a person should know of it."""
        name = self.path.name if self.path else "its file"
        return {
            "same": f"{name} is as it was",
            "changed": f"{self.path} has changed since",
            "gone": f"{self.path} is not there any more",
        }.get(self.state, f"nothing says from which file {self.table} was read")


class SourceFiles:
    """Finds source files by hash; Dagster's history says where they were read.

    Args:
        home: the mesh's.
    """

    def __init__(self, home: MeshHome) -> None:
        self._home = home
        self._hashes: dict[Path, str] = {}
        self._read: dict[PortAddress, list[tuple[str, Path]]] = {}

    def find(self, domain: str, table: str, sha256: str) -> SourceFile:
        """The file behind a raw table of a domain, at the time when its hash was this one."""
        address = PortAddress(domain, f"{RAW}_{table}")
        read = self._readings(address)
        known = [path for hashed, path in read if hashed == sha256]
        last = known[0] if known else None
        for path in self._candidates(known, [path for _, path in read]):
            if self._hash(path) == sha256:
                return SourceFile(address, sha256, path, "same")
        if last is None:
            return SourceFile(address, sha256)
        return SourceFile(address, sha256, last, "changed" if last.is_file() else "gone")

    def _candidates(self, known: list[Path], others: list[Path]) -> Iterator[Path]:
        """Where the file was read, then the files of that name in the folder that is read now."""
        yield from dict.fromkeys(known)
        folder = self._home.source
        for path in dict.fromkeys((*known, *others)):
            # A source is named by a file in a folder of its own, or by the file alone.
            yield from (folder / path.parent.name / path.name, folder / path.name)

    def _hash(self, path: Path) -> str | None:
        if path not in self._hashes and path.is_file():
            with path.open("rb") as file:
                self._hashes[path] = hashlib.file_digest(file, "sha256").hexdigest()
        return self._hashes.get(path)

    def _readings(self, address: PortAddress) -> list[tuple[str, Path]]:
        """Hash and path of every reading of a source, the newest first."""
        if address not in self._read:
            self._read[address] = list(self._asked(address))
        return self._read[address]

    def _asked(self, address: PortAddress) -> Iterator[tuple[str, Path]]:
        if self._instance is None:
            return
        from dagster import AssetKey

        records = self._instance.fetch_materializations(AssetKey(address), limit=_LOOKED_BACK).records
        for record in records:
            said = record.asset_materialization.metadata if record.asset_materialization else {}
            if "sha256" in said and "file" in said:
                yield str(said["sha256"].value), Path(str(said["file"].value))

    @cached_property
    def _instance(self) -> "DagsterInstance | None":
        """Dagster's history; None where nothing has been run here, as in a copy of the ports alone."""
        if not (self._home.dagster / "history").is_dir():
            return None
        from mesh_platform import environment

        environment.prepare(self._home)
        from dagster import DagsterInstance

        return DagsterInstance.from_config(str(self._home.dagster))
