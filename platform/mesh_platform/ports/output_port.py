"""An output port as a Delta table on disk: publish, read a version, look back, go back.

Format: https://github.com/delta-io/delta/blob/master/PROTOCOL.md, written through delta-rs.
"""

import json
import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from mesh_platform.contracts.contract import Contract
from mesh_platform.contracts.types import delta_type
from mesh_platform.errors import PublishError, UnknownPort
from mesh_platform.naming import PortAddress
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
        """Whether there is a version to read."""
        return (self.folder / "_delta_log").is_dir()

    def current(self) -> PortVersion:
        """The served version. Raises UnknownPort when nothing has been published yet."""
        table = self._table()
        (commit,) = table.history(limit=1)
        return self._version(table, commit)

    def at(self, number: int) -> PortVersion:
        """The version with that number. Raises UnknownPort when there is none."""
        newest = self._table()
        # Asked of the newest table: opened at an earlier version, delta-rs counts its history from the wrong end.
        commits = {commit["version"]: commit for commit in newest.history()}
        if number not in commits:
            raise UnknownPort(
                f"{self.address} has no version {number}; the newest is {newest.version()}.",
                f"`mesh history {self.address}` lists what there is.",
            )
        return self._version(self._table(number), commits[number])

    def history(self) -> list[PortVersion]:
        """All versions, newest first, without their files."""
        return [
            PortVersion(self.address, commit["version"], committed_at(commit), Provenance.from_metadata(commit))
            for commit in self._table().history()
        ]

    def publish(self, candidate: Path, contract: Contract, provenance: Provenance) -> PortVersion:
        """Makes an audited Parquet file the next version, by one commit; readers see all of it or nothing.

        The file is moved into the port's folder, so it must be on the same file system. Raises PublishError when
        somebody else has committed in between; the candidate is then out of the way again.
        """
        from deltalake import CommitProperties, Schema
        from deltalake.exceptions import DeltaError
        from deltalake.transaction import AddAction, create_table_with_add_actions

        before = self._table() if self.published else None
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f"part-{uuid.uuid4()}.parquet"
        candidate.replace(part)
        status = part.stat()
        stats = json.dumps({"numRecords": provenance.rows})
        action = AddAction(part.name, status.st_size, {}, int(status.st_mtime * 1000), True, stats)
        schema = Schema.from_json(json.dumps(_delta_schema(contract)))
        # No retry: a conflict means that another run published this port, and its data may be newer than ours.
        properties = CommitProperties(custom_metadata=provenance.as_metadata(), max_commit_retries=0)
        try:
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
            else:
                before.create_write_transaction([action], mode="overwrite", schema=schema, commit_properties=properties)
        except DeltaError as problem:
            part.replace(candidate)
            raise PublishError(
                f"{self.address} was not published: {problem}.",
                "Somebody else has published it meanwhile; run it again.",
            ) from problem
        return self.current()

    def rollback(self, number: int) -> PortVersion:
        """Serves the data of an earlier version again, as a new version: history only ever grows."""
        from deltalake import CommitProperties

        earlier = self.at(number)
        table = self._table()
        if table.version() == number:
            raise UnknownPort(f"{self.address} already serves version {number}.", "Choose an earlier one.")
        provenance = replace(earlier.provenance, rolled_back_to=number, run=None)
        table.restore(number, commit_properties=CommitProperties(custom_metadata=provenance.as_metadata()))
        return self.current()

    def _table(self, version: int | None = None) -> "DeltaTable":
        from deltalake import DeltaTable

        if not self.published:
            raise UnknownPort(
                f"{self.address} has no published version.",
                f"`mesh run {self.address}` publishes one; `mesh products` lists what there is.",
            )
        return DeltaTable(self.folder, version=version)

    def _version(self, table: "DeltaTable", commit: dict[str, Any]) -> PortVersion:
        return PortVersion(
            address=self.address,
            number=table.version(),
            committed=committed_at(commit),
            provenance=Provenance.from_metadata(commit),
            files=tuple(Path(unquote(uri.removeprefix("file://"))) for uri in table.file_uris()),
            columns=tuple(column.name for column in table.schema().fields),
        )


def _delta_schema(contract: Contract) -> dict:
    """Columns stay nullable for Delta: it is the audit that holds `required`, and loosening it is no new table."""
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
