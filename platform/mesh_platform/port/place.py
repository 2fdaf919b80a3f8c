"""Where the files of a port are stored, in its folder or in a bucket, how they are made durable, and how they are verified.

The name of a data file ends in the SHA-256 of its content: `part-<uuid>-<digest>.parquet`. So each commit that adds the file,
each checkpoint, and each later version that keeps the file record the digest, without a list that could be lost.
"""

import hashlib
import json
import os
import re
import time
import uuid
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mesh_platform.capabilities import SETTINGS, ask, capabilities_here
from mesh_platform.errors import ProjectError
from mesh_platform.home import bucket_of_ports
from mesh_platform.hooks import Storage


def make_durable(*paths: Path) -> None:
    """Flushes the content of each file, or the entries of each folder, to disk.

    Neither DuckDB's COPY nor delta-rs does so; without it, a reported version could be missing or empty after a power
    cut. Raises OSError when the disk does not confirm it.
    """
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def uptime() -> float:
    """Seconds since the machine was started, including time asleep."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


_DIGEST = re.compile(r"part-.+-([0-9a-f]{64})\.parquet")
_MAGIC = b"PAR1"
_LENGTH = 4


def sha256(file: Path) -> str:
    """The digest of a file's content."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def recorded_digest(file: Path) -> str | None:
    """The digest of a data file when it was committed; None for a file that was committed before digests were recorded."""
    match = _DIGEST.fullmatch(file.name)
    return match and match[1]


def is_complete(file: Path) -> bool:
    """Whether it begins and ends like a Parquet file. Raises OSError when it cannot be read."""
    with file.open("rb") as content:
        head, size = content.read(len(_MAGIC)), content.seek(0, os.SEEK_END)
        content.seek(max(0, size - len(_MAGIC) - _LENGTH))
        tail = content.read()
    ends = 2 * len(_MAGIC) + _LENGTH
    return size > ends and head == tail[_LENGTH:] == _MAGIC and int.from_bytes(tail[:_LENGTH], "little") <= size - ends


def _flaw(file: Path) -> str:
    digest = recorded_digest(file)
    if digest is None:
        return "" if is_complete(file) else f"{file} is not a complete Parquet file"
    actual = sha256(file)
    return "" if actual == digest else f"{file} has the SHA-256 {actual[:12]}… and was committed with {digest[:12]}…"


def flaws(folder: Path, files: Iterable[Path], again: bool = False) -> dict[Path, str]:
    """What is wrong with the content of data files of the port in that folder, by file; empty if nothing is.

    A file without a digest in its name is read at both ends only. A file that has not changed since it was verified, by its
    inode, size and times, is read again only with `again`.
    """
    kept = folder.parents[3] / "verified" / f"{'.'.join(folder.parts[-3:])}.json"  # in the mesh's home
    try:
        known = dict(json.loads(kept.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        known = {}
    found: dict[Path, str] = {}
    fresh: dict[str, list[int] | None] = {}
    for file in files:
        name = file.relative_to(folder).as_posix()
        try:
            stat = file.stat()
            seen = [stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]
            if not again and known.get(name) == seen:
                continue
            reason = _flaw(file)
        except OSError as problem:
            reason = f"{file} cannot be read: {problem.strerror}"
        fresh[name] = None if reason else seen
        found |= {file: reason} if reason else {}
    if any(fresh.values()) or again:
        known = {name: seen for name, seen in (known | fresh).items() if seen and (folder / name).exists()}
        with suppress(OSError):  # a disk that is full or read-only: the next reader verifies them again
            kept.parent.mkdir(parents=True, exist_ok=True)
            partial = kept.with_suffix(f".{uuid.uuid4().hex}")
            partial.write_text(json.dumps(known), encoding="utf-8")
            partial.replace(kept)
    return found


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
        """Moves a damaged entry out of the log; returns whether this storage can do so."""
        aside = self.folder / "_damaged"
        aside.mkdir(exist_ok=True)
        if entry.exists():
            entry.replace(aside / f"{entry.stem}-{len(list(aside.iterdir()))}.json")
        make_durable(aside, entry.parent)
        return True

    def check_first_commit(self) -> None:
        """Raises PublishError when commits of a new port could overwrite each other."""

    def majors(self) -> set[int]:
        """The majors of the same port that are stored."""
        return {int(path.name[1:]) for path in self.folder.parent.glob("v*") if path.name[1:].isdigit()}

    def sizes(self, files: Collection[Path]) -> dict[Path, int]:
        """The size in bytes of each of these data files that exists."""
        sizes = {}
        for file in files:
            with suppress(FileNotFoundError):
                sizes[file] = file.stat().st_size
        return sizes

    def names(self) -> set[str]:
        """The stored data files, as paths relative to the folder."""
        return {file.relative_to(self.folder).as_posix() for file in self.folder.rglob("*.parquet")}

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


def major_folders(ports: Path) -> list[Path]:
    """The folder of every major of every port; for ports in a bucket, some may not exist locally yet."""
    url = bucket_of_ports()
    if url is None:
        return [folder for folder in ports.glob("*/*/v*") if folder.name[1:].isdigit()]
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
