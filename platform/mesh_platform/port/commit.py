"""One Delta commit: files are made durable first, commits are serialised, and readers never see a partial version."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from mesh_isolation.files import FolderBusy, locked, move_durably, uptime
from mesh_platform.errors import PortsUnreachable, PublishError
from mesh_platform.port.commit_log import CommitLog
from mesh_platform.port.place import port_flaws
from mesh_platform.port.version import not_published

_WAIT_SECONDS = 60.0


def at_work(folder: Path) -> AbstractContextManager[None]:
    """Holds a shared lock on the folder inside the block; any number of writers can hold it at once.

    Raises PublishError when another process holds the exclusive lock (`alone`) for more than a minute.
    """
    return _held(folder, False, _WAIT_SECONDS)


def alone(folder: Path, wait: float = _WAIT_SECONDS) -> AbstractContextManager[None]:
    """Holds the exclusive lock on the folder inside the block. A holder of the shared lock must not take it.

    Args:
        folder: an existing folder.
        wait: seconds to wait for other holders.

    Raises PublishError when another process still holds a lock after that.
    """
    return _held(folder, True, wait)


@contextmanager
def _held(folder: Path, exclusive: bool, wait: float) -> Iterator[None]:
    try:
        with locked(folder, exclusive, wait):
            yield
    except FolderBusy:
        raise PublishError(f"Another process is still writing to {folder}.", "Try again when it has finished.") from None


def hand_over(moves: Sequence[tuple[Path, Path]], log: CommitLog, commit: Callable[[], int]) -> int:
    """Makes a candidate's files the data files of a port by one commit, and returns the number of the version.

    The order survives a power cut: the data are on disk before the commit refers to them, and the commit is on disk
    before it is reported. Commits are serialised, because confirming version 8 is worthless while version 7 is still in
    memory only. A process that is killed meanwhile leaves files that no commit refers to, and no lock; the sweeper
    removes the files.

    Args:
        moves: (audited file, destination below the port's folder, named after its digest), on the same file system.
        log: the port's log.
        commit: adds the files by a commit and returns its number; no other process commits meanwhile.

    Raises what `commit` raises, OSError when a file cannot be moved, PortsUnreachable when it cannot be stored, and
    PublishError when a file has changed since its audit, when the disk does not confirm the commit, or when it is unknown
    whether the commit was made.
    """
    log.folder.mkdir(parents=True, exist_ok=True)
    known = max(log.numbers(), default=-1)
    with at_work(log.table):
        moved: list[tuple[Path, Path]] = []
        started = uptime()
        try:
            move_durably(moves, moved, log.table)
            log.place.store(part for _, part in moved)
            # In the port's folder, no build can give a file another name.
            if linked := [candidate for candidate, part in moved if part.stat().st_nlink > 1]:
                raise not_published(log.address, f"its candidate {linked[0]} has a second name, through which it could change")
            if changed := port_flaws(log.table, [part for _, part in moved]):
                file = next(candidate for candidate, part in moved if part in changed)
                raise not_published(log.address, f"its candidate {file} has changed since it was audited")
            with alone(log.folder):
                log.place.check_in_time(started)
                number = commit()
                log.confirm(number)
        except Exception:
            # delta-rs also raises for steps after the commit, such as a checkpoint for which the disk is full.
            # Files stored in a bucket stay there for the sweeper: the abandoned commit may still arrive.
            committed = _number_of(moved, log, known)
            if committed is None:
                for candidate, part in moved:
                    part.replace(candidate)
                raise
            log.confirm(committed)
            return committed
        return number


def _number_of(moved: Sequence[tuple[Path, Path]], log: CommitLog, known: int) -> int | None:
    """The number of the commit that added the files in spite of an error; None if there is none."""
    if not moved:
        return None
    try:
        return log.number_of(moved[0][1].relative_to(log.table).as_posix(), above=known)
    except PortsUnreachable as problem:
        raise PublishError(
            f"It is unknown whether {log.address} was published: {problem.found}",
            f"Check `mesh history {log.address}`, and run it again.",
        ) from problem
