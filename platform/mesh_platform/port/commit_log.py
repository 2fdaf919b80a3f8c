"""The commits of a port, read from the files of its Delta log, and which of these files are damaged.

Format: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#delta-log-entries. The files are read here as well as by
delta-rs, because delta-rs reads an entry that a power cut has emptied as a version without changes.
"""

from pathlib import Path

from mesh_isolation.days import DayRange
from mesh_isolation.delta import Commit, last_checkpoint, read_commit
from mesh_isolation.files import make_durable, names_in
from mesh_isolation.records import parse_json
from mesh_isolation.team_files import UnreadableFile
from mesh_isolation.text import whole_number
from mesh_platform.errors import PortDamaged, PublishError
from mesh_platform.names import PortAddress
from mesh_platform.port.place import place_of
from mesh_platform.port.version import Provenance, committed_at

_ADDS_FILES = ("WRITE", "CREATE TABLE")


def _cut_short(commit: Commit) -> bool:
    """Whether it adds fewer files than its metadata states. A partitioned port states the days; they may be none."""
    if commit.info.get("operation") not in _ADDS_FILES:
        return False
    stated, days = parse_json(commit.info.get("mesh.days", "null")), commit.days or ()
    return not commit.added if stated is None else any(day not in days for part in stated for day in DayRange.parse(part))


class CommitLog:
    """The log of a port; it need not exist yet.

    Args:
        address: the address of the port, for messages.
        table: the folder of the Delta table.
    """

    def __init__(self, address: PortAddress, table: Path) -> None:
        self.address, self.table = address, table
        self.place = place_of(table)
        self.folder = table / "_delta_log"

    def file(self, number: int) -> Path:
        return self.folder / f"{number:020d}.json"

    def numbers(self, unreadable: list[int] | None = None) -> list[int]:
        """The sorted numbers of all entries, damaged ones included; a port in a bucket is read again for it.

        Raises PortDamaged when the log cannot be listed, or returns `unreadable` if that is given.
        """
        self.place.refresh()
        try:
            names = names_in(self.folder)
        except OSError as problem:
            if unreadable is not None:
                return unreadable
            way_out = f"Restore it, or move {self.table} away; `mesh run {self.address}` then starts a new history."
            raise PortDamaged(f"{self.address} is damaged, {self.folder}: {problem.strerror}.", way_out) from problem
        entries = (whole_number(name.removesuffix(".json")) for name in names if name.endswith(".json"))
        return sorted(number for number in entries if number is not None)

    def read(self, number: int) -> Commit:
        """The commit with that number. Raises PortDamaged when its entry is missing, truncated or not valid."""
        path = self.file(number)
        try:
            commit = read_commit(path, number)
            info, cut_short = commit.info, commit.info is None or _cut_short(commit)
            if any(key.startswith("mesh.") for key in info or ()):
                Provenance.from_metadata(info), committed_at(info), commit.days
        except UnreadableFile as problem:
            reason = "is missing" if problem.strerror == "does not exist" else problem.strerror
            raise self.damaged(number, f"{path} {reason}") from None
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as problem:
            raise self.damaged(number, f"{path} is not a valid log entry") from problem
        if cut_short:
            raise self.damaged(number, f"{path} is truncated")
        return commit

    def damaged(self, number: int, reason: str) -> PortDamaged:
        """The error for a damaged entry. The newest entry can be set aside, an older one must be restored."""
        numbers = self.numbers()
        way_out = f"`mesh run {self.address}` sets that entry aside and publishes a new version."
        if self.place.remote:
            way_out = f"Restore that object below {self.place.uri} from the bucket's earlier versions of it."
        elif numbers and number < numbers[-1]:
            way_out = (
                f"Restore the file from a backup. Without a backup, move {self.table} away; "
                f"`mesh run {self.address}` then starts a new history."
            )
        return PortDamaged(f"{self.address}: version {number} is damaged, {reason}.", way_out)

    def first_damage(self) -> tuple[int, PortDamaged] | None:
        """The number and error of the first damaged entry that no checkpoint replaces; None if there is none.

        Raises PortDamaged when the log cannot be listed.
        """
        numbers = self.numbers()
        if not numbers:
            return None
        for number in range(last_checkpoint(self.folder) + 1, numbers[-1] + 1):
            try:
                self.read(number)
            except PortDamaged as damage:
                return number, damage
        return None

    def number_of(self, part: str, above: int) -> int | None:
        """The number of the commit that added the data file `part`, if it is greater than `above`; None if there is none."""
        for number in self.numbers():
            try:
                if number > above and part in self.read(number).added:
                    return number
            except PortDamaged:
                continue
        return None

    def confirm(self, number: int) -> None:
        """Flushes that commit to disk. Raises PublishError when the disk does not confirm it."""
        try:
            self.place.refresh()
            make_durable(self.file(number), self.folder, *(list(self.table.parents)[:3] if number == 0 else ()))
        except OSError as problem:
            raise PublishError(
                f"{self.address} serves version {number}, but the disk has not confirmed it: {problem}.",
                "Check the disk, and run it again: a power cut could remove this version.",
            ) from problem

    def set_aside_if_damaged(self, number: int) -> None:
        """Moves an entry out of the log if it is damaged; readers and writers then continue from the entry before it.

        The caller must hold the exclusive lock on the log. Raises PortDamaged where entries cannot be set aside, as in a
        bucket.
        """
        try:
            self.read(number)
        except PortDamaged as damage:
            if not self.place.set_aside(self.file(number)):
                raise damage
