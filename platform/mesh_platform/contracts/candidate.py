"""A candidate's files as one relation that rules are executed on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mesh_platform.naming import literal

if TYPE_CHECKING:
    import duckdb

CANDIDATE = "candidate"
"""The name under which every rule's SQL reads the data it judges."""


@contextmanager
def opened(files: Sequence[Path]) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A connection on which the Parquet `files` are the relation `candidate`; times are UTC."""
    with _engine().cursor() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        listed = ", ".join(literal(file) for file in files)
        connection.execute(f"CREATE TEMP VIEW {CANDIDATE} AS SELECT * FROM read_parquet([{listed}])")
        yield connection


@cache
def _engine() -> "duckdb.DuckDBPyConnection":
    """One for the whole process, because starting one costs more than a small audit; each reader has its own cursor."""
    import duckdb

    return duckdb.connect()
