"""A candidate's files as one relation that rules are executed on."""

import os
import tempfile
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

_MEMORY = "1GB"
"""What DuckDB may hold while it judges; the process itself comes on top."""


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
    """One for the whole process, because starting one costs more than a small audit; each reader has its own cursor.

    It holds little in memory however large a candidate is, and what does not fit goes to the system's temporary folder.
    """
    import duckdb

    spill = Path(tempfile.gettempdir()) / f"mesh-audit-{os.getpid()}"
    return duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": str(spill)})
