"""Reading a source file into the warehouse: every row either becomes a row of the table or is set aside with its reason."""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mesh_platform.errors import SourceError
from mesh_platform.ingestion.header import check_header, find_file
from mesh_platform.ingestion.source import RAW, CsvSource
from mesh_platform.naming import identifier, literal

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


def ingest(source: CsvSource, folder: Path, aside: Path, connection: "duckdb.DuckDBPyConnection") -> Ingested:
    """Replaces the source's table in the warehouse by what the file in `folder` says now.

    Raises SourceError when the file as a whole is not what its owner described; the table is then as it was.
    """
    path = find_file(source, folder)
    check_header(source, path)
    with connection.cursor() as own:  # DuckDB keeps what it rejects by connection; here that is: by source
        rejected = _replace_table(source, path, own)
        (rows,) = own.execute(f"SELECT count(*) FROM {_table(source)}").fetchone()
    aside_file = aside / f"{source.table}.csv"
    _set_aside(rejected, path, aside_file)
    return Ingested(source, path, _sha256(path), rows, len(rejected), aside_file)


def _replace_table(source: CsvSource, path: Path, connection: "duckdb.DuckDBPyConnection") -> list[tuple[int, str, str]]:
    """Reads the file into its table in one transaction; gives the rows that could not be read."""
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {RAW}")
    connection.execute("BEGIN")
    try:
        if source.reshape:
            frame = source.reshape.function(connection.sql(f"FROM {_scan(source, path)}").df())  # noqa: F841, read by name
            cast = ", ".join(
                f"{identifier(name)}::{kind} AS {identifier(name)}" for name, kind in source.reshape.columns.items()
            )
            connection.execute(f"CREATE OR REPLACE TABLE {_table(source)} AS SELECT {cast} FROM frame")
        else:
            connection.execute(f"CREATE OR REPLACE TABLE {_table(source)} AS FROM {_scan(source, path)}")
        rejected = _rejected(path, connection)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    return rejected


def _table(source: CsvSource) -> str:
    return f"{RAW}.{identifier(source.table)}"


def _scan(source: CsvSource, path: Path) -> str:
    columns = dict(source.columns)
    if source.trailing_comma:
        columns["nothing"] = "VARCHAR"
    kinds = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in columns.items())
    nulls = ", ".join(literal(text) for text in dict.fromkeys(["", source.null]))
    return (
        f"read_csv({literal(path)}, columns = {{{kinds}}}, nullstr = [{nulls}], auto_detect = false, header = true, "
        f"delim = ',', quote = '\"', escape = '\"', store_rejects = true, rejects_limit = 0)"
    )


def _rejected(path: Path, connection: "duckdb.DuckDBPyConnection") -> list[tuple[int, str, str]]:
    """Line, reason and text of every row that could not be read, one entry a row. Raises SourceError for encodings."""
    errors = connection.execute(
        "SELECT line, error_type, error_message, csv_line FROM reject_errors ORDER BY line, column_idx"
    ).fetchall()
    rows: dict[int, tuple[int, str, str]] = {}
    for line, kind, message, text in errors:
        if kind == "INVALID ENCODING":
            raise SourceError(f"{path}, line {line}, is not UTF-8.", "Export the file as UTF-8.")
        rows.setdefault(line, (line, " ".join(message.split()), text))
    return list(rows.values())


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
