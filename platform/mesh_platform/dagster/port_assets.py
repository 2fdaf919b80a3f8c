"""A domain's output ports as Dagster assets: one step builds, audits and publishes them, and tells Dagster the outcome."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    BackfillPolicy,
    DataVersion,
    Failure,
    MaterializeResult,
    MetadataValue,
    multi_asset,
)
from dagster_duckdb import DuckDBResource

from mesh_capabilities.columns.column_lineage import column_lineage
from mesh_capabilities.governance.catalog.source import MetadataSource
from mesh_capabilities.governance.gate import policies_on
from mesh_platform.build.port_graph import PortModel
from mesh_platform.build.warehouse import writing
from mesh_platform.contract.audit import Audit, audit
from mesh_platform.dagster.checks import check_specs, contract_results, input_checks, input_results, policy_result, test_results
from mesh_platform.dagster.source_assets import QUEUE_SECONDS
from mesh_platform.dagster.specs import days_wanted, port_spec, tell_days
from mesh_platform.ingestion.source import CsvSource
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.place import place_of
from mesh_platform.product.offer import Offer
from mesh_platform.publish.outcome import Outcome
from mesh_platform.publish.publication import Publication
from mesh_platform.publish.referenced_ports import referenced_files


def port_assets(
    offer: Offer, graph: Mapping[str, PortModel], sources: Sequence[CsvSource | MetadataSource]
) -> AssetsDefinition:
    """One asset a port; the contract's rules and dbt's tests are its checks."""
    domain = offer.domain

    @multi_asset(
        name=f"{domain.name}_products",
        specs=[port_spec(offer, graph, port, sources) for port in graph],
        check_specs=[
            check
            for port in graph
            for check in (*check_specs(offer.contracts[port], graph[port]), *input_checks(offer, graph[port]))
        ],
        can_subset=True,
        pool=f"{domain.name}_warehouse",
        backfill_policy=BackfillPolicy.single_run(),
    )
    def publish_products(
        context: AssetExecutionContext, warehouse: DuckDBResource
    ) -> Iterator[MaterializeResult | AssetCheckResult]:
        ports = [key.path[-1] for key in context.selected_asset_keys]
        yield from _audit_served(context, offer, graph)
        if not ports:
            return
        problems = []
        with writing(domain, QUEUE_SECONDS):
            hashes = _hashes_read(context, domain.name, sources)
            publication = Publication(offer, graph, ports, warehouse, context.run_id, hashes, days_wanted(context))
            for outcome in publication.outcomes():
                contract = offer.contracts[outcome.address.port]
                found = [*contract_results(contract, outcome.audit), *test_results(outcome)]
                found += [policy_result(outcome.address, outcome.policies), *input_results(offer, graph[contract.address.port])]
                checks = _selected(context, found)
                if outcome.version:
                    tell_days(context, outcome.version)
                    columns = column_lineage(offer, outcome, publication.pinned)
                    uri = place_of(domain.home.port(contract.address, contract.major)).uri
                    yield _result(outcome, checks, uri, columns)
                else:
                    yield from checks
                    problems.append(str(outcome.error))
        if problems:
            raise Failure(description="\n".join(problems), allow_retries=False)

    return publish_products


def _audit_served(context: AssetExecutionContext, offer: Offer, graph: Mapping[str, PortModel]) -> Iterator[AssetCheckResult]:
    """Checks run alone judge what is served, against the contract as it stands now."""
    keys = {check.asset_key for check in context.selected_asset_check_keys} - set(context.selected_asset_keys)
    policies = policies_on(offer, [key.path[-1] for key in keys]) if keys else {}
    for key in sorted(keys):
        contract = offer.contracts[key.path[-1]]
        served = OutputPort(contract.address, offer.domain.home.port(contract.address, contract.major)).current()
        found = audit(contract, served.fetched(), referenced_files(contract, offer.domain.home))
        checks = [*contract_results(contract, found), policy_result(contract.address, policies[key.path[-1]])]
        yield from _selected(context, [*checks, *input_results(offer, graph[contract.address.port])])


def _selected(context: AssetExecutionContext, checks: list[AssetCheckResult]) -> list[AssetCheckResult]:
    selected = {(check.asset_key, check.name) for check in context.selected_asset_check_keys}
    return [check for check in checks if (check.asset_key, check.check_name) in selected]


def _result(outcome: Outcome, checks: list[AssetCheckResult], uri: str, columns: Mapping[str, Any]) -> MaterializeResult:
    version, found = outcome.version, outcome.audit
    consumed = {name: f"version {number}" for name, number in version.provenance.inputs.items()}
    return MaterializeResult(
        asset_key=AssetKey(outcome.address),
        data_version=DataVersion(f"v{version.number}"),
        metadata={
            "dagster/row_count": version.rows,
            "version": version.number,
            "contract": f"{version.provenance.contract} {version.provenance.contract_version}",
            "rules passed": _passed(found),
            **({"rows set aside": version.provenance.set_aside} if version.provenance.set_aside else {}),
            "inputs": MetadataValue.json(consumed),
            "seconds": round(outcome.seconds, 2),
            "dagster/uri": uri,
            **({} if version.provenance.days is None else {"days replaced": version.provenance.days}),
            **columns,
        },
        check_results=checks,
    )


def _passed(found: Audit) -> str:
    return f"{sum(verdict.passed for verdict in found.verdicts)} of {len(found.verdicts)}"


def _hashes_read(context: AssetExecutionContext, domain: str, sources: Sequence[CsvSource | MetadataSource]) -> dict[str, str]:
    """The SHA-256 of what is behind each raw table, as its ingestion recorded it: one of a file, or one a table."""
    hashes = {}
    for source in sources:
        event = context.instance.get_latest_materialization_event(AssetKey([domain, source.asset_name]))
        if event and event.asset_materialization and "sha256" in event.asset_materialization.metadata:
            said = event.asset_materialization.metadata["sha256"].value
            hashes |= said if isinstance(said, Mapping) else dict.fromkeys(source.tables, said)
    return hashes
