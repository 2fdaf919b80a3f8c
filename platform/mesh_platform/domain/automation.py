"""When a product runs by itself: once after its inputs have moved, and only when all that its domain consumes is settled."""

import warnings
from collections.abc import Collection
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

from mesh_platform.domain.staleness import Commits
from mesh_platform.home import MeshHome
from mesh_platform.naming import PortAddress
from mesh_platform.ports.shelf import published_ports


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
        key = AssetKey(port)
        given_up = AutomationCondition.asset_matches(key, failed)
        running = AutomationCondition.asset_matches(key, AutomationCondition.in_progress())
        condition &= (~running & (Settled(home, port) | given_up)).with_label(f"{port} is settled")
    return condition.with_label("the domain's inputs have moved and are settled")


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
