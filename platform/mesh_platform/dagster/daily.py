"""Ports that grow day by day, as Dagster sees them: a partition a day, which days a run is for, which ones it published."""

import logging
from datetime import UTC, datetime

from dagster import AssetExecutionContext, AssetKey, AssetMaterialization, DagsterEventType, DailyPartitionsDefinition
from dagster._core.events import DagsterEvent, DagsterEventBatchMetadata, StepMaterializationData, generate_event_batch_id

from mesh_platform.contract.contract import Contract
from mesh_platform.days import DayRange
from mesh_platform.port.version import PortVersion


def daily(contract: Contract) -> DailyPartitionsDefinition | None:
    """One partition for each day that the contract allows, in UTC; None for a port that is replaced as a whole.

    The end is exclusive, as it is in the contract's `exclusiveMaximum`; without one, today is the first day not there yet.
    """
    if contract.partition is None:
        return None
    end = contract.partition.end
    return DailyPartitionsDefinition(
        start_date=_midnight(contract.partition.first), end_date=_midnight(end) if end else None, timezone="UTC"
    )


def days_wanted(context: AssetExecutionContext) -> DayRange | None:
    """The days that somebody chose for this run, on the command line or in a backfill; None for whatever has changed."""
    if context.has_partition_key:
        return DayRange.parse(context.partition_key)
    if context.has_partition_key_range:
        chosen = context.partition_key_range
        return DayRange.parse(f"{chosen.start}..{chosen.end}")
    return None


def tell_days(context: AssetExecutionContext, version: PortVersion) -> None:
    """Marks the days that a version has replaced as materialized.

    Only in a run that no days were chosen for: where there are some, Dagster marks them by itself. In one batch, which the
    event log of `mesh run` writes in one transaction: there may be a thousand.
    """
    if version.partition is None or context.has_partition_key or context.has_partition_key_range:
        return
    step, batch = context.get_step_execution_context().step, generate_event_batch_id()
    days = [day for part in version.provenance.days or () for day in DayRange.parse(part)]
    for place, day in enumerate(days):
        told = AssetMaterialization(AssetKey(version.address), partition=str(day), metadata={"version": version.number})
        event = DagsterEvent(
            DagsterEventType.ASSET_MATERIALIZATION.value,
            context.job_name,
            step_handle=step.handle,
            node_handle=step.node_handle,
            step_kind_value=step.kind.value,
            event_specific_data=StepMaterializationData(told),
            message=f"{version.address} {day}",
        )
        batched = DagsterEventBatchMetadata(batch, place == len(days) - 1)
        context.instance.report_dagster_event(event, context.run_id, logging.DEBUG, batched)


def _midnight(day: object) -> datetime:
    return datetime.fromisoformat(f"{day}").replace(tzinfo=UTC)
