"""A domain's output ports as Dagster assets: one step builds, audits and publishes them, and tells Dagster the outcome."""

from collections.abc import Iterator, Mapping, Sequence

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetDep,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    DataVersion,
    Failure,
    FreshnessPolicy,
    MaterializeResult,
    MetadataValue,
    TableColumn,
    TableColumnConstraints,
    TableSchema,
    multi_asset,
)
from dagster_duckdb import DuckDBResource

from mesh_platform.contracts.audit import Audit
from mesh_platform.contracts.contract import Contract
from mesh_platform.domain.automation import after_inputs
from mesh_platform.domain.publication import Outcome, Publication
from mesh_platform.domain.source_assets import QUEUE_SECONDS
from mesh_platform.domain.warehouse import writing
from mesh_platform.ingestion.source import RAW, CsvSource
from mesh_platform.products.offer import Offer
from mesh_platform.transformation.port_graph import PortModel

TESTS = "dbt_tests"
"""The check that shows a port's dbt tests."""


def port_assets(offer: Offer, graph: Mapping[str, PortModel], sources: Sequence[CsvSource]) -> AssetsDefinition:
    """One asset a port; the contract's rules and dbt's tests are its checks."""
    domain = offer.domain
    hashes = {source.table: source.asset_name for source in sources}

    @multi_asset(
        name=f"{domain.name}_products",
        specs=[_spec(offer, graph, port) for port in graph],
        check_specs=[check for port in graph for check in _check_specs(offer.contracts[port], graph[port])],
        can_subset=True,
        pool=f"{domain.name}_warehouse",
    )
    def publish_products(
        context: AssetExecutionContext, warehouse: DuckDBResource
    ) -> Iterator[MaterializeResult | AssetCheckResult]:
        ports = [key.path[-1] for key in context.selected_asset_keys]
        read = _hashes_read(context, {table: AssetKey([domain.name, name]) for table, name in hashes.items()})
        problems = []
        with writing(domain, QUEUE_SECONDS):
            for outcome in Publication(offer, graph, ports, warehouse, context.run_id, read).outcomes():
                contract = offer.contracts[outcome.address.port]
                checks = [*_contract_checks(contract, outcome), *_test_check(graph[outcome.address.port], outcome)]
                if outcome.version:
                    yield _result(outcome, checks)
                else:
                    yield from checks
                    problems.append(str(outcome.error))
        if problems:
            raise Failure(description="\n".join(problems), allow_retries=False)

    return publish_products


def _spec(offer: Offer, graph: Mapping[str, PortModel], port: str) -> AssetSpec:
    contract, product, model = offer.contracts[port], offer.product_of(port), graph[port]
    domain = offer.domain.name
    consumed = {address for other in graph.values() for address in other.inputs}
    own = [AssetDep([domain, f"{RAW}_{table}"]) for table in model.raw] + [AssetDep([domain, name]) for name in model.ports]
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
        ),
        tags={"mesh/product": product.name, **{f"mesh/{tag}": "" for tag in product.tags}},
        metadata={
            "dagster/column_schema": _columns(contract),
            "contract": f"{contract.id} {contract.version}",
            "contract file": contract.file,
            "grain": contract.grain,
            "product": product.name,
        },
        freshness_policy=FreshnessPolicy.time_window(contract.freshness) if contract.freshness else None,
        automation_condition=after_inputs(model.inputs, consumed) if model.inputs else None,
        code_version=contract.version,
    )


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


def _check_specs(contract: Contract, model: PortModel) -> Iterator[AssetCheckSpec]:
    for check in contract.checks:
        sentences = [rule.sentence for rule in contract.rules if rule.check == check]
        yield AssetCheckSpec(check, asset=AssetKey(contract.address), description=". ".join(sentences))
    if model.tests:
        yield AssetCheckSpec(
            TESTS, asset=AssetKey(contract.address), description=f"The {len(model.tests)} dbt tests of the model."
        )


def _contract_checks(contract: Contract, outcome: Outcome) -> Iterator[AssetCheckResult]:
    for check in contract.checks if outcome.audit else ():
        verdicts = outcome.audit.of_check(check)
        broken = [verdict for verdict in verdicts if not verdict.passed]
        if not verdicts:
            continue  # judged no further, because the columns are not the promised ones
        blocks = any(verdict.rule.blocks for verdict in broken)
        yield AssetCheckResult(
            asset_key=AssetKey(contract.address),
            check_name=check,
            passed=not broken,
            severity=AssetCheckSeverity.ERROR if blocks or not broken else AssetCheckSeverity.WARN,
            metadata={
                "rules": len(verdicts),
                **({"broken": MetadataValue.md("\n\n".join(map(str, broken)))} if broken else {}),
            },
        )


def _test_check(model: PortModel, outcome: Outcome) -> Iterator[AssetCheckResult]:
    ran = [node for node in outcome.nodes if node.kind == "test"]
    if not ran:
        return
    bad = [node for node in ran if not node.good]
    yield AssetCheckResult(
        asset_key=AssetKey(outcome.address),
        check_name=TESTS,
        passed=not bad,
        metadata={"tests": len(ran), **({"failed": [f"{node.name}: {node.message}" for node in bad]} if bad else {})},
    )


def _result(outcome: Outcome, checks: list[AssetCheckResult]) -> MaterializeResult:
    version, found = outcome.version, outcome.audit
    consumed = {name: f"version {number}" for name, number in version.provenance.inputs.items()}
    return MaterializeResult(
        asset_key=AssetKey(outcome.address),
        data_version=DataVersion(f"v{version.number}"),
        metadata={
            "dagster/row_count": found.rows,
            "version": version.number,
            "contract": f"{version.provenance.contract} {version.provenance.contract_version}",
            "rules passed": _passed(found),
            "inputs": MetadataValue.json(consumed),
            "seconds": round(outcome.seconds, 2),
            "dagster/uri": version.files[0].parent.as_posix(),
        },
        check_results=checks,
    )


def _passed(found: Audit) -> str:
    return f"{sum(verdict.passed for verdict in found.verdicts)} of {len(found.verdicts)}"


def _hashes_read(context: AssetExecutionContext, tables: Mapping[str, AssetKey]) -> dict[str, str]:
    """The SHA-256 of the file behind each raw table, as its ingestion recorded it."""
    hashes = {}
    for table, key in tables.items():
        event = context.instance.get_latest_materialization_event(key)
        if event and event.asset_materialization and "sha256" in event.asset_materialization.metadata:
            hashes[table] = event.asset_materialization.metadata["sha256"].text
    return hashes
