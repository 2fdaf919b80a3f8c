"""A candidate's way into its port: moved, committed, confirmed by the disk; or back where it was."""

from collections.abc import Callable
from pathlib import Path

from mesh_platform.ports.commit_log import CommitLog
from mesh_platform.ports.durability import make_durable
from mesh_platform.ports.folder_lock import alone, at_work


def hand_over(candidate: Path, part: Path, log: CommitLog, commit: Callable[[], int]) -> int:
    """Makes `candidate` the data file `part` of a port by one commit, and gives the number of the version.

    The order is what holds after a power cut: the data are on the disk before a commit speaks of them, and the commit
    is before anybody is told of it. Commits take turns, because whoever confirmed version 8 while version 7 was still
    in memory would have confirmed nothing. Whoever is killed on the way leaves a file that no commit speaks of, and
    no lock: the sweeper removes it.

    Args:
        candidate: an audited file, on the file system of the port.
        part: where it goes, in the port's folder.
        log: the port's.
        commit: makes the commit that brings in `part`, and gives its number.

    Raises what `commit` raises, OSError when the file cannot be moved, and PublishError when the disk does not confirm.
    """
    log.folder.mkdir(parents=True, exist_ok=True)
    known = max(log.numbers(), default=-1)
    with at_work(log.table):
        try:
            make_durable(candidate)
            candidate.replace(part)
            make_durable(part.parent)
            with alone(log.folder):
                number = commit()
                log.confirm(number)
        except Exception:
            # delta-rs also complains of what it does after the commit, like a checkpoint that no longer fits the disk.
            done = log.number_of(part.relative_to(log.table).as_posix(), above=known) if part.exists() else None
            if done is None:
                if part.exists():
                    part.replace(candidate)
                raise
            log.confirm(done)
            return done
        return number
