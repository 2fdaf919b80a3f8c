"""Counts what is left: every acknowledged version, byte by byte, and no file that is not needed."""

from pathlib import Path

import duckdb
import reader
import writer
from shop import rows_of

from mesh_isolation.files import recorded_digest, sha256
from mesh_platform import MeshError, OutputPort
from mesh_platform.port.sweeper import sweep_candidates, sweep_port


def count_kept(root: Path, port: OutputPort) -> dict:
    """Reads every version there is. Acknowledged ones must hold exactly the rows that were acknowledged."""
    acknowledged, lost, versions = writer.acknowledged(root), [], port.history()
    with duckdb.connect() as connection:
        for version in versions:
            mark = acknowledged.get(version.number)
            if problem := _problem(port, version.number, mark, connection):
                lost.append(f"version {version.number}: {problem}")
    missing = acknowledged.keys() - {version.number for version in versions}
    lost += [f"version {number}: gone" for number in sorted(missing)]
    return {"acknowledged": len(acknowledged), "versions": len(versions), "lost": lost}


def _problem(port: OutputPort, number: int, mark: int | None, connection: duckdb.DuckDBPyConnection) -> str:
    try:
        files = [str(file) for file in port.at(number).files]
        if problem := reader.problem_of(files, connection):
            return problem
        if changed := [file for file in map(Path, files) if recorded_digest(file) != sha256(file)]:
            return f"{changed[0].name} has not the digest that was committed"
        found = connection.execute(f"SELECT any_value(mark), count(*) FROM read_parquet({files})").fetchone()
    except (MeshError, duckdb.Error) as problem:
        return str(problem)
    return "" if mark is None or found == (mark, rows_of(mark)) else f"mark and rows are {found}, not those acknowledged"


def left_behind(port: OutputPort, orphans: set[str]) -> list[str]:
    """What is still there that nobody needs, after the next publish has swept: by name, and as the sweeper sees it."""
    there = {file.name for file in port.folder.rglob("*") if file.name in orphans}
    candidates = port.folder.parents[3] / "candidates/shop"
    seen = [*sweep_port(port, dry_run=True), *sweep_candidates(candidates, dry_run=True)]
    return sorted(there | {leftover.file.name for leftover in seen})
