"""Sweeping up behind processes that were killed: files that no commit speaks of and that nobody is writing.

What is being published is safe by two rules. Whoever publishes is `at_work` in the port's folder from before the
file is moved until its commit is confirmed, and the sweeper looks only while it is `alone` there: the system takes
these locks away from the dead, and from nobody else. And every file that any commit in the log has brought in is
kept, served or not, because history reads it; where the log has a hole, nobody can say what it spoke of, and all
data files are kept. Ages and process ids are not asked: a clock can be wrong, and an id can belong to somebody new.
No lock reaches the machines that share a bucket; `Bucket.settled_parts` says what stands in for it there.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from mesh_platform.errors import MeshError
from mesh_platform.port.commit import alone
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.whole_versions import open_table

_STAGED = re.compile(r".+#\d+|_commit_.+\.tmp")
"""How delta-rs names what it is about to put under its own name."""


@dataclass(frozen=True)
class Leftover:
    """A file that nobody needs."""

    file: Path
    size: int
    reason: str


def sweep_port(port: OutputPort, dry_run: bool = False) -> list[Leftover]:
    """Removes what killed publishes have left in a port's folder, and sets a torn newest entry of its log aside.

    Args:
        port: published or not.
        dry_run: only tell.

    Returns: what was there to remove. Raises PublishError when somebody is publishing, PortDamaged when the port's
    log has a hole further back than its newest entry, OSError when a file cannot be removed.
    """
    port.log.place.refresh()
    if not port.folder.is_dir():
        return []
    if not dry_run:
        port.heal()
    with alone(port.folder, wait=0):
        found = [*_staged(port), *_orphans(port)]
        if not dry_run:
            port.log.place.remove(leftover.file for leftover in found)
            port.log.place.trim()
        return found


def sweep_candidates(folder: Path, dry_run: bool = False) -> list[Leftover]:
    """Removes what killed builds have left among a domain's candidates; refused candidates are kept for inspection.

    To be called by who holds the domain. Raises OSError when a file cannot be removed.
    """
    # DuckDB's COPY writes beside a file that exists, and renames at the end.
    found = [_leftover(file, "a candidate that was never finished") for file in sorted(folder.glob("tmp_*.parquet"))]
    return found if dry_run else _removed(found)


def sweep_quietly(ports: list[OutputPort], candidates: Path) -> list[Leftover]:
    """Sweeps before a domain is built. What stands in the way stands in the way of publishing too, and is told there."""
    swept = []
    for sweep, what in [(sweep_candidates, candidates), *((sweep_port, port) for port in ports)]:
        with suppress(MeshError, OSError):
            swept += sweep(what)
    return swept


def _staged(port: OutputPort) -> Iterator[Leftover]:
    for file in sorted(port.log.folder.glob("*")):
        if _STAGED.fullmatch(file.name):
            yield _leftover(file, "a commit that was never made")


def _orphans(port: OutputPort) -> Iterator[Leftover]:
    parts = port.log.place.settled_parts()
    known = _spoken_of(port) if parts else frozenset()
    for file, size in parts.items():
        if file.relative_to(port.folder).as_posix() not in known:
            yield Leftover(file, size, "data that no commit speaks of")


def _spoken_of(port: OutputPort) -> frozenset[str]:
    """Every file that a commit has brought in. Raises PortDamaged when not every commit can be read."""
    numbers = port.log.numbers()
    if not numbers:
        return frozenset()
    known = {name for number in range(numbers[0], numbers[-1] + 1) for name in port.log.read(number).added}
    if numbers[0] > 0:
        # The log no longer goes back to the beginning: its oldest state stands in a checkpoint.
        parts = open_table(port.log, numbers[0]).get_add_actions()
        known |= set(map(unquote, parts["path"].to_pylist()))
    return frozenset(known)


def _leftover(file: Path, reason: str) -> Leftover:
    return Leftover(file, file.stat().st_size, reason)


def _removed(found: list[Leftover]) -> list[Leftover]:
    for leftover in found:
        leftover.file.unlink()
    return found
