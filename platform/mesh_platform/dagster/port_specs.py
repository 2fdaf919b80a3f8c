"""What Dagster shows of an output port before it has ever run, all of it from the contract and the product."""

from collections.abc import Collection, Mapping, Sequence

from dagster import AssetDep, AssetSpec, AutomationCondition, FreshnessPolicy, TableColumn, TableColumnConstraints, TableSchema

from mesh_capabilities.governance.catalog.source import MetadataSource
from mesh_platform.build.port_graph import PortModel
from mesh_platform.contract.contract import Contract
from mesh_platform.dagster.automation import after_inputs, with_metadata
from mesh_platform.dagster.daily import daily
from mesh_platform.ingestion.source import RAW, CsvSource
from mesh_platform.names import PortAddress
from mesh_platform.product.deprecated_inputs import deprecated_inputs
from mesh_platform.product.offer import Offer
from mesh_platform.publish.stages import STAGE_TAG


def port_spec(
    offer: Offer, graph: Mapping[str, PortModel], port: str, sources: Sequence[CsvSource | MetadataSource] = ()
) -> AssetSpec:
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
    offer: Offer, model: PortModel, consumed: Collection[PortAddress], sources: Sequence[CsvSource | MetadataSource]
) -> AutomationCondition | None:
    """By itself a port runs after the ports that it reads, or with the metadata; nobody knows when a file changes."""
    if model.inputs:
        return after_inputs(offer.domain.home, model.inputs, consumed)
    described = {table for source in sources if isinstance(source, MetadataSource) for table in source.tables}
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
