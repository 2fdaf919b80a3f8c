"""The private warehouse of a domain: one writer at a time, and snapshots that change only when a port is published."""

import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mesh_isolation.engine import attached, columns_of_table, table_in
from mesh_isolation.leftovers import remove_leftovers
from mesh_isolation.records import who_holds
from mesh_platform.errors import DomainBusy, naming_faults
from mesh_platform.events import Step, tell
from mesh_platform.ingestion.source import WAREHOUSE
from mesh_platform.project import DomainFolder

if TYPE_CHECKING:
    import duckdb
    from filelock import BaseFileLock


class Warehouse(Protocol):
    """Opens a warehouse: a `WarehouseFile`, or the Dagster resource with the same method."""

    def get_connection(
        self, files: Sequence[str] = (), folders: Sequence[str] = ()
    ) -> "AbstractContextManager[duckdb.DuckDBPyConnection]":
        """A read-write connection with the warehouse as the catalog WAREHOUSE; it reads these files and folders besides."""


@dataclass(frozen=True)
class WarehouseFile:
    """A warehouse opened without Dagster. `path` is the DuckDB file, which need not exist yet."""

    path: Path

    def get_connection(
        self, files: Sequence[str] = (), folders: Sequence[str] = ()
    ) -> "AbstractContextManager[duckdb.DuckDBPyConnection]":
        """A read-write connection with the warehouse as the catalog WAREHOUSE; it reads these files and folders besides."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return attached(self.path, WAREHOUSE, files, folders)


@contextmanager
def writing(domain: DomainFolder, wait: float) -> Iterator[None]:
    """Inside the block, no other process writes to the domain. The lock is reentrant within a process.

    Args:
        domain: the domain to write to.
        wait: seconds to wait for another process, which is reported as a step; 0 does not wait.

    Raises DomainBusy when another process still holds the domain after that, and MachineFault for a fault of the machine:
    so every run names it, that of the UI included.
    """
    with naming_faults(), _holding(domain, wait):
        yield


@contextmanager
def _holding(domain: DomainFolder, wait: float) -> Iterator[None]:
    from filelock import FileLock, Timeout

    path = domain.home.lock(domain.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    domain.home.warehouse(domain.name).parent.mkdir(parents=True, exist_ok=True)
    holder = path.with_suffix(".pid")
    lock = FileLock(path, is_singleton=True)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if wait:
            tell(Step(domain.name, f"waiting up to {wait:g} s for {who_holds(holder)} to finish with {domain.name}"))
        _acquire(lock, domain, holder, wait)
    try:
        holder.write_text(str(os.getpid()), encoding="utf-8")
        _move_older(domain.home.warehouse(domain.name))
        remove_leftovers(domain.home.warehouse(domain.name).parent, {".duckdb", ".wal"}, {".tmp"})
        remove_leftovers(domain.home.candidates(domain.name), {".parquet"}, {"", ".spill"})
        remove_leftovers(domain.home.built(domain.name), (), ())
        yield
    finally:
        lock.release()


def _move_older(warehouse: Path) -> None:
    """Moves a warehouse from the older place, a folder with the warehouses of all domains, to the domain's own folder."""
    older = warehouse.parents[1] / warehouse.name
    if not warehouse.exists():
        for name in (f"{older.name}.wal", older.name):  # a database without its log would lose what is only in the log
            with suppress(FileNotFoundError):
                older.with_name(name).replace(warehouse.with_name(name))


def _acquire(lock: "BaseFileLock", domain: DomainFolder, holder: Path, wait: float) -> None:
    from filelock import Timeout

    start = time.monotonic()
    try:
        lock.acquire(timeout=wait, poll_interval=0.2)
    except Timeout:
        waited = f" (waited {time.monotonic() - start:.0f} s)" if wait else ""
        raise DomainBusy(
            f"The domain {domain.name} is being run by {who_holds(holder)}{waited}.",
            "Try again when that run has finished, or wait for it with `mesh run --wait SECONDS`.",
        ) from None


_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_NO_SNAPSHOT = "there_was_no_snapshot"
"""The only column of a copy that records that the snapshot did not exist."""


def put_back(tables: Iterable[str], warehouse: Warehouse) -> None:
    """Restores snapshots to their state at the last published version, and copies that state for the next restore.

    Args:
        tables: quoted names with their schema.
        warehouse: the domain's own.
    """
    snapshots = sorted(tables)
    if not snapshots:
        return
    with warehouse.get_connection() as connection:
        # The copy exists for minutes only; compressing it would double the cost.
        connection.execute("SET force_compression = 'uncompressed'")
        for name in snapshots:
            table, copy = _table(name, connection), _table(_copy(name), connection)
            if _NO_SNAPSHOT in (columns := columns_of_table(copy, connection)):
                connection.execute(f"DROP TABLE IF EXISTS {table}")
            elif columns:
                connection.execute(f"CREATE OR REPLACE TABLE {table} AS FROM {copy}")
            elif columns_of_table(table, connection):
                connection.execute(f"CREATE TABLE {copy} AS FROM {table}")
            else:
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {WAREHOUSE}.{_QUOTED.match(name)[0]}")
                connection.execute(f"CREATE TABLE {copy} ({_NO_SNAPSHOT} BOOLEAN)")
        connection.execute("RESET force_compression")


def settle(tables: Iterable[str], warehouse: Warehouse) -> None:
    """Drops the copies, once the current state of the snapshots has been published."""
    snapshots = sorted(tables)
    if not snapshots:
        return
    with warehouse.get_connection() as connection:
        for name in snapshots:
            connection.execute(f"DROP TABLE IF EXISTS {_table(_copy(name), connection)}")


def _copy(table: str) -> str:
    return f'{table[:-1]}__published"'


def _table(name: str, connection: "duckdb.DuckDBPyConnection") -> str:
    return table_in(WAREHOUSE, *(part.replace('""', '"') for part in _QUOTED.findall(name)), connection)
