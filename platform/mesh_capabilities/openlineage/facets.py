"""OpenLineage facets: each named, and addressed by the official schema that it follows.

The standard: https://openlineage.io/docs/spec/facets
"""

import json
from functools import cache
from importlib import resources
from importlib.metadata import version
from typing import Any

PRODUCER = f"urn:mesh-platform:{version('mesh-platform')}"
"""Who says all this, as a URI."""
_PACKAGE = "mesh_capabilities.openlineage"


def facet(kind: str, **said: Any) -> dict[str, dict[str, Any]]:
    """One facet under the key that its schema gives it.

    Args:
        kind: the name of a vendored schema, `SchemaDatasetFacet`.
        said: its fields.
    """
    key, url = _known(kind)
    return {key: {"_producer": PRODUCER, "_schemaURL": url, **said}}


@cache
def schema(name: str) -> dict[str, Any]:
    """A vendored schema by its name, `OpenLineage` or that of a facet."""
    return json.loads(resources.files(_PACKAGE).joinpath("schemas", f"{name}.json").read_text("utf-8"))


@cache
def event_url() -> str:
    """The address of the schema that every event follows. The root would also take events without a run."""
    return f"{schema('OpenLineage')['$id']}#/$defs/RunEvent"


@cache
def _known(kind: str) -> tuple[str, str]:
    said = schema(kind)
    return next(iter(said["properties"])), f"{said['$id']}#/$defs/{kind}"
