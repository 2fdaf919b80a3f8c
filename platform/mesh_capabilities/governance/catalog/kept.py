"""The file in which harvested facts are kept: one DuckDB database, replaced as a whole whenever something has changed.

Whoever reads it has opened the file that was there; a writer makes a new one beside it and puts it in its place. So no
reader waits, and none sees half a harvest.
"""

import shutil
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from mesh_capabilities.governance.catalog.facts import FACTS
from mesh_capabilities.governance.catalog.harvest.harvested import Harvested
from mesh_capabilities.governance.catalog.inserting import insert
from mesh_capabilities.governance.catalog.survey import Unit
from mesh_platform.names import identifier, literal

_INDEX = {
    "parts": {"part": "VARCHAR", "digest": "VARCHAR"},
    "looked_at": {"part": "VARCHAR", "key": "VARCHAR", "signature": "VARCHAR"},
    "stamp": {"stamp": "VARCHAR"},
}


class Kept:
    """What is kept in `folder`.

    Args:
        folder: of the home; need not exist.
        stamp: says by which code and of which repository facts are harvested; those of another stamp are worth nothing.
    """

    def __init__(self, folder: Path, stamp: str) -> None:
        self._file = folder / "harvest.duckdb"
        self._stamp = stamp
        self.digests: dict[str, str] = {}
        """By part that is kept: the digest of what its rows were made of."""
        self.looked_at: dict[str, dict[str, str]] = {}
        """By part that is kept: what it was read from, with the signature that had."""
        self.ports: dict[str, list[str]] = {}
        """By domain, the ports that its models make."""
        try:
            with duckdb.connect() as connection:
                self.attach(connection)
                if connection.execute("FROM kept.stamp").fetchall() == [(stamp,)]:
                    self.digests = dict(connection.execute("FROM kept.parts").fetchall())
                    for unit, key, signature in connection.execute("FROM kept.looked_at").fetchall():
                        self.looked_at.setdefault(unit, {})[key] = signature
                    for domain, port in connection.execute("SELECT domain, port FROM kept.models").fetchall():
                        self.ports.setdefault(domain, []).append(port)
        except duckdb.Error:
            pass  # nothing is kept yet, or what is kept cannot be read: all is harvested

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Makes what is kept readable as the database `kept`."""
        connection.execute(f"ATTACH {literal(self._file)} AS kept (READ_ONLY)")

    def replace(self, found: Mapping[Unit, Harvested], gone: Iterable[str], signature: Mapping[str, str]) -> None:
        """Writes the rows of `found` in place of those that these parts had, and lets go of the parts `gone`.

        Args:
            found: what was harvested; of what is the same as last time, only the signatures.
            gone: parts that are there no more.
            signature: of everything that any of `found` looked at.
        """
        cold = not self.digests
        self._file.parent.mkdir(parents=True, exist_ok=True)
        beside = self._file.with_name(f"{uuid.uuid4().hex}.new")
        try:
            if not cold:
                shutil.copyfile(self._file, beside)
            with duckdb.connect() as connection:
                connection.execute("SET TimeZone = 'UTC'")
                # Small blocks: most tables of most meshes hold less than one of the usual size.
                connection.execute(f"ATTACH {literal(beside)} AS kept{' (BLOCK_SIZE 16384)' if cold else ''}")
                connection.execute("USE kept")
                if cold:
                    for name, columns in {**_INDEX, **_FACTS}.items():
                        connection.execute(f"CREATE TABLE {identifier(name)} ({_listed(columns)})")
                    connection.execute(f"INSERT INTO stamp VALUES ({literal(self._stamp)})")
                _write(connection, found, gone, signature, cold)
                connection.execute("USE memory")
                connection.execute("DETACH kept")  # which folds the log of changes into the file
            beside.replace(self._file)
        finally:
            beside.unlink(missing_ok=True)
            beside.with_name(f"{beside.name}.wal").unlink(missing_ok=True)


_FACTS = {name: {"part": "VARCHAR", **columns} for name, columns in FACTS.items()}


def _write(
    connection: duckdb.DuckDBPyConnection,
    found: Mapping[Unit, Harvested],
    gone: Iterable[str],
    signature: Mapping[str, str],
    cold: bool,
) -> None:
    anew = {unit.id: harvested for unit, harvested in found.items() if not harvested.same}
    rows: dict[str, list[dict]] = {
        "parts": [{"part": unit, "digest": harvested.digest} for unit, harvested in anew.items()],
        "looked_at": [
            {"part": unit.id, "key": key, "signature": signature[key]}
            for unit, harvested in found.items()
            for key in sorted(harvested.reads)
        ],
    }
    for unit, harvested in anew.items():
        for name, made in harvested.rows.items():
            rows.setdefault(name, []).extend({"part": unit, **row} for row in made)
    connection.execute("BEGIN")
    if not cold:
        replaced = [*anew, *gone]
        for name in ("parts", *_FACTS):
            _delete(connection, name, replaced)
        _delete(connection, "looked_at", [*(unit.id for unit in found), *gone])
    with TemporaryDirectory() as folder:
        for name, made in rows.items():
            kinds = {**_INDEX, **_FACTS}[name]
            insert(connection, identifier(name), kinds, made, Path(folder) / f"{name}.json")
    connection.execute("COMMIT")


def _delete(connection: duckdb.DuckDBPyConnection, table: str, units: list[str]) -> None:
    if units:
        connection.execute(f"DELETE FROM {identifier(table)} WHERE part IN ({', '.join(map(literal, units))})")


def _listed(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{identifier(name)} {kind}" for name, kind in columns.items())
