"""The private parts of Dagster that the platform uses, each with the reason; check them for a new Dagster version."""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import dagster as dg

# Runs a job that was built in memory in this process and returns its events as an iterator; the public API runs it in
# another process, or returns the events at the end.
from dagster._core.definitions.job_base import InMemoryJob

# Ctrl-C inside a step arrives as a step failure of this class.
from dagster._core.errors import DagsterExecutionInterruptedError

# A run may publish a thousand days: their materializations are stored in one batch.
from dagster._core.events import ASSET_EVENTS, DagsterEventBatchMetadata, StepMaterializationData, generate_event_batch_id
from dagster._core.events.log import EventLogEntry
from dagster._core.execution.api import execute_run_iterator

# The instance of `dagster.yaml` with two components replaced; the public constructor takes no overrides.
from dagster._core.instance.ref import InstanceRef

# The UI shows a run under a code location only if the run has an origin.
from dagster._core.remote_origin import ManagedGrpcPythonEnvCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

# The event log is a subclass of Dagster's own for SQLite.
from dagster._core.storage.event_log import SqlEventLogStorageTable, SqliteEventLogStorage
from dagster._core.storage.sql import create_engine
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS

# The tags with which Dagster's backfills mark a run for a range of partitions.
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._serdes import ConfigurableClassData
from dagster._utils.error import SerializableErrorInfo
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from mesh_isolation.days import DayRange
from mesh_isolation.files import FolderBusy, create_once
from mesh_platform.errors import MeshError
from mesh_platform.home import instance_of_deployment
from mesh_platform.port.version import PortVersion


class KeptOpenEventLog(SqliteEventLogStorage):
    """Dagster's SQLite event log, with the same files and format, so that the UI can read it; it holds no lock between events.

    The differences: it keeps one engine per database, with the SQL that SQLAlchemy has compiled and an open connection
    (closing the last connection makes SQLite checkpoint its write-ahead log every time), and it caches which tables exist.
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
        """Stores the events of many days in two transactions, where Dagster uses two transactions per event."""
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
            # The record of the asset itself holds only its last event.
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
    """Turns off the flush to disk after every event: with a write-ahead log, a crash of the process still loses nothing.

    https://www.sqlite.org/pragma.html#pragma_synchronous
    """
    connection.execute("PRAGMA synchronous = NORMAL")


_DATABASES = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")


def open_instance(folder: Path) -> dg.DagsterInstance:
    """The instance in the folder, as its `dagster.yaml` describes it.

    Its databases are made by one process: two that make them at once stamp two revisions, which Dagster refuses for good.
    """
    if not instance_of_deployment():
        try:
            create_once(folder, _DATABASES, _make_databases)
        except FolderBusy:
            found = f"Another process holds {folder}, where the history of runs has to be created."
            raise MeshError(found, "Try again when it has ended.") from None
    return dg.DagsterInstance.from_config(str(folder))


def _make_databases(folder: Path) -> None:
    (folder / "dagster.yaml").touch()
    dg.DagsterInstance.from_config(str(folder)).dispose()


def instance_for_runs() -> dg.DagsterInstance:
    """The UI's instance with two components replaced for this process.

    The event log stays open. The output of steps is not captured: they print nothing, so capturing would only cost time.
    The instance of a deployment keeps its own event log.
    """
    home = os.environ["DAGSTER_HOME"]
    open_instance(Path(home)).dispose()
    overrides = {"compute_logs": {"module": "dagster._core.storage.noop_compute_log_manager", "class": "NoOpComputeLogManager"}}
    # The number of events that Dagster passes to the event log at once.
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", "1000")
    if not instance_of_deployment():
        overrides["event_log_storage"] = {
            "module": "mesh_platform.dagster.internals",
            "class": "KeptOpenEventLog",
            "config": {"base_dir": str(Path(home) / "history" / "runs")},
        }
    return dg.DagsterInstance.from_ref(InstanceRef.from_dir(home, overrides=overrides))


def origin_of(name: str, job: str) -> RemoteJobOrigin:
    """The origin of a job in the code location that `workspace.yaml` registers, so that the UI can show and repeat the run."""
    target = LoadableTargetOrigin(module_name=f"{name}.definitions")
    location = ManagedGrpcPythonEnvCodeLocationOrigin(target, location_name=name)
    return RemoteJobOrigin(RemoteRepositoryOrigin(location, "__repository__"), job)


def range_tags(days: DayRange | None) -> dict[str, str]:
    """The tags of a run for a range of partitions, as Dagster's backfills set them."""
    if days is None:
        return {}
    return {ASSET_PARTITION_RANGE_START_TAG: str(days.first), ASSET_PARTITION_RANGE_END_TAG: str(days.last)}


def run_job(job: dg.JobDefinition, dagster_run: dg.DagsterRun, instance: dg.DagsterInstance) -> Iterator[dg.DagsterEvent]:
    """Executes the run in this process, and yields its events as they occur."""
    yield from execute_run_iterator(InMemoryJob(job), dagster_run, instance)


def was_interrupted(event: dg.DagsterEvent) -> bool:
    """Whether a step failed because of Ctrl-C."""
    return cause_of(event).cls_name in (DagsterExecutionInterruptedError.__name__, KeyboardInterrupt.__name__)


def cause_of(event: dg.DagsterEvent) -> SerializableErrorInfo:
    """The error that was raised in the step itself, without Dagster's wrappers and without the cause of a MeshError."""
    error = event.step_failure_data.error
    while error.cause and not error.message.startswith(f"{MeshError.__module__}."):
        error = error.cause
    return error


def report_days(context: dg.AssetExecutionContext, version: PortVersion) -> None:
    """Reports the days that a version replaced as materialized partitions.

    Does nothing in a run for chosen partitions, because Dagster reports these itself. The events form one batch, which the
    event log of `mesh run` stores together: there may be a thousand.
    """
    if version.partition is None or context.has_partition_key or context.has_partition_key_range:
        return
    step, batch = context.get_step_execution_context().step, generate_event_batch_id()
    days = [day for part in version.provenance.days or () for day in DayRange.parse(part)]
    for place, day in enumerate(days):
        materialization = dg.AssetMaterialization(
            dg.AssetKey(version.address), partition=str(day), metadata={"version": version.number}
        )
        event = dg.DagsterEvent(
            dg.DagsterEventType.ASSET_MATERIALIZATION.value,
            context.job_name,
            step_handle=step.handle,
            node_handle=step.node_handle,
            step_kind_value=step.kind.value,
            event_specific_data=StepMaterializationData(materialization),
            message=f"{version.address} {day}",
        )
        batched = DagsterEventBatchMetadata(batch, place == len(days) - 1)
        context.instance.report_dagster_event(event, context.run_id, logging.DEBUG, batched)
