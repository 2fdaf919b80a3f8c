"""A candidate's files as one relation that rules are executed on."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from mesh_platform.contract.referenced import References
from mesh_platform.names import identifier, literal

if TYPE_CHECKING:
    import duckdb

CANDIDATE = "candidate"
"""The name under which every rule's SQL reads the data it judges."""

CLOCK = "mesh_clock"
"""The variable that holds, for every rule's SQL, the moment of the audit."""

_MEMORY = "1GB"
"""What DuckDB may hold while it judges; the process itself comes on top."""


@contextmanager
def opened(
    files: Sequence[Path], references: References = MappingProxyType({}), now: datetime | None = None
) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A connection on which rules can be executed; times are UTC.

    Args:
        files: the candidate's Parquet files.
        references: the files of the ports that relationships lead to.
        now: the moment by which service levels are judged; the present one if none is given.
    """
    with engine().cursor() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"SET VARIABLE {CLOCK} = {literal((now or datetime.now(UTC)).isoformat())}::TIMESTAMPTZ")
        _show(CANDIDATE, files, connection)
        for referenced, theirs in references.items():
            _show(referenced.view, theirs, connection)
        yield connection


def _show(name: str, files: Sequence[Path], connection: "duckdb.DuckDBPyConnection") -> None:
    listed = ", ".join(literal(file) for file in files)
    # Folders like day=2017-01-01 make no columns: what is judged is what stands in the files.
    source = f"read_parquet([{listed}], hive_partitioning = false)"
    connection.execute(f"CREATE TEMP VIEW {identifier(name)} AS SELECT * FROM {source}")


@cache
def engine() -> "duckdb.DuckDBPyConnection":
    """One for the whole process, because starting one costs more than a small audit; each reader has its own cursor.

    It holds little in memory however large a candidate is, and what does not fit goes to the system's temporary folder.
    """
    import duckdb

    spill = Path(tempfile.gettempdir()) / f"mesh-audit-{os.getpid()}"
    return duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": str(spill)})
