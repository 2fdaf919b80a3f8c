"""Reading a source file into the warehouse: every row either becomes a row of the table or is set aside with its reason."""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mesh_platform.errors import SourceError
from mesh_platform.ingestion.header import check_header, find_file
from mesh_platform.ingestion.scan import select
from mesh_platform.ingestion.source import RAW, CsvSource
from mesh_platform.names import identifier

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Ingested:
    """What came of one source file."""

    source: CsvSource
    path: Path
    sha256: str
    rows: int
    """Rows now in the table; a reshaped sheet counts after reshaping."""
    aside: int
    """Rows of the file that could not be read."""
    aside_file: Path
    """Where those rows are, with file, line and reason; the file is absent when there is none."""
    is_sample: bool = False
    """The source folder has no such file, and the sample that the domain brings was read."""


def ingest(
    source: CsvSource, folder: Path, aside: Path, connection: "duckdb.DuckDBPyConnection", samples: Path | None = None
) -> Ingested:
    """Replaces the source's table in the warehouse by what the file in `folder`, or else in `samples`, says now.

    Raises SourceError when the file as a whole is not what its owner described; the table is then as it was.
    """
    path = find_file(source, folder, samples)
    check_header(source, path)
    with connection.cursor() as own:  # DuckDB keeps what it rejects by connection; here that is: by source
        rejected = _replace_table(source, path, own)
        (rows,) = own.execute(f"SELECT count(*) FROM {_table(source)}").fetchone()
    aside_file = aside / f"{source.table}.csv"
    _set_aside(rejected, path, aside_file)
    return Ingested(source, path, _sha256(path), rows, len(rejected), aside_file, is_sample=path != folder / source.file)


def _replace_table(source: CsvSource, path: Path, connection: "duckdb.DuckDBPyConnection") -> list[tuple[int, str, str]]:
    """Reads the file into its table in one transaction; gives the rows that could not be read."""
    import duckdb

    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {RAW}")
    connection.execute("BEGIN")
    try:
        rows = select(source, path)
        if source.reshape:
            frame = source.reshape.function(connection.sql(rows).df())  # noqa: F841, read by name
            columns = ((identifier(name), kind) for name, kind in source.reshape.columns.items())
            cast = ", ".join(f"{name}::{kind} AS {name}" for name, kind in columns)
            rows = f"SELECT {cast} FROM frame"
        connection.execute(f"CREATE OR REPLACE TABLE {_table(source)} AS {rows}")
        rejected = _rejected(path, connection)
    except BaseException as problem:
        connection.execute("ROLLBACK")
        if isinstance(problem, (duckdb.InvalidInputException, duckdb.ConversionException)):
            said = str(problem).partition("Error: ")[2].splitlines()[0].rstrip(".")
            raise SourceError(f"{path} cannot be read: {said}.", "Export it again, as its owner described it.") from problem
        raise
    connection.execute("COMMIT")
    return rejected


def _table(source: CsvSource) -> str:
    return f"{RAW}.{identifier(source.table)}"


def _rejected(path: Path, connection: "duckdb.DuckDBPyConnection") -> list[tuple[int, str, str]]:
    """Line, reason and text of every row that could not be read, one entry a row. Raises SourceError for encodings."""
    errors = connection.execute(
        "SELECT line_byte_position, error_type, error_message, csv_line FROM reject_errors "
        "ORDER BY line_byte_position, column_idx"
    ).fetchall()
    rows: dict[int, tuple[str, str]] = {}
    encodings = [position for position, kind, *_ in errors if kind == "INVALID ENCODING"]
    for position, _, message, text in errors:
        rows.setdefault(position, (" ".join(message.split()), text))
    # DuckDB counts records; an editor counts lines, and a quoted field may hold several.
    lines = _lines_at(path, list(rows)) if rows else {}
    if encodings:
        raise SourceError(f"{path}, line {lines[encodings[0]]}, is not UTF-8.", "Export the file as UTF-8.")
    return [(lines[position], *row) for position, row in rows.items()]


def _lines_at(path: Path, positions: list[int]) -> dict[int, int]:
    """The line, from 1, in which each byte position (from 1, ascending) lies."""
    lines, line, before = {}, 1, 0
    with path.open("rb") as file:
        for position in positions:
            line += file.read(position - 1 - before).count(b"\n")
            lines[position], before = line, position - 1
    return lines


def _set_aside(rejected: list[tuple[int, str, str]], path: Path, aside_file: Path) -> None:
    if not rejected:
        aside_file.unlink(missing_ok=True)
        return
    aside_file.parent.mkdir(parents=True, exist_ok=True)
    with aside_file.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "line", "reason", "row"])
        writer.writerows((path.name, line, reason, text) for line, reason, text in rejected)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
