"""The mesh's own metadata as a source that a domain reads, beside files."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mesh_capabilities.governance.catalog.catalog import Catalog, open_catalog
from mesh_capabilities.governance.catalog.published import PUBLISHED, published
from mesh_platform.ingestion.source import RAW, TableRead
from mesh_platform.names import PortAddress, identifier, literal
from mesh_platform.project import DomainFolder, load_project

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class MetadataSource:
    """The metadata tables of the whole mesh, each of which becomes a table of the warehouse's schema `raw`.

    Args:
        name: of the source; its asset is called `raw_<name>`.
        tables: which tables; default: all that say the same in two looks between which nothing has changed.
    """

    name: str = "mesh"
    tables: tuple[str, ...] = PUBLISHED

    @property
    def asset_name(self) -> str:
        return f"{RAW}_{self.name}"

    def description(self, domain: DomainFolder) -> str:
        """What it is, for the asset's page."""
        return f"The metadata of the mesh, read into the private warehouse of {domain.name}: {', '.join(self.tables)}."

    def follows(self, domain: DomainFolder) -> list[PortAddress]:
        """The ports of the other domains, by their contracts' files; whether these are valid is another matter."""
        folders = (domain.root / "domains" / other / "contracts" for other in domain.others)
        files = (path for folder in folders for path in folder.glob("*.v*.odcs.yaml"))
        return sorted({PortAddress(path.parents[1].name, path.name.partition(".v")[0]) for path in files})

    def read(self, domain: DomainFolder, warehouse: "duckdb.DuckDBPyConnection", instance: Any) -> Mapping[str, TableRead]:
        """Replaces the source's tables by what the catalog says now."""
        catalog = open_catalog(load_project(domain.root, with_broken=True), instance)
        return read_metadata(self, catalog, domain.name, warehouse)


def read_metadata(
    source: MetadataSource, catalog: Catalog, reader: str, warehouse: "duckdb.DuckDBPyConnection"
) -> Mapping[str, TableRead]:
    """Replaces the source's tables in the warehouse by what the catalog says, in one transaction.

    Args:
        source: which tables.
        catalog: just opened.
        reader: the domain that reads; of its own ports only what is declared is read, and not what is served.
        warehouse: the reader's.
    """
    catalog.judge()
    found = {}
    with TemporaryDirectory() as folder:
        for name in source.tables:
            file = Path(folder) / f"{name}.parquet"
            catalog.connection().execute(f"COPY ({published(name, reader)}) TO {literal(file)} (FORMAT parquet)")
            found[name] = _described(name, file, catalog.connection())
        warehouse.execute("SET TimeZone = 'UTC'")
        warehouse.execute(f"CREATE SCHEMA IF NOT EXISTS {RAW}")
        warehouse.execute("BEGIN")
        for name in source.tables:
            file = Path(folder) / f"{name}.parquet"
            warehouse.execute(f"CREATE OR REPLACE TABLE {RAW}.{identifier(name)} AS FROM read_parquet({literal(file)})")
        warehouse.execute("COMMIT")
    return found


def _described(name: str, file: Path, connection: "duckdb.DuckDBPyConnection") -> TableRead:
    """The digest is that of the rows and not of the file: two looks at one thing may write two files."""
    rows = connection.execute(f"SELECT t::VARCHAR FROM read_parquet({literal(file)}) AS t").fetchall()
    digest = hashlib.sha256()
    for (row,) in rows:
        digest.update(f"{row}\n".encode())
    return TableRead(len(rows), digest.hexdigest())
