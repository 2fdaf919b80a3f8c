"""Reading the sources of a domain into a warehouse of the throw-away mesh."""

from collections.abc import Collection
from pathlib import Path

from mesh_platform.build.warehouse import WarehouseFile
from mesh_platform.errors import SourceError
from mesh_platform.home import MeshHome
from mesh_platform.project import DomainFolder


def read_sources(
    domain: DomainFolder,
    missing: Collection[str],
    changed: Collection[str],
    folder: Path,
    home: MeshHome,
    warehouse: WarehouseFile,
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
            if not isinstance(source, CsvSource) and set(missing) & set(source.tables):
                source.read(domain, connection, None)
