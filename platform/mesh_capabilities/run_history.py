"""What lineage reads from Dagster's history: the run that published a version, and the readings of a source table."""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mesh_platform import environment
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress

if TYPE_CHECKING:
    from mesh_platform.dagster.history import RecordedCheck, RunHistory

_READINGS = 200
"""How many readings of one source are looked at, the newest first."""


@dataclass(frozen=True)
class PublishingRun:
    """One run that published versions."""

    started: datetime | None
    """UTC; None if the run is not in the history."""
    checks: "dict[PortAddress, list[RecordedCheck]]"


UNKNOWN_RUN = PublishingRun(None, {})


@dataclass(frozen=True)
class SourceReading:
    """One reading of a source file."""

    sha256: str
    path: Path


class LineageHistory:
    """Reads Dagster's history in a mesh's home. Every answer is empty if nothing has run there yet.

    The history is opened by the first question and closed at the end of the `with` statement.

    Args:
        home: the mesh's home.
    """

    def __init__(self, home: MeshHome) -> None:
        self._home = home
        self._opened = ExitStack()
        self._runs: dict[str, PublishingRun] = {}

    def __enter__(self) -> "LineageHistory":
        return self

    def __exit__(self, *problem: object) -> None:
        self._opened.close()

    def publishing_run(self, run_id: str | None) -> PublishingRun:
        """A run by its id; UNKNOWN_RUN if the history does not have it (any more)."""
        if run_id is None:
            return UNKNOWN_RUN
        if run_id not in self._runs:
            self._runs[run_id] = self._publishing_run(run_id)
        return self._runs[run_id]

    def _publishing_run(self, run_id: str) -> PublishingRun:
        run = self._history.run(run_id) if self._history else None
        if run is None:
            return UNKNOWN_RUN
        checks: dict[PortAddress, list[RecordedCheck]] = {}
        for check in self._history.checks(run_id):
            checks.setdefault(PortAddress(*check.asset), []).append(check)
        return PublishingRun(run.started_at, checks)

    def source_readings(self, table: PortAddress) -> list[SourceReading]:
        """The readings of a source table such as `sales/raw_orders`, the newest first."""
        readings = self._history.materializations(table, _READINGS) if self._history else []
        return [
            SourceReading(str(metadata["sha256"]), Path(str(metadata["file"])))
            for metadata in readings
            if "sha256" in metadata and "file" in metadata
        ]

    @cached_property
    def _history(self) -> "RunHistory | None":
        from mesh_platform.dagster.history import open_history

        if not (self._home.dagster / "history").is_dir():
            return None
        environment.prepare(self._home)
        return self._opened.enter_context(open_history(self._home))
