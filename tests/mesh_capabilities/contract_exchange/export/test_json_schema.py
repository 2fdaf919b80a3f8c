"""JSON Schema of a row: valid by its own meta-schema, true of real rows, and of no bad one."""

import json

import pytest
from jsonschema import Draft202012Validator

from mesh_capabilities.contract_exchange.json_schema import json_schema


@pytest.fixture
def rows(things, duck, tmp_path):
    """Rows of `things` as DuckDB writes them to JSON."""

    def rows(values: str) -> list[dict]:
        columns = things.contract.columns
        typed = ", ".join(f"{column.name}::{column.type} AS {column.name}" for column in columns)
        names = ", ".join(column.name for column in columns)
        duck.execute(f"COPY (SELECT {typed} FROM (VALUES {values}) t({names})) TO '{tmp_path / 'rows.json'}'")
        read = [json.loads(line) for line in (tmp_path / "rows.json").read_text(encoding="utf-8").splitlines()]
        assert [list(row) for row in read] == [things.contract.column_names for _ in read]
        return read

    return rows


@pytest.fixture
def validator(things):
    schema = json_schema(things)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_good_rows_are_valid(validator, rows, good_rows):
    read = rows(good_rows)
    assert len(read) == 3
    assert [error.message for row in read for error in validator.iter_errors(row)] == []


def test_a_row_that_breaks_the_contract_is_not(validator, rows, bad_row):
    assert len(list(validator.iter_errors(rows(bad_row)[0]))) == 1


def test_a_column_too_few_and_a_column_too_many_are_not_valid(validator, rows, good_rows):
    row = rows(good_rows)[0]
    assert not validator.is_valid({**row, "more": 1})
    del row["mood"]
    assert not validator.is_valid(row)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("SMALLINT", 2**15),
        ("INTEGER", -(2**31) - 1),
        ("BIGINT", 2**63),
        ("BIGINT", 1.5),
        ("DECIMAL(4,2)", 100),
        ("BOOLEAN", 1),
        ("VARCHAR", 1),
        ("DATE", 20180131),
        ("DOUBLE", "1"),
    ],
)
def test_a_value_that_the_type_does_not_have_is_not_valid(promise, kind, value):
    schema = json_schema(promise(columns=[{"name": "a", "physicalType": kind}]))
    assert not Draft202012Validator(schema).is_valid({"a": value})
    assert Draft202012Validator(schema).is_valid({"a": None})


def test_exclusive_options_of_3_0_are_limits(promise):
    options = {"minimum": 1, "exclusiveMinimum": True, "maximum": 9, "exclusiveMaximum": False}
    said = promise(apiVersion="v3.0.2", columns=[{"name": "a", "logicalType": "integer", "logicalTypeOptions": options}])
    validator = Draft202012Validator(json_schema(said))
    assert [number for number in range(11) if validator.is_valid({"a": number})] == list(range(2, 10))


def test_a_valid_value_has_the_type_of_its_column(promise):
    rule = {"metric": "invalidValues", "mustBe": 0}
    columns = [
        {"name": "a", "logicalType": "string", "quality": [{**rule, "arguments": {"validValues": [1, 2]}}]},
        {"name": "b", "logicalType": "integer", "quality": [{**rule, "arguments": {"validValues": ["1", 2]}}]},
    ]
    schema = json_schema(promise(columns=columns))
    assert Draft202012Validator(schema).is_valid({"a": "1", "b": 1})
    assert not Draft202012Validator(schema).is_valid({"a": "3", "b": 1})


def test_what_one_row_cannot_show_is_named(things):
    assert json_schema(things)["$comment"] == (
        "What one row cannot show: (id, part) identifies a row; code occurs once; There is a row; The things are nice; m"
    )


def test_names_meant_to_break_out_are_names(hostile):
    schema = json.loads(json.dumps(json_schema(hostile)))
    Draft202012Validator.check_schema(schema)
    assert list(schema["properties"]) == hostile.contract.column_names
    assert Draft202012Validator(schema).is_valid(dict.fromkeys(hostile.contract.column_names, "x"))


def test_a_pattern_beside_valid_values_is_held_too(promise):
    arguments = {"validValues": ["a", "b"], "pattern": "a"}
    rule = {"name": "both", "metric": "invalidValues", "arguments": arguments, "mustBe": 0, "description": "An a, no b."}
    schema = json_schema(promise(columns=[{"name": "x", "logicalType": "string", "quality": [rule]}]))
    assert [value for value in ("a", "b", "c", "aa", None) if Draft202012Validator(schema).is_valid({"x": value})] == [
        "a",
        None,
    ]
    assert "An a" not in schema["$comment"]
