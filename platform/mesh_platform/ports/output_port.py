"""An output port as a Delta table on disk: publish, read a version, look back, go back.

Format: https://github.com/delta-io/delta/blob/master/PROTOCOL.md, written through delta-rs.
"""

import json
import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from mesh_platform.contracts.contract import Contract
from mesh_platform.contracts.types import delta_type, stored_type
from mesh_platform.days import ranges
from mesh_platform.errors import PublishError, UnknownPort
from mesh_platform.naming import PortAddress
from mesh_platform.ports.log import commit_numbers, readable_versions
from mesh_platform.ports.partitions import changed_days
from mesh_platform.ports.version import PortVersion, Provenance, committed_at

if TYPE_CHECKING:
    from deltalake import DeltaTable


class OutputPort:
    """One major version of a port.

    Args:
        address: the port's name.
        folder: where its Delta table is or will be.
    """

    def __init__(self, address: PortAddress, folder: Path) -> None:
        self.address = address
        self.folder = folder

    @property
    def published(self) -> bool:
        """Whether there is a version to read. A first publish that never came to its commit leaves none."""
        return any(self._log.glob("*.json"))

    @property
    def _log(self) -> Path:
        return self.folder / "_delta_log"

    def current(self) -> PortVersion:
        """The served version. Raises UnknownPort when nothing has been published yet."""
        return self._version(self._table())

    def at(self, number: int) -> PortVersion:
        """The version with that number. Raises UnknownPort when there is none."""
        newest = self._table().version()
        if not 0 <= number <= newest or not self._commit_file(number).exists():
            raise UnknownPort(
                f"{self.address} has no version {number}; the newest is {newest}.",
                f"`mesh history {self.address}` lists what there is.",
            )
        version = self._version(self._table(number))
        if not all(file.exists() for file in version.files):
            raise UnknownPort(
                f"{self.address} has no version {number} any more: its files have been removed.",
                f"`mesh history {self.address}` says which versions can still be read.",
            )
        return version

    def history(self) -> list[PortVersion]:
        """All versions, newest first, without their files; each says whether it can still be read."""
        self._table()
        readable = readable_versions(self.folder)
        return [replace(self._described(number), readable=number in readable) for number in reversed(commit_numbers(self._log))]

    def publish(self, candidate: Path, contract: Contract, provenance: Provenance) -> PortVersion:
        """Makes an audited Parquet file the next version, by one commit; readers see all of it or nothing.

        The file is moved into the port's folder, so it must be on the same file system. Raises PublishError when
        somebody else has committed in between; the candidate is then out of the way again.
        """
        from deltalake import CommitProperties, Schema
        from deltalake.exceptions import DeltaError
        from deltalake.transaction import AddAction, create_table_with_add_actions

        before = self._table() if self.published else None
        if before and before.metadata().partition_columns:
            raise PublishError(
                f"{self.address} was not published: its table is cut into days, and its contract is not any more.",
                "To cut a port in another way is a new promise: give the contract a new major version.",
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f"part-{uuid.uuid4()}.parquet"
        # No retry: a conflict means that another run published this port, and its data may be newer than ours.
        properties = CommitProperties(custom_metadata=provenance.as_metadata(), max_commit_retries=0)
        schema = Schema.from_json(json.dumps(delta_schema(contract)))
        try:
            candidate.replace(part)
            status = part.stat()
            stats = json.dumps({"numRecords": provenance.rows})
            action = AddAction(part.name, status.st_size, {}, int(status.st_mtime * 1000), True, stats)
            if before is None:
                create_table_with_add_actions(
                    self.folder.as_posix(),
                    schema,
                    [action],
                    mode="error",
                    name=str(self.address),
                    description=contract.description,
                    commit_properties=properties,
                )
                number = 0
            else:
                number = before.version() + 1
                before.create_write_transaction([action], mode="overwrite", schema=schema, commit_properties=properties)
        except (DeltaError, OSError) as problem:
            if part.exists():
                part.replace(candidate)
            raise self._not_committed("published", problem) from problem
        return self.at(number)

    def rollback(self, number: int) -> PortVersion:
        """Serves the data of an earlier version again, as a new version: history only ever grows.

        Raises UnknownPort when there is no such version or it is served already, PublishError when somebody else
        commits in between.
        """
        from deltalake import CommitProperties
        from deltalake.exceptions import DeltaError

        earlier, table = self.at(number), self._table()
        served = table.version()
        if served == number:
            raise UnknownPort(f"{self.address} already serves version {number}.", "Choose an earlier one.")
        days = None if earlier.partition is None else [str(part) for part in ranges(changed_days(earlier, self.current()))]
        provenance = replace(earlier.provenance, rolled_back_to=number, run=None, days=days)
        properties = CommitProperties(custom_metadata=provenance.as_metadata(), max_commit_retries=0)
        try:
            table.restore(number, commit_properties=properties)
        except (DeltaError, OSError) as problem:
            raise self._not_committed("rolled back", problem) from problem
        return self.at(served + 1)

    def _not_committed(self, verb: str, problem: Exception) -> PublishError:
        from deltalake.exceptions import CommitFailedError

        way_out = "What was served before is served still."
        if isinstance(problem, CommitFailedError) or self._table_appeared(problem):
            way_out = "Somebody else has committed to it meanwhile; run it again."
        return PublishError(f"{self.address} was not {verb}: {problem}.", way_out)

    def _table_appeared(self, problem: Exception) -> bool:
        """Two first publishes at once: the second finds a table where it wanted to make one."""
        return "already exists" in str(problem) and self.published

    def _table(self, version: int | None = None) -> "DeltaTable":
        from deltalake import DeltaTable

        if not self.published:
            raise UnknownPort(
                f"{self.address} has no published version.",
                f"`mesh run {self.address}` publishes one; `mesh products` lists what there is.",
            )
        return DeltaTable(self.folder, version=version)

    def _version(self, table: "DeltaTable") -> PortVersion:
        fields = table.schema().fields
        return replace(
            self._described(table.version()),
            files=tuple(Path(unquote(uri.removeprefix("file://"))) for uri in table.file_uris()),
            columns=tuple(column.name for column in fields),
            types=tuple(stored_type(column.type.type) for column in fields),
            partition=next(iter(table.metadata().partition_columns), None),
        )

    def _described(self, number: int) -> PortVersion:
        """What the commit says, read from its own file: delta-rs counts a history from the version a table was opened
        at, and gets it wrong when somebody commits in between."""
        with self._commit_file(number).open(encoding="utf-8") as lines:
            actions = (json.loads(line) for line in lines)
            commit = next(action["commitInfo"] for action in actions if "commitInfo" in action)
        return PortVersion(self.address, number, committed_at(commit), Provenance.from_metadata(commit))

    def _commit_file(self, number: int) -> Path:
        return self._log / f"{number:020d}.json"


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
