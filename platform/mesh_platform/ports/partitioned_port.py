"""A port that grows day by day: some days are replaced by one commit, and the others keep the files they have."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from mesh_platform.contracts.contract import Contract
from mesh_platform.days import day_of, in_words, ranges
from mesh_platform.errors import PublishError
from mesh_platform.ports.log import read_commit
from mesh_platform.ports.output_port import OutputPort, delta_schema
from mesh_platform.ports.partitions import Cut, DayFile
from mesh_platform.ports.version import PortVersion, Provenance

if TYPE_CHECKING:
    from deltalake import CommitProperties, DeltaTable
    from deltalake.transaction import AddAction

_ATTEMPTS = 100
"""Each failed attempt is a commit of somebody else, so this many others have published while we tried."""


class PartitionedPort(OutputPort):
    """One major version of a port whose files are of one day each."""

    def publish_days(self, cut: Cut, base: PortVersion | None, contract: Contract, provenance: Provenance) -> PortVersion:
        """Replaces the days of `cut` by its files, by one commit; every other day stays as it is.

        Two that publish different days at once both succeed, one after the other. delta-rs would repeat a commit that
        met another one by itself, but it compares the files that both remove, and of a day that is new there are none:
        both would add it, and all its rows would be there twice. So the days are compared here.

        Args:
            cut: audited; its files are moved into the port's folder, and back if they cannot be published.
            base: the version that the days were compared with, None if there was none.
            contract: what the files were held against.
            provenance: `rows` and `days` are filled in, for they depend on what else is served at that moment.

        Raises PublishError when somebody else has published one of the days, or another promise, since `base`.
        """
        from deltalake.exceptions import CommitFailedError, DeltaError

        seen = base.number if base else -1
        try:
            with self._moved_in(cut.files) as files:
                for _ in range(_ATTEMPTS):
                    table = self._table() if self.published else None
                    newest = table.version() if table else -1
                    self._refuse_overlap(cut, range(seen + 1, newest + 1), contract.digest)
                    seen = newest
                    try:
                        self._commit(table, cut, files, contract, provenance)
                    except DeltaError as problem:
                        if self._landed(newest + 1, files):
                            break  # what failed came after the commit
                        if not isinstance(problem, CommitFailedError) and not (table is None and self._table_appeared(problem)):
                            raise
                    else:
                        break
                else:
                    raise PublishError(f"{self.address} was not published: {_ATTEMPTS} others were faster.", "Run it again.")
        except (DeltaError, OSError) as problem:
            raise self._not_committed("published", problem) from problem
        return self.at(newest + 1)

    def _commit(
        self, table: "DeltaTable | None", cut: Cut, files: Sequence[DayFile], contract: Contract, provenance: Provenance
    ) -> None:
        """Tries it once, on the table as it stands."""
        from deltalake import Schema
        from deltalake.transaction import create_table_with_add_actions

        column = contract.partition.column
        actions = [_add(file, self.folder, column) for file in files]
        schema = Schema.from_json(json.dumps(delta_schema(contract)))
        rows = sum(file.rows for file in files)
        if table is None:
            create_table_with_add_actions(
                self.folder.as_posix(),
                schema,
                actions,
                mode="error",
                partition_by=[column],
                name=str(self.address),
                description=contract.description,
                commit_properties=_properties(provenance, rows, cut.days),
            )
            return
        if table.metadata().partition_columns != [column]:
            raise PublishError(
                f"{self.address} was not published: its table is not partitioned by {column}.",
                "To cut a port in another way is a new promise: give the contract a new major version.",
            )
        replaced = None if cut.complete else cut.days
        properties = _properties(provenance, rows + _rows_kept(table, replaced), cut.days)
        if replaced is not None and not replaced:
            # Nothing to replace: the commit only says that this was looked at, from which inputs and when.
            table.create_write_transaction([], mode="append", schema=schema, commit_properties=properties)
        else:
            filters = None if replaced is None else [(column, "in", sorted(map(str, replaced)))]
            table.create_write_transaction(
                actions, "overwrite", schema, partition_by=[column], partition_filters=filters, commit_properties=properties
            )

    def _landed(self, number: int, files: Sequence[DayFile]) -> bool:
        """Whether the commit with that number is the one that added these files."""
        commit = read_commit(self._log, number)
        return bool(commit and files) and files[0].path.relative_to(self.folder).as_posix() in commit.added

    def _refuse_overlap(self, cut: Cut, meanwhile: Iterable[int], digest: str) -> None:
        for number in meanwhile:
            commit = read_commit(self._log, number)
            theirs = commit.days if commit else None
            if theirs is None or cut.complete or Provenance.from_metadata(commit.said).contract_digest != digest:
                both = "all of it, or what it promises,"
            elif theirs & cut.days:
                both = in_words(theirs & cut.days)
            else:
                continue
            raise PublishError(
                f"{self.address} was not published: version {number} has changed {both} meanwhile.",
                "Its data may be newer; run it again.",
            )

    @contextmanager
    def _moved_in(self, files: Sequence[DayFile]) -> Iterator[list[DayFile]]:
        """Within it, the files are in the port's folder; after a refusal they are back where they were.

        Not after Ctrl-C: nobody knows then whether the commit was made, and files that nobody needs do no harm.
        """
        from deltalake.exceptions import DeltaError

        moved: list[tuple[Path, DayFile]] = []
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for file in files:
                target = self.folder / file.path.parent.name / file.path.name
                target.parent.mkdir(exist_ok=True)
                file.path.replace(target)
                moved.append((file.path, replace(file, path=target)))
            yield [target for _, target in moved]
        except (DeltaError, OSError, PublishError):
            for origin, target in moved:
                target.path.replace(origin)
            raise


def _properties(provenance: Provenance, rows: int, days: Collection[date]) -> "CommitProperties":
    from deltalake import CommitProperties

    said = replace(provenance, rows=rows, days=[str(part) for part in ranges(days)])
    return CommitProperties(custom_metadata=said.as_metadata(), max_commit_retries=0)


def _add(file: DayFile, folder: Path, column: str) -> "AddAction":
    from deltalake.transaction import AddAction

    status, day = file.path.stat(), str(day_of(file.path))
    path, stats = file.path.relative_to(folder).as_posix(), json.dumps({"numRecords": file.rows})
    return AddAction(path, status.st_size, {column: day}, int(status.st_mtime * 1000), True, stats)


def _rows_kept(table: "DeltaTable", replaced: Collection[date] | None) -> int:
    """The rows of the days that stay; none when every day is replaced."""
    if replaced is None:
        return 0
    actions = table.get_add_actions(flatten=True)
    column = f"partition.{table.metadata().partition_columns[0]}"
    listed = zip(actions.column(column).to_pylist(), actions.column("num_records").to_pylist())
    return sum(rows for day, rows in listed if day not in replaced)
