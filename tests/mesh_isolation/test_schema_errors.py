"""What a document violates of a JSON Schema, however deep it nests."""

import json
from pathlib import Path

import jsonschema_rs
import pytest
import yaml
from jsonschema.validators import validator_for

from mesh_isolation.schema_errors import schema_errors
from mesh_isolation.yaml_bounds import PlainLoader

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


@pytest.mark.parametrize(
    ("part", "advice"),
    [
        ("logicalType: integer, logicalTypeOptions: {maximum: 010}", "write it in decimal digits"),
        ("quality: [{metric: rowCount, mustBe: 010}]", "write it in decimal digits"),
        ("customProperties: [{property: setAside, value: 010}]", "write it in decimal digits"),
        ("quality: [{customProperties: [{property: limits, value: {seconds: 010}}]}]", "write it in decimal digits"),
        ("customProperties: [{property: article, value: 010}]", "write it in decimal digits, or in quotes if it is a text"),
        ("customProperties: [{property: articles, value: [{no: 010}]}]", "in decimal digits, or in quotes if it is a text"),
        ("description: 010", "put it in quotes"),
        ("tags: [010]", "put it in quotes"),
        ("logicalType: date, logicalTypeOptions: {maximum: 010}", "put it in quotes"),
    ],
)
def test_quotes_are_advised_where_a_text_is_accepted(part, advice):
    head = "{apiVersion: v3.1.0, kind: DataContract, id: a, version: 1.0.0, status: active, schema: [{name: t, properties: ["
    one = yaml.load(f"{head}{{name: x, {part}}}]}}]}}", PlainLoader)
    (found,) = [error.message for error in schema_errors(SCHEMAS["odcs-v3.1.0"], one) if "readers of YAML" in error.message]
    assert found.endswith(f"; {advice}") or (advice.startswith("in decimal") and found.endswith(advice))


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
