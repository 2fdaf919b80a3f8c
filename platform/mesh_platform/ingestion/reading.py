"""Reading source files into the private warehouse: the header is checked, and bad rows are set aside with line and reason."""

import csv
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING

from mesh_isolation.engine import Stop, table_in
from mesh_isolation.files import LineTooLong, sha256_of_lines
from mesh_isolation.text import without_values
from mesh_platform.errors import SourceError
from mesh_platform.ingestion.source import RAW, WAREHOUSE, CsvSource, reshape
from mesh_platform.names import identifier, literal

if TYPE_CHECKING:
    import duckdb


_UTF8_MARK = b"\xef\xbb\xbf"
_LONGEST_LINE = 32 << 20
"""The longest line of a source file, in bytes."""
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def check_folder(folder: Path) -> None:
    """Raises SourceError when the source folder does not exist."""
    if not folder.is_dir():
        raise SourceError(f"There is no source folder {folder}.", "Name an existing folder with --source.")


def reading_folders(*folders: Path) -> list[str]:
    """The folders that a connection must be able to read to ingest from these: they and temporary files."""
    return [*map(str, folders), gettempdir()]


def find_file(source: CsvSource, folder: Path, samples: Path | None = None) -> Path:
    """The source's file in `folder`, else the file of the same name in `samples`, if that is given.

    Raises SourceError when neither exists, or when the file would be outside the folder.
    """
    path = folder / source.file
    if not Path(os.path.normpath(path)).is_relative_to(os.path.normpath(folder)):
        raise SourceError(
            f"The file {source.file} of the source {source.table} is outside the source folder {folder}.",
            "Name a file below the source folder.",
        )
    if path.is_file():
        return path
    if samples and (sample := samples / path.name).is_file() and sample.resolve().parent == samples.resolve():
        return sample
    back = " A run without it reads the folder of the last run; `mesh run --source .mesh/sources` goes back."
    way_out = f"Put the file there, or name another folder with --source.{'' if folder.name == 'sources' else back}"
    raise SourceError(f"The source folder {folder} has no file {source.file}.", way_out)


def check_header(source: CsvSource, path: Path) -> None:
    """Raises SourceError when the file is empty, or has another encoding, delimiter or header than declared."""
    with path.open("rb") as file:
        first = file.readline(_LONGEST_LINE)
    if not first.strip():
        raise SourceError(f"{path} is empty: it has no header.", "Export it again.")
    if first.startswith(_WIDE_MARKS):
        raise SourceError(f"{path} is UTF-16, according to its byte-order mark.", "Export it as UTF-8.")
    if first.startswith(_UTF8_MARK):
        if not source.byte_order_mark:
            raise SourceError(
                f"{path} begins with a byte-order mark, which its source does not declare.",
                "Export it as UTF-8 without one. If its owner always writes one, declare the source with byte_order_mark=True.",
            )
        first = first.removeprefix(_UTF8_MARK)
    try:
        line = first.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise SourceError(f"{path}, line 1, is not UTF-8.", "Export the file as UTF-8.") from None
    _check_columns(source, path, line)


def _check_columns(source: CsvSource, path: Path, line: str) -> None:
    expected = [*source.columns, *([""] if source.trailing_comma else [])]
    try:
        header = next(csv.reader([line]))
    except csv.Error as problem:
        raise SourceError(f"The header of {path} is not CSV: {problem}.", "Export the file again, as text.") from None
    if header == expected:
        return
    for delimiter, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")):
        if len(header) == 1 and len(next(csv.reader([line], delimiter=delimiter))) > 1:
            raise SourceError(f"{path} separates its columns with {name}.", "Export it with commas.")
    missing = [name for name in expected if name not in header]
    # A line without a declared name is no header: its fields can be values.
    added = [name for name in header if name not in expected] if {*header} & {*source.columns} else []
    changes = [f"lost {', '.join(missing)}"] if missing else []
    changes += [f"gained {', '.join(name or 'a column without a name' for name in added)}"] if added else []
    raise SourceError(
        f"The header of {path} has {' and '.join(changes) or 'its columns in another order'}.",
        "Export the file with the declared columns, or change the declaration of the source.",
    )


_MORE_DIGITS = re.compile(r'(?<=^Invalid Input Error: )".*" has more digits than [\w(), ]+')
_DECIMAL = re.compile(r"DECIMAL\((\d{1,9}),\s*(\d{1,9})\)")
_EXTRA_DIGITS = 4
"""How many more decimal places than declared are read, to detect numbers that would have to be rounded."""
_WHOLE = {"SMALLINT": 5, "INTEGER": 10, "BIGINT": 19}
"""The number of digits of the largest integer of a type; a longer number is rejected while it is read."""

# Stray text never parses as a UUID, so anything after the last comma is rejected with its line.
_NOTHING = ("nothing behind the last comma", "UUID")


def select(source: CsvSource, path: Path) -> str:
    """The query that reads the file with the declared types; it fails instead of rounding a number.

    DuckDB collects rows that cannot be read in `reject_errors`.
    """
    names = ((identifier(name), kind) for name, kind in source.columns.items())
    columns = ", ".join(f"{_converted(name, kind)} AS {name}" for name, kind in names)
    # Without this condition, DuckDB would not parse that column.
    last = f" WHERE {identifier(_NOTHING[0])} IS NULL" if source.trailing_comma else ""
    return f"SELECT {columns} FROM {_scan(source, path)}{last}"


def _scan(source: CsvSource, path: Path) -> str:
    columns = {name: _scanned(kind) for name, kind in source.columns.items()}
    if source.trailing_comma:
        columns[_NOTHING[0]] = _NOTHING[1]
    kinds = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in columns.items())
    nulls = ", ".join(literal(text) for text in dict.fromkeys(["", source.null]))
    # DuckDB reads a file name as a glob pattern; brackets make each special character literal.
    exactly = re.sub(r"([*?\[])", r"[\1]", str(path))
    return (
        f"read_csv({literal(exactly)}, columns = {{{kinds}}}, nullstr = [{nulls}], auto_detect = false, header = true, "
        f"timestampformat = {literal(source.timestamp_format)}, "
        f"delim = ',', quote = '\"', escape = '\"', store_rejects = true, rejects_limit = 0)"
    )


def _scanned(kind: str) -> str:
    if kind == "TIMESTAMPTZ":
        return "TIMESTAMP"  # with TIMESTAMPTZ, DuckDB 1.5 silently reads invalid times as NULL
    if decimal := _DECIMAL.fullmatch(kind):
        return f"DECIMAL({min(int(decimal[1]) + _EXTRA_DIGITS, 38)},{int(decimal[2]) + _EXTRA_DIGITS})"
    return f"DECIMAL({_WHOLE[kind] + _EXTRA_DIGITS},{_EXTRA_DIGITS})" if kind in _WHOLE else kind


def _converted(name: str, kind: str) -> str:
    if _scanned(kind) == kind:
        return name
    if kind == "TIMESTAMPTZ":
        return f"make_timestamptz(epoch_us({name}))"  # times are UTC; a cast uses the calendar, at fifteen times the cost
    error = f"error({literal(f'{name} has more digits than {kind}')})"
    return f"CASE WHEN {name} <> {name}::{kind} THEN {error} ELSE {name}::{kind} END"


@dataclass(frozen=True)
class Ingested:
    """The result of reading one source file."""

    source: CsvSource
    path: Path
    sha256: str
    rows: int
    """Rows in the table, after reshaping."""
    aside: int
    """Rows of the file that could not be read."""
    aside_file: Path
    """The file that holds those rows with file, line and reason; it does not exist when there are none."""
    is_sample: bool = False
    """Whether the source folder has no such file and the domain's sample was read instead."""


def ingest(
    source: CsvSource,
    folder: Path,
    aside: Path,
    connection: "duckdb.DuckDBPyConnection",
    samples: Path | None = None,
    environment: Mapping[str, str] = {},
    stop: Stop | None = None,
) -> Ingested:
    """Replaces the source's table in the warehouse by the rows of its file in `folder`, or else in `samples`.

    Raises SourceError when the file as a whole does not match its declaration; the table then stays unchanged.
    """
    path = find_file(source, folder, samples)
    check_header(source, path)
    stop = stop or Stop()
    try:
        digest = sha256_of_lines(path, _LONGEST_LINE, stop.check)
    except LineTooLong as problem:
        most = f"{_LONGEST_LINE >> 20} MB"
        raise SourceError(f"{path}, line {problem.line}, is longer than {most}.", "Export it as lines of text.") from None
    with stop.cursor(connection) as own:  # DuckDB collects rejected rows per connection, so each source needs its own
        rejected = _replace_table(source, path, own, environment)
        (rows,) = own.execute(f"SELECT count(*) FROM {table_in(WAREHOUSE, RAW, source.table, own)}").fetchone()
    aside_file = aside / f"{source.table}.csv"
    _set_aside(rejected, path, aside_file)
    return Ingested(source, path, digest, rows, len(rejected), aside_file, is_sample=path != folder / source.file)


def _replace_table(
    source: CsvSource, path: Path, connection: "duckdb.DuckDBPyConnection", environment: Mapping[str, str]
) -> list[tuple[int, str, str]]:
    """Reads the file into its table in one transaction, and returns the rows that could not be read."""
    import duckdb

    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {WAREHOUSE}.{RAW}")
    connection.execute("BEGIN")
    try:
        rows = select(source, path)
        with TemporaryDirectory(prefix="mesh-") as scratch:
            if source.reshape:
                sheet = Path(scratch, "sheet.parquet")
                connection.execute(f"COPY ({rows}) TO {literal(sheet)} (FORMAT parquet)")
                table = reshape(source.reshape.function, sheet, environment)
                columns = ((identifier(name), kind) for name, kind in source.reshape.columns.items())
                # DuckDB's own spelling of the type: the declared text could hold more than a type.
                cast = ", ".join(f"{name}::{connection.type(kind)} AS {name}" for name, kind in columns)
                rows = f"SELECT {cast} FROM read_parquet({literal(table)})"
            connection.execute(f"CREATE OR REPLACE TABLE {table_in(WAREHOUSE, RAW, source.table, connection)} AS {rows}")
        rejected = _rejected(path, connection)
    except BaseException as problem:
        connection.execute("ROLLBACK")
        if isinstance(problem, duckdb.DataError | duckdb.InvalidInputException):
            digits = _MORE_DIGITS.search(str(problem))
            reason = digits[0] if digits else without_values(problem)
            raise SourceError(
                f"{path} cannot be read: {reason}.", "Export it again with the declared columns and types."
            ) from problem
        raise
    connection.execute("COMMIT")
    return rejected


def _rejected(path: Path, connection: "duckdb.DuckDBPyConnection") -> list[tuple[int, str, str]]:
    """Line, reason and text of every row that could not be read, one entry per row.

    Raises SourceError when the file is not UTF-8.
    """
    errors = connection.execute(
        "SELECT line_byte_position, error_type, error_message, csv_line FROM reject_errors "
        "ORDER BY line_byte_position, column_idx"
    ).fetchall()
    rows: dict[int, tuple[str, str]] = {}
    encodings = [position for position, kind, *_ in errors if kind == "INVALID ENCODING"]
    for position, _, message, text in errors:
        rows.setdefault(position, (" ".join(message.split()), text))
    # DuckDB counts records and an editor counts lines; a quoted field may span several lines.
    lines = _lines_at(path, list(rows)) if rows else {}
    if encodings:
        raise SourceError(f"{path}, line {lines[encodings[0]]}, is not UTF-8.", "Export the file as UTF-8.")
    return [(lines[position], *row) for position, row in rows.items()]


def _lines_at(path: Path, positions: list[int]) -> dict[int, int]:
    """The line number of each byte position; both count from 1, and the positions ascend."""
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


def ingest_all(
    sources: Sequence[CsvSource],
    folder: Path,
    aside: Path,
    connection: "duckdb.DuckDBPyConnection",
    begin: Callable[[CsvSource], None] = lambda source: None,
    samples: Path | None = None,
    environment: Mapping[str, str] = {},
) -> Iterator[tuple[CsvSource, Ingested | SourceError]]:
    """Replaces each source's table in the warehouse by the rows of its file in `folder`.

    Args:
        sources: the sources to read.
        folder: the source folder.
        aside: the folder for rows that cannot be read.
        connection: has the warehouse as the catalog WAREHOUSE, and reads `folder`, `samples` and temporary files besides.
        begin: called with each source before its file is read, on a worker thread.
        samples: a folder of samples that replace missing files; None to require the real files.
        environment: the environment variables that functions of the domain see.

    Yields each source with its result, in the order of `sources`. The result is a SourceError when the file as a whole
    does not match its declaration; its table then stays unchanged.
    """

    def read(source: CsvSource) -> Ingested | SourceError:
        begin(source)
        try:
            return ingest(source, folder, aside, connection, samples, environment, stop)
        except SourceError as problem:
            return problem

    stop = Stop()
    workers = min(len(sources), os.cpu_count() or 1) or 1
    with _tuned(connection, workers), ThreadPoolExecutor(workers) as pool:
        # The largest first, so that no large file occupies one core at the end while the others wait.
        largest_first = sorted(sources, key=lambda source: _size(folder / source.file), reverse=True)
        begun = {source.table: pool.submit(read, source) for source in largest_first}
        try:
            for source in sources:
                yield source, begun[source.table].result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            stop.end(begun.values())
            raise


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


@contextmanager
def _tuned(connection: "duckdb.DuckDBPyConnection", workers: int) -> Iterator[None]:
    """Settings for loading whole files into whole tables. They affect the open database, so they are reset at the end.

    One thread reads a file, and several files are read at once: threads that share a file leave the table fragmented,
    and the next checkpoint spends half as much CPU again to merge it. The tables are read once or twice and then
    replaced, so compressing them would cost more than it saves.
    """
    threads = max((os.cpu_count() or 1) // workers, 1)
    connection.execute("SET force_compression = 'uncompressed'")
    connection.execute(f"SET threads = {threads}")
    # Created before the threads start, because two transactions that create it would conflict.
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {WAREHOUSE}.{RAW}")
    try:
        yield
    finally:
        connection.execute("RESET threads")
        connection.execute("RESET force_compression")
