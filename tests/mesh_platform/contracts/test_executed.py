"""The table of executed keys: it knows every key of every version of the standard, and what it says is so."""

import json
from importlib import resources

import pytest

from mesh_platform.contracts.executed import BY_PATH, TABLE
from mesh_platform.contracts.key_use import Use
from mesh_platform.contracts.unexecuted import unexecuted
from mesh_platform.errors import ContractError

VERSIONS = ("v3.0.0", "v3.0.1", "v3.0.2", "v3.1.0", "v3.2.0")
KINDS = {"quality": ("text", "library", "sql", "custom"), "slaProperties": ("frequency", "retention")}


def schema_of(version):
    return json.loads(resources.files("mesh_platform.contracts").joinpath(f"schemas/odcs-{version}.json").read_text("utf-8"))


def keys_of(schema, node, path, depth=0):
    """Every path of keys that a schema allows; what a path of the table swallows is not looked into."""
    if not isinstance(node, dict) or depth > 12:
        return
    if "$ref" in node:
        target = schema
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        yield from keys_of(schema, target, path, depth)
    for part in ("allOf", "oneOf", "anyOf"):
        for one in node.get(part, ()):
            yield from keys_of(schema, one, path, depth)
    for part in ("then", "else"):
        yield from keys_of(schema, node.get(part), path, depth)
    if isinstance(node.get("items"), dict) and path:
        yield from keys_of(schema, node["items"], f"{path}[]", depth + 1)
    for name, inner in node.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        yield here
        if any(path in BY_PATH and BY_PATH[path].use == Use.EXECUTED for path in spellings(here)):
            yield from keys_of(schema, inner, here, depth + 1)


def all_keys(version):
    schema = schema_of(version)
    return set(keys_of(schema, schema, ""))


def spellings(path):
    """A path with each name that the table may know its list's entries by."""
    spelled = [path]
    for name, kinds in KINDS.items():
        spelled += [path.replace(f"{name}[]", f"{name}[{kind}]") for kind in kinds if f"{name}[]" in path]
    return spelled


@pytest.mark.parametrize("version", VERSIONS)
def test_the_table_knows_every_key_of_the_official_schema(version):
    keys = all_keys(version)
    assert len(keys) > 90
    assert sorted(key for key in keys if not any(path in BY_PATH for path in spellings(key))) == []


def test_the_table_knows_no_key_that_no_version_of_the_standard_has():
    keys = {key for version in VERSIONS for key in all_keys(version)}
    known = {path for key in keys for path in spellings(key)}
    # The schemas leave the arguments of a metric open, and a list's entry is no key.
    strange = [key.path for key in TABLE if key.path not in known and "arguments." not in key.path]
    assert [path for path in strange if not path.endswith("]") and "quality[" not in path] == []


def test_every_key_has_one_line_and_a_reason():
    assert len(BY_PATH) == len(TABLE)
    assert [key.path for key in TABLE if not key.says] == []


FREQUENCY = {"property": "frequency", "value": 1, "unit": "d"}
RULE = {"name": "a_rule", "metric": "rowCount", "mustBeGreaterThan": 0}
SQL = {"type": "sql", "name": "counted", "query": "select count(*) from {object}", "mustBe": 1}


def invalid(**arguments):
    return {"name": "valid", "metric": "invalidValues", "arguments": arguments, "mustBe": 0}


def column(**said):
    return {"name": "a", "physicalType": "INTEGER", **said}


def text(**said):
    return {"name": "a", "logicalType": "string", "physicalType": "VARCHAR", **said}


def quality(**said):
    return {"quality": [{**RULE, **said}]}


def option(**said):
    return {"columns": [column(logicalType="integer", logicalTypeOptions=said)]}


# Each executed key: two contracts that differ in this key only, and do not promise the same.
EXECUTED = {
    "apiVersion": ({"apiVersion": "v3.1.0"}, {"apiVersion": "v9.9.9"}),
    "kind": ({"kind": "DataContract"}, {"kind": "Other"}),
    "id": ({}, {"id": "shop.others.v1"}),
    "version": ({"version": "1.0.0"}, {"version": "1.0.1"}),
    "domain": ({}, {"domain": "books"}),
    "dataProduct": ({}, {"dataProduct": "others"}),
    "schema": ({}, {"schema": []}),
    "schema[].name": ({}, {"schema": [{"name": "others", "properties": [column()]}]}),
    "schema[].properties": ({}, {"columns": [column(), {"name": "b", "physicalType": "INTEGER"}]}),
    "slaProperties": ({}, {"slaProperties": [FREQUENCY]}),
    "slaProperties[frequency].property": (
        {"slaProperties": [FREQUENCY]},
        {"slaProperties": [{**FREQUENCY, "property": "latency"}]},
    ),
    "slaProperties[frequency].value": ({"slaProperties": [FREQUENCY]}, {"slaProperties": [{**FREQUENCY, "value": 2}]}),
    "slaProperties[frequency].unit": ({"slaProperties": [FREQUENCY]}, {"slaProperties": [{**FREQUENCY, "unit": "h"}]}),
    "schema[].properties[].name": ({}, {"columns": [column(name="b")]}),
    "schema[].properties[].physicalType": ({}, {"columns": [column(physicalType="BIGINT")]}),
    "schema[].properties[].logicalType": (
        {"columns": [{"name": "a", "logicalType": "date"}]},
        {"columns": [{"name": "a", "logicalType": "string"}]},
    ),
    "schema[].properties[].required": ({}, {"columns": [column(required=True)]}),
    "schema[].properties[].unique": ({}, {"columns": [column(unique=True)]}),
    "schema[].properties[].primaryKey": ({}, {"columns": [column(primaryKey=True)]}),
    "schema[].properties[].primaryKeyPosition": tuple(
        {
            "columns": [
                column(primaryKey=True, primaryKeyPosition=first),
                column(name="b", primaryKey=True, primaryKeyPosition=3 - first),
            ]
        }
        for first in (1, 2)
    ),
    "schema[].properties[].logicalTypeOptions": ({}, option(minimum=1)),
    **{
        f"schema[].properties[].logicalTypeOptions.{name}": (option(**{name: 1}), option(**{name: 2}))
        for name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
    },
    **{
        f"schema[].properties[].logicalTypeOptions.{name}": tuple(
            {"columns": [text(logicalTypeOptions={name: value})]} for value in values
        )
        for name, values in (("minLength", (1, 2)), ("maxLength", (1, 2)), ("pattern", ("a", "b")))
    },
    "schema[].quality": ({}, quality()),
    "schema[].quality[].name": (quality(), quality(name="other")),
    "schema[].quality[].id": (quality(name=None, id="one"), quality(name=None, id="other")),
    "schema[].quality[].type": (
        {"quality": [SQL]},
        {"quality": [{**SQL, "type": "text", "description": "In words."}]},
    ),
    "schema[].quality[].unit": (quality(), quality(unit="percent")),
    "schema[].quality[].severity": (quality(), quality(severity="warning")),
    "schema[].quality[].mustBeGreaterThan": (quality(), quality(mustBeGreaterThan=1)),
    **{
        f"schema[].quality[].{operator}": (
            quality(mustBeGreaterThan=None, mustBe=1) if operator != "mustBe" else quality(),
            quality(mustBeGreaterThan=None, **{operator: [0, 1] if "Between" in operator else 0}),
        )
        for operator in (
            "mustBe",
            "mustNotBe",
            "mustBeGreaterOrEqualTo",
            "mustBeLessThan",
            "mustBeLessOrEqualTo",
            "mustBeBetween",
            "mustNotBeBetween",
        )
    },
    "schema[].quality[library].metric": (
        {"columns": [column(quality=[{**RULE, "metric": "nullValues"}])]},
        {"columns": [column(quality=[{**RULE, "metric": "duplicateValues"}])]},
    ),
    "schema[].quality[library].rule": (
        {"apiVersion": "v3.0.2", "columns": [column(quality=[{"rule": "nullValues", "mustBe": 0}])]},
        {"apiVersion": "v3.0.2", "columns": [column(quality=[{"rule": "duplicateValues", "mustBe": 0}])]},
    ),
    "schema[].quality[library].arguments": ({"columns": [column(quality=[invalid(pattern="a")])]}, quality()),
    "schema[].quality[invalidValues].arguments.validValues": (
        {"columns": [text(quality=[invalid(validValues=["x"])])]},
        {"columns": [text(quality=[invalid(validValues=["y"])])]},
    ),
    "schema[].quality[invalidValues].arguments.pattern": (
        {"columns": [text(quality=[invalid(pattern="x")])]},
        {"columns": [text(quality=[invalid(pattern="y")])]},
    ),
    "schema[].quality[missingValues].arguments.missingValues": tuple(
        {
            "columns": [
                text(quality=[{"metric": "missingValues", "arguments": {"missingValues": [value]}, "mustBe": 0, "name": "m"}])
            ]
        }
        for value in ("n/a", "-")
    ),
    "schema[].quality[duplicateValues].arguments.properties": tuple(
        {"columns": [column(), column(name="b")], **quality(metric="duplicateValues", arguments={"properties": names})}
        for names in (["a"], ["a", "b"])
    ),
    "schema[].quality[sql].query": ({"quality": [SQL]}, {"quality": [{**SQL, "query": "select 1"}]}),
}


def without_nulls(said):
    if isinstance(said, dict):
        return {key: without_nulls(value) for key, value in said.items() if value is not None}
    return [without_nulls(part) for part in said] if isinstance(said, list) else said


@pytest.fixture
def promise(load):
    """What a contract promises, as a value to compare; its refusal, if it is refused."""

    def promise(said):
        said = without_nulls(said)
        try:
            contract = load(**{"columns": [column()], **said})
        except ContractError as problem:
            return str(problem)
        return {key: value for key, value in vars(contract).items() if key not in ("digest", "file")}

    return promise


@pytest.mark.parametrize("path", EXECUTED)
def test_a_key_called_executed_changes_the_promise(promise, path):
    one, other = map(promise, EXECUTED[path])
    assert isinstance(one, dict)
    assert one != other


def test_every_key_called_executed_is_tried():
    called = {key.path for key in TABLE if key.use == Use.EXECUTED and not key.path.endswith("]")}
    # The rules of a column are those of a table.
    assert {path.replace("[].properties[].quality", "[].quality") for path in called} == set(EXECUTED)


# Keys that a machine could execute and this one does not, each in a contract that says it and promises what it did before.
NOT_EXECUTED = {
    "status": {"status": "draft"},
    "tenant": {"tenant": "someone"},
    "slaProperties[]": {"slaProperties": [{"property": "retention", "value": 3, "unit": "y"}]},
    "slaDefaultElement": {"slaDefaultElement": "things.a"},
    "roles": {"roles": [{"role": "reader"}]},
    "servers": {"servers": [{"server": "x", "type": "local", "path": "./x", "format": "parquet"}]},
    "schema[].relationships": {
        "schema": [
            {
                "name": "things",
                "description": "The things.",
                "dataGranularityDescription": "One row a thing.",
                "properties": [column()],
                "relationships": [{"type": "foreignKey", "from": "things.a", "to": "others.a"}],
            }
        ]
    },
    "schema[].properties[].relationships": {"columns": [column(relationships=[{"to": "others.a"}])]},
    "schema[].properties[].partitioned": {"columns": [column(partitioned=True, partitionKeyPosition=1)]},
    "schema[].properties[].encryptedName": {"columns": [column(encryptedName="x")]},
    "schema[].properties[].enum": {"apiVersion": "v3.2.0", "columns": [column(logicalType="integer", enum=[{"value": 1}])]},
}


@pytest.mark.parametrize("path", NOT_EXECUTED)
def test_a_key_called_not_executed_changes_nothing(promise, path):
    assert BY_PATH[path].use != Use.EXECUTED
    assert promise(NOT_EXECUTED[path]) == promise({})


@pytest.mark.parametrize(("kind", "said"), [("timestamp", {"format": "yyyy"}), ("integer", {"multipleOf": 2})])
def test_an_option_called_not_executed_adds_no_rule(promise, kind, said):
    (name,) = said
    assert BY_PATH[f"schema[].properties[].logicalTypeOptions.{name}"].use == Use.IGNORED
    plain = promise({"columns": [column(logicalType=kind)]})
    assert promise({"columns": [column(logicalType=kind, logicalTypeOptions=said)]})["rules"] == plain["rules"]


def test_a_key_that_nobody_has_heard_of_is_listed():
    document = {"id": "x", "novelty": {"deep": 1}, "schema": [{"name": "t", "quality": [{"metric": "rowCount", "why": 1}]}]}
    assert [(key.path, key.use) for key in unexecuted(document)] == [
        ("novelty", Use.IGNORED),
        ("schema[].quality[].why", Use.IGNORED),
    ]


def test_what_stands_below_a_listed_key_is_not_listed_again():
    assert [key.path for key in unexecuted({"team": {"name": "x", "members": [{"username": "y"}]}})] == ["team"]


def test_the_company_of_a_key_decides():
    keys = {"name": "a", "physicalType": "DATE", "logicalType": "date", "primaryKeyPosition": 1}
    document = {"schema": [{"name": "t", "properties": [keys]}]}
    assert [(key.path.rpartition(".")[2], key.use, key.says) for key in unexecuted(document)] == [
        ("logicalType", Use.DOCUMENTED, "physicalType beside it decides"),
        ("primaryKeyPosition", Use.IGNORED, "without primaryKey it means nothing"),
    ]


def test_an_argument_of_another_metric_is_listed():
    rule = {"metric": "nullValues", "arguments": {"validValues": [1]}, "mustBe": 0}
    (key,) = unexecuted({"schema": [{"quality": [rule]}]})
    assert key.place == ("schema", 0, "quality", 0, "arguments", "validValues")
