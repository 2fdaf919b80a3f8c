"""The commits of a port, read from the files of its Delta log, and which of these files are damaged.

Format: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#delta-log-entries. They are read here beside
delta-rs because that takes an entry that a power cut has emptied for a version in which nothing has changed.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from mesh_platform.days import DayRange
from mesh_platform.errors import PortDamaged, PublishError
from mesh_platform.names import PortAddress
from mesh_platform.port.place import make_durable, place_of

_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint\..*parquet")
_ADDS_FILES = ("WRITE", "CREATE TABLE")


@dataclass(frozen=True)
class Commit:
    """One entry of the log."""

    number: int
    info: Mapping[str, Any]
    """What the commit says of itself."""
    added: frozenset[str]
    """The data files it brought in, as paths from the port's folder."""
    removed: frozenset[str]
    """The data files that its version is made of no longer."""
    partitions: Sequence[Mapping[str, str | None]]
    """Of each of these files, the values by which Delta finds it: `{"day": "2017-01-31"}`."""

    @cached_property
    def days(self) -> frozenset[date] | None:
        """The days whose files it brought in or took out; None when there are files of no day."""
        values = [value for part in self.partitions for value in (part or {"": None}).values()]
        return None if None in values else frozenset(map(date.fromisoformat, values))

    @property
    def cut_short(self) -> bool:
        """Whether it brings in less than it says: a port that grows may have nothing new, and says of which days it has."""
        if self.info.get("operation") not in _ADDS_FILES:
            return False
        said, there = json.loads(self.info.get("mesh.days", "null")), self.days or ()
        return not self.added if said is None else any(day not in there for part in said for day in DayRange.parse(part))


class CommitLog:
    """The log of a port; it need not exist yet.

    Args:
        address: whose log, for messages.
        table: the folder of the Delta table.
    """

    def __init__(self, address: PortAddress, table: Path) -> None:
        self.address, self.table = address, table
        self.place = place_of(table)
        self.folder = table / "_delta_log"

    def file(self, number: int) -> Path:
        return self.folder / f"{number:020d}.json"

    def numbers(self) -> list[int]:
        """The numbers of all entries there are, whole or not, in order; in a bucket, at this moment."""
        self.place.refresh()
        return sorted(int(file.stem) for file in self.folder.glob("*.json") if file.stem.isdigit())

    def read(self, number: int) -> Commit:
        """The commit of that number. Raises PortDamaged when its entry is missing, torn or garbage."""
        path = self.file(number)
        try:
            actions = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            info = next((action["commitInfo"] for action in actions if "commitInfo" in action), None)
            added, removed = ([action[kind] for action in actions if kind in action] for kind in ("add", "remove"))
            paths = (frozenset(unquote(part["path"]) for part in parts) for parts in (added, removed))
            commit = Commit(number, info, *paths, [part.get("partitionValues") or {} for part in (*added, *removed)])
            cut_short = info is None or commit.cut_short
        except FileNotFoundError:
            raise self.damaged(number, f"{path} is missing") from None
        except (ValueError, TypeError, KeyError, AttributeError) as problem:
            raise self.damaged(number, f"{path} holds what is no log entry") from problem
        if cut_short:
            raise self.damaged(number, f"{path} was cut short")
        return commit

    def damaged(self, number: int, found: str) -> PortDamaged:
        """The error for an entry, with the way out: the newest was never acknowledged, an older one is history."""
        numbers = self.numbers()
        way_out = f"`mesh run {self.address}` sets that entry aside and publishes anew."
        if self.place.uri != self.table.as_posix():
            way_out = f"Put that object below {self.place.uri} back in the version that the bucket keeps of it."
        elif numbers and number < numbers[-1]:
            way_out = (
                f"Put the file back from a backup. Without one, move {self.table} away; "
                f"`mesh run {self.address}` then begins the port's history anew."
            )
        return PortDamaged(f"{self.address}: version {number} is damaged, {found}.", way_out)

    def first_damage(self) -> tuple[int, PortDamaged] | None:
        """The first entry that is not as it should be and that no checkpoint makes up for, with what is wrong."""
        numbers = self.numbers()
        if not numbers:
            return None
        checkpoints = [int(found[1]) for file in self.folder.iterdir() if (found := _CHECKPOINT.fullmatch(file.name))]
        for number in range(max(checkpoints, default=-1) + 1, numbers[-1] + 1):
            try:
                self.read(number)
            except PortDamaged as damage:
                return number, damage
        return None

    def number_of(self, part: str, above: int) -> int | None:
        """The commit that brought in a data file, looked for among those after number `above`; None when there is none."""
        for number in self.numbers():
            try:
                if number > above and part in self.read(number).added:
                    return number
            except PortDamaged:
                continue
        return None

    def confirm(self, number: int) -> None:
        """Returns when the disk has that commit. Raises PublishError when it does not take it."""
        try:
            self.place.refresh()
            make_durable(self.file(number), self.folder, *(list(self.table.parents)[:3] if number == 0 else ()))
        except OSError as problem:
            raise PublishError(
                f"{self.address} serves version {number}, but the disk has not confirmed it: {problem}.",
                "Look at the disk, and run it again: a power cut could take this version away.",
            ) from problem

    def set_aside_if_damaged(self, number: int) -> None:
        """Moves an entry out of the log if it is there and damaged: readers and writers go on from the one before it.

        To be called by who is alone in the log. Raises PortDamaged where entries cannot be set aside, as in a bucket.
        """
        try:
            self.read(number)
        except PortDamaged as damage:
            if not self.place.set_aside(self.file(number)):
                raise damage
