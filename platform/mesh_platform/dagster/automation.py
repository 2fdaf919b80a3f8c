"""Whether a port still follows from its inputs, read from the commits: every version says which versions it was made of."""

import hashlib
import warnings
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from dagster import (
    AssetKey,
    AssetSelection,
    AutomationCondition,
    AutomationConditionSensorDefinition,
    AutomationContext,
    AutomationResult,
    BetaWarning,
    DefaultSensorStatus,
)

from mesh_platform.errors import PortDamaged
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.shelf import port_folders, published_ports
from mesh_platform.port.version import PortVersion


class Commits:
    """The served versions of ports, each looked up once: what one look at the mesh sees.

    Args:
        ports: every port that may be asked for, by address.
    """

    def __init__(self, ports: dict[PortAddress, OutputPort]) -> None:
        self._ports = ports
        self._served: dict[PortAddress, PortVersion | None] = {}

    def served(self, address: PortAddress) -> PortVersion | None:
        """The served version, or None when the port has none."""
        if address not in self._served:
            port = self._ports.get(address)
            try:
                self._served[address] = port.current() if port else None
            except PortDamaged:  # told by whoever reads it; here it is a port that serves nothing
                self._served[address] = None
        return self._served[address]

    def moved(self, address: PortAddress, inputs: Iterable[PortAddress]) -> bool:
        """Whether an input serves another version than the one that the port was made of; never published counts too."""
        served = self.served(address)
        made_of = served.provenance.inputs if served else {}
        return any((version := self.served(name)) and made_of.get(str(name)) != version.number for name in inputs)

    def settled(self, address: PortAddress) -> bool:
        """Whether the port and everything it is made of follow from their inputs as these are served now."""
        served = self.served(address)
        if served is None:
            return True
        inputs = [PortAddress.parse(name) for name in served.provenance.inputs]
        return not self.moved(address, inputs) and all(map(self.settled, inputs))


@dataclass(frozen=True)
class InputsMoved(AutomationCondition[AssetKey]):
    """True for a port while an input serves another version than the one the port was made of, and none is missing.

    Asked of the commits and not of the clock: a run that began before an input moved, and ended after, has read the
    old version, and its port must run again.
    """

    home: MeshHome
    inputs: tuple[PortAddress, ...]

    @property
    def name(self) -> str:
        return f"another version of {', '.join(map(str, self.inputs))} is served"

    def evaluate(self, context: AutomationContext[AssetKey]) -> AutomationResult[AssetKey]:
        commits = Commits(dict(published_ports(self.home)))
        there = all(commits.served(address) for address in self.inputs)
        moved = there and commits.moved(PortAddress(*context.key.path), self.inputs)
        return AutomationResult(context, context.candidate_subset if moved else context.get_empty_subset())


@dataclass(frozen=True)
class Settled(AutomationCondition[AssetKey]):
    """True while a consumed port follows from its own inputs, and these from theirs."""

    home: MeshHome
    port: PortAddress

    @property
    def name(self) -> str:
        return f"{self.port} follows from its inputs"

    def evaluate(self, context: AutomationContext[AssetKey]) -> AutomationResult[AssetKey]:
        settled = Commits(dict(published_ports(self.home))).settled(self.port)
        return AutomationResult(context, context.candidate_subset if settled else context.get_empty_subset())


def after_inputs(
    home: MeshHome, inputs: Collection[PortAddress], consumed: Collection[PortAddress]
) -> AutomationCondition[AssetKey]:
    """The condition of one port.

    A change of sales reaches finance directly and through marketing. Were each port to start as soon as one of its
    inputs moves, finance would run twice. So a port waits until everything its domain consumes has itself caught up
    with its own inputs. A producer whose last run failed is not waited for: its last good version stays served. A
    port whose own last run failed runs again when an input moves after that.

    Args:
        home: where the commits are.
        inputs: the ports of other domains that this port reads.
        consumed: the ports of other domains that its whole domain reads.
    """
    failed = AutomationCondition.execution_failed()
    moved_since = AutomationCondition.any_deps_updated().since(failed.newly_true())
    condition = (
        InputsMoved(home, tuple(sorted(inputs)))
        # Whether an input is there is told by its commits, too: of one that is cut into days, some will always be missing.
        & ~AutomationCondition.any_deps_missing().ignore(AssetSelection.assets(*map(AssetKey, inputs)))
        & ~AutomationCondition.in_progress()
        & (~failed | moved_since).with_label("has not failed on these inputs")
    )
    for port in sorted(consumed):
        condition &= settled(home, port)
    return condition.with_label("the domain's inputs have moved and are settled")


@dataclass(frozen=True)
class OthersPublished(AutomationCondition[AssetKey]):
    """True for a source of metadata while the ports of other domains serve other versions than when it was read."""

    home: MeshHome
    source: AssetKey

    @property
    def name(self) -> str:
        return "other domains have published since the metadata were read"

    def evaluate(self, context: AutomationContext[AssetKey]) -> AutomationResult[AssetKey]:
        now = commits_of_others(self.home, self.source.path[0])
        event = context.asset_graph_view.instance.get_latest_materialization_event(self.source)
        read = event.asset_materialization.metadata.get(COMMITS) if event and event.asset_materialization else None
        moved = now != (read.value if read else None)
        return AutomationResult(context, context.candidate_subset if moved else context.get_empty_subset())


COMMITS = "commits"
"""The key under which a reading of the metadata keeps what `commits_of_others` was then."""


def commits_of_others(home: MeshHome, domain: str) -> str:
    """Another text whenever a port of another domain has another newest version than before."""
    newest = [
        f"{port.address} v{port.folder.name[1:]} {port.log.numbers()[-1]}"
        for port in port_folders(home)
        if port.address.domain != domain and port.published
    ]
    return hashlib.sha256("\n".join(sorted(newest)).encode()).hexdigest()


def after_publishing(home: MeshHome, source: AssetKey, described: Collection[PortAddress]) -> AutomationCondition[AssetKey]:
    """The condition of a source of metadata: other domains have published, and none of them is about to go on.

    What it is asked of are the commits of the others alone. So a reading of the metadata, and all that is published of it,
    never asks for the next one; and one that fails is not begun again before somebody publishes.
    """
    condition = OthersPublished(home, source) & ~AutomationCondition.in_progress()
    for port in described:
        condition &= settled(home, port)
    return condition.with_label("other domains have published and are settled")


def with_metadata() -> AutomationCondition[AssetKey]:
    """The condition of a port that is made of metadata: it is published in the run that reads them."""
    read = AutomationCondition.any_deps_match(AutomationCondition.will_be_requested())
    return (read & ~AutomationCondition.in_progress()).with_label("the metadata of the mesh are read")


def settled(home: MeshHome, port: PortAddress) -> AutomationCondition[AssetKey]:
    """True while a port follows from its inputs and is not being run; a port whose last run failed is not waited for."""
    key = AssetKey(port)
    given_up = AutomationCondition.asset_matches(key, AutomationCondition.execution_failed())
    running = AutomationCondition.asset_matches(key, AutomationCondition.in_progress())
    return (~running & (Settled(home, port) | given_up)).with_label(f"{port} is settled")


def consumption_sensor(domain: str) -> AutomationConditionSensorDefinition:
    """The sensor that evaluates the domain's conditions; on from the start."""
    with warnings.catch_warnings():
        # The conditions above are the platform's own code, so the code location must evaluate them and not the daemon;
        # Dagster calls that parameter beta, and would say so at every start.
        warnings.simplefilter("ignore", BetaWarning)
        return AutomationConditionSensorDefinition(
            f"{domain}_consumption",
            target=AssetSelection.all(),
            default_status=DefaultSensorStatus.RUNNING,
            minimum_interval_seconds=10,
            use_user_code_server=True,
            description="Starts the domain's products when what they consume has a new version.",
        )
