"""Reading source files into the private warehouse: the header is checked, and bad rows are set aside with line and reason."""

import csv
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING

from mesh_isolation.csv_file import BYTE_ORDER_MARK, CsvFile, check_unchanged, first_line, survey
from mesh_isolation.csv_table import Aside, Form, load
from mesh_isolation.engine import Stop, table_in
from mesh_isolation.reshaping import reshape
from mesh_isolation.team_files import UnreadableFile, real_path
from mesh_isolation.text import few
from mesh_platform.errors import MeshError, SourceError
from mesh_platform.ingestion.source import RAW, WAREHOUSE, CsvSource

if TYPE_CHECKING:
    import duckdb


def check_folder(folder: Path) -> None:
    """Raises SourceError when the source folder does not exist."""
    if not folder.is_dir():
        found = f"{folder} is no folder of source files." if folder.exists() else f"There is no source folder {folder}."
        raise SourceError(found, "Name a folder with --source; README.md says where the files of this mesh come from.")


def reading_paths(sources: Iterable[CsvSource], *folders: Path) -> tuple[list[str], list[str]]:
    """The files and folders that a connection must read to ingest sources from the first folder, whose links are followed."""
    linked = [os.path.realpath(folders[0] / source.file) for source in sources]  # DuckDB allows a file by its real path
    return linked, [*map(str, folders), gettempdir()]


def find_file(source: CsvSource, folder: Path, samples: Path | None = None, published: bool = False) -> Path:
    """The source's file in `folder`, else the file of the same name in `samples`, if that is given.

    Raises SourceError when neither exists, or rows of such a file are `published`, which no sample may replace.
    """
    path = folder / source.file
    if os.path.lexists(path):  # false below a folder that may not be read, too
        return path
    sample = samples and real_path(samples.parent) / samples.name / path.name
    if sample and sample.is_file() and real_path(sample) == sample and not published:  # neither it nor its folder is a link
        return samples / path.name
    why = ", and its published rows come from such a file: no sample replaces them" if samples and published else ""
    found = f"The source folder {folder} has no file {source.file}{why}."
    raise SourceError(found, "Put the file there, or name another folder with --source.")


def check_header(source: CsvSource, path: Path) -> None:
    """Raises SourceError when the file is empty, or has another encoding, delimiter or header than declared.

    Raises UnreadableFile when it is no file, or one with the line ends of old Macs.
    """
    first = first_line(path)
    if not first.removeprefix(BYTE_ORDER_MARK).strip():
        raise SourceError(f"{path} is empty: it has no header.", "Export it again.")
    if first.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SourceError(f"{path} is UTF-16, according to its byte-order mark.", "Export it as UTF-8.")
    if first.startswith(BYTE_ORDER_MARK) and not source.byte_order_mark:
        raise SourceError(
            f"{path} begins with a byte-order mark, which its source does not declare.",
            "Export it as UTF-8 without one. If its owner always writes one, declare the source with byte_order_mark=True.",
        )
    try:
        line = first.removeprefix(BYTE_ORDER_MARK).decode("utf-8")
    except UnicodeDecodeError:
        raise SourceError(f"{path}, line 1, is not UTF-8.", "Export the file as UTF-8.") from None
    _check_columns(source, path, line)


def _check_columns(source: CsvSource, path: Path, line: str) -> None:
    expected = [*source.columns, *([""] if source.trailing_comma else [])]
    try:
        header = next(csv.reader([line], strict=True))
    except csv.Error as problem:
        raise SourceError(f"The header of {path} is not CSV: {problem}.", "Export the file again, as text.") from None
    if header == expected:
        return
    for delimiter, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")):
        if len(header) == 1 and len(next(csv.reader([line], delimiter=delimiter))) > 1:
            raise SourceError(f"{path} separates its columns with {name}.", "Export it with commas.")
    missing = [*(Counter(expected) - Counter(header)).elements()]
    # A line without a declared name is no header: its fields can be values.
    added = [*(Counter(header) - Counter(expected)).elements()] if {*header} & {*source.columns} else []
    shown = [few(name or "a column without a name" for name in side) for side in (missing, added)]
    changes = [f"{verb} {names}" for verb, names in zip(("lost", "gained"), shown) if names]
    raise SourceError(
        f"The header of {path} has {' and '.join(changes) or 'its columns in another order'}.",
        "Export the file with the declared columns, or change the source in the domain's ingestion.py.",
    )


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
    published: bool = False,
) -> Ingested:
    """Replaces the source's table in the warehouse by the rows of the file that `find_file` returns.

    Raises SourceError when the file as a whole does not match its declaration; the table then stays unchanged.
    """
    path = find_file(source, folder, samples, published)
    stop = stop or Stop()
    try:
        check_header(source, path)
        file = survey(path, len(source.columns) + source.trailing_comma, stop.check)
        with stop.cursor(connection) as own:  # DuckDB collects rejected rows per connection, so each source needs its own
            rejected = _replace_table(source, file, own, environment, stop)
            (rows,) = own.execute(f"SELECT count(*) FROM {table_in(WAREHOUSE, RAW, source.table, own)}").fetchone()
    except UnreadableFile as problem:
        raise SourceError(problem.found, problem.way_out) from None
    aside_file = aside / f"{source.table}.csv"
    _set_aside(rejected, path, aside_file)
    return Ingested(source, path, file.sha256, rows, len(rejected), aside_file, is_sample=path != folder / source.file)


def _replace_table(
    source: CsvSource, file: CsvFile, connection: "duckdb.DuckDBPyConnection", environment: Mapping[str, str], stop: Stop
) -> list[Aside]:
    """Reads the file into its table in one transaction, and returns the rows that could not be read."""
    form = Form(source.columns, source.null, source.timestamp_format, source.trailing_comma)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {WAREHOUSE}.{RAW}")
    connection.execute("BEGIN")
    try:
        table = table_in(WAREHOUSE, RAW, source.table, connection)
        rejected = load(file, form, table, connection, stop.check)
        if source.reshape:
            function, columns = source.reshape.function, source.reshape.columns
            owner = f"The reshape of {source.table}"
            rejected += reshape(function, table, source.columns, columns, connection, owner, environment, MeshError)
        check_unchanged(file, stop.check)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    return rejected


def _set_aside(rejected: list[Aside], path: Path, aside_file: Path) -> None:
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
    published: Collection[str] = (),
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
        published: the tables with published rows that come from a file; no sample replaces it.

    Yields each source with its result, in the order of `sources`. The result is a SourceError when the file as a whole
    does not match its declaration; its table then stays unchanged.
    """

    def read(source: CsvSource) -> Ingested | SourceError:
        begin(source)
        try:
            return ingest(source, folder, aside, connection, samples, environment, stop, source.table in published)
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
