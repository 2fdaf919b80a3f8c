"""What a document violates of a JSON Schema, however deep it nests."""

import json
from pathlib import Path

import jsonschema_rs
import pytest
from jsonschema.validators import validator_for

from mesh_isolation.schema_errors import schema_errors

FOLDER = Path(__file__).parents[2] / "platform" / "mesh_platform" / "contract" / "schemas"
SCHEMAS = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("odcs-v3*.json"))}
NESTS = {
    "object": lambda part: {"name": "o", "logicalType": "object", "properties": [part]},
    "array": lambda part: {"name": "o", "logicalType": "array", "items": part},
}
LEAVES = [
    {"name": "x", "logicalType": "string"},
    {"name": "x", "logicalType": "strin"},
    {"name": "x", "logicalType": "string", "bogus": 1},
    {"logicalTypeOptions": {"minLength": "x"}, "logicalType": "string"},
    3,
]


def document(version, nest, leaf, levels):
    part = leaf
    for _ in range(levels):
        part = NESTS[nest](part)
    head = {"apiVersion": version, "kind": "DataContract", "id": "a", "version": "1.0.0", "status": "active"}
    return {**head, "schema": [{"name": "t", "properties": [part]}]}


def spelled(errors):
    return sorted(
        (list(map(str, error.absolute_path)), list(map(str, error.absolute_schema_path)), error.message) for error in errors
    )


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
@pytest.mark.parametrize("nest", NESTS)
@pytest.mark.parametrize("leaf", LEAVES, ids=str)
def test_the_violations_are_those_of_the_library(schema, nest, leaf):
    one = document(schema["properties"]["apiVersion"]["default"], nest, leaf, 2)
    assert spelled(schema_errors(schema, one)) == spelled(validator_for(schema)(schema).iter_errors(one))


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
@pytest.mark.parametrize("nest", NESTS)
@pytest.mark.parametrize("leaf", LEAVES, ids=str)
def test_a_document_of_thirty_levels_is_judged(schema, nest, leaf):
    """The library alone takes three times as long for each level: years for thirty."""
    one = document(schema["properties"]["apiVersion"]["default"], nest, leaf, 30)
    assert bool(schema_errors(schema, one)) == (not jsonschema_rs.validator_for(schema).is_valid(one))
