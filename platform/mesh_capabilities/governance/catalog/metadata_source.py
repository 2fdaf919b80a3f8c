"""The mesh's own metadata as a source that a domain reads and publishes."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mesh_capabilities.governance.catalog.catalog import Catalog, open_catalog
from mesh_capabilities.governance.catalog.tables import TABLES
from mesh_isolation.engine import table_in
from mesh_platform.ingestion.source import RAW, WAREHOUSE, TableRead
from mesh_platform.names import PortAddress, identifier, literal
from mesh_platform.project import DomainFolder, load_project

if TYPE_CHECKING:
    import duckdb

PUBLISHED = tuple(
    name
    for name in TABLES
    if name not in ("version_sources", "relations_read", "unfollowed", "unfollowed_columns", "unaccepted_signatures")
)
"""The tables that a domain publishes: all but those that only policies and the portal need."""


@dataclass(frozen=True)
class MetadataSource:
    """The metadata tables of the whole mesh, each of which becomes a table of the warehouse's schema `raw`.

    Args:
        name: of the source; its asset is called `raw_<name>`.
        tables: which tables; by default every table whose content only changes when the mesh changes.
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
        """The ports of the other domains, by the names of their contracts' files, valid or not."""
        folders = (domain.root / "domains" / other / "contracts" for other in domain.others)
        files = (path for folder in folders for path in folder.glob("*.v*.odcs.yaml"))
        ports = {PortAddress(path.parents[1].name, path.name.partition(".v")[0]) for path in files}
        return sorted(port for port in ports if port.port.isidentifier())  # no other name can be an asset's

    def read(self, domain: DomainFolder, warehouse: "duckdb.DuckDBPyConnection", instance: Any) -> Mapping[str, TableRead]:
        """Replaces the source's tables with the present tables of the catalog."""
        catalog = open_catalog(load_project(domain.root, with_broken=True), instance)
        return read_metadata(self, catalog, domain.name, warehouse)


def read_metadata(
    source: MetadataSource, catalog: Catalog, reader: str, warehouse: "duckdb.DuckDBPyConnection"
) -> Mapping[str, TableRead]:
    """Replaces the source's tables in a warehouse by those of the catalog, in one transaction.

    Args:
        source: which tables.
        catalog: opened just now.
        reader: the domain that reads; of its own ports only the declarations are read, not the served versions.
        warehouse: the reader's.
    """
    catalog.judge()
    tables = {}
    with TemporaryDirectory() as folder:
        for name in source.tables:
            file = Path(folder) / f"{name}.parquet"
            catalog.connection().execute(f"COPY ({published_query(name, reader)}) TO {literal(file)} (FORMAT parquet)")
            tables[name] = _table(name, file, catalog.connection())
        warehouse.execute("SET TimeZone = 'UTC'")
        warehouse.execute(f"CREATE SCHEMA IF NOT EXISTS {WAREHOUSE}.{RAW}")
        warehouse.execute("BEGIN")
        for name in source.tables:
            file = Path(folder) / f"{name}.parquet"
            warehouse.execute(
                f"CREATE OR REPLACE TABLE {table_in(WAREHOUSE, RAW, name, warehouse)} AS FROM read_parquet({literal(file)})"
            )
        warehouse.execute("COMMIT")
    return tables


def _table(name: str, file: Path, connection: "duckdb.DuckDBPyConnection") -> TableRead:
    """The digest covers the rows, not the file: the same rows can be written as different files."""
    rows = connection.execute(f"SELECT t::VARCHAR FROM read_parquet({literal(file)}) AS t").fetchall()
    digest = hashlib.sha256()
    for (row,) in rows:
        digest.update(f"{row}\n".encode())
    return TableRead(len(rows), digest.hexdigest())


# The part of the tables that a domain publishes: nothing that changes through publishing.

_SERVED = ("published", "served_version", "committed_at", "rows", "bytes", "files", "last_read_at", "run")
_OWN_RUNS: Mapping[str, str] = dict.fromkeys(
    ("versions", "version_inputs", "check_results"), "NOT starts_with(port, {prefix})"
) | {"runs": "domain IS DISTINCT FROM {own}"}
"""By table, the condition that leaves out the rows that the reader's own runs add."""
_OWN_STATE: Mapping[str, tuple[str, ...]] = {"ports": _SERVED, "contracts": ("published_version", "published_digest")}
"""By table, the columns that are NULL in the reader's own rows, since each of its runs changes them."""
_EVALUATED = {"policy_results": ("checked_at",)}
"""By table, the columns that change with every evaluation; they are not published."""


def published_columns(table: str) -> list[str]:
    """The columns of a metadata table that are published, in their order."""
    return [column for column in TABLES[table].columns if column not in _EVALUATED.get(table, ())]


def published_query(table: str, reader: str) -> str:
    """The SELECT of a table as the domain `reader` publishes it, in the order of its key.

    It leaves out the reader's own versions and runs: publishing them would change them, and so the next publish.
    """
    own = literal(reader)
    columns = [
        f"CASE WHEN domain <> {own} THEN {identifier(column)} END AS {identifier(column)}"
        if column in _OWN_STATE.get(table, ())
        else identifier(column)
        for column in published_columns(table)
    ]
    where = _OWN_RUNS.get(table, "TRUE").format(own=own, prefix=literal(f"{reader}/"))
    key = ", ".join(map(identifier, TABLES[table].key))
    # Two rows with the same key would refuse the publish of all tables, instead of showing the duplicate.
    once = f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY whole_row) = 1"
    return f"SELECT {', '.join(columns)} FROM mesh.{identifier(table)} AS whole_row WHERE {where} {once} ORDER BY {key}"
