"""Whatever a contract says: reading it ends with a promise or a named refusal, and no name in it ever becomes SQL."""

import copy
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mesh_platform.contract.audit import audit
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.document import load_contract
from mesh_platform.errors import MeshError

FEW = settings(
    max_examples=40,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
HOSTILE = [
    """a"; DROP VIEW candidate; --""",
    "a') FROM candidate; --",
    "select",
    "candidate",
    "SELECT count(*) FROM candidate",
    "mesh_clock",
    "item 0",
    "n",
    "x",
    "lambda x: x",
    "getvariable('mesh_clock')",
    "größe ☃ 💥",
    "a\nb",
    "a\\'b",
    "{property}",
    "${object}",
    "{0}",
    "%s%%",
    "$1",
    "?",
    ":a",
    "/* a",
    "-- a",
    "a.b",
    "a, list, element",
    "  ",
]


def rich(version: str) -> dict[str, Any]:
    """A valid contract that uses nearly everything."""
    rule = "rule" if version.startswith("v3.0") else "metric"
    columns: list[dict[str, Any]] = [
        {"name": "id", "logicalType": "integer", "physicalType": "INTEGER", "primaryKey": True, "primaryKeyPosition": 1},
        {"name": "code", "logicalType": "string", "logicalTypeOptions": {"pattern": "^x", "maxLength": 3, "format": "email"}},
        {"name": "price", "logicalType": "number", "physicalType": "DECIMAL(10,2)", "logicalTypeOptions": {"multipleOf": 0.5}},
        {"name": "day", "logicalType": "date", "physicalType": "VARCHAR", "logicalTypeOptions": {"format": "yyyy-MM-dd"}},
        {"name": "tags", "logicalType": "array", "items": {"logicalType": "string"}, "logicalTypeOptions": {"minItems": 1}},
        {"name": "place", "logicalType": "object", "properties": [{"name": "town", "logicalType": "string", "required": True}]},
    ]
    columns[1]["quality"] = [
        {rule: "invalidValues", "arguments": {"validValues": ["x"], "pattern": "x"}, "mustBe": 0, "name": "valid"},
        {rule: "missingValues", "arguments": {"missingValues": [None, "x"]}, "mustBeLessThan": 50, "unit": "percent"},
        {"type": "text", "description": "Nice."},
    ]
    table: dict[str, Any] = {"name": "things", "properties": columns}
    table["quality"] = [
        {rule: "duplicateValues", "arguments": {"properties": ["id", "code"]}, "mustBeBetween": [0, 5]},
        {"type": "sql", "query": "SELECT count(*) FROM ${object}", "mustBeGreaterThan": 0, "name": "asked", "severity": "info"},
    ]
    levels = [
        {"property": "latency", "value": 3, "unit": "d", "element": "day"},
        {"property": "frequency", "value": 1, "unit": "d"},
    ]
    header = {"apiVersion": version, "kind": "DataContract", "id": "shop.things.v1", "version": "1.0.0", "status": "active"}
    if not version.startswith("v3.0"):
        table["relationships"] = [{"from": "things.id", "to": "schema/things/properties/id"}]
    return {**header, "domain": "shop", "dataProduct": "things", "schema": [table], "slaProperties": levels}


def places(value: Any, path: tuple = ()) -> list[tuple]:
    """The path to everything that the document holds."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in inside for place in places(part, (*path, key)))]


texts = st.sampled_from(HOSTILE) | st.text(max_size=8).filter(lambda text: text.isprintable())
leaves = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | texts
anything = st.recursive(
    leaves, lambda part: st.lists(part, max_size=3) | st.dictionaries(texts, part, max_size=3), max_leaves=5
)
words = st.sampled_from(
    [
        "INTEGER",
        "VARCHAR[]",
        "STRUCT(a",
        "MAP(DATE, DATE)",
        "DECIMAL(99,1)",
        "string",
        "integer",
        "array",
        "object",
        "date",
        "time",
    ]
    + ["rowCount", "nullValues", "custom", "sql", "percent", "things.id", "things.things", "a.yaml#/schema/a/properties/b"]
    + ["1.0.0", "¹.².³", "٣", "(?=x)", "[", "yyyy'", "'", "2020-13-45", "1e999", "y", "id,code", "\x00", "\ud800"]
)


def mutated(value: Any) -> st.SearchStrategy:
    """Something else in its place, more often than not of its own kind."""
    if isinstance(value, bool) or value is None:
        return anything
    if isinstance(value, str):
        return texts | words | anything
    if isinstance(value, (int, float)):
        return st.integers(-(2**70), 2**70) | st.floats() | words
    return anything


@pytest.mark.parametrize("version", ["v3.0.2", "v3.1.0", "v3.2.0"])
def test_reading_a_spoilt_contract_ends_with_a_promise_or_a_named_refusal(company, version):
    base = rich(version)
    path = company.write("domains/shop/contracts/things.v1.odcs.yaml", base)
    assert isinstance(load_contract(path, company.root), Contract)

    @FEW
    @given(st.data())
    def spoil(data: st.DataObject) -> None:
        document = copy.deepcopy(base)
        for _ in range(data.draw(st.integers(1, 2))):
            *way, last = data.draw(st.sampled_from([place for place in places(document) if place]))
            holder = document
            for step in way:
                holder = holder[step]
            if data.draw(st.integers(0, 4)) == 0:
                del holder[last]
            else:
                holder[last] = data.draw(mutated(holder[last]))
            if not document:
                break
        try:
            text = yaml.safe_dump(document, allow_unicode=True).encode("utf-8", "surrogatepass")
        except yaml.YAMLError:
            return
        path.write_bytes(text)
        try:
            contract = load_contract(path, company.root)
        except MeshError as refusal:
            assert "things.v1.odcs.yaml" in str(refusal)
        else:
            assert contract.rules[0].check == "schema"

    spoil()


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "9" * 5000,
        "[" * 3000,
        "a: &a [*a]",
        "{a: &a {b: *a}}",
        "? [1, 2]\n: 3",
        "1: 2",
        "a: !!python/object:os.system x",
        "\x00",
    ],
    ids=["long number", "deep", "in itself", "map in itself", "key", "number as key", "tag", "null byte"],
)
def test_yaml_that_is_no_contract_is_refused_by_the_name_of_its_file(company, text):
    path = company.write("domains/shop/contracts/things.v1.odcs.yaml", text)
    with pytest.raises(MeshError, match=r"things\.v1\.odcs\.yaml"):
        load_contract(path, company.root)


def column_rules(name: str) -> list[dict[str, Any]]:
    """Columns of every kind around one name; each of their rules is broken by the second of two rows, and only by it."""
    counted = [
        {"name": "nulls", "metric": "nullValues", "mustBe": 0},
        {"name": "missing", "metric": "missingValues", "mustBe": 0},
        {"name": "invalid", "metric": "invalidValues", "arguments": {"validValues": ["x"]}, "mustBe": 0},
        {"name": "asked", "type": "sql", "query": "SELECT count(*) FROM ${object} WHERE ${property} IS NULL", "mustBe": 0},
    ]
    text = {"pattern": "^x$", "minLength": 1, "maxLength": 1, "format": "hostname"}
    part = {"name": name, "logicalType": "string", "required": True, "logicalTypeOptions": {"maxLength": 1}}
    return [
        {"name": "key", "logicalType": "integer", "primaryKey": True, "logicalTypeOptions": {"multipleOf": 1, "maximum": 1}},
        {
            "name": name,
            "logicalType": "string",
            "required": True,
            "unique": True,
            "logicalTypeOptions": text,
            "quality": counted,
        },
        {
            "name": name + "_n",
            "logicalType": "number",
            "logicalTypeOptions": {"minimum": 1, "multipleOf": 2, "exclusiveMaximum": 9},
        },
        {
            "name": name + "_d",
            "logicalType": "date",
            "physicalType": "VARCHAR",
            "logicalTypeOptions": {"maximum": "2020-01-01"},
        },
        {"name": name + "_l", "logicalType": "array", "items": part, "logicalTypeOptions": {"uniqueItems": True}},
        {
            "name": name + "_s",
            "logicalType": "object",
            "properties": [part],
            "logicalTypeOptions": {"minProperties": 1, "required": [name]},
        },
        {"name": name + "_f", "logicalType": "integer", "relationships": [{"to": "schema/things/properties/key"}]},
    ]


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def rows_around(name: str) -> str:
    held = "'" + name.replace("'", "''") + "'"
    names = ["key", *(name + end for end in ("", "_n", "_d", "_l", "_s", "_f"))]
    values = [
        ["1::BIGINT", "'x'", "2.0::DOUBLE", "'2020-01-01'", "['x']", f"struct_pack({quoted(name)} := 'x')", "1::BIGINT"],
        [
            "2::BIGINT",
            "NULL",
            "0.5::DOUBLE",
            "'2020-01-02'",
            f"['x', 'x', {held} || 'y']",
            f"struct_pack({quoted(name)} := NULL)",
            "7::BIGINT",
        ],
    ]
    rows = (", ".join(f"{value} AS {quoted(called)}" for called, value in zip(names, row)) for row in values)
    return " UNION ALL ".join(f"SELECT {row}" for row in rows)


hostile_names = (st.sampled_from(HOSTILE) | st.text(min_size=1, max_size=12)).filter(
    lambda name: name.isprintable() and name.strip() and name.lower() not in ("key",)
)


def judge_names(company: Any, parquet: Any, name: str) -> None:
    contract = load_contract(company.contract(columns=column_rules(name)), company.root)
    result = audit(contract, [parquet(rows_around(name))])
    assert result.rows == 2
    broken = {verdict.rule.sentence: verdict.found for verdict in result.broken}
    assert set(broken.values()) - {"1 of 2 rows breaks it"} == {"1"}, broken  # the query's own count
    assert len(broken) == 13
    for verdict in result.broken:
        assert all(example["key"] == 2 for example in verdict.examples)


@pytest.mark.parametrize("name", [name for name in HOSTILE if name.strip() and name.isprintable()])
def test_a_name_that_looks_like_sql_stays_a_name_in_every_rule(company, parquet, name):
    judge_names(company, parquet, name)


def test_any_name_stays_a_name_in_every_rule(company, parquet):
    @settings(FEW, max_examples=12)
    @given(hostile_names)
    def judge(name: str) -> None:
        judge_names(company, parquet, name)

    judge()


def test_a_column_may_be_called_like_the_path_of_another_s_part(company, parquet):
    parted = {"name": "a", "logicalType": "array", "items": {"logicalType": "string"}, "required": True}
    twin = {"name": "a, list, element", "logicalType": "integer", "required": True, "logicalTypeOptions": {"minimum": 5}}
    contract = load_contract(company.contract(columns=[parted, twin]), company.root)
    result = audit(contract, [parquet("SELECT ['x'] AS a, unnest([4, NULL])::BIGINT AS \"a, list, element\"")])
    assert [verdict.rule.sentence for verdict in result.broken] == [
        "a, list, element is never null",
        "a, list, element is at least 5",
    ]


def test_a_thousand_columns_are_judged_one_by_one(company, parquet):
    names = [f'column {number}"; --' for number in range(1000)]
    columns = [{"name": name, "logicalType": "integer", "required": True} for name in names]
    columns[500]["logicalTypeOptions"] = {"minimum": 501}
    contract = load_contract(company.contract(columns=columns), company.root)
    values = [f"{'NULL' if number == 700 else number}::BIGINT AS {quoted(name)}" for number, name in enumerate(names)]
    result = audit(contract, [parquet(f"SELECT {', '.join(values)}")])
    assert [verdict.rule.sentence for verdict in result.broken] == [
        f"{names[700]} is never null",
        f"{names[500]} is at least 501",
    ]


@pytest.mark.parametrize(("one", "other"), [("a", "A"), ("straße", "STRAßE"), ("é", "É")])
def test_names_that_sql_takes_for_one_are_refused(load, one, other):
    with pytest.raises(MeshError, match="which SQL takes for one column"):
        load(columns=[{"name": name, "logicalType": "integer"} for name in (one, other)])
