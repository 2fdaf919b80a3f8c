"""Executing a plan: one Dagster run per domain, one domain after the other, in the instance that the UI shows."""

import time
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dagster import AssetKey, DagsterEvent, DagsterInstance

from mesh_platform.build.warehouse import writing
from mesh_platform.dagster.history import DOMAIN_TAG, end_lost_runs
from mesh_platform.dagster.internals import cause_of, instance_for_runs, origin_of, range_tags, run_job, was_interrupted
from mesh_platform.dagster.plan import Location, Plan
from mesh_platform.days import DayRange
from mesh_platform.errors import DomainBusy, trace
from mesh_platform.events import Published, Refused, SourceRead, listening, tell
from mesh_platform.ingestion.reading import Ingested
from mesh_platform.ingestion.source import RAW
from mesh_platform.names import PortAddress
from mesh_platform.project import Project


@dataclass
class MeshRun:
    """The result of one `mesh run`."""

    id: str
    sources: list[SourceRead] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    """Errors that do not belong to one port: a domain that does not load, a source file that cannot be read."""
    interrupted: bool = False
    """Whether the run was stopped with Ctrl-C; versions published before stay served."""
    runs: dict[str, str] = field(default_factory=dict)
    """Domain → id of its Dagster run."""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return not (self.refused or self.failures or self.interrupted)

    @property
    def aside(self) -> list[Ingested]:
        """The sources with rows that were set aside."""
        return [event.ingested for event in self.sources if event.ingested.aside]


def execute(project: Project, plan: Plan, source: Path, wait: float) -> MeshRun:
    """Runs the plan.

    Args:
        project: the mesh.
        plan: what to run.
        source: the folder of source files; later runs started in the UI read the same folder.
        wait: seconds to wait for a domain that another process is running.
    """
    start = time.perf_counter()
    run = MeshRun(uuid.uuid4().hex[:8])
    run.failures += plan.broken.values()
    if source.is_dir():
        project.home.remember_source(source)
    with instance_for_runs() as instance, listening(lambda event: _note(run, event)):
        try:
            for location in plan.order:
                _run_location(project, plan, location, source, wait, run, instance)
        except KeyboardInterrupt:
            run.interrupted = True
    run.seconds = time.perf_counter() - start
    return run


def _run_location(
    project: Project, plan: Plan, location: Location, source: Path, wait: float, run: MeshRun, instance: DagsterInstance
) -> None:
    ports = _runnable(plan, location, run)
    if not ports:
        return
    try:
        with writing(project.domains[location.name], wait):
            end_lost_runs(instance, location.name)
            _run_domain(location, ports, source, plan.days, run, instance)
    except DomainBusy as busy:
        _refuse(run, location, ports, str(busy))


def _note(run: MeshRun, event: Any) -> None:
    match event:
        case SourceRead():
            run.sources.append(event)
        case Published():
            run.published.append(event)
        case Refused():
            run.refused.append(event)


def _runnable(plan: Plan, location: Location, run: MeshRun) -> list[str]:
    """The selected ports whose inputs did not fail in this run. The others are refused, with the failed input as reason."""
    failed = {refused.address for refused in run.refused}
    runnable = []
    for port in plan.selected[location.name]:
        inputs = [address for address in location.ports[port] if address.domain != location.name]
        missing = sorted(address for address in inputs if address in failed or address.domain in plan.broken)
        if missing:
            tell(Refused(PortAddress(location.name, port), f"Not run, because {missing[0]} was not published.", 0.0))
        else:
            runnable.append(port)
    return runnable


def _run_domain(
    location: Location, ports: Collection[str], source: Path, days: DayRange | None, run: MeshRun, instance: DagsterInstance
) -> None:
    keys = {AssetKey([location.name, port]) for port in ports}
    upstream = {address for port in ports for address in location.ports[port]}
    raw = {AssetKey(address) for address in upstream if address.port.startswith(f"{RAW}_")}
    config: dict[str, Any] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    if raw and location.reads_files:
        config["ops"] = {f"{location.name}_sources": {"config": {"folder": str(source)}}}
    job = location.definitions.resolve_implicit_global_asset_job_def().get_subset(asset_selection=keys | raw)
    dagster_run = instance.create_run_for_job(
        job,
        run_config=config,
        asset_selection=keys | raw,
        tags={"mesh/run": run.id, DOMAIN_TAG: location.name, **range_tags(days)},
        remote_job_origin=origin_of(location.name, job.name),
    )
    run.runs[location.name] = dagster_run.run_id
    failed = [event for event in run_job(job, dagster_run, instance) if event.is_step_failure]
    if any(map(was_interrupted, failed)):
        raise KeyboardInterrupt
    # Ports that Dagster did not reach have sent no event.
    reported = {published.version.address for published in run.published} | {refused.address for refused in run.refused}
    unreached = [port for port in ports if (location.name, port) not in reported]
    refused = any(refused.address == (location.name, port) for refused in run.refused for port in ports)
    if unreached or not refused:
        for event in failed:
            trace(event.step_failure_data.error.to_string())
        run.failures += [reason for reason in map(_reason, failed) if reason not in run.failures]
    if unreached:
        unread = any(event.step_key.endswith("_sources") for event in failed)
        reason = f"{location.name} could not read its sources" if unread else "the run failed before it was published"
        _refuse(run, location, unreached, f"Not published, because {reason}.")


def _refuse(run: MeshRun, location: Location, ports: Collection[str], reason: str) -> None:
    for port in ports:
        tell(Refused(PortAddress(location.name, port), reason, 0.0))


def _reason(event: DagsterEvent) -> str:
    failure = event.step_failure_data
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    return cause_of(event).message.strip()
