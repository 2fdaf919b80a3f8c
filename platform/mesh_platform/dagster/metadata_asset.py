"""The mesh's metadata as a Dagster asset: it follows every port of the other domains, and is read after them."""

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    MetadataValue,
    multi_asset,
)
from dagster_duckdb import DuckDBResource

from mesh_capabilities.governance.catalog.catalog import open_catalog
from mesh_capabilities.governance.catalog.source import MetadataSource, read_metadata
from mesh_platform.build.warehouse import writing
from mesh_platform.dagster.automation import COMMITS, after_publishing, commits_of_others
from mesh_platform.dagster.source_assets import QUEUE_SECONDS
from mesh_platform.events import Step, tell
from mesh_platform.names import PortAddress
from mesh_platform.project import DomainFolder, load_project


def metadata_asset(domain: DomainFolder, source: MetadataSource) -> AssetsDefinition:
    """One asset for all tables of the source."""
    key = AssetKey([domain.name, source.asset_name])
    described = described_ports(domain)
    spec = AssetSpec(
        key,
        deps=[AssetKey(address) for address in described],
        group_name=domain.name,
        owners=[domain.owner],
        kinds={"duckdb"},
        description=f"The metadata of the mesh, harvested into the private warehouse of {domain.name}: "
        f"{', '.join(source.tables)}.",
        automation_condition=after_publishing(domain.home, key, described),
    )

    @multi_asset(name=f"{domain.name}_metadata_sources", specs=[spec], pool=f"{domain.name}_warehouse")
    def read_mesh(context: AssetExecutionContext, warehouse: DuckDBResource) -> MaterializeResult:
        tell(Step(domain.name, "harvesting the metadata of the mesh"))
        # Asked before the harvest: what is committed meanwhile is new for the next one, whether this one saw it or not.
        commits = commits_of_others(domain.home, domain.name)
        with writing(domain, QUEUE_SECONDS), warehouse.get_connection() as connection:
            catalog = open_catalog(load_project(domain.root, with_broken=True), context.instance)
            tables = read_metadata(source, catalog, domain.name, connection)
        return MaterializeResult(
            asset_key=key,
            metadata={
                "rows": MetadataValue.json({name: table.rows for name, table in tables.items()}),
                "sha256": MetadataValue.json({name: table.digest for name, table in tables.items()}),
                COMMITS: commits,
            },
        )

    return read_mesh


def described_ports(domain: DomainFolder) -> list[PortAddress]:
    """The ports of the other domains, by their contracts' files; whether these are valid is another matter."""
    found = {
        PortAddress(other, path.name.partition(".v")[0])
        for other in domain.others
        for path in (domain.root / "domains" / other / "contracts").glob("*.v*.odcs.yaml")
    }
    return sorted(found)
