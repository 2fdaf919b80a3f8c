"""What survives a power cut, files and folder entries that the disk has confirmed, and how long that took."""

import os
import time
from pathlib import Path


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
