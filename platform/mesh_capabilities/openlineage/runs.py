"""What Dagster's history knows of the runs that published: when each began, and what its checks found."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress

if TYPE_CHECKING:
    from dagster import DagsterInstance


@dataclass(frozen=True)
class CheckResult:
    """What one check of a port found in one run."""

    name: str
    passed: bool
    severity: str
    """`error` or `warn`, in the standard's words."""
    sentence: str = ""


@dataclass(frozen=True)
class PublishingRun:
    """One Dagster run."""

    started: datetime | None
    checks: dict[PortAddress, list[CheckResult]]


_UNKNOWN = PublishingRun(None, {})


class PublishingRuns:
    """Asks Dagster once for each run; whose history is gone is not known, and that is no error.

    Args:
        home: the mesh's.
    """

    def __init__(self, home: MeshHome) -> None:
        self._home = home
        self._known: dict[str, PublishingRun] = {}
        self._instance: DagsterInstance | None = None

    def __enter__(self) -> "PublishingRuns":
        if (self._home.dagster / "history").is_dir():
            from mesh_platform import environment

            environment.prepare(self._home)
            from dagster import DagsterInstance

            self._instance = DagsterInstance.from_config(str(self._home.dagster))
        return self

    def __exit__(self, *problem: object) -> None:
        if self._instance is not None:
            self._instance.dispose()

    def get(self, run: str | None) -> PublishingRun:
        """What is known of a run by its id."""
        if run is None or self._instance is None:
            return _UNKNOWN
        if run not in self._known:
            self._known[run] = self._asked(self._instance, run)
        return self._known[run]

    def _asked(self, instance: "DagsterInstance", run: str) -> PublishingRun:
        from dagster import DagsterEventType

        record = instance.get_run_record_by_id(run)
        if record is None:
            return _UNKNOWN
        checks: dict[PortAddress, list[CheckResult]] = {}
        for entry in instance.all_logs(run, of_type=DagsterEventType.ASSET_CHECK_EVALUATION):
            found = entry.dagster_event.asset_check_evaluation_data
            severity = "warn" if found.severity.value == "WARN" else "error"
            result = CheckResult(found.check_name, found.passed, severity, found.description or "")
            checks.setdefault(PortAddress(*found.asset_key.path), []).append(result)
        started = datetime.fromtimestamp(record.start_time, UTC) if record.start_time else None
        return PublishingRun(started, checks)
