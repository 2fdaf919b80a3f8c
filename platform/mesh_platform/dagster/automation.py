"""Automation: a port runs when its inputs have newer versions, according to the input versions in the commits."""

import hashlib
import warnings
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

import dagster as dg

from mesh_platform.errors import PortDamaged
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.port.shelf import port_folders, published_ports
from mesh_platform.port.version import PortVersion


class Commits:
    """The served versions of the ports of a mesh, each read once: a consistent view for one evaluation."""

    def __init__(self, home: MeshHome) -> None:
        self._ports = dict(published_ports(home))
        self._served: dict[PortAddress, PortVersion | None] = {}

    def served(self, address: PortAddress) -> PortVersion | None:
        """The served version; None if the port has none, or is damaged."""
        if address not in self._served:
            port = self._ports.get(address)
            try:
                self._served[address] = port.current() if port else None
            except PortDamaged:  # its readers report the damage; here it counts as a port without a version
                self._served[address] = None
        return self._served[address]

    def moved(self, address: PortAddress, inputs: Iterable[PortAddress]) -> bool:
        """Whether an input serves another version than the one that the port was built from; also if it was never built."""
        served = self.served(address)
        read = served.provenance.inputs if served else {}
        return any((version := self.served(name)) and read.get(str(name)) != version.number for name in inputs)

    def settled(self, address: PortAddress) -> bool:
        """Whether the port and everything upstream of it were built from the versions that are served now."""
        served = self.served(address)
        if served is None:
            return True
        inputs = [PortAddress.parse(name) for name in served.provenance.inputs]
        return not self.moved(address, inputs) and all(map(self.settled, inputs))


@dataclass(frozen=True)
class Holds(dg.AutomationCondition[dg.AssetKey]):
    """True for an asset while a question about the commits has the answer yes.

    It reads the commits and not timestamps: a run that started before an input had a new version, and ended after, has
    read the old version, and its port must run again.
    """

    question: str
    holds: Callable[[dg.AutomationContext[dg.AssetKey]], bool]

    @property
    def name(self) -> str:
        return self.question

    def evaluate(self, context: dg.AutomationContext[dg.AssetKey]) -> dg.AutomationResult[dg.AssetKey]:
        return dg.AutomationResult(context, context.candidate_subset if self.holds(context) else context.get_empty_subset())


def after_inputs(
    home: MeshHome, inputs: Collection[PortAddress], consumed: Collection[PortAddress]
) -> dg.AutomationCondition[dg.AssetKey]:
    """The condition of one port.

    A change of sales reaches finance directly and through marketing. If each port started as soon as one of its inputs
    had a new version, finance would run twice. So a port waits until everything that its domain consumes is up to date
    with its own inputs. It does not wait for a producer whose last run failed: that producer's last version stays served.
    A port whose own last run failed runs again when an input has a new version after that.

    Args:
        home: the home with the commits.
        inputs: the ports of other domains that this port reads.
        consumed: the ports of other domains that its whole domain reads.
    """
    read = tuple(sorted(inputs))

    def moved(context: dg.AutomationContext[dg.AssetKey]) -> bool:
        """Whether an input serves another version than the one that the port was built from, and no input is missing."""
        commits = Commits(home)
        return all(map(commits.served, read)) and commits.moved(PortAddress(*context.key.path), read)

    failed = dg.AutomationCondition.execution_failed()
    moved_since = dg.AutomationCondition.any_deps_updated().since(failed.newly_true())
    condition = (
        Holds(f"another version of {', '.join(map(str, read))} is served", moved)
        # The commits also show whether an input exists: for Dagster, a partitioned input always lacks some partitions.
        & ~dg.AutomationCondition.any_deps_missing().ignore(dg.AssetSelection.assets(*map(dg.AssetKey, inputs)))
        & ~dg.AutomationCondition.in_progress()
        & (~failed | moved_since).with_label("has not failed on these inputs")
    )
    for port in sorted(consumed):
        condition &= settled(home, port)
    return condition.with_label("the domain's inputs have moved and are settled")


COMMITS = "commits"
"""The metadata key of a materialisation that stores the value of `commits_of_others` at that time."""


def commits_of_others(home: MeshHome, domain: str) -> str:
    """A digest that changes whenever a port of another domain has a new version."""
    newest = [
        f"{port.address} v{port.folder.name[1:]} {port.log.numbers(unreadable=[-1])[-1]}"
        for port in port_folders(home)
        if port.address.domain != domain and port.published
    ]
    return hashlib.sha256("\n".join(sorted(newest)).encode()).hexdigest()


def after_publishing(
    home: MeshHome, source: dg.AssetKey, described: Collection[PortAddress]
) -> dg.AutomationCondition[dg.AssetKey]:
    """The condition of a metadata source: other domains have published, and all of them are settled.

    It depends only on the commits of other domains. So neither reading the metadata nor publishing ports built from them
    triggers the next reading, and a failed reading is repeated only after another publish.
    """

    def published(context: dg.AutomationContext[dg.AssetKey]) -> bool:
        """Whether ports of other domains serve other versions than when the metadata were last read."""
        event = context.asset_graph_view.instance.get_latest_materialization_event(source)
        read = event.asset_materialization.metadata.get(COMMITS) if event and event.asset_materialization else None
        return commits_of_others(home, source.path[0]) != (read.value if read else None)

    condition = (
        Holds("other domains have published since the metadata were read", published) & ~dg.AutomationCondition.in_progress()
    )
    for port in described:
        condition &= settled(home, port)
    return condition.with_label("other domains have published and are settled")


def with_metadata() -> dg.AutomationCondition[dg.AssetKey]:
    """The condition of a port built from metadata: it is published in the run that reads them."""
    read = dg.AutomationCondition.any_deps_match(dg.AutomationCondition.will_be_requested())
    return (read & ~dg.AutomationCondition.in_progress()).with_label("the metadata of the mesh are read")


def settled(home: MeshHome, port: PortAddress) -> dg.AutomationCondition[dg.AssetKey]:
    """True while a port is up to date with its inputs and is not running; also for a port whose last run failed."""
    key = dg.AssetKey(port)
    failed = dg.AutomationCondition.asset_matches(key, dg.AutomationCondition.execution_failed())
    running = dg.AutomationCondition.asset_matches(key, dg.AutomationCondition.in_progress())
    up_to_date = Holds(f"{port} is up to date with its inputs", lambda context: Commits(home).settled(port))
    return (~running & (up_to_date | failed)).with_label(f"{port} is settled")


def consumption_sensor(domain: str) -> dg.AutomationConditionSensorDefinition:
    """The sensor that evaluates the domain's conditions; it is on by default."""
    with warnings.catch_warnings():
        # The conditions are the platform's own code, so the code location must evaluate them and not the daemon.
        # Dagster marks that parameter as beta, and would warn about it at every start.
        warnings.simplefilter("ignore", dg.BetaWarning)
        return dg.AutomationConditionSensorDefinition(
            f"{domain}_consumption",
            target=dg.AssetSelection.all(),
            default_status=dg.DefaultSensorStatus.RUNNING,
            minimum_interval_seconds=10,
            use_user_code_server=True,
            description="Runs the domain's ports when their inputs have new versions.",
        )
