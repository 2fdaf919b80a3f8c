"""A version of a port as an OpenLineage dataset: schema, columns, version, owner, documentation, where it lies."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesh_capabilities.columns.derivation import Derivation, Origin
from mesh_capabilities.openlineage.facets import facet
from mesh_platform.ingestion.source import RAW
from mesh_platform.names import PortAddress, literal
from mesh_platform.port.version import PortVersion


@dataclass(frozen=True)
class Naming:
    """How datasets and jobs are called: `sales/orders` in one namespace."""

    namespace: str

    def of(self, address: PortAddress) -> dict[str, str]:
        return {"namespace": self.namespace, "name": str(address)}


def version_facet(major: int, number: int) -> dict[str, Any]:
    """Which version: Delta counts those of each major by themselves."""
    return facet("DatasetVersionDatasetFacet", datasetVersion=f"v{major}@{number}")


def source(naming: Naming, domain: str, table: str, sha256: str) -> dict[str, Any]:
    """A source table; the hash of its file is its version."""
    dataset = naming.of(PortAddress(domain, f"{RAW}_{table}"))
    return {**dataset, "facets": facet("DatasetVersionDatasetFacet", datasetVersion=f"sha256:{sha256}")}


def schema_facet(version: PortVersion, descriptions: Mapping[str, str]) -> dict[str, Any]:
    """The columns of that version, with the words of the contract that it was published under."""
    fields = [
        {
            "name": name,
            "type": kind,
            "ordinal_position": place,
            **({"description": said} if (said := descriptions.get(name)) else {}),
        }
        for place, (name, kind) in enumerate(zip(version.columns, version.types), start=1)
    ]
    return facet("SchemaDatasetFacet", fields=fields)


def column_facet(naming: Naming, derivation: Derivation) -> dict[str, Any]:
    """What each column is made of: directly, and, by filters, joins, groups and counts, indirectly."""
    fields = {}
    for name, values in derivation.values.items():
        rows = derivation.rows[name] - values
        found = [(origin, "DIRECT") for origin in sorted(values)] + [(origin, "INDIRECT") for origin in sorted(rows)]
        fields[name] = {"inputFields": [_field(naming, origin, kind) for origin, kind in found]}
    return facet("ColumnLineageDatasetFacet", fields=fields)


def _field(naming: Naming, origin: Origin, kind: str) -> dict[str, Any]:
    dataset = naming.of(PortAddress(*origin.relation))
    return {**dataset, "field": origin.column, "transformations": [{"type": kind}]}


def measured(kind: str, version: PortVersion, sizes: Mapping[Path, int]) -> dict[str, Any]:
    """Rows, bytes, files and, as far as the files say it, the empty cells of each column.

    Args:
        kind: the facet's schema; inputs and outputs have one each, with the same fields.
        version: whose files.
        sizes: their bytes.
    """
    nulls = _nulls(list(sizes)) if version.readable else {}
    columns = {name: {"nullCount": nulls[name]} for name in version.columns if name in nulls}
    return facet(
        kind,
        rowCount=version.rows,
        bytes=sum(sizes.values()),
        fileCount=len(sizes),
        lastUpdated=version.committed.isoformat(),
        columnMetrics=columns,
    )


def _nulls(files: list[Path]) -> dict[str, int]:
    """Empty cells by column, from the files' footers: no row is read."""
    if not files:
        return {}
    import duckdb

    listed = ", ".join(map(literal, files))
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT path_in_schema, sum(stats_null_count)::BIGINT, count(stats_null_count) = count(*) "
            f"FROM parquet_metadata([{listed}]) GROUP BY path_in_schema"
        ).fetchall()
    return {name: count for name, count, known in found if known}
