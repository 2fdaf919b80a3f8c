"""The source files of versions: their paths when they were read, and whether they are unchanged."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mesh_capabilities.run_history import LineageHistory, SourceReading
from mesh_platform.home import MeshHome
from mesh_platform.ingestion.source import RAW
from mesh_platform.names import PortAddress


@dataclass(frozen=True)
class SourceFile:
    """A source file of a version, identified by its hash."""

    table: PortAddress
    """The source table that it was read into: `sales/raw_orders`."""
    sha256: str
    path: Path | None = None
    """Where a file with that hash is now; otherwise where it was read, or None if that is not known."""
    state: str = "unknown"
    """`same`, `changed` or `gone`; `unknown` if no record says from which file the table was read."""

    @property
    def sentence(self) -> str:
        """The state in words, without a full stop."""
        name = self.path.name if self.path else "its file"
        return {
            "same": f"{name} is unchanged",
            "changed": f"{self.path} has changed since",
            "gone": f"{self.path} no longer exists",
        }.get(self.state, f"no record says from which file {self.table} was read")


class SourceFiles:
    """Finds source files by hash.

    Args:
        home: the mesh's home.
        history: the record of the paths from which files were read.
    """

    def __init__(self, home: MeshHome, history: LineageHistory) -> None:
        self._home, self._history = home, history
        self._hashes: dict[Path, str] = {}
        self._readings: dict[PortAddress, list[SourceReading]] = {}

    def find(self, domain: str, table: str, sha256: str) -> SourceFile:
        """The file with this hash that was read into a source table of a domain."""
        address = PortAddress(domain, f"{RAW}_{table}")
        if address not in self._readings:
            self._readings[address] = self._history.source_readings(address)
        readings = self._readings[address]
        known = [reading.path for reading in readings if reading.sha256 == sha256]
        for path in self._candidates(known, [reading.path for reading in readings]):
            if self._hash(path) == sha256:
                return SourceFile(address, sha256, path, "same")
        if not known:
            return SourceFile(address, sha256)
        return SourceFile(address, sha256, known[0], "changed" if known[0].is_file() else "gone")

    def _candidates(self, known: list[Path], others: list[Path]) -> Iterator[Path]:
        """The paths where the file was read, then files of the same name in the current source folder."""
        yield from dict.fromkeys(known)
        folder = self._home.source
        for path in dict.fromkeys((*known, *others)):
            # A source names its file with or without a folder.
            yield from (folder / path.parent.name / path.name, folder / path.name)

    def _hash(self, path: Path) -> str | None:
        if path not in self._hashes and path.is_file():
            with path.open("rb") as file:
                self._hashes[path] = hashlib.file_digest(file, "sha256").hexdigest()
        return self._hashes.get(path)
