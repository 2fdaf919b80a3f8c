"""What the footers of Parquet files prove about the rows of the files, so that the rows need not be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mesh_isolation.column_types import WHOLE, canonical
from mesh_isolation.engine import engine, identifier, literal

if TYPE_CHECKING:
    import duckdb


CANDIDATE = "candidate"
"""The view of the files in the SQL of every claim and rule."""


class FileColumn(Protocol):
    """A column of the files."""

    name: str
    type: str
    """In DuckDB's spelling."""


@dataclass(frozen=True)
class NeverNull:
    """The column holds no NULL."""

    column: str


@dataclass(frozen=True)
class ValueLimit:
    """No value of the column makes the comparison of `value`, `breaks` and `limit` true."""

    column: str
    breaks: str
    """`<`, `<=`, `>` or `>=`."""
    limit: str
    """As SQL."""


@dataclass(frozen=True)
class UniqueKey:
    """No combination of non-null values occurs twice."""

    columns: tuple[str, ...]


@dataclass(frozen=True)
class Largest:
    """The measure of the rule depends only on the largest value of the column."""

    column: str
    measure: str
    """The measure as SQL, with `{}` in place of the largest value."""


Claim = NeverNull | ValueLimit | UniqueKey | Largest


# The footers state exact extremes for these types. They truncate texts, and the extremes of floats ignore NaN.
_ORDERED = (*WHOLE, "DATE", "TIMESTAMP", "DECIMAL")
_DENSE = 8
"""The largest range of a key, as a multiple of the number of rows, for which a bitmap is cheaper than hashes."""


@dataclass(frozen=True)
class ColumnStatistics:
    """The statistics of one column over all files. A value is None if the footers do not state it."""

    nulls: int | None
    smallest: str | None
    largest: str | None


@dataclass(frozen=True)
class Footers:
    """The statistics in the Parquet footers of a candidate."""

    rows: int
    facts: Mapping[str, ColumnStatistics]
    columns: Mapping[str, FileColumn]

    def proof(self, claim: Claim) -> str | None:
        """A SQL aggregate that is cheaper than the count of the rule; None if there is none.

        The result 0 proves the claim. Any other result proves nothing, and the rule must be counted.
        """
        match claim:
            case NeverNull(column):
                return "0" if self._facts(column).nulls == 0 else None
            case ValueLimit():
                return self._within(claim)
            case UniqueKey(columns):
                return self._bitmap(columns[0]) if len(columns) == 1 and self._dense(columns[0]) else _hashes(columns)
            case Largest():
                return None

    def answer(self, claim: Claim) -> str | None:
        """The measure of the rule as SQL that reads no row; None if the footers do not state the value."""
        if not isinstance(claim, Largest) or (largest := self._facts(claim.column).largest) is None:
            return None
        return claim.measure.format(f"{literal(largest)}::{self.columns[claim.column].type}")

    def _facts(self, column: str) -> ColumnStatistics:
        return self.facts.get(column, ColumnStatistics(None, None, None))

    def _within(self, claim: ValueLimit) -> str | None:
        facts, kind = self._facts(claim.column), self.columns[claim.column].type
        extreme = facts.smallest if claim.breaks.startswith("<") else facts.largest
        if extreme is None or not kind.startswith(_ORDERED):
            return None
        return f"({literal(extreme)}::{kind} {claim.breaks} {claim.limit})::INTEGER"

    def _dense(self, column: str) -> bool:
        facts = self._facts(column)
        if facts.smallest is None or facts.largest is None or self.columns[column].type not in WHOLE:
            return False
        return int(facts.largest) - int(facts.smallest) < _DENSE * self.rows

    def _bitmap(self, column: str) -> str:
        """The number of values minus the number of distinct values, counted in a bitmap of the column's range."""
        facts, name, kind = self._facts(column), identifier(column), self.columns[column].type
        bits = f"bitstring_agg({name}, {literal(facts.smallest)}::{kind}, {literal(facts.largest)}::{kind})"
        return f"count({name}) - coalesce(bit_count({bits}), 0)"


def _hashes(columns: Sequence[str]) -> str:
    """The number of repeated hashes of the keys without a NULL. Keys with distinct hashes are distinct.

    Sorting the hashes and comparing neighbours takes half the time of counting distinct ones, and can spill to disk.
    """
    key = ", ".join(map(identifier, columns))
    present = " AND ".join(f"{identifier(column)} IS NOT NULL" for column in columns)
    hashes = f"SELECT hash({key}) AS hash FROM {CANDIDATE} WHERE {present}"
    neighbours = f"SELECT hash, lag(hash) OVER (ORDER BY hash) AS before FROM ({hashes})"
    return f"(SELECT count(*) FROM ({neighbours}) WHERE hash = before)"


def file_types(files: Sequence[Path]) -> dict[str, str]:
    """The columns of Parquet files and their types, in the spelling of `parse_type` if Delta can store them.

    Raises DuckDB's error if a file cannot be read.
    """
    listed = ", ".join(map(literal, files))
    with engine().cursor() as connection:
        described = connection.execute(f"DESCRIBE FROM read_parquet([{listed}], hive_partitioning = false)").fetchall()
    return {name: canonical(kind) for name, kind, *_ in described}


def unreadable(file: Path) -> str:
    """The reason why a part of a Parquet file cannot be read; empty if all can be. Reads the whole file, which is slow."""
    import duckdb

    try:
        with duckdb.connect() as connection:
            connection.execute(f"SELECT max(hash(row)) FROM read_parquet({literal(file)}) AS row").fetchall()
    except duckdb.Error as problem:
        return str(problem).splitlines()[0]
    return ""


def write_anew(file: Path) -> None:
    """Writes a Parquet file anew, with the same rows in the same order and types, so that its footer is the engine's own.

    Foreign code can state in a footer what it wants: readers skip rows by it, and a proof from it proves nothing. Such code
    must not be able to write to the folder of the file, because a link in it would be followed. Raises DuckDB's error if the
    file cannot be read or written; it is unchanged then.
    """
    import duckdb

    anew = file.with_suffix(".anew")
    try:
        with duckdb.connect(config={"temp_directory": str(file.with_suffix(".spill"))}) as connection:
            connection.execute("SET TimeZone = 'UTC'; PRAGMA disable_optimizer")  # which believes the old footer
            rows = f"SELECT * FROM read_parquet({literal(file)}, hive_partitioning = false)"
            connection.execute(f"COPY ({rows}) TO {literal(anew)} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)")
        anew.replace(file)
    finally:
        anew.unlink(missing_ok=True)


def read_footers(files: Sequence[Path], columns: Sequence[FileColumn], connection: "duckdb.DuckDBPyConnection") -> Footers:
    """Reads the footers of the Parquet `files`, whose schema is exactly `columns`."""
    listed = ", ".join(literal(file) for file in files)
    by_name = {column.name: column for column in columns}
    (rows,) = connection.execute(f"SELECT coalesce(sum(num_rows), 0)::BIGINT FROM parquet_file_metadata([{listed}])").fetchone()
    # A chunk that holds only NULLs has no extremes and needs none.
    statistics = connection.execute(
        "SELECT path_in_schema, CASE WHEN count(stats_null_count) = count(*) THEN sum(stats_null_count)::BIGINT END, "
        "list(stats_min_value) FILTER (WHERE stats_null_count IS DISTINCT FROM num_values), "
        "list(stats_max_value) FILTER (WHERE stats_null_count IS DISTINCT FROM num_values) "
        f"FROM parquet_metadata([{listed}]) WHERE num_values > 0 GROUP BY path_in_schema"
    ).fetchall()
    if any(column.type.endswith(("]", ")")) and not column.type.startswith("DECIMAL(") for column in columns):
        # The path of a nested part contains commas, and so can the name of another column: neither proves anything.
        statistics = [row for row in statistics if ", " not in row[0]]
    extremes = _extremes([row for row in statistics if row[0] in by_name], by_name, connection)
    facts = {name: ColumnStatistics(nulls, *extremes.get(name, (None, None))) for name, nulls, *_ in statistics}
    return Footers(rows, facts, by_name)


def _extremes(
    statistics: Sequence[tuple], columns: Mapping[str, FileColumn], connection: "duckdb.DuckDBPyConnection"
) -> dict[str, tuple[str, str]]:
    """The smallest and the largest value of each column whose footers state them, compared in the column's type.

    Args:
        statistics: name, number of NULLs, smallest and largest value of each chunk, for each column.
        columns: the columns by name.
        connection: any connection to DuckDB.
    """
    expressions: dict[str, str] = {}
    for name, _, lows, highs in statistics:
        kind = columns[name].type
        if kind.startswith(_ORDERED) and lows and None not in (*lows, *highs):
            low, high = (", ".join(f"{literal(value)}::{kind}" for value in values) for values in (lows, highs))
            expressions[name] = f"least({low})::VARCHAR, greatest({high})::VARCHAR"
    if not expressions:
        return {}
    values = connection.execute(f"SELECT {', '.join(expressions.values())}").fetchone()
    return dict(zip(expressions, zip(values[::2], values[1::2])))
