"""An output port: its versions, going back to one, and the commit of a candidate as the next. `partitioned_port` adds days."""

import json
import uuid
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from mesh_isolation.days import day_of, days_of, ranges
from mesh_isolation.delta import KEEPS_HISTORY, commit_arguments, delta_schema, was_published
from mesh_isolation.files import is_complete, sha256, write_whole
from mesh_isolation.footers import unreadable
from mesh_isolation.limits import UNKNOWN
from mesh_isolation.machine import way_out_of
from mesh_isolation.records import text_or_none
from mesh_isolation.text import reason_of
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import PortDamaged, PublishError, UnknownPort
from mesh_platform.names import PortAddress
from mesh_platform.port.commit import alone, at_work, hand_over
from mesh_platform.port.commit_log import CommitLog
from mesh_platform.port.place import place_of
from mesh_platform.port.version import PortVersion, Provenance, not_published
from mesh_platform.port.whole_versions import (
    check_files,
    listed_version,
    logged_version,
    newest_logged,
    newest_whole_version,
    open_table,
    published_numbers,
    readable_versions,
)

if TYPE_CHECKING:
    from deltalake import DeltaTable

CONTRACTS_FOLDER = "_contracts"
"""A subfolder of the port's folder. Delta ignores names that begin with an underscore."""


class OutputPort:
    """One major version of a port.

    Args:
        address: the port's address.
        folder: the folder of its Delta table, which need not exist yet.
    """

    def __init__(self, address: PortAddress, folder: Path) -> None:
        self.address = address
        self.folder = folder
        self.log = CommitLog(address, folder)

    @property
    def published(self) -> bool:
        """Whether there is a version, readable or not. A first publish that was killed before its commit leaves none."""
        return bool(self.log.numbers(unreadable=[-1]))

    def current(self) -> PortVersion:
        """The served version: the newest undamaged one. If that is not the newest, its `damage` says why.

        Raises UnknownPort when nothing has been published yet, PortDamaged when every version is damaged.
        """
        return newest_whole_version(self.log)

    def at(self, number: int) -> PortVersion:
        """The version with that number.

        Raises UnknownPort when there is none, or when its files have been removed; PortDamaged when it is damaged.
        """
        numbers = published_numbers(self.log)
        if number not in numbers:
            raise UnknownPort(
                f"{self.address} has no version {number}; the newest is {numbers[-1]}.",
                f"`mesh history {self.address}` lists its versions.",
            )
        version, sizes = listed_version(self.log, number)
        if number != numbers[-1] and len(self.log.place.sizes(sizes)) < len(sizes):
            raise UnknownPort(
                f"Version {number} of {self.address} can no longer be read: its files have been removed.",
                f"`mesh history {self.address}` shows which versions can be read.",
            )
        check_files(self.log, version, sizes)
        return version

    def history(self) -> list[PortVersion]:
        """All versions whose commit can be read, newest first, without files; `readable` says whether these still exist."""
        numbers = self.log.numbers(unreadable=[]) if self.published else published_numbers(self.log)
        readable, versions = readable_versions(self.log), []
        for number in reversed(numbers):
            with suppress(PortDamaged):
                versions.append(replace(logged_version(self.log, number), readable=number in readable))
        return versions

    def rows_before(self, number: int | None = None) -> int | None:
        """The number of rows of the version before that one, or of the newest; None if there is none, or only of samples.

        UNKNOWN if there were versions, and no log entry of them can be read.
        """
        version = newest_logged(self.log, number)
        if version is None and number is None and was_published(self.folder):
            return UNKNOWN
        return version.rows if version and (version.provenance.source_rows or not version.provenance.source) else None

    def damages(self) -> list[str]:
        """Messages about damaged files of the port: the first damaged entry of its log, and a file of the served version."""
        messages = []
        try:
            messages += [str(damage[1])] if (damage := self.log.first_damage()) else []
            served = self.current().damage
        except PortDamaged as problem:
            served = str(problem)
        return list(dict.fromkeys([*messages, *([served] if served else [])]))

    def publish(self, candidate: Path, contract: Contract, provenance: Provenance, digest: str | None = None) -> PortVersion:
        """Makes an audited Parquet file the next version by one commit, so that readers see all of it or nothing.

        The file is moved into the port's folder, so it must be on the same file system. The version is on disk when
        this returns. `contract` is `fitted` to the types of the file; `digest` is the SHA-256 of the audited file. Raises
        PublishError when the candidate is incomplete or has changed since, when it could not be committed, or when another
        process committed meanwhile; the candidate then stays in its place. Raises PortDamaged when an entry of the port's
        log other than the newest is damaged.
        """
        from deltalake.exceptions import DeltaError

        check_whole(candidate, self.address)
        self.heal()
        before = self._table_for(contract)
        if before is None:
            self.log.place.check_first_commit()
        keep_contract(self.folder, contract)
        part = self.folder / f"part-{uuid.uuid4()}-{digest or sha256(candidate)}.parquet"
        try:
            number = hand_over(
                [(candidate, part)], self.log, lambda: self._commit(before, {part: provenance.rows}, contract, provenance)
            )
        except (DeltaError, OSError) as problem:
            raise self._not_committed("published", problem) from problem
        return self.at(number)

    def _table_for(self, contract: Contract) -> "DeltaTable | None":
        """The table, for the next commit; None before the first one. Raises PublishError if it has another partitioning."""
        table = open_table(self.log) if self.published else None
        columns = [contract.partition.column] if contract.partition else []
        if table and table.metadata().partition_columns != columns:
            how = f"is not partitioned by {columns[0]}" if columns else "is partitioned by day, but its contract no longer is"
            way_out = "Give the contract a new major version: another partitioning is a breaking change."
            raise not_published(self.address, f"its table {how}", way_out)
        return table

    def _commit(
        self,
        table: "DeltaTable | None",
        files: Mapping[Path, int],
        contract: Contract,
        provenance: Provenance,
        days: Collection[date] | None = None,
    ) -> int:
        """Adds `files`, with their numbers of rows, by one commit that replaces `days`, or all; returns its number."""
        from deltalake import Schema
        from deltalake.transaction import AddAction, create_table_with_add_actions

        columns = [contract.partition.column] if contract.partition else []
        actions = [
            AddAction(
                file.relative_to(self.folder).as_posix(),
                file.stat().st_size,
                {column: str(day_of(file)) for column in columns},
                int(file.stat().st_mtime * 1000),
                True,
                json.dumps({"numRecords": rows}),
            )
            for file, rows in files.items()
        ]
        described = ((column.name, column.type, column.description) for column in contract.columns)
        schema = Schema.from_json(json.dumps(delta_schema(described)))
        common = {"partition_by": columns or None, **commit_arguments(provenance.as_metadata())}
        if table is None:
            about = {"name": str(self.address), "description": contract.description, "configuration": KEEPS_HISTORY}
            create_table_with_add_actions(self.log.place.uri, schema, actions, mode="error", **about, **common)
            return 0
        self._keep_history(table)
        # Without a day to replace, the commit only records the inputs and the time of this build.
        mode = "append" if days is not None and not days else "overwrite"
        filters = [(column, "in", sorted(map(str, days))) for column in columns if days]
        table.create_write_transaction(actions, mode, schema, partition_filters=filters or None, **common)
        return table.version() + 1

    def _keep_history(self, table: "DeltaTable") -> None:
        """Commits KEEPS_HISTORY to a table that lacks it, as a version with the data and the provenance of the one before."""
        if not KEEPS_HISTORY.items() <= table.metadata().configuration.items():
            before = logged_version(self.log, table.version()).provenance
            same = replace(before, run=None, days=before.days and [])
            table.alter.set_table_properties(KEEPS_HISTORY, **commit_arguments(same.as_metadata()))
            self.log.confirm(table.version())

    def rollback(self, number: int, judged: Provenance | None = None) -> PortVersion:
        """Serves the data of an earlier version again, as a new version; the history is append-only.

        `judged` is its provenance under the contract that it was audited against now; default: its own. Raises UnknownPort
        when the version does not exist or is already served, PublishError when another process commits meanwhile,
        PortDamaged when that version is damaged.
        """
        from deltalake.exceptions import DeltaError

        published_numbers(self.log)
        # Locked before that version is read: a vacuum waits for the lock, so the files exist until the commit.
        with at_work(self.folder):
            earlier = self.at(number)
            self.heal()
            table = open_table(self.log)
            served = table.version()
            if served == number:
                raise UnknownPort(
                    f"{self.address} already serves version {number}.", f"`mesh history {self.address}` lists the versions."
                )
            days = None
            if earlier.partition is not None:
                newest, _ = listed_version(self.log, served)
                days = [str(part) for part in ranges(days_of(set(earlier.files) ^ set(newest.files)))]
            provenance = replace(judged or earlier.provenance, rolled_back_to=number, run=None, days=days)
            with alone(self.log.folder):
                try:
                    table.restore(number, **commit_arguments(provenance.as_metadata()))
                except (DeltaError, OSError) as problem:
                    # As in a publish, delta-rs also raises for steps after the commit.
                    if not self._committed_as(served + 1, provenance):
                        raise self._not_committed("rolled back", problem) from problem
                self.log.confirm(served + 1)
                with suppress(DeltaError, OSError):  # if it fails, the next publish does it
                    table.update_incremental()
                    self._keep_history(table)
        return self.at(served + 1)

    def heal(self) -> None:
        """Sets a damaged newest entry of the log aside: it was never reported, because the disk had not confirmed it.

        Raises PortDamaged for a damaged earlier entry, which can only be restored.
        """
        damage = self.log.first_damage()
        if damage:
            number, problem = damage
            if number < self.log.numbers()[-1]:
                raise problem
            with alone(self.log.folder):
                self.log.set_aside_if_damaged(number)
            self.heal()

    def _committed_as(self, number: int, provenance: Provenance) -> bool:
        """Whether that commit exists and has exactly this provenance."""
        with suppress(PortDamaged):
            return logged_version(self.log, number).provenance == provenance
        return False

    def _not_committed(self, verb: str, problem: Exception) -> PublishError:
        from deltalake.exceptions import CommitFailedError

        way_out = f"The earlier version is still served. {way_out_of(str(problem))}".strip()
        if isinstance(problem, CommitFailedError) or self._table_appeared(problem):
            way_out = "Another process has committed to it meanwhile; run it again."
        return PublishError(f"{self.address} was not {verb}: {reason_of(problem)}.", way_out)

    def _table_appeared(self, problem: Exception) -> bool:
        """Whether another first publish created the table at the same time."""
        return "already exists" in str(problem) and self.published


def check_whole(candidate: Path, address: PortAddress) -> None:
    """Raises PublishError when the candidate is missing or is not a complete Parquet file."""
    try:
        size, complete = candidate.stat().st_size, is_complete(candidate)
    except OSError as problem:
        raise not_published(address, f"its candidate cannot be read: {problem}") from problem
    if not complete:
        broken = f"is not a complete Parquet file; it has {size:,} bytes and was truncated or overwritten"
        raise not_published(address, f"its candidate {candidate} {broken}")


def check_readable(candidate: Path, address: PortAddress) -> None:
    """Reads the whole candidate, which is slow. Raises PublishError when a part of it cannot be read."""
    if reason := unreadable(candidate):
        raise not_published(address, f"its candidate {candidate} cannot be read: {reason}")


def keep_contract(port: Path, contract: Contract) -> None:
    """Writes the contract's text under its digest into the port's folder, unless it is there. Raises PublishError."""
    file, place = contract_path(port, contract.digest), place_of(port)
    if not contract.text or (place.sizes([file]) and text_or_none(file) == contract.text):
        return
    try:
        write_whole({file: contract.text})
        place.store([file])
    except OSError as problem:
        reason = f"its contract cannot be written to {file.parent}: {problem}"
        raise not_published(contract.address, reason, "The earlier version is still served.") from problem


def contract_path(port: Path, digest: str) -> Path:
    return port / CONTRACTS_FOLDER / f"{digest}.odcs.yaml"
