"""All the ports of a mesh on one shelf: which are published, and how DuckDB reads a version of one."""

from collections import Counter
from collections.abc import Iterable, Mapping

from mesh_platform.errors import UnknownPort
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress, identifier, literal
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.place import major_folders
from mesh_platform.port.version import PortVersion


def published_ports(home: MeshHome) -> Mapping[PortAddress, OutputPort]:
    """Every port with a published version, in its newest major, by address."""
    return dict(sorted({port.address: port for port in port_folders(home) if port.published}.items()))


def port_folders(home: MeshHome) -> list[OutputPort]:
    """Every major of every port that has a folder, published or not, older majors first."""
    ordered = sorted(major_folders(home.ports), key=lambda folder: int(folder.name[1:]))
    return [OutputPort(PortAddress(folder.parents[1].name, folder.parent.name), folder) for folder in ordered]


def published_port(home: MeshHome, address: PortAddress) -> OutputPort:
    """The port of that name in its newest major. Raises UnknownPort when nothing is published there."""
    ports = published_ports(home)
    if address not in ports:
        known = ", ".join(map(str, ports)) or "none yet; `mesh run` publishes them"
        raise UnknownPort(f"{address} has no published version.", f"Published ports: {known}.")
    return ports[address]


def view_statements(versions: Iterable[PortVersion], schema: str | None = None) -> list[str]:
    """The SQL that makes each version readable under `"domain"."port"`, with the promised columns and no other.

    Args:
        versions: what to read; each view names its files, so it stays with that version whatever is published later.
        schema: put the views there under their bare names instead.
    """
    statements = []
    for version in versions:
        folder = schema or version.address.domain
        statements += [
            f"CREATE SCHEMA IF NOT EXISTS {identifier(folder)}",
            f"CREATE OR REPLACE VIEW {identifier(folder)}.{identifier(version.address.port)} AS {_select(version)}",
        ]
    return statements


def _select(version: PortVersion) -> str:
    if not version.files:  # a partitioned port of which no day, or no day that is asked for, has rows
        empty = (f"NULL::{kind} AS {identifier(name)}" for name, kind in zip(version.columns, version.types))
        return f"SELECT {', '.join(empty)} WHERE FALSE"
    files = ", ".join(literal(file) for file in version.fetched())
    # The day stands in the files too; taken from their paths, it spares opening those that a query has no use for.
    hive = f"true, hive_types = {{{literal(version.partition)}: DATE}}" if version.partition else "false"
    columns = ", ".join(version.selects or map(identifier, version.columns))
    return f"SELECT {columns} FROM read_parquet([{files}], hive_partitioning = {hive})"


def count_reads(ports: Mapping[PortAddress, OutputPort]) -> dict[PortAddress, Counter[int]]:
    """By port that is read, how many published versions of others were made of each of its majors.

    Commits that say no major are from before two could be served at once; they count for the first.
    """
    counts: dict[PortAddress, Counter[int]] = {}
    for port in ports.values():
        for version in port.history():
            if version.provenance.rolled_back_to is not None:
                continue  # nothing was read for it
            for name in version.provenance.inputs:
                counts.setdefault(PortAddress.parse(name), Counter())[version.provenance.majors.get(name, 1)] += 1
    return counts
