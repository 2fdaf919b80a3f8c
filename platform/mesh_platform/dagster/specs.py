"""The asset specs of ports, from their contracts and products: of built ports, and of ports that are only described."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import dagster as dg

from mesh_isolation.days import DayRange
from mesh_isolation.text import plain, visible
from mesh_platform.build.port_graph import PortModel
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.document import load_contract
from mesh_platform.dagster.automation import after_inputs, with_metadata
from mesh_platform.errors import ContractError, MeshError
from mesh_platform.ingestion.source import RAW, CsvSource, Source
from mesh_platform.names import PortAddress
from mesh_platform.port.place import major_of
from mesh_platform.product.descriptor import DataProduct, Stage, deprecated_inputs
from mesh_platform.product.offer import Offer
from mesh_platform.project import DomainFolder
from mesh_platform.publish.loading import STAGE_TAG
from mesh_platform.yaml_files import read_mapping

_TAG = re.compile(r"[^A-Za-z0-9_.-]")
"""What Dagster allows in no tag; ODPS allows any text."""
_SHORTEST = timedelta(minutes=1)
"""The shortest time after which Dagster shows an asset as late."""


def daily(contract: Contract) -> dg.DailyPartitionsDefinition | None:
    """One partition for each day that the contract allows, in UTC; None for a port without partitions.

    The end is exclusive, like the contract's `exclusiveMaximum`; without one, the last partition is yesterday.
    """
    if contract.partition is None:
        return None
    first, end = contract.partition.first, contract.partition.end
    return dg.DailyPartitionsDefinition(start_date=str(first), end_date=str(end) if end else None, timezone="UTC")


def days_wanted(context: dg.AssetExecutionContext) -> DayRange | None:
    """The days chosen for this run, on the command line or in a backfill; None for the days that have changed."""
    if context.has_partition_key:
        return DayRange.parse(context.partition_key)
    if context.has_partition_key_range:
        key_range = context.partition_key_range
        return DayRange.parse(f"{key_range.start}..{key_range.end}")
    return None


def described_ports(offer: Offer) -> list[dg.AssetSpec]:
    """An asset without materialisation for each port of a proposed or retired product. Its history stays visible."""
    return [
        dg.AssetSpec(
            list(output.address),
            group_name=offer.domain.name,
            owners=[f"team:{product.owner}"],
            description=f"{_paragraph(product, offer)}\n\n**Product.** {product.name}: {plain(product.purpose)}",
            tags={"mesh/product": product.name, STAGE_TAG: product.status},
            metadata={"product": product.name, "contract": visible(output.contract_id)},
        )
        for product in offer.products.values()
        if not product.stage.built
        for output in product.outputs
    ]


def partitioned_inputs(domain: DomainFolder, assets: Iterable[dg.AssetsDefinition]) -> list[dg.AssetSpec]:
    """The partitioned ports of other domains that these assets read, without materialisation.

    Dagster itself adds what an asset reads, but without partitions: a backfill of such a port would then be an error for the
    automation of every domain that reads it.
    """
    read = {dep.asset_key for definition in assets for spec in definition.specs for dep in spec.deps}
    return [
        dg.AssetSpec(key, partitions_def=days)
        for key in sorted(read)
        if key.path[0] != domain.name and (days := _days_of_newest(PortAddress(*key.path), domain.root))
    ]


def _days_of_newest(address: PortAddress, root: Path) -> dg.DailyPartitionsDefinition | None:
    """The partitions of the newest major of a port; None too for a contract that does not load, which its owner sees."""
    contracts = (root / "domains" / address.domain / "contracts").glob(f"{address.port}.v*.odcs.yaml")
    with suppress(MeshError, ValueError):  # ValueError: there is none
        return daily(load_contract(max(contracts, key=lambda path: major_of(path.name.split(".")[1]) or -1), root))
    return None


def _paragraph(product: DataProduct, offer: Offer) -> str:
    """The stage of a product that is not built, as the first paragraph of a description."""
    if product.stage is Stage.proposed:
        return f"**Proposed.** Described but not built; questions to {plain(offer.domain.channel)}."
    when = _retirement(product, offer)
    instead = f" Use {plain(product.successor)} instead." if product.successor else ""
    return f"**Retired.** Retired{when}{'' if when.endswith('.') else '.'}{instead} It is no longer built."


def _retirement(product: DataProduct, offer: Offer) -> str:
    """When, by whom and why the product was retired, as `mesh product` recorded it; empty if the last record differs."""
    record = (offer.domain.root / product.file).with_name(f"{product.name}.lifecycle.yaml")
    try:
        last = read_mapping(record, ContractError)["transitions"][-1]
        retired = last["to"] == Stage.retired
        return f" on {plain(str(last['at'])[:10])} by {plain(last['by'])}: {plain(last['why'])}" if retired else ""
    except (ContractError, LookupError, TypeError):
        return ""  # not recorded; `mesh product status` reports a record that cannot be read


def port_spec(offer: Offer, graph: Mapping[str, PortModel], port: str, sources: Sequence[Source] = ()) -> dg.AssetSpec:
    """The asset of one port: owner, grain, contract, columns, dependencies and automation."""
    contract, product, model = offer.contracts[port], offer.product_of(port), graph[port]
    domain = offer.domain.name
    consumed = {address for other in graph.values() for address in other.inputs}
    deprecated = [str(entry) for entry in deprecated_inputs(product, offer.domain.root) if entry.address in model.inputs]
    assets = {table: source.asset_name for source in sources for table in source.tables}
    raw = dict.fromkeys(assets.get(table, f"{RAW}_{table}") for table in model.raw)
    own = [dg.AssetDep([domain, name]) for name in (*raw, *model.ports)]
    return dg.AssetSpec(
        [domain, port],
        deps=[*own, *(dg.AssetDep(list(address)) for address in model.inputs)],
        group_name=domain,
        owners=[f"team:{product.owner}"],
        kinds={"dbt", "deltalake"},
        description=(
            f"{plain(contract.description)}\n\n**Grain.** {plain(contract.grain)}\n\n"
            f"**Product.** {product.name}: {plain(product.purpose)}\n\n"
            f"**Contract.** {plain(contract.id)}, version {plain(contract.version)}, `{contract.file}`; "
            f"questions to {plain(offer.domain.channel)}."
            f"{_documented(contract)}" + "".join(f"\n\n**Deprecated.** It {plain(sentence)}." for sentence in deprecated)
        ),
        tags={
            "mesh/product": product.name,
            STAGE_TAG: product.status,
            **{f"mesh/{_TAG.sub('_', tag)[:63] or '_'}": "" for tag in product.tags},
        },
        metadata={
            "dagster/column_schema": _columns(contract),
            "contract": visible(f"{contract.id} {contract.version}"),
            "contract file": contract.file,
            "grain": visible(contract.grain),
            "product": product.name,
            **({"deprecated inputs": list(map(visible, deprecated))} if deprecated else {}),
        },
        freshness_policy=dg.FreshnessPolicy.time_window(max(contract.freshness, _SHORTEST)) if contract.freshness else None,
        automation_condition=_when(offer, model, consumed, sources),
        code_version=contract.version,
        partitions_def=daily(contract),
    )


def _when(
    offer: Offer, model: PortModel, consumed: Collection[PortAddress], sources: Sequence[Source]
) -> dg.AutomationCondition | None:
    """The automation of a port: it runs after its input ports, or with the metadata. A port that reads only files has none."""
    if model.inputs:
        return after_inputs(offer.domain.home, model.inputs, consumed)
    described = {table for source in sources if not isinstance(source, CsvSource) for table in source.tables}
    return with_metadata() if described & set(model.raw) else None


def _documented(contract: Contract) -> str:
    """The statements of the contract that no audit can check, as a list."""
    items = "".join(f"\n* {plain(sentence)}" for sentence in contract.documented)
    return f"\n\n**Not audited.**\n{items}" if items else ""


def _columns(contract: Contract) -> dg.TableSchema:
    return dg.TableSchema(
        [
            dg.TableColumn(
                visible(column.name),
                visible(column.type),
                plain(column.description),
                dg.TableColumnConstraints(
                    nullable=not (column.required or column.name in contract.primary_key),
                    unique=column.unique or contract.primary_key == (column.name,),
                    other=["primary key"] if column.name in contract.primary_key else [],
                ),
                tags={"classification": column.sensitivity} if column.sensitivity else {},
            )
            for column in contract.columns
        ]
    )
