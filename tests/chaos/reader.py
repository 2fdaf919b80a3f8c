"""A process that reads what is served, all rows of it, over and over, and notes whatever is not one complete version.

Usage: reader.py platform|plain TABLE STOP_FILE. The plain one knows deltalake and DuckDB, and nothing of the platform.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

PAUSE_SECONDS = 0.02
_WHOLE = """
    SELECT count(*), count(DISTINCT number), min(mark), max(mark), min(rows), max(rows), sum(value)
    FROM read_parquet({files})
"""


def problem_of(files: list[str], connection: duckdb.DuckDBPyConnection) -> str:
    """What speaks against these files being one version; nothing when they are."""
    rows, numbers, mark, last_mark, said, last_said, value = connection.execute(_WHOLE.format(files=files)).fetchone()
    if mark != last_mark:
        return f"rows of the versions {mark} and {last_mark}"
    if not rows == numbers == said == last_said:
        return f"{rows} rows with {numbers} numbers, where version {mark} has {said}"
    if value != mark * rows * (rows - 1) // 2:
        return f"a wrong checksum in version {mark}"
    return ""


def plain_files(table: Path) -> list[str]:
    from deltalake import DeltaTable

    return DeltaTable(table).file_uris()


def platform_files(table: Path) -> list[str]:
    from mesh_platform import OutputPort, PortAddress

    return [str(file) for file in OutputPort(PortAddress("shop", "things"), table).current().files]


def read_until(stop: Path, files_of: Callable[[Path], list[str]], table: Path) -> dict:
    """Reads until the file `stop` is there."""
    reads, torn, seen = 0, [], set()
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        while not stop.exists():
            if any(table.glob("_delta_log/*.json")):
                try:
                    files = files_of(table)
                    problem = problem_of(files, connection)
                    seen.update(files)
                except Exception as failure:
                    problem = f"{type(failure).__name__}: {str(failure).splitlines()[0]}"
                reads += 1
                torn += [problem] if problem else []
            time.sleep(PAUSE_SECONDS)
    return {"reads": reads, "torn": torn, "versions_seen": len(seen)}


if __name__ == "__main__":
    kind, table, stop = sys.argv[1:]
    print(json.dumps(read_until(Path(stop), {"plain": plain_files, "platform": platform_files}[kind], Path(table))))
