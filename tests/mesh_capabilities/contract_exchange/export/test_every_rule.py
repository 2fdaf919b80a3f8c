"""Enumerations, multiples, formats, times, parts, relationships: each export says what it can and names the rest."""

import duckdb
import pytest
import yaml
from jsonschema import Draft202012Validator

from mesh_capabilities.contract_exchange.dbt import dbt_model
from mesh_capabilities.contract_exchange.ddl import ddl
from mesh_capabilities.contract_exchange.html import html
from mesh_capabilities.contract_exchange.json_schema import json_schema

SIZES = ("S", "it's L")
PLACE = [
    {"name": "town", "logicalType": "string", "required": True, "logicalTypeOptions": {"minLength": 2}},
    {"name": "floor", "logicalType": "integer", "physicalType": "INTEGER"},
]


@pytest.fixture
def everything(company, promise):
    """A column for each rule that is more than a type, a key or a limit."""
    company.contract("owners", "shop")
    company.contract("owners", "books")
    company.product(inputPorts=[{"name": "books/owners", "version": "1.0.0", "contractId": "books.owners.v1"}])
    owners = "owners.v1.odcs.yaml#/schema/owners/properties/id"
    theirs = {"to": f"../../books/contracts/{owners}", "customProperties": [{"property": "severity", "value": "warning"}]}

    def column(name, logical, physical=None, required=False, **said):
        options = {key: said.pop(key) for key in list(said) if key not in ("enum", "items", "properties", "relationships")}
        made = {"name": name, "logicalType": logical, "physicalType": physical, "required": required, **said}
        made["logicalTypeOptions"] = options or None
        return {key: value for key, value in made.items() if value is not None}

    return promise(
        apiVersion="v3.2.0",
        columns=[
            {**column("id", "integer", "INTEGER"), "primaryKey": True},
            column("parent", "integer", "INTEGER", relationships=[{"to": "things.id"}]),
            column("owner", "integer", "INTEGER", relationships=[{"to": owners}, theirs]),
            column("size", "string", enum=[{"value": size} for size in SIZES]),
            column("dozen", "integer", multipleOf=12, format="u8"),
            column("coins", "number", "DECIMAL(9,2)", multipleOf=0.05),
            column("code", "string", "VARCHAR(3)"),
            column("mail", "string", format="email"),
            column("day", "date", minimum="2020-01-01"),
            column("tags", "array", minItems=1, uniqueItems=True, items={"logicalType": "string", "required": True}),
            column("place", "object", properties=PLACE),
            column("seen", "timestamp"),
        ],
        slaProperties=[{"property": "retention", "value": 3, "unit": "y", "element": "seen"}],
    )


GOOD = {
    "id": "1",
    "parent": "1",
    "owner": "1",
    "size": "'it''s L'",
    "dozen": "24",
    "coins": "0.15",
    "code": "'abc'",
    "mail": "'a@example.com'",
    "day": "'2020-01-01'",
    "tags": "['x', 'y']",
    "place": "{'town': 'Rio', 'floor': 1}",
    "seen": "now()",
}
NULLS = {**dict.fromkeys(GOOD, "NULL"), "id": "2"}
OF_A_ROW = {
    "size": "'M'",
    "dozen": "25",
    "a size of numbers": ("dozen", "264"),
    "code": "'abcd'",
    "no tags": ("tags", "[]"),
    "a tag twice": ("tags", "['x', 'x']"),
    "a tag that is null": ("tags", "['x', NULL]"),
    "no town": ("place", "{'town': NULL, 'floor': 1}"),
    "a short town": ("place", "{'town': 'R', 'floor': 1}"),
}
BAD = [said if isinstance(said, tuple) else (name, said) for name, said in OF_A_ROW.items()]


def values(promise, row):
    typed = (f"{row[column.name]}::{column.type} AS {column.name}" for column in promise.contract.fitted().columns)
    return f"SELECT {', '.join(typed)}"


@pytest.fixture
def as_json(duck, everything):
    """A row as DuckDB writes it to JSON."""
    import json

    def as_json(row):
        (text,) = duck.execute(f"SELECT to_json(t) FROM ({values(everything, row)}) t").fetchone()
        return json.loads(text)

    return as_json


@pytest.fixture
def validator(everything):
    schema = json_schema(everything)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("row", [{**GOOD, "seen": "NULL"}, NULLS])
def test_json_schema_takes_good_rows(validator, as_json, row):
    assert [error.message for error in validator.iter_errors(as_json(row))] == []


@pytest.mark.parametrize(("column", "value"), [*BAD, ("mail", "'nobody'")])
def test_json_schema_takes_no_row_that_breaks_a_rule(validator, as_json, column, value):
    assert len(list(validator.iter_errors(as_json({**GOOD, "seen": "NULL", column: value})))) == 1


def test_json_schema_names_what_a_row_cannot_show(everything):
    assert json_schema(everything)["$comment"].split(": ", 1)[1].split("; ") == [
        "(id) identifies a row",
        "coins is a multiple of 0.05",
        "day is at least 2020-01-01",
        "parent occurs as id in things",
        "owner occurs as id in shop/owners v1",
        "owner occurs as id in books/owners v1",
        "no seen is older than 3 y",
    ]


# DuckDB's tables take no function of a list's items.
CHECKED = [(column, value) for column, value in BAD if value != "['x', NULL]"]


@pytest.mark.parametrize(("column", "value"), [*CHECKED, ("coins", "0.12"), ("mail", "'nobody'"), ("day", "'2019-12-31'")])
def test_a_table_takes_good_rows_and_none_that_breaks_a_rule(everything, column, value):
    with duckdb.connect() as connection:
        connection.execute(ddl(everything))
        for row in (GOOD, NULLS):
            connection.execute(f"INSERT INTO things {values(everything, row)}")
        with pytest.raises(duckdb.ConstraintException):
            connection.execute(f"INSERT INTO things {values(everything, {**GOOD, 'id': '3', column: value})}")


def test_a_table_names_what_it_cannot_hold(everything):
    left = [line.split(": ", 2) for line in ddl(everything).splitlines() if line.startswith("-- not checked")]
    assert [(check, sentence) for _, check, sentence in left] == [
        ("values", "tags has only items of which each is never null"),
        ("relationships", "parent occurs as id in things"),
        ("relationships", "owner occurs as id in shop/owners v1"),
        ("relationships", "owner occurs as id in books/owners v1"),
        ("service_levels", "no seen is older than 3 y"),
    ]


def test_dbt_tests_enumerations_and_single_keys(everything):
    (model,) = yaml.safe_load(dbt_model(everything))["models"]
    tests = {column["name"]: column.get("data_tests", []) for column in model["columns"]}
    assert tests["size"] == [{"accepted_values": {"arguments": {"values": ["S", "it''s L"]}}}]
    assert tests["parent"] == [{"relationships": {"arguments": {"to": "ref('things')", "field": "id"}}}]
    assert tests["owner"] == [
        {"relationships": {"arguments": {"to": "ref('owners')", "field": "id"}}},
        {
            "relationships": {
                "arguments": {"to": "source('books', 'owners')", "field": "id"},
                "config": {"severity": "warn"},
            }
        },
    ]


def test_dbt_names_what_its_tests_do_not_know(everything):
    comments = [line.removeprefix("#   ") for line in dbt_model(everything).splitlines() if line.startswith("#   ")]
    assert "size is one of S, it's L" not in comments
    assert [sentence for sentence in comments if "occurs" in sentence] == []
    for sentence in ("dozen is a multiple of 12", "mail is written as email", "no seen is older than 3 y"):
        assert sentence in comments


def test_a_key_of_several_columns_is_named_for_dbt(promise):
    columns = [{"name": name, "physicalType": "INTEGER"} for name in ("a", "b", "c", "d")]
    table = {"name": "things", "properties": columns}
    table["relationships"] = [{"from": ["things.a", "things.b"], "to": ["things.c", "things.d"]}]
    assert "#   (a, b) occurs as (c, d) in things" in dbt_model(promise(schema=[table])).splitlines()


def test_the_page_tells_every_rule_as_a_sentence_and_every_value_that_there_may_be(everything):
    page = html(everything)
    from html import escape

    own = [rule.sentence for rule in everything.contract.rules if rule.check not in ("primary_key", "required", "unique")]
    assert [sentence for sentence in own if f"<li>{escape(sentence)}</li>" not in page] == []
    assert len(own) > 15
    assert all(f"<code>{escape(size)}</code>" in page for size in SIZES)
