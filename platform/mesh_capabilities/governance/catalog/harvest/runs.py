"""What Dagster remembers: the runs, and what the checks of ports found in each.

Dagster's SQLite keeps the events of each run in a file of its own, so there is no one order of all events to go on from.
A run that has ended does not change: what is asked for are the runs that changed since the last time, and of these the events.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mesh_capabilities.governance.catalog.facts import Row
from mesh_capabilities.governance.catalog.harvest.harvested import Harvested
from mesh_capabilities.governance.catalog.survey import Unit
from mesh_platform.ingestion.source import RAW

if TYPE_CHECKING:
    from dagster import DagsterInstance
    from dagster._core.storage.dagster_run import RunRecord

PAGE = 1_000
"""How many runs or events are asked for at a time."""


def harvest_runs(instance: "DagsterInstance", since: float | None, known: dict[str, str]) -> dict[Unit, Harvested]:
    """The runs that changed after the moment `since`, in seconds since 1970, each as a part of its own.

    Args:
        instance: the one that `mesh run` and the UI share.
        since: None for all.
        known: by part that is kept, its digest.
    """
    from dagster import RunsFilter

    after = datetime.fromtimestamp(since, tz=UTC) if since else None
    found: dict[Unit, Harvested] = {}
    for record in instance.get_run_records(RunsFilter(updated_after=after)):
        run = record.dagster_run
        unit = Unit("run", run.run_id, run.tags.get("mesh/domain", ""))
        digest = f"{run.status.value} {record.update_timestamp.timestamp()}"
        if known.get(unit.id) != digest:
            rows = {"runs": [_run(record)], "check_results": list(_checks(instance, run.run_id))}
            found[unit] = Harvested(rows, digest=digest)
    return found


def _run(record: "RunRecord") -> Row:
    run = record.dagster_run
    keys = [key.path for key in run.asset_selection or () if len(key.path) == 2]
    return {
        "run": run.run_id,
        "domain": run.tags.get("mesh/domain") or next((path[0] for path in sorted(keys)), None),
        "status": run.status.value,
        "started_at": _moment(record.start_time),
        "ended_at": _moment(record.end_time),
        "ports": sorted("/".join(path) for path in keys if not path[1].startswith(f"{RAW}_")),
    }


def _checks(instance: "DagsterInstance", run: str) -> Iterator[Row]:
    from dagster import AssetCheckSeverity, DagsterEventType

    cursor, more = None, True
    while more:
        page = instance.get_records_for_run(run, cursor, DagsterEventType.ASSET_CHECK_EVALUATION, PAGE)
        cursor, more = page.cursor, page.has_more
        for record in page.records:
            entry = record.event_log_entry
            check = entry.dagster_event.asset_check_evaluation_data
            if check.asset_key.path[-1].startswith(f"{RAW}_"):
                continue
            detail = check.metadata.get("broken") or check.metadata.get("failed")
            yield {
                "port": "/".join(check.asset_key.path),
                "check": check.check_name,
                "run": run,
                "at": _moment(entry.timestamp),
                "passed": check.passed,
                "severity": "warning" if check.severity == AssetCheckSeverity.WARN else "error",
                "detail": str(detail.value) if detail else None,
            }


def _moment(seconds: float | None) -> str | None:
    return datetime.fromtimestamp(seconds, tz=UTC).isoformat() if seconds else None
