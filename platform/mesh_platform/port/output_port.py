"""A port that is replaced as a whole: what it serves, and how a candidate becomes its next version."""

import json
import uuid
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mesh_platform.contract.contract import Contract
from mesh_platform.contract.types import delta_type
from mesh_platform.days import ranges
from mesh_platform.errors import PortDamaged, PublishError, UnknownPort
from mesh_platform.names import PortAddress, literal
from mesh_platform.port.commit import alone, at_work, hand_over
from mesh_platform.port.commit_log import CommitLog
from mesh_platform.port.partitions import days_of
from mesh_platform.port.place import place_of
from mesh_platform.port.version import PortVersion, Provenance
from mesh_platform.port.whole_versions import (
    check_files,
    described,
    listed_version,
    newest_whole_version,
    open_table,
    published_numbers,
    readable_versions,
    reason_of,
)

_MAGIC = b"PAR1"
_FOOTER_LENGTH = 4


def check_whole(candidate: Path, address: PortAddress) -> None:
    """Raises PublishError for a candidate that is missing or is not a whole Parquet file."""
    try:
        size = candidate.stat().st_size
        with candidate.open("rb") as file:
            head = file.read(len(_MAGIC))
            file.seek(max(0, size - len(_MAGIC) - _FOOTER_LENGTH))
            tail = file.read()
    except OSError as problem:
        raise PublishError(
            f"{address} was not published: its candidate cannot be read: {problem}.", "What was served before is served still."
        ) from problem
    footer = int.from_bytes(tail[:_FOOTER_LENGTH], "little")
    ends = 2 * len(_MAGIC) + _FOOTER_LENGTH
    if not (size > ends and head == tail[_FOOTER_LENGTH:] == _MAGIC and footer <= size - ends):
        raise PublishError(
            f"{address} was not published: its candidate {candidate} is no whole Parquet file; it has {size:,} bytes "
            "and was cut short or written over.",
            f"What was served before is served still; `mesh run {address}` builds the candidate anew.",
        )


def check_readable(candidate: Path, address: PortAddress) -> None:
    """Reads all of a candidate, which takes its time. Raises PublishError when something in it is no Parquet."""
    import duckdb

    try:
        with duckdb.connect() as connection:
            connection.execute(f"SELECT max(hash(row)) FROM read_parquet({literal(candidate)}) AS row").fetchall()
    except duckdb.Error as problem:
        raise PublishError(
            f"{address} was not published: its candidate {candidate} cannot be read: {str(problem).splitlines()[0]}.",
            f"What was served before is served still; `mesh run {address}` builds the candidate anew.",
        ) from problem


FOLDER = "_contracts"
"""Below the port's folder. Delta leaves alone what begins with an underscore."""


def keep_contract(port: Path, contract: Contract) -> None:
    """Writes the contract's text into the port's folder under its digest, once. Raises PublishError when it cannot."""
    kept, place = _file(port, contract.digest), place_of(port)
    if not contract.text or place.sizes([kept]):
        return
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        # Renamed when it is whole: two runs may publish under one contract, and one of them may be killed.
        beside = kept.with_suffix(f".{uuid.uuid4().hex}")
        beside.write_bytes(contract.text.encode("utf-8"))
        beside.replace(kept)
        place.store([kept])
    except OSError as problem:
        raise PublishError(
            f"{contract.address} was not published: its contract cannot be kept in {kept.parent}: {problem}.",
            "What was served before is served still.",
        ) from problem


def kept_contract(port: Path, digest: str) -> str | None:
    """The text of the contract with that digest; None where none was kept, as before contracts were."""
    try:
        place_of(port).fetch([_file(port, digest)])
        return _file(port, digest).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _file(port: Path, digest: str) -> Path:
    return port / FOLDER / f"{digest}.odcs.yaml"


class OutputPort:
    """One major version of a port.

    Args:
        address: the port's name.
        folder: where its Delta table is or will be.
    """

    def __init__(self, address: PortAddress, folder: Path) -> None:
        self.address = address
        self.folder = folder
        self.log = CommitLog(address, folder)

    @property
    def published(self) -> bool:
        """Whether there is a version to read. A first publish that never came to its commit leaves none."""
        return bool(self.log.numbers())

    def current(self) -> PortVersion:
        """The served version: the newest whole one. If that is not the newest, its `damage` says why.

        Raises UnknownPort when nothing has been published yet, PortDamaged when no version is whole.
        """
        return newest_whole_version(self.log)

    def at(self, number: int) -> PortVersion:
        """The version with that number.

        Raises UnknownPort when there is none, or its files have been removed since; PortDamaged when it is not whole.
        """
        numbers = published_numbers(self.log)
        if number not in numbers:
            raise UnknownPort(
                f"{self.address} has no version {number}; the newest is {numbers[-1]}.",
                f"`mesh history {self.address}` lists what there is.",
            )
        version, sizes = listed_version(self.log, number)
        if number != numbers[-1] and len(self.log.place.sizes(sizes)) < len(sizes):
            raise UnknownPort(
                f"{self.address} has no version {number} any more: its files have been removed.",
                f"`mesh history {self.address}` says which versions can still be read.",
            )
        check_files(self.log, number, sizes)
        return version

    def history(self) -> list[PortVersion]:
        """All versions whose commit can be read, newest first, without their files; each says whether these are there."""
        numbers, readable, versions = published_numbers(self.log), readable_versions(self.log), []
        for number in reversed(numbers):
            with suppress(PortDamaged):
                versions.append(replace(described(self.log, number), readable=number in readable))
        return versions

    def damages(self) -> list[str]:
        """What is wrong with the port's files, each with the way out: an entry of its log, a file of what is served."""
        found = [str(hole[1])] if (hole := self.log.first_damage()) else []
        try:
            served = self.current().damage
        except PortDamaged as problem:
            served = str(problem)
        return list(dict.fromkeys([*found, *([served] if served else [])]))

    def publish(self, candidate: Path, contract: Contract, provenance: Provenance) -> PortVersion:
        """Makes an audited Parquet file the next version, by one commit; readers see all of it or nothing.

        The file is moved into the port's folder, so it must be on the same file system. When this returns, the disk
        has confirmed the version. Raises PublishError when the candidate is no whole file or could not be committed,
        or when somebody else has committed in between; the candidate is then where it was. Raises PortDamaged when
        the port's history has a hole that nobody can go on from.
        """
        from deltalake import CommitProperties, Schema
        from deltalake.exceptions import DeltaError
        from deltalake.transaction import AddAction, create_table_with_add_actions

        check_whole(candidate, self.address)
        self.heal()
        before = open_table(self.log) if self.published else None
        if before and before.metadata().partition_columns:
            raise PublishError(
                f"{self.address} was not published: its table is cut into days, and its contract is not any more.",
                "To cut a port in another way is a new promise: give the contract a new major version.",
            )
        if before is None:
            self.log.place.check_first_commit()
        keep_contract(self.folder, contract)
        part = self.folder / f"part-{uuid.uuid4()}.parquet"
        # No retry: a conflict means that another run published this port, and its data may be newer than ours.
        properties = CommitProperties(custom_metadata=provenance.as_metadata(), max_commit_retries=0)
        schema = Schema.from_json(json.dumps(delta_schema(contract)))

        def commit() -> int:
            status = part.stat()
            stats = json.dumps({"numRecords": provenance.rows})
            action = AddAction(part.name, status.st_size, {}, int(status.st_mtime * 1000), True, stats)
            if before is None:
                create_table_with_add_actions(
                    self.log.place.uri,
                    schema,
                    [action],
                    mode="error",
                    name=str(self.address),
                    description=contract.description,
                    commit_properties=properties,
                )
                return 0
            before.create_write_transaction([action], mode="overwrite", schema=schema, commit_properties=properties)
            return before.version() + 1

        try:
            number = hand_over([(candidate, part)], self.log, commit)
        except (DeltaError, OSError) as problem:
            raise self._not_committed("published", problem) from problem
        return self.at(number)

    def rollback(self, number: int) -> PortVersion:
        """Serves the data of an earlier version again, as a new version: history only ever grows.

        Raises UnknownPort when there is no such version or it is served already, PublishError when somebody else
        commits in between, PortDamaged when that version is not whole.
        """
        from deltalake import CommitProperties
        from deltalake.exceptions import DeltaError

        published_numbers(self.log)
        # At work before that version is looked at: a vacuum waits, and so its files are there until the commit.
        with at_work(self.folder):
            earlier = self.at(number)
            self.heal()
            table = open_table(self.log)
            served = table.version()
            if served == number:
                raise UnknownPort(f"{self.address} already serves version {number}.", "Choose an earlier one.")
            provenance = replace(earlier.provenance, rolled_back_to=number, run=None, days=self._days_between(earlier, served))
            properties = CommitProperties(custom_metadata=provenance.as_metadata(), max_commit_retries=0)
            with alone(self.log.folder):
                try:
                    table.restore(number, commit_properties=properties)
                except (DeltaError, OSError) as problem:
                    # As in a publish, it may complain of what it does after the commit.
                    if not self._says(served + 1, provenance):
                        raise self._not_committed("rolled back", problem) from problem
                self.log.confirm(served + 1)
        return self.at(served + 1)

    def heal(self) -> None:
        """Sets a damaged newest entry of the log aside: it was never acknowledged, for the disk had not confirmed it.

        Raises PortDamaged for a hole further back, which nobody can mend without the missing file.
        """
        damage = self.log.first_damage()
        if damage:
            number, problem = damage
            if number < self.log.numbers()[-1]:
                raise problem
            with alone(self.log.folder):
                self.log.set_aside_if_damaged(number)
            self.heal()

    def _days_between(self, earlier: PortVersion, served: int) -> list[str] | None:
        """The days that differ between a version and the newest one, as ranges; None for a port without partitions."""
        if earlier.partition is None:
            return None
        newest, _ = listed_version(self.log, served)
        return [str(part) for part in ranges(days_of(set(earlier.files) ^ set(newest.files)))]

    def _says(self, number: int, provenance: Provenance) -> bool:
        """Whether there is such a commit, and it says exactly that of itself."""
        with suppress(PortDamaged):
            return described(self.log, number).provenance == provenance
        return False

    def _not_committed(self, verb: str, problem: Exception) -> PublishError:
        from deltalake.exceptions import CommitFailedError

        way_out = "What was served before is served still."
        if isinstance(problem, CommitFailedError) or self._table_appeared(problem):
            way_out = "Somebody else has committed to it meanwhile; run it again."
        return PublishError(f"{self.address} was not {verb}: {reason_of(problem)}.", way_out)

    def _table_appeared(self, problem: Exception) -> bool:
        """Two first publishes at once: the second finds a table where it wanted to make one."""
        return "already exists" in str(problem) and self.published


def delta_schema(contract: Contract) -> dict:
    """A contract's columns as the log of a Delta table states them.

    Columns stay nullable for Delta: it is the audit that holds `required`, and loosening it is no new table."""
    return {
        "type": "struct",
        "fields": [
            {
                "name": column.name,
                "type": delta_type(column.type),
                "nullable": True,
                "metadata": {"comment": column.description} if column.description else {},
            }
            for column in contract.columns
        ],
    }
