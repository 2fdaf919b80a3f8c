"""What survives a power cut, files and folder entries that the disk has confirmed, and how long that took."""

import os
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mesh_platform.errors import ProjectError
from mesh_platform.home import bucket_of_ports
from mesh_platform.hooks import SETTINGS, Storage, capabilities_here


def make_durable(*paths: Path) -> None:
    """Returns when the disk has the content of each file, or the entries of each folder.

    Neither DuckDB's COPY nor delta-rs asks for that; without it, a version that was acknowledged could be gone or
    empty after a power cut. Raises OSError when the disk does not take it.
    """
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def uptime() -> float:
    """Seconds since the machine was started, those included in which it slept."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True)
class Place:
    """The place of a port that is kept in its folder."""

    folder: Path
    """The port's: `<ports>/<domain>/<port>/v<major>`."""

    @property
    def uri(self) -> str:
        """Where delta-rs commits."""
        return self.folder.as_posix()

    def refresh(self) -> None:
        """Returns when the folder has every entry of the port's log."""

    def set_aside(self, entry: Path) -> bool:
        """Moves a damaged entry of the log away, where that can be done."""
        aside = self.folder / "_damaged"
        aside.mkdir(exist_ok=True)
        if entry.exists():
            entry.replace(aside / f"{entry.stem}-{len(list(aside.iterdir()))}.json")
        make_durable(aside, entry.parent)
        return True

    def check_first_commit(self) -> None:
        """Raises PublishError where commits of a new port could overwrite each other."""

    def majors(self) -> set[int]:
        """The majors of the same port that have a place."""
        return {int(path.name[1:]) for path in self.folder.parent.glob("v*") if path.name[1:].isdigit()}

    def sizes(self, files: Collection[Path]) -> dict[Path, int]:
        """Of these data files, those that are there, with their bytes."""
        found = {}
        for file in files:
            with suppress(FileNotFoundError):
                found[file] = file.stat().st_size
        return found

    def names(self) -> set[str]:
        """The data files that are there, as paths from the folder."""
        return {file.relative_to(self.folder).as_posix() for file in self.folder.rglob("*.parquet")}

    def settled_parts(self) -> dict[Path, int]:
        """The data files that nobody can be about to commit, with their bytes; to be asked by who is alone in the folder."""
        parts = sorted(file for file in self.folder.rglob("part-*.parquet") if not _hidden(file.relative_to(self.folder)))
        return {file: file.stat().st_size for file in parts}

    def fetch(self, files: Iterable[Path]) -> None:
        """Returns when the files are in the folder. Raises FileNotFoundError for one that is nowhere."""

    def store(self, files: Iterable[Path]) -> None:
        """Returns when files of the folder are where the port is kept."""

    def check_in_time(self, started: float) -> None:
        """Raises PublishError when what was stored after that moment may have been swept up since.

        Args:
            started: seconds, of `durability.uptime`.
        """

    def remove(self, files: Iterable[Path]) -> None:
        """Removes data files, wherever they are. Raises OSError."""
        for file in files:
            file.unlink(missing_ok=True)

    def trim(self) -> None:
        """Makes room where the folder is only a copy."""


def place_of(folder: Path) -> Place:
    """The place of the port with that folder, by `$MESH_PORTS`."""
    url = bucket_of_ports()
    return Place(folder) if url is None else _storage(url).place(folder, url)


def major_folders(ports: Path) -> list[Path]:
    """The folder of every major of every port; in a bucket's copy, some may not have been made yet."""
    url = bucket_of_ports()
    if url is None:
        return [folder for folder in ports.glob("*/*/v*") if folder.name[1:].isdigit()]
    return [ports / path for path in _storage(url).majors(url)]


def _storage(url: str) -> Storage:
    scheme = url.partition(":")[0]
    for kinds in capabilities_here().kinds():
        if scheme in kinds.storage:
            return kinds.storage[scheme]
    raise ProjectError(
        f"MESH_PORTS is {url}, and no capability that {SETTINGS} lists keeps ports in {scheme}.",
        f"List the capability `buckets` in {SETTINGS}, or unset MESH_PORTS.",
    )


def _hidden(path: Path) -> bool:
    return any(part.startswith("_") for part in path.parts)
