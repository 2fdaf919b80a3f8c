"""The statistics in the footers of Parquet files, as far as they are exact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mesh_isolation.column_types import WHOLE
from mesh_isolation.engine import literal

if TYPE_CHECKING:
    import duckdb

ORDERED = (*WHOLE, "DATE", "TIMESTAMP", "DECIMAL")
"""The types of exact extremes. Footers truncate texts, and the extremes of floats ignore NaN."""


@dataclass(frozen=True)
class ColumnStatistics:
    """The statistics of one column over all files. A value is None if the footers do not state it."""

    nulls: int | None
    smallest: str | None
    largest: str | None


def read_statistics(
    files: Sequence[Path], types: Mapping[str, str], connection: "duckdb.DuckDBPyConnection"
) -> tuple[int, dict[str, ColumnStatistics]]:
    """The number of rows of Parquet files with exactly these columns, and the statistics of each column that states them.

    Args:
        files: the files.
        types: the DuckDB type of each column.
        connection: any connection to DuckDB.
    """
    listed = ", ".join(literal(file) for file in files)
    (rows,) = connection.execute(f"SELECT coalesce(sum(num_rows), 0)::BIGINT FROM parquet_file_metadata([{listed}])").fetchone()
    # A chunk that holds only NULLs has no extremes and needs none.
    statistics = connection.execute(
        "SELECT path_in_schema, CASE WHEN count(stats_null_count) = count(*) THEN sum(stats_null_count)::BIGINT END, "
        "list(stats_min_value) FILTER (WHERE stats_null_count IS DISTINCT FROM num_values), "
        "list(stats_max_value) FILTER (WHERE stats_null_count IS DISTINCT FROM num_values) "
        f"FROM parquet_metadata([{listed}]) WHERE num_values > 0 GROUP BY path_in_schema"
    ).fetchall()
    if any(kind.endswith(("]", ")")) and not kind.startswith("DECIMAL(") for kind in types.values()):
        # The path of a nested part contains commas, and so can the name of another column: neither proves anything.
        statistics = [row for row in statistics if ", " not in row[0]]
    extremes = _extremes([row for row in statistics if row[0] in types], types, connection)
    return rows, {name: ColumnStatistics(nulls, *extremes.get(name, (None, None))) for name, nulls, *_ in statistics}


def _extremes(
    statistics: Sequence[tuple], types: Mapping[str, str], connection: "duckdb.DuckDBPyConnection"
) -> dict[str, tuple[str, str]]:
    """The smallest and the largest value of each column whose footers state them, compared in the column's type.

    Args:
        statistics: name, number of NULLs, smallest and largest value of each chunk, for each column.
        types: the type of each column.
        connection: any connection to DuckDB.
    """
    expressions: dict[str, str] = {}
    for name, _, lows, highs in statistics:
        kind = types[name]
        if kind.startswith(ORDERED) and lows and None not in (*lows, *highs):
            low, high = (", ".join(f"{literal(value)}::{kind}" for value in values) for values in (lows, highs))
            expressions[name] = f"least({low})::VARCHAR, greatest({high})::VARCHAR"
    if not expressions:
        return {}
    values = connection.execute(f"SELECT {', '.join(expressions.values())}").fetchone()
    return dict(zip(expressions, zip(values[::2], values[1::2])))
