"""A port partitioned by day: the days of a candidate that have changed, and the one commit that replaces them.

The other days keep their files.
"""

import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mesh_isolation.days import DayRange, day_of, days_of, in_words, ranges
from mesh_isolation.files import sha256
from mesh_platform.contract.contract import COMPLETE_PROPERTY, Contract
from mesh_platform.names import identifier, literal
from mesh_platform.port.commit import hand_over
from mesh_platform.port.output_port import OutputPort, check_whole, keep_contract
from mesh_platform.port.version import PortVersion, Provenance, not_published
from mesh_platform.port.whole_versions import damaged_files, listed_version, published_numbers

if TYPE_CHECKING:
    import duckdb
    from deltalake import DeltaTable


@dataclass(frozen=True)
class DayFile:
    """A Parquet file with the rows of one day, in a folder `day=2017-01-01`."""

    path: Path
    rows: int
    digest: str
    """Its SHA-256, before it is audited."""


@dataclass(frozen=True)
class Cut:
    """The part of a candidate that is to be published: the days that differ from the served version."""

    files: tuple[DayFile, ...]
    days: frozenset[date]
    """The days that the files replace, including days that are removed."""
    complete: bool
    """Whether the files replace every served day, because the contract has changed."""


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
        files = {part: file.rows for file, (_, part) in zip(cut.files, moves)}

        def commit() -> int:
            table = self._table_for(contract)
            newest = table.version() if table else -1
            self._refuse_overlap(cut, base.number if base else -1, newest, contract)
            # All rows of the port, those of unchanged days included.
            rows = sum(file.rows for file in cut.files) + (_rows_kept(table, cut.days) if table and not cut.complete else 0)
            counted = replace(provenance, rows=rows, days=[str(part) for part in ranges(cut.days)])
            try:
                return self._commit(table, files, contract, counted, None if cut.complete else cut.days)
            except (DeltaError, OSError) as problem:
                # delta-rs also raises for steps after the commit.
                newest = table.version() if table else -1
                if self._committed_as(newest + 1, counted):
                    return newest + 1
                conflict = isinstance(problem, CommitFailedError) or self._table_appeared(problem)
                if conflict and self.log.numbers()[-1] > newest:
                    return commit()  # another machine committed first, perhaps for other days
                raise

        try:
            number = hand_over(moves, self.log, commit)
        except (DeltaError, OSError) as problem:
            raise self._not_committed("published", problem) from problem
        return self.at(number)

    def _refuse_overlap(self, cut: Cut, seen: int, newest: int, contract: Contract) -> None:
        for number in range(seen + 1, newest + 1):
            commit = self.log.read(number)
            days = commit.days
            if days is None or cut.complete or Provenance.from_metadata(commit.info).contract_digest != contract.digest:
                overlap = "the whole port, or its contract,"
            elif days & cut.days:
                overlap = in_words(days & cut.days)
            else:
                continue
            reason = f"version {number} has changed {overlap} meanwhile"
            raise not_published(self.address, reason, "Its data may be newer; run it again.")
        if seen < newest and not cut.complete:
            refuse_other_types(listed_version(self.log, newest)[0], contract)


def refuse_other_types(served: PortVersion, contract: Contract) -> None:
    """Raises PublishError if a column has another type than in the served days: the days of a port have one type."""
    before = dict(zip(served.columns, served.types))
    for column in contract.columns:
        if column.of_data and column.type != before.get(column.name, column.type):
            reason = f"{column.name} is {column.type}, and {before[column.name]} on the days that are served"
            way_out = "Convert it in the model, or state its physicalType in a new version of the contract."
            raise not_published(served.address, reason, way_out)


def _rows_kept(table: "DeltaTable", replaced: Collection[date]) -> int:
    """The number of rows of the unchanged days."""
    (column,) = table.metadata().partition_columns
    actions = table.get_add_actions(flatten=True)
    listed = zip(actions.column(f"partition.{column}").to_pylist(), actions.column("num_records").to_pylist())
    return sum(rows for day, rows in listed if day not in replaced)


def latest(version: PortVersion, count: int) -> PortVersion:
    """The version restricted to its latest days: only the files of the `count` days up to its newest day are listed."""
    days = days_of(version.files)
    first = max(days) - timedelta(days=count - 1) if days else date.max
    return replace(version, files=tuple(file for file in version.files if (day_of(file) or date.min) >= first))


_DELIVER = f"Build it from files that have these days; or state {COMPLETE_PROPERTY}: true, which removes them."


def cut(
    candidate: Path,
    contract: Contract,
    served: PortVersion | None,
    wanted: DayRange | None,
    connection: "duckdb.DuckDBPyConnection",
    lost: Collection[date] = (),
) -> Cut:
    """Writes the changed days of `candidate` into one file per day, in a folder beside it.

    A served day without a row in the candidate stays, because it was not delivered; if the contract states `completeDays`, it
    is removed.

    Args:
        candidate: one Parquet file with the contract's columns.
        contract: the contract of a partitioned port.
        served: the version to compare with; every day counts as changed if it was published under another contract.
        wanted: compare only these days; None for all.
        connection: executes the queries.
        lost: days with a missing or damaged file; they count as changed.

    Raises PublishError when a day was not delivered that must be published again.
    """
    column, folder = identifier(contract.partition.column), candidate.with_suffix("")
    within = f"{column} BETWEEN {literal(wanted.first)} AND {literal(wanted.last)}" if wanted else "TRUE"
    row = ", ".join(map(identifier, contract.column_names))

    def digests(files: Sequence[Path]) -> dict[date | None, tuple]:
        """For each day, a digest of its rows in any order: their number, and two aggregates of two hashes per row."""
        result = connection.execute(
            f"SELECT {column}, count(*), sum(hash({row})::HUGEINT), bit_xor(hash('again', {row})) "
            f"FROM {_table(files)} WHERE {within} GROUP BY ALL"
        )
        return {day: tuple(digest) for day, *digest in result.fetchall()}

    shutil.rmtree(folder, ignore_errors=True)
    complete = served is not None and served.provenance.contract_digest != contract.digest
    built, current = digests([candidate]), {}
    if served is not None and not complete:
        compared = [file for file in served.files if wanted is None or (day_of(file) or date.min) in wanted]
        current = digests(replace(served, files=tuple(compared)).fetched()) if compared else {}
    lost = {day for day in lost if wanted is None or day in wanted}
    changed = {day for day, digest in built.items() if day in lost or current.get(day) != digest}
    absent = ((days_of(served.files) if complete else current.keys()) | lost) - built.keys() if served else set()
    if not contract.partition.complete:
        if missing := absent if complete else absent & lost:
            reason = "its contract has changed" if complete else "files of it are damaged"
            raise not_published(contract.address, f"{reason}, and the build has no row of {in_words(missing)}", _DELIVER)
        absent = set()
    files: list[tuple[str, int]] = []
    if changed:
        listed = ", ".join(f"{literal(day)}::DATE" for day in changed if day)
        unknown = f"{column} IS NULL" if None in changed else "FALSE"
        of_changed = f"({unknown} OR {column} IN ({listed}))" if listed else unknown
        # Sorted, because DuckDB keeps a hundred files open and would otherwise write several files for a day.
        files = connection.execute(
            f"COPY (SELECT * FROM {_table([candidate])} WHERE {within if len(changed) == len(built) else of_changed} "
            f"ORDER BY {column}) TO {literal(folder)} "
            f"(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARTITION_BY ({column}), WRITE_PARTITION_COLUMNS true, "
            "FILENAME_PATTERN 'part-{uuid}', RETURN_STATS)"
        ).fetchall()
    days = (changed | absent) - {None}
    written = (DayFile(Path(name), rows, sha256(Path(name))) for name, rows, *_ in sorted(files))
    return Cut(tuple(written), frozenset(days), complete)


def _table(files: Sequence[Path]) -> str:
    return f"read_parquet([{', '.join(map(literal, files))}], hive_partitioning = false)"
