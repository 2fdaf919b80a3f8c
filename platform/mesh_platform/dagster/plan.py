"""Planning a run: the ports to run and the order of their domains, from the dependencies of the code locations."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from importlib import import_module

import dagster as dg

from mesh_platform.days import DayRange
from mesh_platform.errors import MeshError, ProjectError, UnknownPort, trace
from mesh_platform.ingestion.source import RAW
from mesh_platform.names import PortAddress
from mesh_platform.product.descriptor import Stage
from mesh_platform.project import Project
from mesh_platform.publish.loading import STAGE_TAG


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
class Plan:
    """The plan of one `mesh run`."""

    order: Sequence[Location]
    """The domains to run, producers first."""
    selected: Mapping[str, Collection[str]]
    """The ports to run, by domain."""
    broken: Mapping[str, str] = field(default_factory=dict)
    """Domain that does not load → the reason. Its ports cannot run; other domains do."""
    days: DayRange | None = None
    """The days of partitioned ports to publish; None for the days that have changed."""


def plan_run(project: Project, targets: Sequence[str]) -> Plan:
    """The plan for `targets` (`sales`, `sales/orders`; none for all domains).

    Raises UnknownPort for a target that does not exist, and ProjectError when domains consume each other in a cycle.
    """
    wanted = _wanted_domains(project, targets)
    locations, broken = {}, {}
    for name in wanted:
        try:
            locations[name] = _load(name)
        except Exception as problem:
            trace(problem)
            kind = f"The code location {name} does not load: {type(problem).__name__}: "
            broken[name] = str(problem) if isinstance(problem, MeshError) else f"{kind}{problem}"
    selected = {name: _wanted_ports(location, targets) for name, location in locations.items()}
    return Plan([locations[name] for name in _producers_first(locations)], selected, broken)


def _load(name: str) -> Location:
    definitions = import_module(f"{name}.definitions").defs
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
    domains = list(dict.fromkeys(target.partition("/")[0] for target in targets)) or list(project.domains)
    for name in domains:
        if name not in project.domains:
            raise UnknownPort(f"There is no domain '{name}'.", f"The mesh has {', '.join(project.domains)}.")
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
            raise UnknownPort(f"{location.name} has no port '{port}'.", f"It has {', '.join(sorted(location.ports))}.")
    return wanted


def _producers_first(locations: Mapping[str, Location]) -> list[str]:
    sorter = TopologicalSorter({name: location.producers & locations.keys() for name, location in locations.items()})
    try:
        return list(sorter.static_order())
    except CycleError as problem:
        raise ProjectError(
            f"Domains consume each other in a cycle: {' → '.join(problem.args[1])}.",
            "Remove one of the input ports in the cycle.",
        ) from None


def for_days(plan: Plan, targets: Sequence[str], days: DayRange) -> Plan:
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
