"""When a product runs by itself: once after its inputs have moved, and only when all that its domain consumes is settled."""

from collections.abc import Collection
from functools import reduce
from operator import and_

from dagster import (
    AssetKey,
    AssetSelection,
    AutomationCondition,
    AutomationConditionSensorDefinition,
    DefaultSensorStatus,
)

from mesh_platform.naming import PortAddress


def after_inputs(inputs: Collection[PortAddress], consumed: Collection[PortAddress]) -> AutomationCondition:
    """The condition of one port.

    A change of sales reaches finance directly and through marketing. Were each port to start as soon as one of its
    inputs moves, finance would run twice. So a port waits until everything its domain consumes has itself caught up
    with its own inputs. A producer whose last run failed, or that never ran, is not waited for: its last good version
    stays served.

    Args:
        inputs: the ports of other domains that this port reads.
        consumed: the ports of other domains that its whole domain reads.
    """
    moved = AutomationCondition.any_deps_updated().allow(AssetSelection.assets(*map(list, inputs)))
    behind = AutomationCondition.any_deps_updated().since(AutomationCondition.newly_updated())
    stuck = AutomationCondition.execution_failed() | AutomationCondition.missing()
    unsettled = (behind & ~stuck) | AutomationCondition.in_progress()
    handled = AutomationCondition.newly_updated() | AutomationCondition.newly_requested()
    return reduce(
        and_,
        [
            moved.since(handled).with_label("an input has a new version"),
            ~AutomationCondition.any_deps_missing(),
            ~AutomationCondition.in_progress(),
            *(
                (~AutomationCondition.asset_matches(AssetKey(address), unsettled)).with_label(f"{address} is settled")
                for address in sorted(consumed)
            ),
        ],
    ).with_label("the domain's inputs have moved and are settled")


def consumption_sensor(domain: str) -> AutomationConditionSensorDefinition:
    """The sensor that evaluates the domain's conditions; on from the start."""
    return AutomationConditionSensorDefinition(
        f"{domain}_consumption",
        target=AssetSelection.all(),
        default_status=DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=10,
        description="Starts the domain's products when what they consume has a new version.",
    )
