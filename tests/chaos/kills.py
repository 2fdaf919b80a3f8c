"""kill -9 at random points of a publish, again and again, each hit located by what it has left on the disk."""

import multiprocessing
import os
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import writer
from shop import the_shop

from mesh_platform import OutputPort

PHASES = {
    "building": "while the candidate was written",
    "auditing": "while it was audited",
    "publishing": "in the publish, before the file was moved",
    "moved": "between moving the file and the commit",
    "committed": "between the commit and the acknowledgement",
    "acknowledged": "after the acknowledgement",
}
_START_SECONDS = 60
_BEYOND = 1.1
"""Kills are spread a little beyond the usual end, so that the end is reached too."""


@dataclass
class Pace:
    """How long the parts of a publish take, learnt from what writers tell."""

    seconds: dict[bytes, list[float]] = field(default_factory=lambda: {b"b": [0.2], b"p": [0.1]})

    def usual(self, begun: bytes) -> float:
        """Seconds from the beginning of the build or of the publish to the end of the publish."""
        build, publish = (statistics.median(self.seconds[part][-25:]) for part in (b"b", b"p"))
        return publish if begun == b"p" else build + publish

    def until(self, begun: bytes, told: int, skip: int) -> None:
        """Waits until a writer has told `begun` once more than `skip` times."""
        before, part = time.monotonic(), b""
        deadline = before + _START_SECONDS
        while time.monotonic() < deadline:
            heard = os.read(told, 1)
            if not heard:
                raise RuntimeError("a writer ended by itself; what it said stands above")
            now = time.monotonic()
            if part:
                self.seconds[part].append(now - before)
            before, part = now, heard
            if heard == begun:
                if not skip:
                    return
                skip -= 1
        raise RuntimeError(f"a writer did not begin within {_START_SECONDS} s")


@dataclass
class Witness:
    """What is on the disk of a port, and what is new there since it was looked at last."""

    root: Path
    port: OutputPort
    numbers: set[int] = field(default_factory=set)
    referred: set[str] = field(default_factory=set)
    orphans: set[str] = field(default_factory=set)

    def where(self, step: int) -> str:
        """Where the writer was hit whose last word was `step`."""
        new = set(self.port.log.numbers()) - self.numbers
        self.numbers |= new
        self.referred |= {part for number in new for part in self.port.log.read(number).added}
        left = {file.name for file in self.port.folder.rglob("*") if file.is_file() and self._nobody_needs(file)}
        moved, self.orphans = left - self.orphans, self.orphans | left
        if step in (writer.BUILDING, writer.AUDITING):
            return "building" if step == writer.BUILDING else "auditing"
        if new - writer.acknowledged(self.root).keys():
            return "committed"
        if step == writer.PUBLISHING and moved:
            return "moved"
        candidate = self.root / ".mesh/candidates/shop/things.parquet"
        return "publishing" if step == writer.PUBLISHING and candidate.exists() else "acknowledged"

    def _nobody_needs(self, file: Path) -> bool:
        """Judged without the sweeper, since it is the sweeper that is to be judged."""
        return "#" in file.name or (file.name.startswith("part-") and file.name not in self.referred)


def kill_writers(root: Path, kills: int, chance: random.Random, say: Callable[[str], None]) -> tuple[Counter, Witness]:
    """Starts a writer, kills it, looks where it was hit, and does so `kills` times; gives the hits by phase."""
    port = the_shop(root)[2]
    pace, witness, hits = Pace(), Witness(root, port), Counter()
    for number in range(kills):
        with _writer(root, first_mark=1 + 100 * number) as (process, step, told):
            begun = chance.choice([b"b", b"p", b"p"])
            pace.until(begun, told, skip=chance.randrange(3))
            time.sleep(chance.uniform(0, _BEYOND * pace.usual(begun)))
            process.kill()
            process.join()
        hits[witness.where(step.value)] += 1
        if (number + 1) % 50 == 0:
            say(f"{number + 1} of {kills} kills, {len(writer.acknowledged(root))} publishes acknowledged")
    return hits, witness


def publish_once(root: Path, mark: int) -> None:
    """What the next run does: one publish that nobody kills before it is acknowledged."""
    known = writer.acknowledged(root).keys()
    with _writer(root, mark) as (_, _, told):
        Pace().until(b"b", told, skip=1)
    assert writer.acknowledged(root).keys() > known


@contextmanager
def _writer(root: Path, first_mark: int) -> Iterator[tuple]:
    """A writer with its step and the pipe it tells in; a fork, because starting Python takes longer than publishing."""
    context = multiprocessing.get_context("fork")
    told, tells = os.pipe()
    step = context.Value("i", writer.WAITING, lock=False)
    process = context.Process(target=writer.publish_until_killed, args=(root, first_mark, step, tells))
    process.start()
    os.close(tells)
    try:
        yield process, step, told
    finally:
        process.kill()
        process.join()
        os.close(told)
