"""A domain's output ports as Dagster assets: one step builds, audits and publishes them, and reports the results."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from mesh_isolation.text import hiding_values, visible
from mesh_platform.build.port_graph import PortModel
from mesh_platform.build.warehouse import writing
from mesh_platform.capabilities import metadata_of, rulings_on
from mesh_platform.contract.audit import audit
from mesh_platform.dagster.checks import check_specs, contract_results, gate_results, input_results, test_results
from mesh_platform.dagster.internals import report_days
from mesh_platform.dagster.source_assets import QUEUE_SECONDS, VolumeConfig, WarehouseResource
from mesh_platform.dagster.specs import days_wanted, port_spec
from mesh_platform.errors import described
from mesh_platform.ingestion.source import Source
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.place import place_of
from mesh_platform.product.offer import Offer
from mesh_platform.publish.attempt import Attempt, Work
from mesh_platform.publish.pinning import referenced_files
from mesh_platform.publish.publishing import commit, publish


def port_assets(offer: Offer, graph: Mapping[str, PortModel], sources: Sequence[Source]) -> dg.AssetsDefinition:
    """One asset per port; the contract's rules and dbt's tests are its checks."""
    domain = offer.domain

    @dg.multi_asset(
        name=f"{domain.name}_products",
        specs=[port_spec(offer, graph, port, sources) for port in graph],
        check_specs=[check for port in graph for check in check_specs(offer, graph[port])],
        can_subset=True,
        pool=f"{domain.name}_warehouse",
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def publish_products(
        context: dg.AssetExecutionContext, config: VolumeConfig, warehouse: WarehouseResource
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        ports = [key.path[-1] for key in context.selected_asset_keys]
        yield from _audit_served(context, offer, graph)
        if not ports:
            return
        problems = []
        with hiding_values(), writing(domain, QUEUE_SECONDS):
            work = Work(offer, graph, warehouse, context.run_id, days_wanted(context), accepted=config.accept_volume)
            for attempt in publish(work.attempts(ports), work, commit):
                results = [*contract_results(attempt.contract, attempt.audit), *test_results(attempt)]
                results += [*gate_results(attempt.address, attempt.checks), *input_results(offer, attempt.model)]
                checks = _selected(context, results)
                if attempt.version:
                    report_days(context, attempt.version)
                    yield _result(attempt, checks, work)
                else:
                    yield from checks
                    problems.append(str(attempt.problem))
        if problems:
            raise dg.Failure(description=visible("\n".join(problems)), allow_retries=False)

    return publish_products


def _audit_served(
    context: dg.AssetExecutionContext, offer: Offer, graph: Mapping[str, PortModel]
) -> Iterator[dg.AssetCheckResult]:
    """Runs checks without their ports: audits the served version against the current contract."""
    keys = {check.asset_key for check in context.selected_asset_check_keys} - set(context.selected_asset_keys)
    if not keys:
        return
    ports = [key.path[-1] for key in keys]
    rulings = rulings_on(offer, ports)
    for key in sorted(keys):
        contract = offer.contracts[key.path[-1]]
        port = OutputPort(contract.address, offer.domain.home.port(contract.address, contract.major))
        served, references = port.current(), referenced_files(contract.references, offer.domain.home)
        with hiding_values():
            audited = audit(contract, served.fetched(), references, before=port.rows_before(served.number))
        gated = [check for ruling in rulings[key.path[-1]] for check in ruling.checks]
        checks = [*contract_results(contract, audited), *gate_results(contract.address, gated)]
        yield from _selected(context, [*checks, *input_results(offer, graph[contract.address.port])])


def _selected(context: dg.AssetExecutionContext, checks: list[dg.AssetCheckResult]) -> list[dg.AssetCheckResult]:
    selected = {(check.asset_key, check.name) for check in context.selected_asset_check_keys}
    return [check for check in checks if (check.asset_key, check.check_name) in selected]


def _result(attempt: Attempt, checks: list[dg.AssetCheckResult], work: Work) -> dg.MaterializeResult:
    version, contract = attempt.version, attempt.contract
    consumed = {name: f"version {number}" for name, number in version.provenance.inputs.items()}
    return dg.MaterializeResult(
        asset_key=dg.AssetKey(attempt.address),
        data_version=dg.DataVersion(f"v{version.number}"),
        metadata={
            "dagster/row_count": version.rows,
            "version": version.number,
            "contract": visible(f"{version.provenance.contract} {version.provenance.contract_version}"),
            "rules passed": f"{sum(verdict.passed for verdict in attempt.audit.verdicts)} of {len(attempt.audit.verdicts)}",
            **({"rows set aside": attempt.set_aside} if attempt.set_aside else {}),
            "inputs": dg.MetadataValue.json(consumed),
            "seconds": round(attempt.seconds, 2),
            "dagster/uri": place_of(work.home.port(contract.address, contract.major)).uri,
            **({} if version.provenance.days is None else {"days replaced": version.provenance.days}),
            **_metadata(attempt, work),
        },
        check_results=checks,
    )


def _metadata(attempt: Attempt, work: Work) -> dict[str, Any]:
    """The metadata that capabilities add to a published port; column lineage in Dagster's own form."""
    metadata = metadata_of(work.offer, attempt, work.pinned)
    if isinstance(lineage := metadata.get("column_lineage"), Mapping):
        try:
            deps = {
                column: [dg.TableColumnDep(dg.AssetKey(origin), name) for origin, name in origins]
                for column, origins in lineage.items()
            }
            metadata["dagster/column_lineage"] = dg.TableColumnLineage(deps)
            del metadata["column_lineage"]
        except Exception as problem:  # the port is published; what is shown of it must not end the run
            metadata["column_lineage"] = f"Not known: {described(problem)}."
    return metadata
