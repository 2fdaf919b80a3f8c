"""Dagster's instance outside of a run: what it recorded, as plain values, and what is reported to it."""

import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import dagster as dg

from mesh_isolation.machine import reading_database
from mesh_isolation.text import whole_number
from mesh_platform.build.warehouse import writing
from mesh_platform.dagster.internals import open_instance
from mesh_platform.errors import DomainBusy, ProjectError
from mesh_platform.events import Noted, tell
from mesh_platform.home import MeshHome, instance_of_deployment
from mesh_platform.names import PortAddress
from mesh_platform.port.version import PortVersion
from mesh_platform.project import Project
from mesh_platform.publish.serving_again import serve_again


def roll_back_port(project: Project, address: PortAddress, to: int) -> PortVersion:
    """Serves the data of version `to` again, as a new version, and reports it to Dagster. Raises what `serve_again` raises."""
    version = serve_again(project, address, to)
    project.home.prepare()
    with reading_database("dagster"), open_instance(project.home.dagster) as instance:
        instance.report_runless_asset_event(
            dg.AssetMaterialization(
                list(address),
                description=f"Rolled back to the data of version {to}.",
                metadata={"version": version.number, "dagster/row_count": version.rows, "rolled back to": to},
                tags={"dagster/data_version": f"v{version.number}"},
            )
        )
    return version


DOMAIN_TAG = "mesh/domain"
_UNFINISHED = [dg.DagsterRunStatus[name] for name in ("NOT_STARTED", "STARTING", "STARTED", "CANCELING")]


@reading_database("dagster")
def end_lost_runs(instance: dg.DagsterInstance, domain: str) -> list[str]:
    """Marks the domain's unfinished runs of `mesh run` as failed, and returns their ids.

    The caller must hold the domain (`writing`). A live `mesh run` holds it from its first event to its last, so an
    unfinished run belongs to a dead process. Unchanged, it would occupy the domain's pool forever: no run of the UI could
    start, and the automation would wait for it. Runs of the UI are left alone, because they may be waiting for the domain.
    """
    lost = instance.get_runs(dg.RunsFilter(statuses=_UNFINISHED, tags={DOMAIN_TAG: domain}))
    for run in lost:
        instance.report_run_failed(run, "The process of this run was killed. Versions published before stay served.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
        tell(Noted(domain, f"the run {run.run_id[:8]} was killed, and is now marked as failed"))
    return [run.run_id for run in lost]


def end_all_lost_runs(project: Project) -> None:
    """Calls `end_lost_runs` for every domain that no process is running, in the instance of this process."""
    with reading_database("dagster"), open_instance(project.home.dagster) as instance:
        for domain in project.domains.values():
            try:
                with writing(domain, wait=0):
                    end_lost_runs(instance, domain.name)
            except DomainBusy:
                continue


_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


def runs_to_keep() -> int:
    """`$MESH_KEEP_RUNS`, 50 by default. Raises ProjectError for anything but a positive number."""
    text = os.environ.get("MESH_KEEP_RUNS", "50")
    if not (number := whole_number(text)):
        raise ProjectError(f"MESH_KEEP_RUNS is {text!r}, which is not a number of runs.", "Set it to 1 or more, or unset it.")
    return number


@reading_database("dagster")
def remove_runs(home: MeshHome, keep: int | None, since: datetime | None = None, dry_run: bool = False) -> tuple[int, int]:
    """Removes ended runs with their events and outputs, and returns their number and the size of their files in bytes.

    A run stays in which an asset was last materialized: automation and lineage need it. A deployment's own instance is left
    alone.

    Args:
        keep: the number of runs of each domain that stay, the newest; None for all.
        since: runs that ended before are removed as well.
        dry_run: remove nothing.
    """
    if instance_of_deployment():
        return 0, 0
    with open_instance(home.dagster) as instance:
        last = (record.asset_entry.last_materialization_record for record in instance.get_asset_records())
        needed = {record.run_id for record in last if record}
        counts: Counter[str] = Counter()
        removed = []
        for run in map(_recorded, instance.get_run_records(dg.RunsFilter(statuses=_ENDED))):  # the newest first
            domain = run.domain or next((asset[0] for asset in run.assets), "")
            counts[domain] += 1
            old = since is not None and run.updated_at < since.timestamp()
            if (old or (keep is not None and counts[domain] > keep)) and run.id not in needed:
                removed.append(run.id)
        events = [file for run in removed for file in (home.dagster / "history/runs").glob(f"{run}.db*")]
        outputs = [file for run in removed for file in (home.dagster / "storage" / run).rglob("*") if file.is_file()]
        size = sum(file.stat().st_size for file in (*events, *outputs))
        for run in () if dry_run else removed:
            instance.delete_run(run)
            shutil.rmtree(home.dagster / "storage" / run, ignore_errors=True)
        for file in () if dry_run else events:
            file.unlink(missing_ok=True)
    return len(removed), size


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
    description: str = ""


@dataclass(frozen=True)
class RunHistory:
    """The runs of an open Dagster instance."""

    instance: dg.DagsterInstance

    @reading_database("dagster")
    def runs(self, updated_after: float | None = None) -> Iterator[RecordedRun]:
        """The runs that changed after a moment, in seconds since 1970; all runs for None."""
        return map(_recorded, self.instance.get_run_records(dg.RunsFilter(updated_after=_moment(updated_after))))

    @reading_database("dagster")
    def run(self, id: str) -> RecordedRun | None:
        """The run with that id; None if the history does not have it (any more)."""
        record = self.instance.get_run_record_by_id(id)
        return record and _recorded(record)

    @reading_database("dagster")
    def materializations(self, asset: Sequence[str], limit: int) -> list[dict[str, object]]:
        """The metadata of the newest `limit` materialisations of the asset with this key, as values by name."""
        events = [
            record.asset_materialization for record in self.instance.fetch_materializations(dg.AssetKey(asset), limit).records
        ]
        return [{name: entry.value for name, entry in event.metadata.items()} for event in events if event]

    def checks(self, run: str) -> Iterator[RecordedCheck]:
        """The results of asset checks in a run, in their order."""
        cursor, more = None, True
        while more:
            with reading_database("dagster"):
                page = self.instance.get_records_for_run(run, cursor, dg.DagsterEventType.ASSET_CHECK_EVALUATION, PAGE)
            cursor, more = page.cursor, page.has_more
            for record in page.records:
                entry = record.event_log_entry
                check = entry.dagster_event.asset_check_evaluation_data
                yield RecordedCheck(
                    tuple(check.asset_key.path),
                    check.check_name,
                    datetime.fromtimestamp(entry.timestamp, tz=UTC),
                    check.passed,
                    check.severity == dg.AssetCheckSeverity.WARN,
                    {name: entry.value for name, entry in check.metadata.items()},
                    check.description or "",
                )


@contextmanager
def open_history(home: MeshHome) -> Iterator[RunHistory]:
    """Opens the Dagster instance of a mesh's home and closes it after the block."""
    with reading_database("dagster"), open_instance(home.dagster) as instance:
        yield RunHistory(instance)


def _recorded(record: dg.RunRecord) -> RecordedRun:
    run = record.dagster_run
    return RecordedRun(
        run.run_id,
        run.tags.get(DOMAIN_TAG),
        run.status.value,
        _moment(record.start_time),
        _moment(record.end_time),
        record.update_timestamp.timestamp(),
        tuple(tuple(key.path) for key in run.asset_selection or ()),
    )


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, tz=UTC) if seconds else None
