"""The code location of a domain: one call builds all its Dagster definitions from the domain's files."""

from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from mesh_platform.dagster.automation import consumption_sensor
from mesh_platform.dagster.port_assets import port_assets
from mesh_platform.dagster.source_assets import WarehouseResource, source_assets, table_source_asset
from mesh_platform.dagster.specs import described_ports, partitioned_inputs
from mesh_platform.home import find_root
from mesh_platform.ingestion.source import CsvSource, Source, declare
from mesh_platform.project import load_domain
from mesh_platform.publish.loading import load_built


def build_domain(name: str, definitions_file: str, sources: Sequence[Source] = ()) -> dg.Definitions:
    """The Dagster definitions of one domain: its sources and output ports as assets, and their automation.

    Args:
        name: the domain's name.
        definitions_file: `__file__` of the domain's `definitions.py`; the repository is located from it.
        sources: the source files that the domain reads, and sources of the kinds that capabilities add.

    Raises MeshError when a file of the domain, a contract, a product or a model is invalid.
    """
    domain = load_domain(find_root(Path(definitions_file)), name)
    declare(name, sources)
    domain.home.prepare(keep_instance=True)
    offer, graph = load_built(domain)
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
