"""OpenLineage facets of a port's version, each named after the official schema that it follows.

The standard: https://openlineage.io/docs/spec/facets
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any

from mesh_capabilities.columns.derivation import Derivation, Origin
from mesh_platform.errors import PortDamaged
from mesh_platform.ingestion.source import RAW
from mesh_platform.names import PortAddress, literal
from mesh_platform.port.shelf import reading
from mesh_platform.port.version import PortVersion

PRODUCER = f"urn:mesh-platform:{package_version('mesh-platform')}"
"""The producer of all events and facets, as a URI."""


def facet(schema_name: str, **fields: Any) -> dict[str, dict[str, Any]]:
    """One facet, under the key that its schema defines.

    Args:
        schema_name: the name of a vendored schema, such as `SchemaDatasetFacet`.
        fields: the fields of the facet.
    """
    key, url = _key_and_url(schema_name)
    return {key: {"_producer": PRODUCER, "_schemaURL": url, **fields}}


@cache
def schema(name: str) -> dict[str, Any]:
    """A vendored schema by its name: `OpenLineage`, or the name of a facet."""
    return json.loads(resources.files("mesh_capabilities.openlineage").joinpath("schemas", f"{name}.json").read_text("utf-8"))


@cache
def event_url() -> str:
    """The URL of the schema of run events. The root schema would also accept events without a run."""
    return f"{schema('OpenLineage')['$id']}#/$defs/RunEvent"


@cache
def _key_and_url(schema_name: str) -> tuple[str, str]:
    document = schema(schema_name)
    return next(iter(document["properties"])), f"{document['$id']}#/$defs/{schema_name}"


@dataclass(frozen=True)
class Naming:
    """Names datasets and jobs: `sales/orders` in one namespace."""

    namespace: str

    def of(self, address: PortAddress) -> dict[str, str]:
        return {"namespace": self.namespace, "name": str(address)}


def version_facet(major: int, number: int) -> dict[str, Any]:
    """The version of a port. Delta numbers the versions of each major separately."""
    return facet("DatasetVersionDatasetFacet", datasetVersion=f"v{major}@{number}")


def source_dataset(naming: Naming, domain: str, table: str, sha256: str) -> dict[str, Any]:
    """A source table as a dataset. Its version is the hash of the source file."""
    dataset = naming.of(PortAddress(domain, f"{RAW}_{table}"))
    return {**dataset, "facets": facet("DatasetVersionDatasetFacet", datasetVersion=f"sha256:{sha256}")}


def schema_facet(version: PortVersion, descriptions: Mapping[str, str]) -> dict[str, Any]:
    """The columns of a version, with the descriptions of the contract that it was published under."""
    fields = [
        {
            "name": name,
            "type": column_type,
            "ordinal_position": position,
            **({"description": descriptions[name]} if descriptions.get(name) else {}),
        }
        for position, (name, column_type) in enumerate(zip(version.columns, version.types), start=1)
    ]
    return facet("SchemaDatasetFacet", fields=fields)


def column_facet(naming: Naming, derivation: Derivation) -> dict[str, Any]:
    """The origins of each column: DIRECT for values, INDIRECT for filters, joins, groups and counts.

    The origins of a column that is not followed have the subtype NOT_FOLLOWED: each may be one of its origins.
    """
    fields = {}
    for name, values in derivation.values.items():
        rows = derivation.rows[name] - values
        origins = [(origin, "DIRECT") for origin in sorted(values)] + [(origin, "INDIRECT") for origin in sorted(rows)]
        reason = derivation.unfollowed.get(name, "")
        fields[name] = {"inputFields": [_input_field(naming, origin, kind, reason) for origin, kind in origins]}
    return facet("ColumnLineageDatasetFacet", fields=fields)


def _input_field(naming: Naming, origin: Origin, kind: str, reason: str) -> dict[str, Any]:
    dataset = naming.of(PortAddress(*origin.relation))
    unfollowed = {"subtype": "NOT_FOLLOWED", "description": reason} if reason else {}
    return {**dataset, "field": origin.column, "transformations": [{"type": kind, **unfollowed}]}


def metrics_facet(schema_name: str, version: PortVersion, sizes: Mapping[Path, int]) -> dict[str, Any]:
    """Rows, bytes, files and, if the files' statistics contain them, the nulls of each column.

    Args:
        schema_name: the facet's schema. Inputs and outputs have different ones with the same fields.
        version: the version.
        sizes: its files with their bytes.
    """
    nulls = _null_counts(version) if version.readable else {}
    columns = {name: {"nullCount": nulls[name]} for name in version.columns if name in nulls}
    return facet(
        schema_name,
        rowCount=version.rows,
        bytes=sum(sizes.values()),
        fileCount=len(sizes),
        lastUpdated=version.committed.isoformat(),
        columnMetrics=columns,
    )


def _null_counts(version: PortVersion) -> dict[str, int]:
    """The nulls of each column according to the files' footers; none for a damaged version. No row is read."""
    if not version.files:
        return {}
    import duckdb

    try:
        with reading(version), duckdb.connect() as connection:
            listed = ", ".join(map(literal, version.fetched()))
            rows = connection.execute(
                "SELECT path_in_schema, sum(stats_null_count)::BIGINT, count(stats_null_count) = count(*) "
                f"FROM parquet_metadata([{listed}]) GROUP BY path_in_schema"
            ).fetchall()
    except PortDamaged:
        return {}
    return {name: count for name, count, known in rows if known}
