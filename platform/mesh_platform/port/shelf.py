"""All published ports of a mesh, and the SQL views through which DuckDB reads their versions."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress, identifier, literal
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.place import major_folders, major_of
from mesh_platform.port.version import PortVersion, damaged_version, not_yet


def published_ports(home: MeshHome) -> Mapping[PortAddress, OutputPort]:
    """Every port with a published version, in its newest major, by address."""
    return dict(sorted({port.address: port for port in port_folders(home) if port.published}.items()))


def port_folders(home: MeshHome) -> list[OutputPort]:
    """Every major of every port that has a folder, published or not, older majors first."""
    ordered = sorted(major_folders(home.ports), key=lambda folder: major_of(folder.name) or 0)
    return [OutputPort(PortAddress(folder.parents[1].name, folder.parent.name), folder) for folder in ordered]


def damages(home: MeshHome) -> list[str]:
    """Messages about damaged files, of every published port."""
    return [damage for port in port_folders(home) if port.published for damage in port.damages()]


def published_port(home: MeshHome, address: PortAddress) -> OutputPort:
    """The port with that address, in its newest major. Raises UnknownPort when it has no published version."""
    if port := published_ports(home).get(address):
        return port
    raise not_yet(address)


def view_statements(version: PortVersion, schema: str | None = None, catalog: str = "") -> list[str]:
    """The SQL that creates a view `"domain"."port"` of a version, with exactly the contract's columns.

    Args:
        version: the version to read; the view lists its files, so later publishes do not change it.
        schema: create the view in this schema instead, named after the port.
        catalog: the catalog of the schema; by default the connection's own.
    """
    namespace = ".".join(map(identifier, filter(None, (catalog, schema or version.address.domain))))
    view = f"{namespace}.{identifier(version.address.port)}"
    return [f"CREATE SCHEMA IF NOT EXISTS {namespace}", f"CREATE OR REPLACE VIEW {view} AS {select_of(version)}"]


@contextmanager
def reading(version: PortVersion) -> Iterator[None]:
    """Reads a version with DuckDB. Raises PortDamaged when DuckDB cannot read its files."""
    import duckdb

    try:
        yield
    except duckdb.Error as problem:
        raise damaged_version(version.address, version.number, str(problem).splitlines()[0].rstrip(".")) from problem


def select_of(version: PortVersion) -> str:
    """The SELECT of exactly the contract's columns from the files of a version."""
    if not version.files:  # a partitioned port without rows, or without rows in the days that are read
        empty = (f"NULL::{kind} AS {identifier(name)}" for name, kind in zip(version.columns, version.types))
        return f"SELECT {', '.join(empty)} WHERE FALSE"
    files = ", ".join(literal(file) for file in version.fetched())
    # The files also hold the day; reading it from their paths lets DuckDB skip files that a query does not need.
    hive = f"true, hive_types = {{{literal(version.partition)}: DATE}}" if version.partition else "false"
    columns = ", ".join(version.selects or map(identifier, version.columns))
    return f"SELECT {columns} FROM read_parquet([{files}], hive_partitioning = {hive})"


def count_reads(ports: Mapping[PortAddress, OutputPort]) -> dict[PortAddress, Counter[int]]:
    """For each port, the number of published versions of other ports that read each of its majors.

    Commits without a major were made before several majors could be served; they count for major 1.
    """
    counts: dict[PortAddress, Counter[int]] = {}
    for port in ports.values():
        for version in port.history():
            if version.provenance.rolled_back_to is not None:
                continue  # a rollback reads no inputs
            for name in version.provenance.inputs:
                counts.setdefault(PortAddress.parse(name), Counter())[version.provenance.majors.get(name, 1)] += 1
    return counts
