"""Where the files of a port are stored: in its folder or in a bucket."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from mesh_isolation import files as verified_files
from mesh_isolation.delta import is_gone, set_aside
from mesh_isolation.files import UNKNOWN, file_flaws, names_in, paths_below
from mesh_isolation.text import whole_number
from mesh_platform.capabilities import SETTINGS, ask, capabilities_here
from mesh_platform.errors import ProjectError
from mesh_platform.home import bucket_of_ports
from mesh_platform.hooks import Storage


def port_flaws(folder: Path, files: Iterable[Path], again: bool = False) -> dict[Path, str]:
    """What is wrong with data files of the port in that folder, by file; see `mesh_isolation.files.file_flaws`."""
    return file_flaws(folder, files, folder.parents[3] / "verified" / f"{'.'.join(folder.parts[-3:])}.json", again)


@dataclass(frozen=True)
class Place:
    """The storage of one major of a port: here, its own folder. Capabilities add other kinds of storage."""

    remote = False
    """Whether the folder holds copies."""

    folder: Path
    """The port's folder: `<ports>/<domain>/<port>/v<major>`."""

    @property
    def uri(self) -> str:
        """The address of the Delta table, for delta-rs."""
        return self.folder.as_posix()

    def refresh(self) -> None:
        """Fetches every entry of the port's log into the folder."""

    def set_aside(self, entry: Path) -> bool:
        """Moves a damaged entry out of the log; returns whether that was possible."""
        return set_aside(entry) or is_gone(entry)

    def check_first_commit(self) -> None:
        """Raises PublishError when commits of a new port could overwrite each other."""

    def majors(self) -> set[int]:
        """The majors of the same port that are stored."""
        return {major for name in names_in(self.folder.parent) if (major := major_of(name)) is not None}

    def sizes(self, files: Collection[Path]) -> dict[Path, int]:
        """The size in bytes of each of these data files that can be found."""
        return verified_files.sizes_of(files)

    def names(self) -> set[str]:
        """The stored data files, as paths relative to the folder."""
        return verified_files.files_below(self.folder, ".parquet")

    def settled_parts(self) -> dict[Path, int]:
        """The data files that no process can still commit, with their sizes; the caller must hold the exclusive lock."""
        parts = sorted(self.folder.rglob("part-*.parquet"))
        shown = (file for file in parts if not any(part.startswith("_") for part in file.relative_to(self.folder).parts))
        return {file: file.stat().st_size for file in shown}

    def fetch(self, files: Iterable[Path]) -> None:
        """Fetches the files into the folder. Raises FileNotFoundError when one is not stored."""

    def store(self, files: Iterable[Path]) -> None:
        """Stores files of the folder."""

    def check_in_time(self, started: float) -> None:
        """Raises PublishError when files stored since then may already have been swept.

        Args:
            started: the value of `uptime` before the files were stored.
        """

    def remove(self, files: Iterable[Path]) -> None:
        """Removes data files from the storage and the folder. Raises OSError when one cannot be removed."""
        for file in files:
            file.unlink(missing_ok=True)

    def trim(self) -> None:
        """Frees space where the folder is only a copy."""


def place_of(folder: Path) -> Place:
    """The storage of the port with that folder, according to `$MESH_PORTS`."""
    url = bucket_of_ports()
    return Place(folder) if url is None else _storage(url).place(folder, url)


def major_of(folder: str) -> int | None:
    """The major in the name of its folder, `v1`; None for another name."""
    major = whole_number(folder[1:])
    return major if folder == f"v{major}" else None


def major_folders(ports: Path) -> list[Path]:
    """The folder of every major of every port; for ports in a bucket, some may not exist locally yet."""
    url = bucket_of_ports()
    if url is None:
        # A folder of ports that cannot be listed counts as one port of unknown name, which is damaged.
        paths = (path.with_name("v0") if path.name == UNKNOWN else path for path in paths_below(ports, 3))
        return [path for path in paths if major_of(path.name) is not None]
    return [ports / path for path in _storage(url).majors(url)]


def _storage(url: str) -> Storage:
    scheme = url.partition(":")[0]
    for kinds in ask(capabilities_here().kinds):
        if scheme in kinds.storage:
            return kinds.storage[scheme]
    raise ProjectError(
        f"MESH_PORTS is {url}, but no capability in {SETTINGS} stores ports in {scheme}.",
        f"List the capability `buckets` in {SETTINGS}, or unset MESH_PORTS.",
    )
