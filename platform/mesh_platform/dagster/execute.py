"""Running a mesh: the ports to run and the order of their domains, then one Dagster run per domain, one after the other."""

import time
import uuid
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import dagster as dg

from mesh_isolation.days import DayRange
from mesh_platform.build.warehouse import writing
from mesh_platform.dagster.factory import definitions_of
from mesh_platform.dagster.history import DOMAIN_TAG, end_lost_runs, remove_runs, runs_to_keep
from mesh_platform.dagster.internals import cause_of, instance_for_runs, origin_of, range_tags, run_job, was_interrupted
from mesh_platform.errors import DomainBusy, MachineFault, MeshError, ProjectError, UnknownPort, is_interruption, trace_error
from mesh_platform.events import Event, Noted, Published, Refused, SourceRead, listening, tell
from mesh_platform.ingestion.declaration import sources_of
from mesh_platform.ingestion.reading import Ingested
from mesh_platform.ingestion.source import RAW
from mesh_platform.names import PortAddress, nearest
from mesh_platform.product.descriptor import Stage
from mesh_platform.project import Project
from mesh_platform.publish.loading import STAGE_TAG
from mesh_platform.publish.refusal import refuse

_FAILED_BEFORE = "the run failed before it was published"


@dataclass(frozen=True)
class Location:
    """A loaded code location, with the facts about its assets that `mesh run` needs."""

    name: str
    definitions: dg.Definitions
    ports: Mapping[str, frozenset[PortAddress]]
    """Port → the assets that it reads, including those of its own domain."""
    partitions: Mapping[str, dg.PartitionsDefinition] = field(default_factory=dict)
    """Partitioned port → its days."""
    unbuilt: Mapping[str, Stage] = field(default_factory=dict)
    """Port that is described but not built → the stage of its product."""
    describes: frozenset[str] = frozenset()
    """The domains whose ports its metadata sources describe; it runs after them."""
    reads_files: bool = True
    """Whether its sources are files, so that a run needs their folder."""

    @property
    def producers(self) -> set[str]:
        """The other domains that this one consumes or describes."""
        return {*self.describes, *(address.domain for read in self.ports.values() for address in read)} - {self.name}


@dataclass(frozen=True)
class RunPlan:
    """The plan of one `mesh run`."""

    order: Sequence[Location]
    """The domains to run, producers first."""
    selected: Mapping[str, Collection[str]]
    """The ports to run, by domain."""
    broken: Mapping[str, str] = field(default_factory=dict)
    """Domain that does not load → the reason. Its ports cannot run; other domains do."""
    days: DayRange | None = None
    """The days of partitioned ports to publish; None for the days that have changed."""
    accepted: Collection[PortAddress] = ()
    """The sources and ports whose number of rows may change beyond its limit."""


def plan_run(project: Project, targets: Sequence[str], accept: Sequence[str] = ()) -> RunPlan:
    """The plan for `targets` (`sales`, `sales/orders`; none for all domains), which accepts some volumes.

    Raises UnknownPort for a name that does not exist, and ProjectError when domains consume each other in a cycle.
    """
    wanted = _wanted_domains(project, targets)
    locations, broken = {}, {name: project.broken[name] for name in wanted if name in project.broken}
    for name in (name for name in wanted if name not in broken):
        try:
            locations[name] = _load(project.root, name)
        except Exception as problem:
            if is_interruption(problem):
                raise
            trace_error(problem)
            kind = f"The code location {name} does not load: {type(problem).__name__}: "
            broken[name] = str(problem) if isinstance(problem, MeshError) else f"{kind}{problem}"
    selected = {name: _wanted_ports(location, targets) for name, location in locations.items()}
    known = {
        PortAddress(name, table) for name in locations for one in sources_of(project.domains[name]) for table in one.tables
    }
    known |= {PortAddress(name, port) for name, location in locations.items() for port in location.ports}
    for name in accept:
        if name not in {*locations, *map(str, known)} and name.partition("/")[0] not in broken:
            raise UnknownPort(f"This run has no source or port {name}.", nearest(name, [*locations, *known]))
    accepted = [address for address in sorted(known) if {address.domain, str(address)} & {*accept}]
    return RunPlan([locations[name] for name in _producers_first(locations)], selected, broken, accepted=accepted)


def _load(root: Path, name: str) -> Location:
    definitions = definitions_of(root, name)
    own = [spec for spec in definitions.resolve_all_asset_specs() if spec.key.path[0] == name]
    raw = [spec for spec in own if spec.key.path[-1].startswith(f"{RAW}_")]
    stages = {spec.key.path[-1]: Stage(spec.tags[STAGE_TAG]) for spec in own if STAGE_TAG in spec.tags}
    unbuilt = {port: stage for port, stage in stages.items() if not stage.built}
    specs = {spec.key.path[-1]: spec for spec in own if spec not in raw and spec.key.path[-1] not in unbuilt}
    return Location(
        name,
        definitions,
        ports={port: frozenset(PortAddress(*dep.asset_key.path) for dep in spec.deps) for port, spec in specs.items()},
        partitions={port: spec.partitions_def for port, spec in specs.items() if spec.partitions_def},
        unbuilt=unbuilt,
        describes=frozenset(dep.asset_key.path[0] for spec in raw for dep in spec.deps),
        reads_files=any("file" in spec.metadata for spec in raw),
    )


def _wanted_domains(project: Project, targets: Sequence[str]) -> list[str]:
    domains = list(dict.fromkeys(target.partition("/")[0] for target in targets)) or project.names
    for name in domains:
        if name not in project.broken:
            project.domain(name if "." not in name else PortAddress.parse(name).domain)
    return domains


def _wanted_ports(location: Location, targets: Sequence[str]) -> list[str]:
    if not targets or location.name in targets:
        return list(location.ports)
    addresses = [PortAddress.parse(target) for target in targets if target.partition("/")[0] == location.name]
    wanted = [address.port for address in addresses]
    for port in wanted:
        if stage := location.unbuilt.get(port):
            raise UnknownPort(
                f"{location.name}/{port} is not built: its product is {stage.words}.",
                "`mesh product status` shows what the next stage requires.",
            )
        if port not in location.ports:
            raise UnknownPort(f"{location.name} has no port '{port}'.", nearest(port, location.ports))
    return wanted


def _producers_first(locations: Mapping[str, Location]) -> list[str]:
    sorter = TopologicalSorter({name: location.producers & locations.keys() for name, location in locations.items()})
    try:
        return list(sorter.static_order())
    except CycleError as problem:
        raise ProjectError(
            f"Domains consume each other in a cycle: {' → '.join(problem.args[1])}.", "Remove one of the inputs."
        ) from None


def for_days(plan: RunPlan, targets: Sequence[str], days: DayRange) -> RunPlan:
    """The plan restricted to partitioned ports, for these days.

    Args:
        plan: the plan for `targets`, without days.
        targets: the targets on the command line; a port among them must be partitioned.
        days: the days to publish.

    Raises UnknownPort for a port that is not partitioned, for targets without a partitioned port, and for a day that the
    contract of a port does not allow.
    """
    known = [PortAddress(location.name, port) for location in plan.order for port in location.partitions]
    for target in targets:
        if "/" in target and PortAddress.parse(target) not in known:
            raise UnknownPort(f"{target} is not partitioned by day.", _way_out(known))
    selected = {
        location.name: [port for port in plan.selected[location.name] if port in location.partitions] for location in plan.order
    }
    if not any(selected.values()) and not plan.broken:
        raise UnknownPort(f"No port in {', '.join(targets) or 'the mesh'} is partitioned by day.", _way_out(known))
    for location in plan.order:
        for port in selected[location.name]:
            partitions = location.partitions[port]
            for day in (days.first, days.last):
                if not partitions.has_partition_key(str(day)):
                    bounds = f"{partitions.get_first_partition_key()} to {partitions.get_last_partition_key()}"
                    raise UnknownPort(
                        f"{location.name}/{port} has no day {day}: its days are {bounds}.",
                        "Choose other days, or change the minimum or maximum of the partition column in its contract.",
                    )
    return replace(plan, selected=selected, days=days)


def _way_out(known: Sequence[PortAddress]) -> str:
    return f"--days applies to partitioned ports only: {', '.join(map(str, known)) or 'there are none here'}."


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

    def note(self, event: Event) -> None:
        """Keeps an event that belongs to the result."""
        self.failures += [event.text] if isinstance(event, Noted) and event.failure else []
        {SourceRead: self.sources, Published: self.published, Refused: self.refused}.get(type(event), []).append(event)

    @property
    def reported(self) -> set[PortAddress]:
        """The ports that were published or refused; ports that Dagster did not reach have sent no event."""
        return {published.version.address for published in self.published} | {refused.address for refused in self.refused}

    @property
    def ok(self) -> bool:
        return not (self.refused or self.failures or self.interrupted)

    @property
    def aside(self) -> list[Ingested]:
        """The sources with rows that were set aside."""
        return [event.ingested for event in self.sources if event.ingested.aside]


def execute(project: Project, plan: RunPlan, source: Path, wait: float) -> MeshRun:
    """Runs the plan.

    Args:
        project: the mesh.
        plan: what to run.
        source: the folder of source files; later runs started in the UI read the same folder.
        wait: seconds to wait for a domain that another process is running.
    """
    start = time.perf_counter()
    keep, run = runs_to_keep(), MeshRun(uuid.uuid4().hex[:8])
    if source.is_dir():
        project.home.remember_source(source)
    with instance_for_runs() as instance, listening(run.note):
        for name, reason in plan.broken.items():
            tell(Noted(name, reason, failure=True))
        try:
            for location in plan.order:
                _run_location(project, plan, location, source, wait, run, instance)
        except KeyboardInterrupt:
            run.interrupted = True
    with suppress(Exception):  # the next run removes them
        remove_runs(project.home, keep)
    run.seconds = time.perf_counter() - start
    return run


def _run_location(
    project: Project, plan: RunPlan, location: Location, source: Path, wait: float, run: MeshRun, instance: dg.DagsterInstance
) -> None:
    ports = _runnable(project, plan, location, run)
    if not ports:
        return
    try:
        with writing(project.domains[location.name], wait):
            end_lost_runs(instance, location.name)
            _run_domain(project, location, ports, source, plan, run, instance)
    except DomainBusy as busy:
        tell(Noted(location.name, str(busy), failure=True))  # once for all ports
        _refuse(project, location, ports, str(busy), "{}")
    except MachineFault as fault:
        if str(fault) not in run.failures:
            tell(Noted(location.name, str(fault), failure=True))
        unreached = [port for port in ports if (location.name, port) not in run.reported]
        _refuse(project, location, unreached, _FAILED_BEFORE)


def _runnable(project: Project, plan: RunPlan, location: Location, run: MeshRun) -> list[str]:
    """The selected ports whose inputs did not fail in this run. The others are refused, with the failed input as reason."""
    failed = {refused.address for refused in run.refused}
    runnable = []
    for port in plan.selected[location.name]:
        inputs = [address for address in location.ports[port] if address.domain != location.name]
        missing = sorted(address for address in inputs if address in failed or address.domain in plan.broken)
        if missing:
            _refuse(project, location, [port], f"{missing[0]} was not published", "Not run, because {}.")
        else:
            runnable.append(port)
    return runnable


def _run_domain(
    project: Project,
    location: Location,
    ports: Collection[str],
    source: Path,
    plan: RunPlan,
    run: MeshRun,
    instance: dg.DagsterInstance,
) -> None:
    keys = {dg.AssetKey([location.name, port]) for port in ports}
    upstream = {address for port in ports for address in location.ports[port]}
    raw = {dg.AssetKey(address) for address in upstream if address.port.startswith(f"{RAW}_")}
    config: dict[str, Any] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    accepted = {"accept_volume": [name for domain, name in plan.accepted if domain == location.name]}
    config["ops"] = {f"{location.name}_products": {"config": accepted}}
    if raw and location.reads_files:
        config["ops"][f"{location.name}_sources"] = {"config": {"folder": str(source), **accepted}}
    job = location.definitions.resolve_implicit_global_asset_job_def().get_subset(asset_selection=keys | raw)
    dagster_run = instance.create_run_for_job(
        job,
        run_config=config,
        asset_selection=keys | raw,
        tags={"mesh/run": run.id, DOMAIN_TAG: location.name, **range_tags(plan.days)},
        remote_job_origin=origin_of(location.name, job.name),
    )
    run.runs[location.name] = dagster_run.run_id
    failed = [event for event in run_job(job, dagster_run, instance) if event.is_step_failure]
    if any(map(was_interrupted, failed)):
        raise KeyboardInterrupt
    unreached = [port for port in ports if (location.name, port) not in run.reported]
    refused = any(refused.address == (location.name, port) for refused in run.refused for port in ports)
    if unreached or not refused:
        for event in failed:
            trace_error(event.step_failure_data.error.to_string())
        for reason in sorted({*map(_reason, failed)} - {*run.failures}):
            tell(Noted(location.name, reason, failure=True))
    if unreached:
        unread = any(event.step_key.endswith("_sources") for event in failed)
        reason = f"{location.name} could not read its sources" if unread else _FAILED_BEFORE
        _refuse(project, location, unreached, reason)


def _refuse(
    project: Project, location: Location, ports: Collection[str], reason: str, sentence: str = "Not published, because {}."
) -> None:
    for port in ports:
        refuse(project.home, PortAddress(location.name, port), MeshError(sentence.format(reason)), by=reason)


def _reason(event: dg.DagsterEvent) -> str:
    failure = event.step_failure_data
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    cause = cause_of(event)
    return cause.message.strip().removeprefix(f"{MachineFault.__module__}.{cause.cls_name}: ")
