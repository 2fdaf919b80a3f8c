"""The mesh's own metadata as a source that a domain reads, beside files."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mesh_capabilities.governance.catalog.catalog import Catalog
from mesh_capabilities.governance.catalog.published import PUBLISHED, published
from mesh_platform.ingestion.source import RAW
from mesh_platform.names import identifier, literal

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


@dataclass(frozen=True)
class Table:
    """One table as it was read."""

    name: str
    rows: int
    digest: str
    """SHA-256 of its content, in the order of its key."""


def read_metadata(
    source: MetadataSource, catalog: Catalog, reader: str, warehouse: "duckdb.DuckDBPyConnection"
) -> Mapping[str, Table]:
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


def _described(name: str, file: Path, connection: "duckdb.DuckDBPyConnection") -> Table:
    """The digest is that of the rows and not of the file: two looks at one thing may write two files."""
    rows = connection.execute(f"SELECT t::VARCHAR FROM read_parquet({literal(file)}) AS t").fetchall()
    digest = hashlib.sha256()
    for (row,) in rows:
        digest.update(f"{row}\n".encode())
    return Table(name, len(rows), digest.hexdigest())
