"""Dagster's own SQLite event log, kept open: for hundreds of events, a new engine each costs more than the events."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self

from dagster._core.events import ASSET_EVENTS
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import SqlEventLogStorageTable, SqliteEventLogStorage
from dagster._core.storage.sql import create_engine
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine


class KeptOpenEventLog(SqliteEventLogStorage):
    """The same files in the same format, so the UI reads them as ever; no lock is held between two events.

    What differs: each database keeps its engine, and with it the SQL that SQLAlchemy has compiled and an open
    connection (closing the last one makes SQLite fold its write-ahead log back, every time); and what is known of
    tables is not asked again.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._engines: dict[str, Engine] = {}
        self._tables: set[str] = set()
        super().__init__(*args, **kwargs)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, str]) -> Self:
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engines.get(shard) or self._open(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def has_table(self, table_name: str) -> bool:
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Many days of one port are told in two transactions, where Dagster's own way takes two for each."""
        if not all(entry.dagster_event_type in ASSET_EVENTS for entry in events):
            super().store_event_batch(events)
            return
        rows = [self._event_to_row(entry) for entry in events]
        with self.run_connection(events[0].run_id) as connection:
            connection.execute(SqlEventLogStorageTable.insert(), rows)
        with self.index_transaction() as connection:
            inserted = [connection.execute(SqlEventLogStorageTable.insert().values(**row)) for row in rows]
            ids = [result.inserted_primary_key[0] for result in inserted]
            self._store_asset_event_tags(connection, events, ids)
            # What is kept of the asset itself is what its last event says.
            newest = {entry.dagster_event.asset_key: (entry, number) for entry, number in zip(events, ids)}
            for entry, number in newest.values():
                self._store_asset_event(connection, entry, number)

    def dispose(self) -> None:
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()

    def _open(self, shard: str) -> Engine:
        engine = create_engine(self.conn_string_for_shard(shard), connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})
        event.listen(engine, "connect", _trust_the_log)
        self._initdb(engine)
        self._initialized_dbs.add(shard)
        self._engines[shard] = engine
        return engine


def _trust_the_log(connection: Any, _record: Any) -> None:
    """No wait for the disk at every event: with a write-ahead log, a crash of the process still loses nothing.

    https://www.sqlite.org/pragma.html#pragma_synchronous
    """
    connection.execute("PRAGMA synchronous = NORMAL")
