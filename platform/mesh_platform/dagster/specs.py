"""What Dagster shows of a port before it runs: from the contract and the product, built ports and described ones."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from dagster import (
    AssetDep,
    AssetExecutionContext,
    AssetSpec,
    AutomationCondition,
    DailyPartitionsDefinition,
    FreshnessPolicy,
    TableColumn,
    TableColumnConstraints,
    TableSchema,
)

from mesh_platform.build.port_graph import PortModel
from mesh_platform.contract.contract import Contract
from mesh_platform.dagster.automation import after_inputs, with_metadata
from mesh_platform.days import DayRange
from mesh_platform.errors import ContractError
from mesh_platform.ingestion.source import RAW, CsvSource, Source
from mesh_platform.names import PortAddress
from mesh_platform.product.descriptor import DataProduct, Stage
from mesh_platform.product.inputs import deprecated_inputs
from mesh_platform.product.offer import Offer
from mesh_platform.product.record import Transition, read_record, record_file
from mesh_platform.publish.loading import STAGE_TAG


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


def _midnight(day: object) -> datetime:
    return datetime.fromisoformat(f"{day}").replace(tzinfo=UTC)


def described_ports(offer: Offer) -> list[AssetSpec]:
    """An asset that nothing materialises for each such port. Its history stays; its lineage ends here."""
    return [
        AssetSpec(
            list(output.address),
            group_name=offer.domain.name,
            owners=[f"team:{product.owner}"],
            description=f"{_told(product, offer)}\n\n**Product.** {product.name}: {product.purpose}",
            tags={"mesh/product": product.name, STAGE_TAG: product.status},
            metadata={"product": product.name, "contract": output.contract_id},
        )
        for product in offer.products.values()
        if not product.stage.built
        for output in product.outputs
    ]


def _told(product: DataProduct, offer: Offer) -> str:
    if product.stage is Stage.proposed:
        return f"**Proposed.** Described and not built; questions to {offer.domain.channel}."
    last = _last_step(product, offer)
    when = f" on {last.at:%Y-%m-%d} by {last.by}: {last.why}" if last else ""
    instead = f" Go on with {product.successor}." if product.successor else ""
    return f"**Retired.** Retired{when}{'' if when.endswith('.') else '.'}{instead} What was published is built no more."


def _last_step(product: DataProduct, offer: Offer) -> Transition | None:
    """The step that retired it; None when nobody recorded it, or the record cannot be read."""
    try:
        taken = read_record(record_file(offer.domain.root / product.file))
    except ContractError:
        return None  # told by `mesh product status`; the domain has nothing to run here
    return taken[-1] if taken and taken[-1].target is Stage.retired else None


def port_spec(offer: Offer, graph: Mapping[str, PortModel], port: str, sources: Sequence[Source] = ()) -> AssetSpec:
    """The asset of one port: its owner, grain, contract and columns, what it is made of, and when it runs by itself."""
    contract, product, model = offer.contracts[port], offer.product_of(port), graph[port]
    domain = offer.domain.name
    consumed = {address for other in graph.values() for address in other.inputs}
    deprecated = [str(found) for found in deprecated_inputs(product, offer.domain.root) if found.address in model.inputs]
    assets = {table: source.asset_name for source in sources for table in source.tables}
    raw = dict.fromkeys(assets.get(table, f"{RAW}_{table}") for table in model.raw)
    own = [AssetDep([domain, name]) for name in (*raw, *model.ports)]
    return AssetSpec(
        [domain, port],
        deps=[*own, *(AssetDep(list(address)) for address in model.inputs)],
        group_name=domain,
        owners=[f"team:{product.owner}"],
        kinds={"dbt", "deltalake"},
        description=(
            f"{contract.description}\n\n**Grain.** {contract.grain}\n\n"
            f"**Product.** {product.name}: {product.purpose}\n\n"
            f"**Contract.** {contract.id}, version {contract.version}, `{contract.file}`; questions to {offer.domain.channel}."
            f"{_documented(contract)}" + "".join(f"\n\n**Deprecated.** It {sentence}." for sentence in deprecated)
        ),
        tags={"mesh/product": product.name, STAGE_TAG: product.status, **{f"mesh/{tag}": "" for tag in product.tags}},
        metadata={
            "dagster/column_schema": _columns(contract),
            "contract": f"{contract.id} {contract.version}",
            "contract file": contract.file,
            "grain": contract.grain,
            "product": product.name,
            **({"deprecated inputs": deprecated} if deprecated else {}),
        },
        freshness_policy=FreshnessPolicy.time_window(contract.freshness) if contract.freshness else None,
        automation_condition=_when(offer, model, consumed, sources),
        code_version=contract.version,
        partitions_def=daily(contract),
    )


def _when(
    offer: Offer, model: PortModel, consumed: Collection[PortAddress], sources: Sequence[Source]
) -> AutomationCondition | None:
    """By itself a port runs after the ports that it reads, or with the metadata; nobody knows when a file changes."""
    if model.inputs:
        return after_inputs(offer.domain.home, model.inputs, consumed)
    described = {table for source in sources if not isinstance(source, CsvSource) for table in source.tables}
    return with_metadata() if described & set(model.raw) else None


def _documented(contract: Contract) -> str:
    """What the contract says to people and no audit can hold, as a list."""
    said = "".join(f"\n* {sentence}" for sentence in contract.documented)
    return f"\n\n**Not audited.**\n{said}" if said else ""


def _columns(contract: Contract) -> TableSchema:
    return TableSchema(
        [
            TableColumn(
                column.name,
                column.type,
                column.description,
                TableColumnConstraints(
                    nullable=not (column.required or column.name in contract.primary_key),
                    unique=column.unique or contract.primary_key == (column.name,),
                    other=["primary key"] if column.name in contract.primary_key else [],
                ),
                tags={"classification": column.classification} if column.classification else {},
            )
            for column in contract.columns
        ]
    )
