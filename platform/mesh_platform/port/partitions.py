"""The days of a partitioned port: the day of each file, the changed days of a candidate, and the latest days of a version."""

import shutil
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mesh_platform.contract.contract import Contract
from mesh_platform.days import DayRange, day_of
from mesh_platform.names import identifier, literal
from mesh_platform.port.place import sha256
from mesh_platform.port.version import PortVersion

if TYPE_CHECKING:
    import duckdb


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
    """The days that the files replace, including days that no longer have rows."""
    complete: bool
    """Whether the files replace every served day, because the contract has changed."""


def days_of(files: Iterable[Path]) -> set[date]:
    """The days that these files hold."""
    return {day for file in files if (day := day_of(file))}


def latest(version: PortVersion, count: int) -> PortVersion:
    """The version restricted to its latest days: only the files of the `count` days up to its newest day are listed."""
    days = days_of(version.files)
    first = max(days) - timedelta(days=count - 1) if days else date.max
    return replace(version, files=tuple(file for file in version.files if (day_of(file) or date.min) >= first))


def cut(
    candidate: Path,
    contract: Contract,
    served: PortVersion | None,
    wanted: DayRange | None,
    connection: "duckdb.DuckDBPyConnection",
    lost: Collection[date] = (),
) -> Cut:
    """Writes the changed days of `candidate` into one file per day, in a folder beside it.

    Args:
        candidate: one Parquet file with the contract's columns.
        contract: the contract of a partitioned port.
        served: the version to compare with; every day counts as changed if it was published under another contract.
        wanted: compare only these days; None for all.
        connection: executes the queries.
        lost: days with a missing or damaged file; they count as changed.
    """
    column, columns = identifier(contract.partition.column), contract.column_names
    folder = candidate.with_suffix("")
    shutil.rmtree(folder, ignore_errors=True)
    complete = served is not None and served.provenance.contract_digest != contract.digest
    source = f"read_parquet({literal(candidate)}, hive_partitioning = false)"
    built = _digests(source, column, columns, wanted, connection)
    current = {} if served is None or complete else _served_digests(served, column, columns, wanted, connection)
    lost = {day for day in lost if not complete and (wanted is None or day in wanted)}
    changed = {day for day, digest in built.items() if day in lost or current.get(day) != digest}
    files: list[tuple[str, int]] = []
    if changed:
        predicate = _within(column, wanted) if len(changed) == len(built) else _is_in(column, changed)
        # Sorted, because DuckDB keeps a hundred files open and would otherwise write several files for a day.
        files = connection.execute(
            f"COPY (SELECT * FROM {source} WHERE {predicate} ORDER BY {column}) TO {literal(folder)} "
            f"(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARTITION_BY ({column}), WRITE_PARTITION_COLUMNS true, "
            "FILENAME_PATTERN 'part-{uuid}', RETURN_STATS)"
        ).fetchall()
    days = (changed | (current.keys() | lost) - built.keys()) - {None}
    written = (DayFile(Path(name), rows, sha256(Path(name))) for name, rows, *_ in sorted(files))
    return Cut(tuple(written), frozenset(days), complete)


def _served_digests(
    served: PortVersion, column: str, columns: Sequence[str], wanted: DayRange | None, connection: "duckdb.DuckDBPyConnection"
) -> dict[date | None, tuple]:
    files = [file for file in served.files if wanted is None or (day_of(file) or date.min) in wanted]
    files = replace(served, files=tuple(files)).fetched()
    if not files:
        return {}
    listed = ", ".join(map(literal, files))
    return _digests(f"read_parquet([{listed}], hive_partitioning = false)", column, columns, wanted, connection)


def _digests(
    source: str, column: str, columns: Sequence[str], wanted: DayRange | None, connection: "duckdb.DuckDBPyConnection"
) -> dict[date | None, tuple]:
    """For each day, a digest of its rows in any order: their number, and two aggregates of two hashes per row."""
    row = ", ".join(map(identifier, columns))
    result = connection.execute(
        f"SELECT {column}, count(*), sum(hash({row})::HUGEINT), bit_xor(hash('again', {row})) "
        f"FROM {source} WHERE {_within(column, wanted)} GROUP BY ALL"
    )
    return {day: tuple(digest) for day, *digest in result.fetchall()}


def _within(column: str, wanted: DayRange | None) -> str:
    return f"{column} BETWEEN {literal(wanted.first)} AND {literal(wanted.last)}" if wanted else "TRUE"


def _is_in(column: str, days: Collection[date | None]) -> str:
    listed = ", ".join(f"{literal(day)}::DATE" for day in days if day)
    unknown = f"{column} IS NULL" if None in days else "FALSE"
    return f"({unknown} OR {column} IN ({listed}))" if listed else unknown
