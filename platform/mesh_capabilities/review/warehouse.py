"""A domain's warehouse in the throw-away mesh, opened without Dagster, which takes a second to import."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mesh_platform.errors import SourceError
from mesh_platform.home import MeshHome
from mesh_platform.ingestion.source import RAW
from mesh_platform.project import DomainFolder, load_project

if TYPE_CHECKING:
    import duckdb


class Warehouse:
    """The same face as Dagster's resource has. `path` is the DuckDB file, which need not exist."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def get_connection(self) -> "Iterator[duckdb.DuckDBPyConnection]":
        import duckdb

        with duckdb.connect(str(self._path)) as connection:
            yield connection

    def raw_tables(self) -> set[str]:
        """The tables that the sources were read into."""
        if not self._path.is_file():
            return set()
        with self.get_connection() as connection:
            rows = connection.execute(f"SELECT table_name FROM duckdb_tables() WHERE schema_name = '{RAW}'").fetchall()
        return {name for (name,) in rows}


def read_sources(
    domain: DomainFolder,
    missing: Collection[str],
    changed: Collection[str],
    folder: Path,
    home: MeshHome,
    warehouse: Warehouse,
) -> None:
    """Reads what the domain declares for raw tables, as it is declared now. Raises SourceError.

    Args:
        domain: whose.
        missing: raw tables that are not there, and have to be.
        changed: further ones that may have to be read otherwise. They stay as they are where their files are not here, and
            so does the metadata of the mesh, which would speak of the throw-away one.
        folder: of the source files.
        home: the throw-away mesh's.
        warehouse: the domain's, in it.
    """
    from mesh_capabilities.governance.catalog.catalog import open_catalog
    from mesh_capabilities.governance.catalog.source import MetadataSource, read_metadata
    from mesh_platform.ingestion.reading import ingest_all
    from mesh_platform.ingestion.source import CsvSource, sources_of

    files = [source for source in sources_of(domain.name) if isinstance(source, CsvSource)]
    needed = [source for source in files if source.table in missing]
    if needed and not folder.is_dir():
        raise SourceError(
            f"{domain.name} has to be built from its source files, and there is no folder {folder}.",
            "Name one with MESH_SOURCE.",
        )
    needed += [source for source in files if source.table in changed and (folder / source.file).is_file()]
    with warehouse.get_connection() as connection:
        for _, came in ingest_all(needed, folder, home.aside(domain.name), connection) if needed else ():
            if isinstance(came, SourceError):
                raise came
        for source in sources_of(domain.name):
            if isinstance(source, MetadataSource) and set(missing) & set(source.tables):
                catalog = open_catalog(load_project(domain.root, with_broken=True))
                read_metadata(source, catalog, domain.name, connection)
