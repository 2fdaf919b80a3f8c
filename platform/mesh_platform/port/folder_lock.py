"""Who is at work in a folder of a port, held by the system's own locks, which end with their process however it ends."""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mesh_platform.errors import PublishError

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
