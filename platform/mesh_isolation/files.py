"""Files that hold what was written: flushed to the disk, locked while they change, and verified by their digest.

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
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

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


def write_whole(file: Path, text: str) -> None:
    """Replaces the file in one step, so that a process killed here leaves no partial file, and readers see none."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(f".{uuid.uuid4().hex}")
    partial.write_text(text, encoding="utf-8")
    partial.replace(file)


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
    try:
        known = dict(json.loads(kept.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        known = {}
    reasons: dict[Path, str] = {}
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
        reasons |= {file: reason} if reason else {}
    if any(fresh.values()) or again:
        known = {name: seen for name, seen in (known | fresh).items() if seen and (folder / name).exists()}
        with suppress(OSError):  # a disk that is full or read-only: the next reader verifies them again
            write_whole(kept, json.dumps(known))
    return reasons


def keyed_hash(value: object, key: Path) -> str | None:
    """A short hash of a value, with the key in that file; it begins with `#`.

    The key is created on first use, and readable by its owner only. None if there is no key and none can be written.
    """
    partial = key.with_name(f".{secrets.token_hex(8)}.key")
    try:
        if not key.exists():
            key.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
                new.write(secrets.token_bytes(32))
            try:
                with suppress(FileExistsError):  # another process was first
                    os.link(partial, key)
            finally:
                partial.unlink()
        return f"#{hmac.new(key.read_bytes(), str(value).encode('utf-8', 'replace'), hashlib.sha256).hexdigest()[:12]}"
    except OSError:
        return None
