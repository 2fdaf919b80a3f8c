"""Files that hold what was written: replaced whole, flushed to the disk, locked while they change, verified by their digest.

The name of a data file ends in the SHA-256 of its content: `part-<uuid>-<digest>.parquet`. So each commit that adds the file,
each checkpoint, and each later version that keeps the file record the digest, without a list that could be lost.
"""

import errno
import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
import shutil
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISREG
from tempfile import TemporaryDirectory

from mesh_isolation.records import read_cache
from mesh_isolation.team_files import read_bytes

_POLL_SECONDS = 0.005


class FolderBusy(Exception):
    """Another process still holds the lock on a folder."""


@contextmanager
def locked(folder: Path, exclusive: bool, wait: float) -> Iterator[None]:
    """Holds a lock on an existing folder inside the block, shared or exclusive.

    The folder itself is locked and not a file in it, so that other tools that read the folder find no extra file. Raises
    FolderBusy when another process still holds a lock after `wait` seconds.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        deadline = time.monotonic() + wait
        while not _acquired(handle, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH):
            if time.monotonic() >= deadline:
                raise FolderBusy(str(folder))
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(handle)


def _acquired(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except OSError as problem:
        if problem.errno in (errno.EWOULDBLOCK, errno.EAGAIN):
            return False
        raise
    return True


def write_whole(texts: Mapping[Path, str]) -> None:
    """Writes texts in UTF-8: each file has its old text or its new one at any time. Missing folders are created.

    Raises OSError when one cannot be written; then no file has changed.
    """
    beside = {path: path.with_name(f".{path.name}.{uuid.uuid4().hex}.new") for path in texts}
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            beside[path].write_text(text, encoding="utf-8")
            if path.exists():
                shutil.copymode(path, beside[path])
        for path, part in beside.items():
            part.replace(path)
    finally:
        for part in beside.values():
            with suppress(OSError):
                part.unlink(missing_ok=True)


CREATE_SECONDS = 60.0
"""How long the creation of files by another process is waited for."""


def create_once(folder: Path, names: Sequence[str], make: Callable[[Path], None]) -> None:
    """Creates the files with these names in the folder unless they exist: each whole, and by one process.

    Args:
        folder: created if it does not exist.
        names: paths below the folder.
        make: creates the files below another folder, an empty one.

    Raises FolderBusy when another process holds the folder for more than CREATE_SECONDS.
    """
    if all((folder / name).exists() for name in names):
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (
        locked(folder, exclusive=True, wait=CREATE_SECONDS),
        TemporaryDirectory(dir=folder.parent, prefix=f"{folder.name}-") as scratch,
    ):
        if missing := [name for name in names if not (folder / name).exists()]:
            make(Path(scratch))
        for file in (folder / name for name in missing):
            file.parent.mkdir(parents=True, exist_ok=True)
            for stale in file.parent.glob(f"{file.name}-*"):  # a log of the file that is missing
                stale.unlink()
            (Path(scratch) / file.relative_to(folder)).replace(file)


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


def sizes_of(files: Iterable[Path]) -> dict[Path, int]:
    """The size in bytes of each of these files that can be found."""
    sizes = {}
    for file in files:
        with suppress(OSError):
            sizes[file] = file.stat().st_size
    return sizes


def names_in(folder: Path) -> list[str]:
    """The names in a folder; none if it does not exist. Raises OSError when it cannot be listed, unlike `Path.glob`."""
    try:
        return [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        return []


def files_below(folder: Path, suffix: str) -> set[str]:
    """The files below a folder whose names end with the suffix, as relative paths; folders that cannot be read are left out."""
    files = (Path(parent, name) for parent, _, names in os.walk(folder) for name in names if name.endswith(suffix))
    return {file.relative_to(folder).as_posix() for file in files}


def move_durably(moves: Sequence[tuple[Path, Path]], moved: list[tuple[Path, Path]], top: Path) -> None:
    """Moves files, each given with its new path below the folder `top`, so that a power cut loses none of them.

    Appends each to `moved`, so that the caller can undo a partial move. Raises OSError.
    """
    make_durable(*(file for file, _ in moves))
    folders = {to.parent: None for _, to in moves}
    for folder in folders:
        folder.mkdir(exist_ok=True)
    for file, to in moves:
        file.replace(to)
        moved.append((file, to))
    make_durable(*folders, *([] if folders.keys() <= {top} else [top]))


def plain_path(path: str) -> str:
    """A path below a folder, unchanged. Raises ValueError if it leads out of the folder, or is none."""
    if path.startswith("/") or ".." in path.split("/") or "\0" in path:
        raise ValueError(f"{path!r} leads out of its folder")
    return path


UNKNOWN = "*"
"""Stands for the names in a folder that cannot be listed."""


def paths_below(folder: Path, depth: int) -> Iterator[Path]:
    """Every path that many levels below a folder. A folder that cannot be listed has one path, of UNKNOWN names."""
    try:
        names = names_in(folder) if depth else []
    except NotADirectoryError:  # a file beside the folders
        return
    except OSError:
        yield folder.joinpath(*[UNKNOWN] * depth)
        return
    if depth:
        for name in names:
            yield from paths_below(folder / name, depth - 1)
    else:
        yield folder


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


def file_flaws(folder: Path, files: Iterable[Path], kept: Path, again: bool = False) -> dict[Path, str]:
    """What is wrong with the content of data files in that folder, by file; empty if nothing is.

    A file without a digest in its name is read at both ends only. A file that has not changed since it was verified, by its
    inode, size and times, is read again only with `again`; the file `kept` records what was verified.
    """
    known: dict[str, list[int] | None] = read_cache(kept, dict[str, list[int]]) or {}
    reasons: dict[Path, str] = {}
    fresh: dict[str, list[int] | None] = {}
    for file in files:
        name = file.relative_to(folder).as_posix()
        try:
            stat = file.stat()
            if not S_ISREG(stat.st_mode):
                raise OSError(errno.EINVAL, "it is no file")  # a pipe would block its reader
            seen = [stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]
            if not again and known.get(name) == seen:
                continue
            reason = _flaw(file)
        except OSError as problem:
            reason = f"{file} cannot be read: {problem.strerror}"
        fresh[name] = None if reason else seen
        reasons |= {file: reason} if reason else {}
    if any(fresh.values()) or again:
        known = {name: seen for name, seen in (known | fresh).items() if seen and (folder / name).exists()}
        with suppress(OSError):  # a disk that is full or read-only: the next reader verifies them again
            write_whole({kept: json.dumps(known)})
    return reasons


KEY_BYTES = 32
"""The length of a key."""


def keyed_hash(value: object, key: Path) -> str | None:
    """A short hash of a value, with the key in that file; it begins with `#`.

    The key is created on first use, and readable by its owner only. None if there is no whole key and none can be written:
    with a shorter one, values could be guessed.
    """
    try:
        if not key.exists():
            _create_key(key)
        if key_flaw(key):
            return None
        return (
            f"#{hmac.new(read_bytes(key, Path('/')), str(value).encode('utf-8', 'replace'), hashlib.sha256).hexdigest()[:12]}"
        )
    except OSError:
        return None


def key_flaw(key: Path) -> str:
    """What is wrong with the file of a key, as a sentence; empty if nothing is. Raises OSError if it cannot be read."""
    size = len(read_bytes(key, Path("/"), KEY_BYTES * 2))
    return "" if size == KEY_BYTES else f"{key} has {size} bytes, and a key has {KEY_BYTES}."


def _create_key(key: Path) -> None:
    """Writes a key once: whole and on the disk before it has its name."""
    partial = key.with_name(f".{secrets.token_hex(8)}.key")
    key.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
        new.write(secrets.token_bytes(KEY_BYTES))
    try:
        make_durable(partial)
        with suppress(FileExistsError):  # another process was first
            os.link(partial, key)
        make_durable(key.parent)
    finally:
        partial.unlink()


def code_digest(parts: Iterable[tuple[str, str]]) -> str:
    """One SHA-256 of several models, given as (name, code) in any order."""
    digest = hashlib.sha256()
    for name, code in sorted(parts):
        digest.update(f"{len(name)} {name} {len(code)} {code}".encode())
    return digest.hexdigest()
