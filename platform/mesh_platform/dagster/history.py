"""What Dagster's instance recorded, as plain values: runs, and the results of asset checks in each run.

Dagster's SQLite storage keeps the events of each run in a file of its own, so events have no common order to continue from.
A finished run does not change. Therefore ask for the runs that changed since the last time, then for the checks of each.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dagster import AssetCheckSeverity, DagsterEventType, DagsterInstance, RunsFilter

from mesh_platform.dagster.instance import DOMAIN_TAG
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress

if TYPE_CHECKING:
    from dagster import DagsterInstance


PAGE = 1_000
"""How many events are read at a time."""


@dataclass(frozen=True)
class RecordedRun:
    """One run."""

    id: str
    domain: str | None
    """The domain in its tags; only runs of the command line have one."""
    status: str
    """A word of Dagster's, like SUCCESS."""
    started_at: datetime | None
    ended_at: datetime | None
    updated_at: float
    """Seconds since 1970."""
    assets: tuple[tuple[str, ...], ...]
    """The keys of the selected assets, as paths; empty when the run had no selection."""


@dataclass(frozen=True)
class RecordedCheck:
    """The result of one asset check in a run."""

    asset: tuple[str, ...]
    """The asset's key, as a path."""
    name: str
    at: datetime
    passed: bool
    warns: bool
    """Whether a failure is a warning only."""
    metadata: dict[str, object]
    """The values of the metadata entries, by name."""


class RunHistory:
    """The runs of a Dagster instance.

    Args:
        instance: an open instance.
    """

    def __init__(self, instance: DagsterInstance) -> None:
        self._instance = instance

    def runs(self, updated_after: float | None = None) -> Iterator[RecordedRun]:
        """The runs that changed after a moment, in seconds since 1970; all runs for None."""
        after = datetime.fromtimestamp(updated_after, tz=UTC) if updated_after else None
        for record in self._instance.get_run_records(RunsFilter(updated_after=after)):
            run = record.dagster_run
            yield RecordedRun(
                run.run_id,
                run.tags.get(DOMAIN_TAG),
                run.status.value,
                _moment(record.start_time),
                _moment(record.end_time),
                record.update_timestamp.timestamp(),
                tuple(tuple(key.path) for key in run.asset_selection or ()),
            )

    def checks(self, run: str) -> Iterator[RecordedCheck]:
        """The results of asset checks in a run, in their order."""
        cursor, more = None, True
        while more:
            page = self._instance.get_records_for_run(run, cursor, DagsterEventType.ASSET_CHECK_EVALUATION, PAGE)
            cursor, more = page.cursor, page.has_more
            for record in page.records:
                entry = record.event_log_entry
                check = entry.dagster_event.asset_check_evaluation_data
                yield RecordedCheck(
                    tuple(check.asset_key.path),
                    check.check_name,
                    datetime.fromtimestamp(entry.timestamp, tz=UTC),
                    check.passed,
                    check.severity == AssetCheckSeverity.WARN,
                    {name: entry.value for name, entry in check.metadata.items()},
                )


@contextmanager
def open_history(home: MeshHome) -> Iterator[RunHistory]:
    """Opens the Dagster instance of a mesh's home and closes it after the block."""
    with DagsterInstance.from_config(str(home.dagster)) as instance:
        yield RunHistory(instance)


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, tz=UTC) if seconds else None


_READINGS = 200
"""How many readings of one source are looked at, the newest first."""


@dataclass(frozen=True)
class CheckResult:
    """The result of one check of a port in one run."""

    name: str
    passed: bool
    severity: str
    """`error` or `warn`."""
    sentence: str = ""


@dataclass(frozen=True)
class PublishingRun:
    """One run that published versions."""

    started: datetime | None
    """UTC; None if the run is not in the history."""
    checks: dict[PortAddress, list[CheckResult]]


UNKNOWN_RUN = PublishingRun(None, {})


@dataclass(frozen=True)
class SourceReading:
    """One reading of a source file."""

    sha256: str
    path: Path


class LineageHistory:
    """Reads Dagster's history in a mesh's home. Every answer is empty if nothing has run there yet.

    The instance is opened by the first question and closed at the end of the `with` statement.

    Args:
        home: the mesh's home.
    """

    def __init__(self, home: MeshHome) -> None:
        self._home = home
        self._instance: DagsterInstance | None = None
        self._runs: dict[str, PublishingRun] = {}

    def __enter__(self) -> "LineageHistory":
        return self

    def __exit__(self, *problem: object) -> None:
        if self._instance is not None:
            self._instance.dispose()
            self._instance = None

    def publishing_run(self, run_id: str | None) -> PublishingRun:
        """A run by its id; UNKNOWN_RUN if the history does not have it (any more)."""
        if run_id is None:
            return UNKNOWN_RUN
        if run_id not in self._runs:
            self._runs[run_id] = self._publishing_run(run_id)
        return self._runs[run_id]

    def _publishing_run(self, run_id: str) -> PublishingRun:
        instance = self._opened()
        record = instance.get_run_record_by_id(run_id) if instance else None
        if instance is None or record is None:
            return UNKNOWN_RUN
        from dagster import DagsterEventType

        checks: dict[PortAddress, list[CheckResult]] = {}
        for entry in instance.all_logs(run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION):
            evaluation = entry.dagster_event.asset_check_evaluation_data
            severity = "warn" if evaluation.severity.value == "WARN" else "error"
            result = CheckResult(evaluation.check_name, evaluation.passed, severity, evaluation.description or "")
            checks.setdefault(PortAddress(*evaluation.asset_key.path), []).append(result)
        started = datetime.fromtimestamp(record.start_time, UTC) if record.start_time else None
        return PublishingRun(started, checks)

    def source_readings(self, table: PortAddress) -> list[SourceReading]:
        """The readings of a source table such as `sales/raw_orders`, the newest first."""
        instance = self._opened()
        if instance is None:
            return []
        from dagster import AssetKey

        readings = []
        for record in instance.fetch_materializations(AssetKey(table), limit=_READINGS).records:
            metadata = record.asset_materialization.metadata if record.asset_materialization else {}
            if "sha256" in metadata and "file" in metadata:
                readings.append(SourceReading(str(metadata["sha256"].value), Path(str(metadata["file"].value))))
        return readings

    def _opened(self) -> "DagsterInstance | None":
        if self._instance is None and (self._home.dagster / "history").is_dir():
            from mesh_platform import environment

            environment.prepare(self._home)
            from dagster import DagsterInstance

            self._instance = DagsterInstance.from_config(str(self._home.dagster))
        return self._instance
