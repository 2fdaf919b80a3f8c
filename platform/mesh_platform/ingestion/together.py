"""Several source files read at once, each by one thread."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mesh_platform.errors import SourceError
from mesh_platform.ingestion.reading import Ingested, ingest
from mesh_platform.ingestion.source import RAW, CsvSource

if TYPE_CHECKING:
    import duckdb


def ingest_all(
    sources: Sequence[CsvSource],
    folder: Path,
    aside: Path,
    connection: "duckdb.DuckDBPyConnection",
    begin: Callable[[CsvSource], None] = lambda source: None,
    samples: Path | None = None,
) -> Iterator[tuple[CsvSource, Ingested | SourceError]]:
    """Replaces each source's table in the warehouse by what its file in `folder` says now; one outcome a source.

    Args:
        sources: which files.
        folder: where they are.
        aside: the folder for rows that cannot be read.
        connection: to the warehouse, which nobody else may use meanwhile.
        begin: called with each source when its file is about to be read, from a thread of its own.
        samples: a folder of samples for files that are not there; None where only the real ones will do.

    Yields, in the order of `sources`, what came of each; a SourceError where the file as a whole is not what its
    owner described, and the table is then as it was.
    """

    def one(source: CsvSource) -> Ingested | SourceError:
        begin(source)
        try:
            return ingest(source, folder, aside, connection, samples)
        except SourceError as problem:
            return problem

    workers = min(len(sources), os.cpu_count() or 1) or 1
    with _tuned(connection, workers), ThreadPoolExecutor(workers) as pool:
        # The largest first, so that none is left to the end that keeps one core busy and the others waiting.
        largest_first = sorted(sources, key=lambda source: _size(folder / source.file), reverse=True)
        begun = {source.table: pool.submit(one, source) for source in largest_first}
        try:
            for source in sources:
                yield source, begun[source.table].result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


@contextmanager
def _tuned(connection: "duckdb.DuckDBPyConnection", workers: int) -> Iterator[None]:
    """Settings for whole files that become whole tables. They belong to the open warehouse, hence the way back.

    A file is read by one thread and several files at once: threads that share a file leave the table in pieces that
    the next checkpoint puts together, for half as much CPU again. The tables are read once or twice and then replaced,
    so compressing them would cost more than it saves.
    """
    threads = max((os.cpu_count() or 1) // workers, 1)
    connection.execute("SET force_compression = 'uncompressed'")
    connection.execute(f"SET threads = {threads}")
    # Here, since two transactions that both make it would be one too many.
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {RAW}")
    try:
        yield
    finally:
        connection.execute("RESET threads")
        connection.execute("RESET force_compression")
