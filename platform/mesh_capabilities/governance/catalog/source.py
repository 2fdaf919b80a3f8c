"""The mesh's own metadata as a source that a domain reads and publishes."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mesh_capabilities.governance.catalog.catalog import Catalog
from mesh_capabilities.governance.catalog.tables import TABLES
from mesh_platform.ingestion.source import RAW
from mesh_platform.names import identifier, literal

if TYPE_CHECKING:
    import duckdb

PUBLISHED = tuple(name for name in TABLES if name not in ("version_sources", "relations_read", "unfollowed"))
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
            catalog.connection().execute(f"COPY ({published(name, reader)}) TO {literal(file)} (FORMAT parquet)")
            tables[name] = _table(name, file, catalog.connection())
        warehouse.execute("SET TimeZone = 'UTC'")
        warehouse.execute(f"CREATE SCHEMA IF NOT EXISTS {RAW}")
        warehouse.execute("BEGIN")
        for name in source.tables:
            file = Path(folder) / f"{name}.parquet"
            warehouse.execute(f"CREATE OR REPLACE TABLE {RAW}.{identifier(name)} AS FROM read_parquet({literal(file)})")
        warehouse.execute("COMMIT")
    return tables


def _table(name: str, file: Path, connection: "duckdb.DuckDBPyConnection") -> Table:
    """The digest covers the rows, not the file: the same rows can be written as different files."""
    rows = connection.execute(f"SELECT t::VARCHAR FROM read_parquet({literal(file)}) AS t").fetchall()
    digest = hashlib.sha256()
    for (row,) in rows:
        digest.update(f"{row}\n".encode())
    return Table(name, len(rows), digest.hexdigest())


# What a domain publishes of the tables: nothing that changes because it is published.

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


def published(table: str, reader: str) -> str:
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
    # Two rows with one key would refuse the publish of all tables, instead of showing that there are two.
    once = f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY whole_row) = 1"
    return f"SELECT {', '.join(columns)} FROM mesh.{identifier(table)} AS whole_row WHERE {where} {once} ORDER BY {key}"
