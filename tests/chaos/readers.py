"""The readers that look on while writers are killed: half of them through the platform, half without it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_READER = Path(__file__).with_name("reader.py")


@dataclass
class Reading:
    """What the readers have seen, filled when they have stopped."""

    readers: int
    reads: int = 0
    torn: list[str] = field(default_factory=list)


@contextmanager
def reading(table: Path, readers: int, scratch: Path) -> Iterator[Reading]:
    """Within it, so many processes read the table over and over."""
    seen, stop = Reading(readers), scratch / "stop-reading"
    # One thread each: eight readers with a pool of threads each would leave the writers no processor.
    environment = os.environ | {"RAYON_NUM_THREADS": "1", "TOKIO_WORKER_THREADS": "1"}
    processes = [
        subprocess.Popen(
            [sys.executable, _READER, ("platform", "plain")[number % 2], table, stop],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for number in range(readers)
    ]
    try:
        yield seen
        stop.touch()
        for process in processes:
            said, _ = process.communicate(timeout=60)
            report = json.loads(said)
            seen.reads += report["reads"]
            seen.torn += report["torn"]
    finally:
        for process in processes:
            process.kill()
            process.wait()
