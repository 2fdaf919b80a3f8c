"""A port partitioned by day: one commit replaces some days, and the other days keep their files."""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from mesh_platform.contract.contract import Contract
from mesh_platform.days import day_of, in_words, ranges
from mesh_platform.errors import PublishError
from mesh_platform.port.commit import hand_over
from mesh_platform.port.output_port import OutputPort, check_whole, delta_schema, keep_contract
from mesh_platform.port.partitions import Cut, DayFile, days_of
from mesh_platform.port.version import PortVersion, Provenance
from mesh_platform.port.whole_versions import damaged_files, listed_version, open_table, published_numbers

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from deltalake.transaction import AddAction


class PartitionedPort(OutputPort):
    """One major version of a port in which each file holds the rows of one day."""

    def base(self) -> tuple[PortVersion | None, set[date]]:
        """The version that the days of a candidate are compared with, and the days that must be published again.

        The version is the newest one with its undamaged files; None when nothing has been published. The days are those
        of its damaged files. Raises PortDamaged when an earlier entry of the port's log is damaged.
        """
        self.heal()
        if not self.published:
            return None, set()
        version, sizes = listed_version(self.log, published_numbers(self.log)[-1])
        damaged = damaged_files(self.log, sizes)
        undamaged = tuple(file for file in sizes if file not in damaged)
        return replace(version, files=undamaged), days_of(damaged)

    def publish_days(self, cut: Cut, base: PortVersion | None, contract: Contract, provenance: Provenance) -> PortVersion:
        """Replaces the days of `cut` with its files by one commit; every other day stays unchanged.

        Two processes that publish different days at once both succeed, one after the other. delta-rs detects conflicts
        by the files that both commits remove, so it would let both add the same new day, with every row twice. The days
        are therefore compared here.

        Args:
            cut: the audited days; its files are moved into the port's folder, and back if they cannot be published.
            base: the version that the days were compared with; None if there was none.
            contract: the contract that the files were audited against.
            provenance: without `rows` and `days`, which depend on the version served at the commit.

        Raises PublishError when another process has published one of the days, or under another contract, since `base`,
        and when a file is incomplete or has changed, or the commit fails; PortDamaged when an earlier log entry is damaged.
        """
        from deltalake.exceptions import CommitFailedError, DeltaError

        for file in cut.files:
            check_whole(file.path, self.address)
        self.heal()
        if base is None:
            self.log.place.check_first_commit()
        keep_contract(self.folder, contract)
        folders = {file: self.folder / file.path.parent.name for file in cut.files}
        moves = [(file.path, folder / f"{file.path.stem}-{file.digest}.parquet") for file, folder in folders.items()]
        files = [replace(file, path=part) for file, (_, part) in zip(cut.files, moves)]

        def commit() -> int:
            table = open_table(self.log) if self.published else None
            newest = table.version() if table else -1
            self._refuse_overlap(cut, base.number if base else -1, newest, contract.digest)
            counted = _counted(provenance, table, cut)
            try:
                self._commit(table, cut, files, contract, counted)
            except (DeltaError, OSError) as problem:
                # delta-rs also raises for steps after the commit.
                if not self._committed_as(newest + 1, counted):
                    conflict = isinstance(problem, CommitFailedError) or self._table_appeared(problem)
                    if conflict and self.log.numbers()[-1] > newest:
                        return commit()  # another machine committed first, perhaps for other days
                    raise
            return newest + 1

        try:
            number = hand_over(moves, self.log, commit)
        except (DeltaError, OSError) as problem:
            raise self._not_committed("published", problem) from problem
        return self.at(number)

    def _commit(
        self, table: "DeltaTable | None", cut: Cut, files: Sequence[DayFile], contract: Contract, provenance: Provenance
    ) -> None:
        from deltalake import CommitProperties, Schema
        from deltalake.transaction import create_table_with_add_actions

        column = contract.partition.column
        actions = [_add(file, self.folder, column) for file in files]
        schema = Schema.from_json(json.dumps(delta_schema(contract)))
        properties = CommitProperties(custom_metadata=provenance.as_metadata(), max_commit_retries=0)
        if table is None:
            create_table_with_add_actions(
                self.log.place.uri,
                schema,
                actions,
                mode="error",
                partition_by=[column],
                name=str(self.address),
                description=contract.description,
                commit_properties=properties,
            )
            return
        if table.metadata().partition_columns != [column]:
            raise PublishError(
                f"{self.address} was not published: its table is not partitioned by {column}.",
                "Give the contract a new major version: another partitioning is a breaking change.",
            )
        if not cut.complete and not cut.days:
            # Nothing to replace: the commit only records the inputs and the time of this build.
            table.create_write_transaction([], mode="append", schema=schema, commit_properties=properties)
        else:
            filters = None if cut.complete else [(column, "in", sorted(map(str, cut.days)))]
            table.create_write_transaction(
                actions, "overwrite", schema, partition_by=[column], partition_filters=filters, commit_properties=properties
            )

    def _refuse_overlap(self, cut: Cut, seen: int, newest: int, digest: str) -> None:
        for number in range(seen + 1, newest + 1):
            commit = self.log.read(number)
            days = commit.days
            if days is None or cut.complete or Provenance.from_metadata(commit.info).contract_digest != digest:
                overlap = "the whole port, or its contract,"
            elif days & cut.days:
                overlap = in_words(days & cut.days)
            else:
                continue
            raise PublishError(
                f"{self.address} was not published: version {number} has changed {overlap} meanwhile.",
                "Its data may be newer; run it again.",
            )


def _counted(provenance: Provenance, table: "DeltaTable | None", cut: Cut) -> Provenance:
    """The provenance of the commit: with its days, and with all rows of the port, those of unchanged days included."""
    rows = sum(file.rows for file in cut.files)
    if table and not cut.complete:
        rows += _rows_kept(table, cut.days)
    return replace(provenance, rows=rows, days=[str(part) for part in ranges(cut.days)])


def _add(file: DayFile, folder: Path, column: str) -> "AddAction":
    from deltalake.transaction import AddAction

    status, day = file.path.stat(), str(day_of(file.path))
    path, stats = file.path.relative_to(folder).as_posix(), json.dumps({"numRecords": file.rows})
    return AddAction(path, status.st_size, {column: day}, int(status.st_mtime * 1000), True, stats)


def _rows_kept(table: "DeltaTable", replaced: Collection[date]) -> int:
    """The number of rows of the unchanged days."""
    columns = table.metadata().partition_columns
    if not columns:
        return 0  # the commit refuses such a table
    actions = table.get_add_actions(flatten=True)
    listed = zip(actions.column(f"partition.{columns[0]}").to_pylist(), actions.column("num_records").to_pylist())
    return sum(rows for day, rows in listed if day not in replaced)
