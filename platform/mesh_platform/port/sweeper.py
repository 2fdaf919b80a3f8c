"""Removing the files that killed processes have left: files that no commit refers to and that no process is writing.

Two rules protect data that are being published. A publisher holds the shared lock `at_work` on the port's folder from
before the file is moved until its commit is confirmed, and the sweeper runs only under the exclusive lock `alone`; the
system releases the locks of a dead process, and no others. And every file that any commit in the log has added is kept,
served or not, because the history reads it; if an entry of the log is damaged or missing, its files are unknown, and all data
files are kept. File ages and process ids are not used: a clock can be wrong, and an id can be reused. Machines that share a
bucket do not share a lock; `Bucket.settled_parts` describes the rule for buckets.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mesh_isolation.delta import staged_commits
from mesh_isolation.files import write_whole
from mesh_isolation.leftovers import remove
from mesh_isolation.records import text_or_none
from mesh_isolation.text import counted
from mesh_platform.errors import MeshError, PortDamaged
from mesh_platform.port.commit import alone
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.whole_versions import files_by_version

_NAME = re.compile("[a-z][a-z0-9_]{,100}")


@dataclass(frozen=True)
class Leftover:
    """A file that a killed process has left and that nothing needs."""

    file: Path
    size: int
    reason: str


def sweep_port(port: OutputPort, dry_run: bool = False) -> list[Leftover]:
    """Removes the files that killed publishes have left in a port's folder, and sets a damaged newest log entry aside.

    Args:
        port: the port, published or not.
        dry_run: list the files without removing them.

    Returns: the files. Raises PublishError when another process is publishing the port, PortDamaged when an earlier
    entry of its log is damaged, OSError when a file cannot be removed.
    """
    port.log.place.refresh()
    if not port.folder.is_dir():
        return []
    if not dry_run:
        port.heal()
    with alone(port.folder, wait=0):
        leftovers = _leftovers(staged_commits(port.log.folder), "a commit that was never made")
        parts = port.log.place.settled_parts()
        # Every file that a commit has added is in the version of that commit.
        known = {name for _, files in files_by_version(port.log) for name in files} if parts else ()
        orphans = [file for file in parts if file.relative_to(port.folder).as_posix() not in known]
        if orphans and (first := port.log.numbers()[:1]) > [0]:
            raise PortDamaged(
                f"{port.address}: its log begins with version {first[0]}, because another program has removed entries; "
                f"{counted(len(orphans), 'data file')} without a commit may be those of earlier versions, and are kept.",
                f"Restore the entries of {port.log.folder} from a backup, or move the files away.",
            )
        leftovers += [Leftover(file, parts[file], "data that no commit refers to") for file in orphans]
        if not dry_run:
            port.log.place.remove(leftover.file for leftover in leftovers)
            port.log.place.trim()
        return leftovers


def sweep_candidates(folder: Path, dry_run: bool = False, built: Path | None = None) -> list[Leftover]:
    """Removes what killed runs have left among a domain's candidates and in the folder `built`; refused candidates are kept.

    The caller must hold the domain (`writing`). Raises OSError when a file cannot be removed.
    """
    # DuckDB's COPY writes a temporary file beside an existing file, and renames it at the end.
    leftovers = _leftovers(folder.glob("tmp_*.parquet"), "a candidate that was never finished")
    mark = folder / BUILDING
    if names := [name for name in (text_or_none(mark) or "").split() if _NAME.fullmatch(name)]:
        files = (file for name in names for file in (folder / f"{name}.parquet", *(folder / name).rglob("*")) if file.is_file())
        leftovers += _leftovers(files, "a candidate of a killed run")
    if built:
        leftovers += _leftovers((file for file in built.rglob("*") if file.is_file()), "built by a killed run")
    for path in () if dry_run else (*(leftover.file for leftover in leftovers), mark, *([built] if built else [])):
        remove(path)
    return leftovers


BUILDING = ".building"
"""A file among a domain's candidates that lists the ports that are being built and judged."""


@contextmanager
def building(folder: Path, ports: Iterable[str]) -> Iterator[None]:
    """Inside the block, the ports' candidates in the folder belong to a run: if it is killed, the next sweep removes them."""
    write_whole({folder / BUILDING: "\n".join(ports)})
    try:
        yield
    finally:
        with suppress(OSError):
            (folder / BUILDING).unlink(missing_ok=True)


def sweep_quietly(ports: list[OutputPort], candidates: Path, built: Path) -> list[Leftover]:
    """Sweeps before a domain is built. Errors are ignored here, because publishing runs into them and reports them."""
    swept = []
    for sweep in [partial(sweep_candidates, candidates, built=built), *(partial(sweep_port, port) for port in ports)]:
        with suppress(MeshError, OSError):
            swept += sweep()
    return swept


def _leftovers(files: Iterable[Path], reason: str) -> list[Leftover]:
    return [Leftover(file, file.stat().st_size, reason) for file in sorted(files)]
