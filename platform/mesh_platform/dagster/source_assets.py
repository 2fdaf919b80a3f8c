"""A domain's sources as Dagster assets: source files with a check for unreadable rows, and sources of other kinds."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from shlex import quote
from tempfile import gettempdir

import dagster as dg
import duckdb
from dagster_duckdb import DuckDBResource

from mesh_isolation.records import read_cache
from mesh_isolation.text import hiding_values, plain, visible
from mesh_platform.build.warehouse import WarehouseFile, writing
from mesh_platform.dagster.automation import COMMITS, after_publishing, commits_of_others
from mesh_platform.dagster.checks import check_result
from mesh_platform.errors import ProjectError, SourceError
from mesh_platform.events import Noted, SourceRead, Step, tell
from mesh_platform.ingestion.limits import Recorded, recording, rows_published, within_limits
from mesh_platform.ingestion.reading import Ingested, check_folder, ingest_all, reading_paths
from mesh_platform.ingestion.source import CsvSource, TableRead, TableSource
from mesh_platform.project import DomainFolder

ROWS_READABLE, WITHIN_LIMITS = "every_row_readable", "within_limits"
_CHECKS = {ROWS_READABLE: "Every row of the file could be read.", WITHIN_LIMITS: "The file is within the limits of its source."}
QUEUE_SECONDS = 600
"""How long a run started in the UI waits for another writer of the domain, in seconds."""


class VolumeConfig(dg.Config):
    """The sources and ports of the domain whose number of rows may change beyond its limit this time."""

    accept_volume: list[str] = []


class SourceConfig(VolumeConfig):
    """The source files of a run."""

    folder: str | None = None
    """The source folder. Default: the one read last, else `sources` in the home."""


class WarehouseResource(DuckDBResource):
    """The private warehouse of a domain, opened as `WarehouseFile` opens it."""

    def get_connection(
        self, files: Sequence[str] = (), folders: Sequence[str] = ()
    ) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        return WarehouseFile(Path(self.database)).get_connection(files, folders)


def source_assets(domain: DomainFolder, sources: Sequence[CsvSource]) -> dg.AssetsDefinition:
    """One asset per source file; one step reads all of them."""
    keys = {dg.AssetKey([domain.name, source.asset_name]): source for source in sources}

    def begin(source: CsvSource) -> None:
        tell(Step(domain.name, f"reading {source.file}"))

    @dg.multi_asset(
        name=f"{domain.name}_sources",
        specs=[_spec(domain, source) for source in sources],
        check_specs=[dg.AssetCheckSpec(name, asset=key, description=text) for key in keys for name, text in _CHECKS.items()],
        can_subset=True,
        pool=f"{domain.name}_warehouse",
    )
    def read_sources(
        context: dg.AssetExecutionContext, config: SourceConfig, warehouse: WarehouseResource
    ) -> Iterator[dg.MaterializeResult]:
        home = domain.home
        folder = Path(config.folder) if config.folder else home.source
        problems: dict[str, list[str]] = {}
        try:
            # Any other folder must have every file, so that real data are never mixed with samples unnoticed.
            samples = domain.samples if domain.samples.is_dir() and folder.absolute() == home.sources.absolute() else None
            if not samples:
                check_folder(folder)
            secrets = domain.environment()
        except (SourceError, ProjectError) as problem:
            raise dg.Failure(description=visible(problem), allow_retries=False) from None
        last = read_cache(home.read(domain.name), Recorded) or {}
        selected = {keys[key].table: key for key in sorted(context.selected_asset_keys)}
        opened = warehouse.get_connection(*reading_paths(sources, folder, domain.samples))
        with hiding_values(), writing(domain, QUEUE_SECONDS), recording(domain, selected) as record, opened as connection:
            read, before = [keys[key] for key in selected.values()], rows_published(domain, last)
            outcomes = ingest_all(read, folder, home.aside(domain.name), connection, begin, samples, secrets, before)
            for source, outcome in within_limits(outcomes, domain.name, record, before, config.accept_volume):
                if isinstance(outcome, SourceError):
                    back = "" if (folder / source.file).exists() else _way_back(folder, home.sources)
                    problems.setdefault(f"{outcome.way_out}{back}", []).append(outcome.found)
                    continue
                reading = record[source.table]
                tell(SourceRead(domain.name, outcome))
                if reading.accepted:
                    tell(Noted(domain.name, reading.accepted))
                yield _result(selected[source.table], outcome, reading)
        if problems:
            # Errors with the same way out name it once: most often a folder without any of the files.
            text = "\n".join("\n".join(found) + f" {way_out}".rstrip() for way_out, found in problems.items())
            raise dg.Failure(description=visible(text), allow_retries=False)

    return read_sources


def _way_back(folder: Path, own: Path) -> str:
    """How a run reads the mesh's `own` source files again, if there are any, and the source folder is another one."""
    back = f" A run without it reads the folder of the last run; `mesh run --source {quote(str(own))}` goes back."
    return back if own.is_dir() and folder.absolute() != own.absolute() else ""


def _spec(domain: DomainFolder, source: CsvSource) -> dg.AssetSpec:
    columns = source.reshape.columns if source.reshape else source.columns
    return dg.AssetSpec(
        [domain.name, source.asset_name],
        group_name=domain.name,
        owners=[domain.owner],
        kinds={"csv", "duckdb"},
        description=f"{plain(source.description)} Read from {plain(source.file)} into the private warehouse of {domain.name}.",
        metadata={
            "dagster/column_schema": dg.TableSchema(
                [dg.TableColumn(visible(name), visible(kind)) for name, kind in columns.items()]
            ),
            "file": visible(source.file),
        },
    )


def _result(key: dg.AssetKey, ingested: Ingested, reading: TableRead) -> dg.MaterializeResult:
    path = dg.MetadataValue.path(str(ingested.path))
    file, aside = {"dagster/row_count": ingested.rows, "sha256": ingested.sha256}, {"rows set aside": ingested.aside}
    if ingested.aside:
        aside["set aside in"] = dg.MetadataValue.path(str(ingested.aside_file))
    broken = f"{reading.refusal} {reading.whole}".strip()
    return dg.MaterializeResult(
        asset_key=key,
        metadata={**file, "file": path, **aside},
        check_results=[
            check_result(key, ROWS_READABLE, not ingested.aside, False, aside),
            check_result(key, WITHIN_LIMITS, not broken, bool(reading.refusal), {"broken": visible(broken)} if broken else {}),
        ],
    )


def table_source_asset(domain: DomainFolder, source: TableSource) -> dg.AssetsDefinition:
    """One asset for all tables of a source that is not a file. It runs after the ports that the source follows."""
    key = dg.AssetKey([domain.name, source.asset_name])
    followed = source.follows(domain)
    spec = dg.AssetSpec(
        key,
        deps=[dg.AssetKey(address) for address in followed],
        group_name=domain.name,
        owners=[domain.owner],
        kinds={"duckdb"},
        description=plain(source.description(domain)),
        automation_condition=after_publishing(domain.home, key, followed),
    )

    @dg.multi_asset(name=f"{domain.name}_{source.asset_name}", specs=[spec], pool=f"{domain.name}_warehouse")
    def read_tables(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
        tell(Step(domain.name, f"reading {source.asset_name}"))
        # Computed before the tables are read, so that commits made meanwhile trigger the next reading.
        commits = commits_of_others(domain.home, domain.name)
        opened = warehouse.get_connection(folders=[gettempdir()])
        with hiding_values(), writing(domain, QUEUE_SECONDS), recording(domain, source.tables) as record, opened as connection:
            record |= (tables := source.read(domain, connection, context.instance))
        return dg.MaterializeResult(
            asset_key=key,
            metadata={
                "rows": dg.MetadataValue.json({name: table.rows for name, table in tables.items()}),
                "sha256": dg.MetadataValue.json({name: table.digest for name, table in tables.items()}),
                COMMITS: commits,
            },
        )

    return read_tables
