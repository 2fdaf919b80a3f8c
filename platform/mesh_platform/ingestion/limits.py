"""The limits of a source: how many of its rows may be set aside, and how far its volume may differ from the version before."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from mesh_isolation.delta import was_published
from mesh_isolation.files import write_whole
from mesh_isolation.limits import UNKNOWN, changed, number_before
from mesh_isolation.records import read_cache, read_record
from mesh_isolation.text import counted
from mesh_platform.errors import SourceError
from mesh_platform.home import MeshHome
from mesh_platform.ingestion.reading import Ingested
from mesh_platform.ingestion.source import CsvSource, TableRead
from mesh_platform.names import PortAddress
from mesh_platform.port.shelf import port_folders
from mesh_platform.port.whole_versions import newest_logged
from mesh_platform.project import DomainFolder

Recorded = dict[str, TableRead | None]
"""Source table → its last reading; None if that did not end."""
ANY = ""
"""The name that stands for every source table without numbers."""

Outcome = tuple[CsvSource, Ingested | SourceError]


def recorded(home: MeshHome, domain: str) -> Recorded:
    """What is recorded of the tables in a domain's warehouse. Raises UnreadableFile for a damaged record."""
    file, way_out = home.read(domain), f"Remove it; `mesh run {domain}` reads the sources again."
    return read_record(file, Recorded, way_out) if file.exists() or file.is_symlink() else {}


@contextmanager
def recording(domain: DomainFolder, tables: Collection[str]) -> Iterator[Recorded]:
    """Inside the block, these tables are read; it yields a mapping for the results. A table without one keeps its record.

    The record is outside of what a build can write. If the process is killed, it says that the tables were not read to the end.
    """
    file, read = domain.home.read(domain.name), {}
    before = read_cache(file, Recorded) or {}
    write_whole({file: json.dumps(before | dict.fromkeys(tables))})
    yield read
    write_whole({file: json.dumps(before | read)})


def rows_published(domain: DomainFolder, last: Recorded = MappingProxyType({})) -> dict[str, set[int]]:
    """Source table → its numbers of rows in the newest versions of the domain's ports that read it from a file, not a sample.

    Ports of different runs have different numbers; each has something to lose. If none compares its volume, there is none. If
    no version of a port can be read, tables that no other states have the rows of their `last` readings, else UNKNOWN.
    """
    numbers: dict[str, set[int]] = defaultdict(set)
    own = [port for port in port_folders(domain.home) if port.address.domain == domain.name]
    for address, port in {port.address: port for port in own if port.published or was_published(port.folder)}.items():
        version = newest_logged(port.log)
        if not (domain.folder / "contracts" / f"{address.port}.{port.folder.name}.odcs.yaml").is_file():
            continue
        for table in {*version.provenance.delivered, *version.provenance.source_rows} if version else ():
            numbers[table].update(rows for name, rows in version.provenance.source_rows.items() if name == table)
        if version is None:
            numbers[ANY] = {UNKNOWN}
    read = {
        table: {entry.rows} for table, entry in last.items() if entry and entry.compared and not entry.refusal + entry.whole
    }
    return {**(read if ANY in numbers else {}), **numbers}


def within_limits(
    read: Iterable[Outcome], domain: str, record: Recorded, before: Mapping[str, Collection[int]], accept: Collection[str] = ()
) -> Iterator[Outcome]:
    """Yields what `ingest_all` yields, once judged by `rows_published` and recorded; `accept` has tables of any volume."""
    for source, outcome in read:
        if isinstance(outcome, Ingested):
            record[source.table] = judge_reading(
                outcome, domain, before.get(source.table, before.get(ANY, ())), source.table in accept
            )
        yield source, outcome


def judge_reading(ingested: Ingested, domain: str, before: Collection[int], accepted: bool) -> TableRead:
    """Compares what was read from a file with the limits of its source in that domain.

    `before` has its numbers of rows in what was last published from it; `accepted` says that the operator accepts any volume.
    """
    source, rows, aside = ingested.source, ingested.rows, ingested.aside
    name, change, refusal, whole, note = f"{domain}/{source.table}", source.change, "", "", ""
    if aside and not source.aside.allows(aside, rows + aside):
        refusal = (
            f"{counted(aside, 'row')} of {source.file} could not be read, {rows:,} could, and the source {name} allows "
            f"{source.aside} to be set aside. {ingested.aside_file} has what was set aside, with line and reason. Correct the "
            "file, or let its owner state set_aside at the source."
        )
    broken = [number for number in before if change and not ingested.is_sample and not change.allows(number, rows)]
    if broken:
        worst = max(broken, key=lambda number: abs(number - rows))
        had = f"{number_before(worst)} in the version before, {changed(worst, rows)}"
        difference = f"{source.file} has {counted(rows, 'row')} and had {had}"
        if accepted:
            note = f"{difference}, accepted"
        else:
            whole = (
                f"{difference}, and the source {name} allows {change}; set aside: {counted(aside, 'row')}. Deliver the file "
                f"again; if the change is right, publish it with `mesh run {domain} --accept-volume {name}`."
            )
    if source.volume:
        refusal, whole = f"{refusal} {whole}".strip(), ""
    compared = "" if ingested.is_sample else "all" if source.volume else "whole"
    return TableRead(rows, ingested.sha256, compared, refusal, whole, note)


def refused_source(
    port: PortAddress, tables: Collection[str], read: Mapping[str, TableRead | None], whole: bool
) -> SourceError | None:
    """Why a port that reads these tables, with what is recorded of them, may not be published; None if it may.

    `whole` says whether it needs every row of them.
    """
    again = f"`mesh run {port}` reads it again."
    for table in tables:
        if (entry := read.get(table, TableRead(0, ""))) is None:
            return SourceError(f"{port} was not published: its source {table} was not read to the end.", again)
        if reason := " ".join(filter(None, (entry.refusal, whole and entry.whole))):
            return SourceError(f"{port} was not published: {reason}")
    return None
