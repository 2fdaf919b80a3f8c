"""One Delta commit: the files are durable first, one writer at a time, and nothing half-done is visible."""

import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mesh_platform.errors import PortsUnreachable, PublishError
from mesh_platform.port.commit_log import CommitLog
from mesh_platform.port.place import make_durable, uptime

_WAIT_SECONDS = 60.0
_POLL_SECONDS = 0.005


@contextmanager
def at_work(folder: Path) -> Iterator[None]:
    """Within it, nobody has the folder to himself. Any number of writers can be at work at once.

    Raises PublishError when somebody has had the folder to himself for a minute.
    """
    with _locked(folder, fcntl.LOCK_SH, _WAIT_SECONDS):
        yield


@contextmanager
def alone(folder: Path, wait: float = _WAIT_SECONDS) -> Iterator[None]:
    """Within it, nobody else is at work in the folder. Not to be taken by who is at work there himself.

    Args:
        folder: an existing one.
        wait: seconds to wait for the others.

    Raises PublishError when the others are still there after that.
    """
    with _locked(folder, fcntl.LOCK_EX, wait):
        yield


@contextmanager
def _locked(folder: Path, kind: int, wait: float) -> Iterator[None]:
    # The folder itself is locked and not a file in it: other tools read these folders, and find nothing new there.
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        deadline = time.monotonic() + wait
        while not _taken(handle, kind):
            if time.monotonic() >= deadline:
                raise PublishError(f"Somebody else is still at work in {folder}.", "Try again when that is done.")
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(handle)


def _taken(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except OSError as problem:
        if problem.errno in (errno.EWOULDBLOCK, errno.EAGAIN):
            return False
        raise
    return True


def hand_over(moves: Sequence[tuple[Path, Path]], log: CommitLog, commit: Callable[[], int]) -> int:
    """Makes a candidate's files the data files of a port by one commit, and gives the number of the version.

    The order is what holds after a power cut: the data are on the disk before a commit speaks of them, and the commit
    is before anybody is told of it. Commits take turns, because whoever confirmed version 8 while version 7 was still
    in memory would have confirmed nothing. Whoever is killed on the way leaves files that no commit speaks of, and
    no lock: the sweeper removes them.

    Args:
        moves: each audited file, on the file system of the port, with where it goes below the port's folder.
        log: the port's.
        commit: makes the commit that brings them in, and gives its number; nobody else commits meanwhile.

    Raises what `commit` raises, OSError when a file cannot be moved, PortsUnreachable when it cannot be stored, and
    PublishError when the disk does not confirm, or when nobody can say whether the commit was made.
    """
    log.folder.mkdir(parents=True, exist_ok=True)
    known = max(log.numbers(), default=-1)
    with at_work(log.table):
        moved: list[tuple[Path, Path]] = []
        started = uptime()
        try:
            _move(moves, moved, log.table)
            log.place.store(part for _, part in moved)
            with alone(log.folder):
                log.place.check_in_time(started)
                number = commit()
                log.confirm(number)
        except Exception:
            # delta-rs also complains of what it does after the commit, like a checkpoint that no longer fits the disk.
            # What is stored in a bucket stays there for the sweeper: a commit that was given up may still arrive.
            done = _number_of(moved, log, known)
            if done is None:
                for candidate, part in moved:
                    part.replace(candidate)
                raise
            log.confirm(done)
            return done
        return number


def _number_of(moved: Sequence[tuple[Path, Path]], log: CommitLog, known: int) -> int | None:
    """The commit that did bring the files in, although something was wrong; None if there is none."""
    if not moved:
        return None
    try:
        return log.number_of(moved[0][1].relative_to(log.table).as_posix(), above=known)
    except PortsUnreachable as problem:
        raise PublishError(
            f"{log.address} may have been published or not: {problem.found}", "Look at its history, and run it again."
        ) from problem


def _move(moves: Sequence[tuple[Path, Path]], moved: list[tuple[Path, Path]], table: Path) -> None:
    """Notes in `moved` what has been moved already, for the case that the rest cannot be."""
    make_durable(*(candidate for candidate, _ in moves))
    folders = {part.parent: None for _, part in moves}
    for folder in folders:
        folder.mkdir(exist_ok=True)
    for candidate, part in moves:
        candidate.replace(part)
        moved.append((candidate, part))
    make_durable(*folders, *([] if folders.keys() <= {table} else [table]))
