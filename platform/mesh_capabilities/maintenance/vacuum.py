"""Which versions of a port are kept, and removing the files that only the others need.

delta-rs has a vacuum of its own. It knows neither a contract nor who consumes a version, and writes two commits that would
be versions of the port with no word of where they come from. So the files are removed here: those that a commit has added
and that no kept version is made of. The sweeper does the reverse: it removes what no commit has added and nobody is about
to commit. The log is left whole: the history goes on saying what the versions were.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mesh_platform.contract.contract import Retention
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import PortVersion
from mesh_platform.port.whole_versions import files_by_version


@dataclass(frozen=True)
class Vacuum:
    """What there is to remove of one port."""

    port: OutputPort
    kept: tuple[int, ...]
    """The versions that can be read afterwards, newest first."""
    given_up: tuple[int, ...]
    """The versions that can be read now and not afterwards, newest first."""
    files: tuple[Path, ...]
    """What is removed: needed by versions that are given up, or were before, and by no other."""
    bytes: int

    def remove(self) -> None:
        """Removes the files, and folders of days that are empty then."""
        self.port.log.place.remove(self.files)
        for folder in {file.parent for file in self.files} - {self.port.folder}:
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def plan_vacuum(port: OutputPort, retention: Retention | None, pinned: Collection[int], now: datetime | None = None) -> Vacuum:
    """What may go of a published port.

    Args:
        port: published.
        retention: as its contract states it; None keeps everything.
        pinned: versions that served versions of other ports were made of.
        now: the moment from which ages are counted; default: this one.

    Raises PortDamaged when not every commit can be read: nobody can say then what is needed.
    """
    history = port.history()
    # Where the newest version is damaged, an earlier one is served.
    kept = {history[0].number, port.current().number, *pinned} | set(_retained(history, retention, now or datetime.now(UTC)))
    made_of = dict(files_by_version(port.log))
    needed = frozenset().union(*(files for number, files in made_of.items() if number in kept))
    spare = [port.folder / name for name in sorted(frozenset().union(*made_of.values()) - needed)]
    sizes = port.log.place.sizes(spare)
    # A version that has all its files without having been kept can be read on: it is made of the same ones.
    readable = [version.number for version in history if version.readable]
    lost = [number for number in readable if not made_of[number] <= needed]
    return Vacuum(
        port,
        tuple(number for number in readable if number not in lost),
        tuple(lost),
        tuple(sizes),
        sum(sizes.values()),
    )


def pinned_versions(served: Iterable[PortVersion]) -> dict[str, set[int]]:
    """By port, the versions that these served ones were made of, as their commits say."""
    pinned: dict[str, set[int]] = {}
    for version in served:
        for name, number in version.provenance.inputs.items():
            pinned.setdefault(name, set()).add(number)
    return pinned


def _retained(history: list[PortVersion], retention: Retention | None, now: datetime) -> Iterable[int]:
    """A version's age counts from the moment at which the next one took its place."""
    if retention is None:
        return [version.number for version in history]
    if retention.versions:
        return [version.number for version in history[: retention.versions]]
    replaced = zip(history[1:], history)
    return [version.number for version, successor in replaced if now - successor.committed <= retention.time]
