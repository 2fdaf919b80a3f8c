"""The code location of a domain: all its Dagster definitions, built from what the domain's files declare."""

from pathlib import Path

import dagster as dg

from mesh_platform.dagster.automation import consumption_sensor
from mesh_platform.dagster.port_assets import port_assets
from mesh_platform.dagster.source_assets import WarehouseResource, source_assets, table_source_asset
from mesh_platform.dagster.specs import described_ports, partitioned_inputs
from mesh_platform.ingestion.declaration import sources_of
from mesh_platform.ingestion.source import CsvSource
from mesh_platform.project import load_domain
from mesh_platform.publish.loading import check_sources, load_built


def definitions_of(root: Path, name: str) -> dg.Definitions:
    """The Dagster definitions of one domain: its sources and output ports as assets, and their automation.

    `mesh` calls this; whatever else imports `<name>.definitions` gets them as its `defs`, by `mesh_isolation.packages`.
    Raises MeshError when a file of the domain, its Python, a contract, a product or a model is invalid.
    """
    domain = load_domain(root, name)
    sources = sources_of(domain)
    domain.home.prepare(keep_instance=True)
    offer, graph = load_built(domain)
    check_sources(domain, graph, sources)
    files = [source for source in sources if isinstance(source, CsvSource)]
    assets = [
        *([source_assets(domain, files)] if files else []),
        *(table_source_asset(domain, source) for source in sources if not isinstance(source, CsvSource)),
        port_assets(offer, graph, sources),
    ]
    return dg.Definitions(
        assets=[*assets, *described_ports(offer), *partitioned_inputs(domain, assets)],
        resources={"warehouse": WarehouseResource(database=str(domain.home.warehouse(name)))},
        sensors=[consumption_sensor(name)],
        # One process per run: with more, each step would import dbt and Dagster again.
        executor=dg.in_process_executor,
    )
