"""The table of executed keys: it knows every key of every version of the standard, and what it says is so."""

import json
from importlib import resources

import pytest

from mesh_capabilities.contract_lint.executed import BY_PATH, TABLE
from mesh_capabilities.contract_lint.key_use import Use, of_part
from mesh_capabilities.contract_lint.lint import unexecuted
from mesh_platform.contract.rule import Finding, register_engine
from mesh_platform.errors import ContractError
from mesh_platform.yaml_files import read_mapping

VERSIONS = ("v3.0.0", "v3.0.1", "v3.0.2", "v3.1.0", "v3.2.0")
KINDS = {
    "quality": ("text", "library", "validValues", "sql", "custom"),
    "slaProperties": ("frequency", "latency", "retention"),
    "customProperties": (
        *("setAside", "nonFinite", "limits", "severity"),
        *("versionRetention", "completeDays", "servedFrom"),
    ),
}


def schema_of(version):
    return json.loads(resources.files("mesh_platform.contract").joinpath(f"schemas/odcs-{version}.json").read_text("utf-8"))


def keys_of(schema, node, path, seen):
    """Every path of keys that a schema allows; what a path of the table swallows is not looked into."""
    if not isinstance(node, dict):
        return
    if "$ref" in node:
        target = schema
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        yield from keys_of(schema, target, path, seen)
    for part in ("allOf", "oneOf", "anyOf"):
        for one in node.get(part, ()):
            yield from keys_of(schema, one, path, seen)
    for part in ("then", "else"):
        yield from keys_of(schema, node.get(part), path, seen)
    if isinstance(node.get("items"), dict) and path:
        yield from keys_of(schema, node["items"], f"{path}[]", seen)
    for name, inner in node.get("properties", {}).items():
        here = of_part(f"{path}.{name}") if path else name
        yield here
        entered = (here, id(inner))
        if entered not in seen and any(path in BY_PATH and BY_PATH[path].use == Use.EXECUTED for path in spellings(here)):
            # A part of a column has parts: each key of the schema is looked into once for each path that leads to it.
            seen.add(entered)
            yield from keys_of(schema, inner, here, seen)


def all_keys(version):
    schema = schema_of(version)
    return set(keys_of(schema, schema, "", set()))


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
    assert [key.path for key in TABLE if not key.sentence] == []


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


NEWEST = {"apiVersion": "v3.2.0"}  # the version that has all keys


def whole(said):
    return {**NEWEST, "columns": [{"name": "a", **said}]}


def part(said):
    """The same of what a column is made of."""
    return {**NEWEST, "columns": [{"name": "a", "logicalType": "array", "items": said}]}


def struct(**fields):
    return {"logicalType": "object", "properties": [{"name": name, "logicalType": kind} for name, kind in fields.items()]}


def mapped(key, value):
    return {"logicalType": "map", "map": {"key": {"logicalType": key}, "value": {"logicalType": value}}}


STRING, INTEGER = {"logicalType": "string"}, {"logicalType": "integer"}
STRINGS = {"logicalType": "array", "items": STRING}
MOMENT, VECTOR = {"logicalType": "timestamp"}, {"logicalType": "vector"}

# Each executed key that columns and their parts have in common: two columns that differ in this key only.
DESCRIBED = {
    "physicalType": tuple({**INTEGER, "physicalType": kind} for kind in ("INTEGER", "BIGINT")),
    "logicalType": ({"logicalType": "date"}, STRING),
    "required": (STRING, {**STRING, "required": True}),
    "enum": (INTEGER, {**INTEGER, "enum": [{"value": 1}]}),
    "enum[].value": tuple({**INTEGER, "enum": [{"value": value}]} for value in (1, 2)),
    "items": (STRINGS, {**STRINGS, "items": INTEGER}),
    "properties": (struct(x="string"), struct(x="string", y="string")),
    "map": (mapped("string", "string"), mapped("integer", "date")),
    "map.key": (mapped("string", "string"), mapped("integer", "string")),
    "map.value": (mapped("string", "string"), mapped("string", "integer")),
    "logicalTypeOptions": (INTEGER, {**INTEGER, "logicalTypeOptions": {"minimum": 1}}),
    **{
        f"logicalTypeOptions.{name}": tuple({**said, "logicalTypeOptions": {**more, name: value}} for value in values)
        for name, said, more, values in (
            *((name, INTEGER, {}, (1, 2)) for name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")),
            ("minLength", STRING, {}, (1, 2)),
            ("maxLength", STRING, {}, (1, 2)),
            ("pattern", STRING, {}, ("a", "b")),
            ("format", STRING, {}, ("email", "uuid")),
            ("multipleOf", INTEGER, {}, (2, 3)),
            ("timezone", MOMENT, {}, (True, False)),
            ("defaultTimezone", MOMENT, {"minimum": "2020-01-01T00:00:00"}, ("Etc/UTC", "Europe/Lisbon")),
            ("minItems", STRINGS, {}, (1, 2)),
            ("maxItems", STRINGS, {}, (1, 2)),
            ("uniqueItems", STRINGS, {}, (True, False)),
            ("minProperties", struct(x="string", y="string"), {}, (1, 2)),
            ("maxProperties", struct(x="string", y="string"), {}, (1, 2)),
            ("required", struct(x="string", y="string"), {}, (["x"], ["y"])),
            ("dimensions", VECTOR, {}, (2, 3)),
            ("normalized", VECTOR, {"dimensions": 2}, (True, False)),
            ("elementType", VECTOR, {"dimensions": 2}, ("float32", "float64")),
        )
    },
}

THREE = [column(), column(name="b"), column(name="c")]


def pointing(**said):
    """A table with one relationship of its columns a, b and c."""
    table = {"name": "things", "description": "The things.", "dataGranularityDescription": "One row per thing."}
    return {"schema": [{**table, "properties": THREE, "relationships": [{"from": "things.a", "to": "things.b", **said}]}]}


def column_pointing(**said):
    return {"columns": [column(relationships=[{"to": "things.b", **said}]), *THREE[1:]]}


def own(name, value):
    return [{"property": name, "value": value}]


def of_own_property(path, name, made, values):
    """The trials of `customProperties` of which `name` is executed; `made` makes a contract with them, or with none."""
    one, other = (made(own(name, value)) for value in values)
    return {
        f"{path}customProperties": (made(None), one),
        f"{path}customProperties[{name}]": (made(own("theirs", "x")), one),
        f"{path}customProperties[{name}].property": (one, made(own("theirs", values[0]))),
        f"{path}customProperties[{name}].value": (one, other),
    }


def level(**said):
    """A service level of a table with two columns of times."""
    times = [{"name": name, "logicalType": "timestamp"} for name in ("a", "b")]
    return {"columns": times, "slaProperties": [{"property": "latency", "value": 1, "unit": "d", **said}]}


def custom(**said):
    return {"quality": [{"type": "custom", "name": "judged", "engine": "trial_one", "implementation": "x", **said}]}


for engine in ("trial_one", "trial_other"):
    register_engine(engine, lambda implementation, column, files: Finding(True, "nothing"))

# Each executed key: two contracts that differ in this key only, and do not promise the same.
DAY = {
    "name": "day",
    "logicalType": "date",
    "physicalType": "DATE",
    "required": True,
    "logicalTypeOptions": {"minimum": "2018-01-01"},
}

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
    "slaProperties[frequency]": ({}, {"slaProperties": [FREQUENCY]}),
    "slaProperties[frequency].element": (level(property="frequency"), level(property="frequency", element="a")),
    "slaDefaultElement": tuple({**level(), "slaDefaultElement": name} for name in ("a", "b")),
    **{
        f"slaProperties[{name}]{key}": (
            level(**{"property": name, "element": "a", **one}),
            level(**{"property": name, **other}),
        )
        for name, another in (("latency", "retention"), ("retention", "latency"))
        for key, one, other in (
            ("", {"property": "availability"}, {"element": "a"}),
            (".property", {}, {"element": "a", "property": another}),
            (".value", {}, {"element": "a", "value": 2}),
            (".unit", {}, {"element": "a", "unit": "h"}),
            (".element", {}, {"element": "b"}),
        )
    },
    "schema[].properties[].name": ({}, {"columns": [column(name="b")]}),
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
    "schema[].properties[].partitioned": ({"columns": [DAY]}, {"columns": [{**DAY, "partitioned": True}]}),
    **of_own_property("", "versionRetention", lambda said: {"customProperties": said}, ("30 d", "10 versions")),
    **of_own_property(
        "",
        "completeDays",
        lambda said: {"columns": [{**DAY, "partitioned": True}], "customProperties": said},
        (True, False),
    ),
    **of_own_property("", "servedFrom", lambda said: {"customProperties": said}, ("shop.things.v2", "shop.things.v3")),
    **{f"schema[].properties[].{key}": tuple(map(whole, said)) for key, said in DESCRIBED.items()},
    **{f"schema[].properties[].items.{key}": tuple(map(part, said)) for key, said in DESCRIBED.items()},
    "schema[].properties[].items.name": (whole(struct(x="string")), whole(struct(y="string"))),
    **of_own_property(
        "schema[].properties[].",
        "setAside",
        lambda said: {"columns": [column(required=True, customProperties=said)]},
        ("1 %", "2 rows"),
    ),
    **of_own_property(
        "schema[].properties[].",
        "nonFinite",
        lambda said: whole({"logicalType": "number", "logicalTypeOptions": {"minimum": 0}, "customProperties": said}),
        ("allowed", "refused"),
    ),
    "schema[].relationships": ({"columns": THREE}, pointing()),
    "schema[].relationships[].from": (pointing(), pointing(**{"from": "things.c"})),
    "schema[].relationships[].to": (pointing(), pointing(to="things.c")),
    **of_own_property(
        "schema[].relationships[].",
        "severity",
        lambda said: pointing(customProperties=said),
        ("warning", "error"),
    ),
    "schema[].properties[].relationships": ({"columns": THREE}, column_pointing()),
    "schema[].properties[].relationships[].to": (column_pointing(), column_pointing(to="things.c")),
    **of_own_property(
        "schema[].properties[].relationships[].",
        "severity",
        lambda said: column_pointing(customProperties=said),
        ("warning", "error"),
    ),
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
    "schema[].quality[rowCount].arguments.comparedWith": tuple(
        quality(metric="rowCount", unit=unit, arguments=arguments)
        for unit, arguments in ((None, {}), ("percent", {"comparedWith": "previousVersion"}))
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
    **of_own_property(
        "schema[].quality[sql].",
        "limits",
        lambda said: {"quality": [{**SQL, "customProperties": said}]},
        ({"seconds": 5}, {"megabytes": 500}),
    ),
    "schema[].quality[validValues].validValues": tuple(
        {"apiVersion": "v3.0.2", "columns": [text(quality=[{"rule": "validValues", "validValues": [value]}])]}
        for value in ("x", "y")
    ),
    "schema[].quality[custom]": ({}, custom()),
    "schema[].quality[custom].engine": (custom(), custom(engine="trial_other")),
    "schema[].quality[custom].implementation": (custom(), custom(implementation={"x": 1})),
    **of_own_property(
        "schema[].quality[].",
        "setAside",
        lambda said: {"columns": [column(quality=[{"metric": "nullValues", "mustBe": 0, "customProperties": said}])]},
        ("1 %", "2 rows"),
    ),
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
        return {key: value for key, value in vars(contract).items() if key not in ("digest", "text", "file", "rules_for")}

    return promise


@pytest.mark.parametrize("path", EXECUTED)
def test_a_key_called_executed_changes_the_promise(promise, path):
    one, other = map(promise, EXECUTED[path])
    assert isinstance(one, dict)
    assert one != other


def test_every_key_called_executed_is_tried():
    called = {key.path for key in TABLE if key.use == Use.EXECUTED and not key.path.endswith("[]")}
    # The rules of a column are those of a table.
    assert {path.replace("[].properties[].quality", "[].quality") for path in called} == set(EXECUTED)


LEVEL = {"property": "latency", "value": 1, "unit": "d", "element": "a"}
TIMES = {"columns": [{"name": "a", "logicalType": "timestamp"}]}
SCHEDULE = {"schedule": "0 20 * * *", "scheduler": "cron"}


def leveled(name, **said):
    return {**TIMES, "slaProperties": [{**LEVEL, "property": name, **said}]}


# Keys that a machine could execute and this one does not: a contract without each, and the same that says it.
NOT_EXECUTED = {
    "tenant": ({}, {"tenant": "someone"}),
    "roles": ({}, {"roles": [{"role": "reader"}]}),
    "servers": ({}, {"servers": [{"server": "x", "type": "local", "path": "./x", "format": "parquet"}]}),
    "schema[].physicalName": (
        pointing(),
        {"schema": [{**pointing()["schema"][0], "physicalName": "things_table"}]},
    ),
    **{
        f"slaProperties[{name}].{key}": (leveled(name), leveled(name, **{key: value}))
        for name in ("frequency", "latency", "retention")
        for key, value in {"valueExt": 2, **SCHEDULE}.items()
    },
    **{
        f"schema[].properties[].{below}{key}": (made(STRING), made({**STRING, key: value}))
        for below, made in (("", whole), ("items.", part))
        for key, value in {
            "physicalName": "x",
            "encryptedName": "x",
        }.items()
    },
    **{
        f"schema[].properties[].items.{key}": (part(STRING), part({**STRING, key: value}))
        for key, value in {
            "partitioned": True,
            "partitionKeyPosition": 1,
            "unique": True,
            "primaryKey": True,
            "primaryKeyPosition": 1,
            "quality": [{"metric": "nullValues", "mustBe": 0}],
            "relationships": [{"to": "things.a"}],
        }.items()
    },
    **{f"schema[].quality[].{key}": (quality(), quality(**{key: value})) for key, value in SCHEDULE.items()},
    **{f"schema[].quality[custom].{key}": (custom(), custom(**{key: value})) for key, value in {"unit": "percent"}.items()},
}


def test_a_draft_promises_what_an_active_contract_does(promise):
    assert BY_PATH["status"].use == Use.DOCUMENTED
    assert promise({"status": "draft"}) == promise({"status": "active"})


@pytest.mark.parametrize("path", NOT_EXECUTED)
def test_a_key_called_not_executed_changes_nothing(promise, path):
    plain, said = map(promise, NOT_EXECUTED[path])
    assert isinstance(plain, dict)
    assert said == plain


def test_every_key_called_not_executed_is_tried():
    called = {key.path.replace("[].properties[].quality", "[].quality") for key in TABLE if key.use == Use.IGNORED}
    # The standard's schemas forbid this one, which they also list.
    assert called - set(NOT_EXECUTED) == {"schema[].properties[].relationships[].from"}
    assert set(NOT_EXECUTED) <= called


def optioned(said, **options):
    return whole({**said, "logicalTypeOptions": options})


FLOATS = {**VECTOR, "physicalType": "FLOAT[]"}
# Keys that in this company are only words, or nothing: where they stand, and a contract without and one with them.
IN_COMPANY = [
    ("slaProperties[]", Use.DOCUMENTED, {}, {"slaProperties": [{"property": "availability", "value": 99}]}),
    ("slaProperties[latency]", Use.IGNORED, TIMES, leveled("latency", element=None)),
    ("slaProperties[latency]", Use.IGNORED, TIMES, leveled("Freshness", element=None)),
    ("slaProperties[retention]", Use.DOCUMENTED, TIMES, leveled("re", element=None)),
    ("slaDefaultElement", Use.IGNORED, {}, {"slaDefaultElement": "things.a"}),
    ("schema[].quality[sql].unit", Use.DOCUMENTED, {"quality": [SQL]}, {"quality": [{**SQL, "unit": "percent"}]}),
    ("schema[].quality[].id", Use.DOCUMENTED, quality(), quality(id="x")),
    ("schema[].quality[].customProperties[]", Use.DOCUMENTED, quality(), quality(customProperties=own("theirs", 1))),
    ("schema[].quality[custom].customProperties", Use.DOCUMENTED, custom(), custom(customProperties=own("setAside", "1 %"))),
    ("schema[].relationships[].type", Use.DOCUMENTED, pointing(), pointing(type="foreignKey")),
    ("schema[].relationships[].customProperties[]", Use.DOCUMENTED, pointing(), pointing(customProperties=own("theirs", 1))),
    (
        "schema[].properties[].items.customProperties",
        Use.DOCUMENTED,
        part({**STRING, "required": True}),
        part({**STRING, "required": True, "customProperties": own("setAside", "1 %")}),
    ),
    (
        "schema[].properties[].enum[].label",
        Use.DOCUMENTED,
        whole({**INTEGER, "enum": [{"value": 1}]}),
        whole({**INTEGER, "enum": [{"value": 1, "label": "one"}]}),
    ),
    ("schema[].properties[].logicalTypeOptions.format", Use.DOCUMENTED, whole(STRING), optioned(STRING, format="password")),
    ("schema[].properties[].logicalTypeOptions.format", Use.DOCUMENTED, whole(MOMENT), optioned(MOMENT, format="yyyy")),
    (
        "schema[].properties[].logicalTypeOptions.elementType",
        Use.DOCUMENTED,
        optioned(FLOATS, dimensions=2),
        optioned(FLOATS, dimensions=2, elementType="int8"),
    ),
    (
        "schema[].properties[].logicalTypeOptions.embeddingModel",
        Use.DOCUMENTED,
        optioned(VECTOR, dimensions=2),
        optioned(VECTOR, dimensions=2, embeddingModel="theirs"),
    ),
]


@pytest.mark.parametrize(("path", "use", "without", "said"), IN_COMPANY)
def test_a_key_that_its_company_makes_words_is_listed_and_changes_no_rule(promise, company, path, use, without, said):
    changed = {key: value for key, value in promise(said).items() if key not in ("documented", "columns")}
    plain = promise(without)
    assert changed == {key: value for key, value in plain.items() if key in changed}
    document = read_mapping(company.root / "domains/shop/contracts/things.v1.odcs.yaml", ContractError)
    assert (path, use) not in [(key.path, key.use) for key in unexecuted(document)]
    promise(said)
    document = read_mapping(company.root / "domains/shop/contracts/things.v1.odcs.yaml", ContractError)
    assert (path, use) in [(key.path, key.use) for key in unexecuted(document)]


def test_a_service_level_takes_the_default_element():
    level = {"property": "ly", "value": 1, "unit": "d"}
    assert list(unexecuted({"slaDefaultElement": "t.a", "slaProperties": [level]})) == []


def test_a_text_kept_in_a_format_is_judged():
    said = {"name": "a", "logicalType": "date", "physicalType": "VARCHAR", "logicalTypeOptions": {"format": "dd/MM/yyyy"}}
    assert list(unexecuted({"schema": [{"name": "t", "properties": [said]}]})) == []


def test_parts_of_parts_are_parts():
    deepest = {"name": "x", "unique": True, "logicalTypeOptions": {"minimum": 1, "novelty": 2}}
    said = {"name": "a", "map": {"key": {}, "value": {"properties": [{"name": "b", "items": {"items": deepest}}]}}}
    assert [(key.path, key.place[-1]) for key in unexecuted({"schema": [{"name": "t", "properties": [said]}]})] == [
        ("schema[].properties[].items.unique", "unique"),
        ("schema[].properties[].items.logicalTypeOptions.novelty", "novelty"),
    ]


@pytest.mark.parametrize("value", [{"novelty": {"deep": 1}}, [{"novelty": 1}]], ids=["a mapping", "a list"])
@pytest.mark.parametrize(
    "path", [key.path for key in TABLE if key.use is Use.EXECUTED and key.path.endswith((".value", ".implementation"))]
)
def test_the_value_of_a_key_is_read_as_a_whole(path, value):
    """No key in it is a key of the standard; the platform reads the whole or refuses it."""
    if path.endswith("map.value"):
        pytest.skip("a part of a column")
    *above, last = path.split(".")
    document = {last: value}
    for step in reversed(above):
        key, _, label = step.removesuffix("]").partition("[")
        name = {"type" if key == "quality" else "property": label} if label else {}
        document = {key: [{**name, **document}] if "[" in step else document}
    assert [key for key in unexecuted(document) if "novelty" in str(key.place)] == []


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
    rule = {"name": "x", "id": "y", "metric": "rowCount", "mustBe": 1}
    document = {"schema": [{"name": "t", "quality": [rule], "properties": [keys]}]}
    assert [(key.path.rpartition(".")[2], key.use, key.sentence) for key in unexecuted(document)] == [
        ("id", Use.DOCUMENTED, "name overrules it"),
        ("primaryKeyPosition", Use.IGNORED, "it has no effect without primaryKey"),
    ]


def test_an_argument_of_another_metric_is_listed():
    rule = {"metric": "nullValues", "arguments": {"validValues": [1]}, "mustBe": 0}
    (key,) = unexecuted({"schema": [{"quality": [rule]}]})
    assert key.place == ("schema", 0, "quality", 0, "arguments", "validValues")
