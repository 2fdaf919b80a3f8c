"""What Dagster's instance recorded, as plain values: runs, and the results of asset checks in each run.

Dagster's SQLite storage keeps the events of each run in a file of its own, so events have no common order to continue from.
A finished run does not change. Therefore ask for the runs that changed since the last time, then for the checks of each.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from dagster import AssetCheckSeverity, DagsterEventType, DagsterInstance, RunsFilter

from mesh_platform.dagster.lost_runs import DOMAIN_TAG
from mesh_platform.home import MeshHome

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
