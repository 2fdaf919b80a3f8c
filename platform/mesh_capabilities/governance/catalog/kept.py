"""The file of harvested facts: one DuckDB database in the mesh's home, replaced as a whole when something has changed.

A writer builds a new file beside the old one and renames it into place. A reader keeps the file that it opened. So no reader
waits, and no reader sees half a harvest.
"""

import json
import shutil
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from mesh_capabilities.governance.catalog.fact_tables import FACTS, Harvested
from mesh_capabilities.governance.catalog.survey import Unit
from mesh_platform.names import identifier, literal

_INDEX = {
    "units": {"unit_id": "VARCHAR", "digest": "VARCHAR"},
    "looked_at": {"unit_id": "VARCHAR", "key": "VARCHAR", "signature": "VARCHAR"},
    "stamp": {"stamp": "VARCHAR"},
}
_FACTS = {name: {"unit_id": "VARCHAR", **columns} for name, columns in FACTS.items()}


class Kept:
    """The facts in `folder`, as the last harvest left them.

    Args:
        folder: a folder of the mesh's home; it need not exist.
        stamp: a digest of the harvesting code and of the repository; facts with another stamp are ignored.
    """

    def __init__(self, folder: Path, stamp: str) -> None:
        self._file = folder / "harvest.duckdb"
        self._stamp = stamp
        self.digests: dict[str, str] = {}
        """By unit, the digest of the sources of its rows."""
        self.looked_at: dict[str, dict[str, str]] = {}
        """By unit, the keys of its sources, with their signatures at that time."""
        self.ports: dict[str, list[str]] = {}
        """By domain, the ports that its models build."""
        try:
            with duckdb.connect() as connection:
                self.attach(connection)
                if connection.execute("FROM kept.stamp").fetchall() == [(stamp,)]:
                    self.digests = dict(connection.execute("FROM kept.units").fetchall())
                    for unit, key, signature in connection.execute("FROM kept.looked_at").fetchall():
                        self.looked_at.setdefault(unit, {})[key] = signature
                    for domain, port in connection.execute("SELECT domain, port FROM kept.models").fetchall():
                        self.ports.setdefault(domain, []).append(port)
        except duckdb.Error:
            pass  # there is no file yet, or it cannot be read: everything is harvested

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Attaches the file, read-only, as the database `kept`."""
        connection.execute(f"ATTACH {literal(self._file)} AS kept (READ_ONLY)")

    def replace(self, harvested: Mapping[Unit, Harvested], gone: Iterable[str], signatures: Mapping[str, str]) -> None:
        """Replaces the rows of the harvested units, and deletes those of units that no longer exist.

        Args:
            harvested: the harvested rows by unit; for an unchanged unit only the signatures are written.
            gone: the ids of units that no longer exist.
            signatures: the signature of every key that a harvested unit was read from.
        """
        cold = not self.digests
        self._file.parent.mkdir(parents=True, exist_ok=True)
        beside = self._file.with_name(f"{uuid.uuid4().hex}.new")
        try:
            if not cold:
                shutil.copyfile(self._file, beside)
            with duckdb.connect() as connection:
                connection.execute("SET TimeZone = 'UTC'")
                # Small blocks, since most tables of most meshes hold less than one block of the default size.
                connection.execute(f"ATTACH {literal(beside)} AS kept{' (BLOCK_SIZE 16384)' if cold else ''}")
                connection.execute("USE kept")
                if cold:
                    for name, columns in {**_INDEX, **_FACTS}.items():
                        connection.execute(f"CREATE TABLE {identifier(name)} ({_column_list(columns)})")
                    connection.execute(f"INSERT INTO stamp VALUES ({literal(self._stamp)})")
                _write(connection, harvested, gone, signatures, cold)
                connection.execute("USE memory")
                connection.execute("DETACH kept")  # merges the write-ahead log into the file
            beside.replace(self._file)
        finally:
            beside.unlink(missing_ok=True)
            beside.with_name(f"{beside.name}.wal").unlink(missing_ok=True)


def insert(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    kinds: Mapping[str, str],
    rows: Iterable[Mapping[str, Any]],
    file: Path,
) -> None:
    """Inserts rows through a file of JSON lines, which DuckDB reads a hundred times faster than rows one by one.

    Args:
        connection: the connection to the table's database.
        table: the name of the table, as SQL writes it.
        kinds: its columns in their order, with their types.
        rows: a column that a row leaves out is NULL.
        file: the file to write; it does not exist yet.
    """
    with file.open("w", encoding="utf-8") as lines:
        for row in rows:
            lines.write(json.dumps(row, default=str))
            lines.write("\n")
    if not file.stat().st_size:
        return
    columns = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in kinds.items())
    connection.execute(
        f"INSERT INTO {table} SELECT {', '.join(map(identifier, kinds))} FROM read_json({literal(file)}, "
        f"format = 'newline_delimited', columns = {{{columns}}}, maximum_object_size = 100000000)"
    )


def unstorable(harvested: Mapping[Unit, Harvested]) -> dict[Unit, Exception]:
    """The units with a row that the tables cannot hold, such as a time that is none, and the error."""
    problems: dict[Unit, Exception] = {}
    for unit, part in harvested.items():
        try:
            with duckdb.connect() as connection, TemporaryDirectory() as folder:
                for name, rows in part.rows.items():
                    connection.execute(f"CREATE TABLE {identifier(name)} ({_column_list(FACTS[name])})")
                    insert(connection, identifier(name), FACTS[name], rows, Path(folder) / f"{name}.json")
        except (duckdb.Error, ValueError) as problem:
            problems[unit] = problem
    return problems


def _write(
    connection: duckdb.DuckDBPyConnection,
    harvested: Mapping[Unit, Harvested],
    gone: Iterable[str],
    signatures: Mapping[str, str],
    cold: bool,
) -> None:
    changed = {unit.id: part for unit, part in harvested.items() if not part.same}
    rows: dict[str, list[dict]] = {
        "units": [{"unit_id": unit, "digest": part.digest} for unit, part in changed.items()],
        "looked_at": [
            {"unit_id": unit.id, "key": key, "signature": signatures[key]}
            for unit, part in harvested.items()
            for key in sorted(part.reads)
        ],
    }
    for unit, part in changed.items():
        for name, facts in part.rows.items():
            rows.setdefault(name, []).extend({"unit_id": unit, **row} for row in facts)
    connection.execute("BEGIN")
    if not cold:
        replaced = [*changed, *gone]
        for name in ("units", *_FACTS):
            _delete(connection, name, replaced)
        _delete(connection, "looked_at", [*(unit.id for unit in harvested), *gone])
    with TemporaryDirectory() as folder:
        for name, facts in rows.items():
            kinds = {**_INDEX, **_FACTS}[name]
            insert(connection, identifier(name), kinds, facts, Path(folder) / f"{name}.json")
    connection.execute("COMMIT")


def _delete(connection: duckdb.DuckDBPyConnection, table: str, units: list[str]) -> None:
    if units:
        connection.execute(f"DELETE FROM {identifier(table)} WHERE unit_id IN ({', '.join(map(literal, units))})")


def _column_list(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{identifier(name)} {kind}" for name, kind in columns.items())
