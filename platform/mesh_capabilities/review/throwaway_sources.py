"""Reading the sources of a domain into a warehouse of the throw-away mesh."""

from collections.abc import Collection
from pathlib import Path

from mesh_platform.build.warehouse import WarehouseFile
from mesh_platform.errors import SourceError
from mesh_platform.home import MeshHome
from mesh_platform.ingestion.source import RAW, WAREHOUSE
from mesh_platform.project import DomainFolder


def read_sources(
    domain: DomainFolder,
    missing: Collection[str],
    changed: Collection[str],
    folder: Path,
    home: MeshHome,
    warehouse: WarehouseFile,
) -> None:
    """Reads raw tables from their sources, with the current declarations of the domain. Raises SourceError.

    Args:
        domain: the domain whose sources are read.
        missing: the raw tables that the warehouse lacks. They must be read.
        changed: further raw tables whose declaration may have changed. A table is read again if its source file exists,
            and stays as it is otherwise. The metadata of the mesh also stays: read now, it would describe the throw-away
            mesh.
        folder: the folder of source files.
        home: the home of the throw-away mesh.
        warehouse: the warehouse of the domain in the throw-away mesh.
    """
    from mesh_platform.ingestion.declaration import sources_of
    from mesh_platform.ingestion.limits import recording, rows_published, within_limits
    from mesh_platform.ingestion.reading import ingest_all, reading_paths
    from mesh_platform.ingestion.source import CsvSource

    sources = sources_of(domain)
    files = [source for source in sources if isinstance(source, CsvSource)]
    needed = [source for source in files if source.table in missing]
    if needed and not folder.is_dir():
        raise SourceError(
            f"{domain.name} has to be built from its source files, and there is no folder {folder}.",
            "Name one with MESH_SOURCE.",
        )
    needed += [source for source in files if source.table in changed and (folder / source.file).is_file()]
    others = [source for source in sources if not isinstance(source, CsvSource) and set(missing) & set(source.tables)]
    tables = [*(source.table for source in needed), *(table for source in others for table in source.tables)]
    with warehouse.get_connection(*reading_paths(needed, folder)) as connection, recording(domain, tables) as record:
        read = (
            ingest_all(needed, folder, home.aside(domain.name), connection, environment=domain.environment()) if needed else ()
        )
        for _, outcome in within_limits(read, domain.name, record, rows_published(domain)):
            if isinstance(outcome, SourceError):
                raise outcome
        for source in others:
            record |= source.read(domain, connection, None)


def raw_tables(warehouse: WarehouseFile) -> set[str]:
    """The names of the tables that hold the sources."""
    if not warehouse.path.is_file():
        return set()
    with warehouse.get_connection() as connection:
        sql = f"SELECT table_name FROM duckdb_tables() WHERE (database_name, schema_name) = ('{WAREHOUSE}', '{RAW}')"
        return {name for (name,) in connection.execute(sql).fetchall()}
