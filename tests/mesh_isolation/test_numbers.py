"""Numbers that people write keep their digits: as values, in YAML, in JSON, and against the values of a type."""

import copy
import json
import pickle
from decimal import Decimal

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mesh_isolation.numbers import WrittenInteger, WrittenNumber, decimal_digits, exact_json, is_whole
from mesh_isolation.schema_errors import odd_numbers
from mesh_isolation.yaml_bounds import PlainLoader, misread_text, plain_json

LONG = "12345678901234567.89"


def loaded(text):
    return yaml.load(f"value: {text}", Loader=PlainLoader)["value"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (LONG, LONG),
        ("0.10", "0.1"),
        (".5", "0.5"),
        ("5.", "5"),
        ("+1.5", "1.5"),
        ("1_0.5", "10.5"),
        ("1.0e+3", "1000"),
        ("1.0e-400", "1e-400"),
        ("190:20:30.15", "685230.15"),
        ("-1:30.5", "-90.5"),
        ("0." + "1" * 4_000, "0." + "1" * 4_000),
    ],
)
def test_a_number_with_a_point_is_the_decimal_that_is_written(text, number):
    read = loaded(text)
    assert (type(read), read) == (WrittenNumber, Decimal(number))
    assert Decimal(str(read)) == read
    if ":" not in text:
        assert (str(read), repr(read), f"{read}") == (text, text, text)
    for copied in (copy.deepcopy(read), pickle.loads(pickle.dumps(read))):
        assert copied == read


@pytest.mark.parametrize(("text", "number"), [("010", 8), ("1_000", 1000), ("12:30", 750), ("0x1F", 31), ("+3", 3)])
def test_an_integer_remembers_how_it_was_written(text, number):
    read = loaded(text)
    assert (type(read), read, read.text, str(read)) == (WrittenInteger, number, text, str(number))
    assert copy.deepcopy(read).text == text


@pytest.mark.parametrize("text", ["1.0e+401", "1.0e-99999999999", "!!float abc", "!!float ''", "0." + "1" * 4_400])
def test_a_number_beyond_the_bounds_is_refused_with_its_line(text):
    with pytest.raises(yaml.MarkedYAMLError) as met:
        loaded(text)
    assert met.value.problem_mark.line == 0


@settings(max_examples=200, deadline=None, database=None)
@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_json_holds_every_digit_of_a_decimal(number):
    text = exact_json({"value": [WrittenNumber(str(number))], "mark": '"x"'}, indent=1)
    assert json.loads(text, parse_float=Decimal, parse_int=Decimal) == {"value": [number], "mark": '"x"'}


def test_json_refuses_what_it_does_not_have():
    with pytest.raises(TypeError, match="set is not JSON"):
        exact_json({"value": {1}})


@settings(max_examples=200, deadline=None, database=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30))
def test_the_digits_after_the_point_are_those_that_a_number_needs(number):
    needed = decimal_digits(number)
    sign, digits, exponent = number.as_tuple()
    stripped = "".join(map(str, digits)).rstrip("0")
    assert needed == (-(exponent + len(digits) - len(stripped)) if stripped else 0)
    assert is_whole(number) == (number == number.to_integral_value())


@pytest.mark.parametrize(
    "value", [{"a": {1}}, {1: "a"}, {"a": float("inf")}, {"a": b"x"}, {"a": 10**5_000}, {"a": Decimal("NaN")}]
)
def test_a_document_with_what_json_does_not_have_is_none(value):
    assert plain_json(value) is None


def test_a_document_of_json_has_plain_numbers_and_is_otherwise_the_same():
    document = {"a": [WrittenNumber("1.50"), WrittenInteger(8, "010"), 2, "x", None, True, 1.5]}
    plain = plain_json(document)
    assert plain == document
    assert [type(value) for value in plain["a"]] == [Decimal, int, int, str, type(None), bool, float]


def test_a_document_that_contains_itself_is_none():
    document: dict = {"a": []}
    document["a"].append(document)
    assert plain_json(document) is None


def test_what_yaml_misreads_is_found_in_plain_values_only():
    node = yaml.compose("[NO, 'NO', \"010\", 7]", Loader=PlainLoader)
    assert [misread_text(value) for value in node.value] == ["the boolean false", None, None, None]


ODD = ["010", "-010", "0x10", "0b11", "1_000", "12:30", "1:0", "00", "+007", "1:30.5", "1_000.5", "-1:0.0"]
"""Integers that YAML 1.1 and 1.2 read as different values, or only one of them as a number."""


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize(
    "place",
    [
        "schema: [{{properties: [{{physicalType: INTEGER, logicalTypeOptions: {{minimum: {}}}}}]}}]",
        "schema: [{{quality: [{{metric: rowCount, mustBeGreaterThan: {}}}]}}]",
        "schema: [{{properties: [{{physicalType: INTEGER, quality: [{{arguments: {{validValues: [{}]}}}}]}}]}}]",
        "schema: [{{properties: [{{logicalType: string, logicalTypeOptions: {{maxLength: {}}}}}]}}]",
        "slaProperties: [{{property: freshness, value: {}, unit: d}}]",
    ],
)
def test_a_number_that_readers_of_yaml_take_for_two_is_found_where_it_counts(place, text):
    ((_, number),) = odd_numbers(yaml.load(place.format(text), PlainLoader))
    assert number.text == text


@pytest.mark.parametrize("text", [*ODD, "5", "5.50"])
def test_it_is_left_to_a_column_of_text_that_lists_it(text):
    listed = f"quality: [{{arguments: {{validValues: [{text}]}}}}], examples: [{text}]"
    listed = f"{{properties: [{{physicalType: VARCHAR(10), {listed}}}]}}"
    assert not list(odd_numbers(yaml.load(listed, PlainLoader)))


@pytest.mark.parametrize("text", ["0", "-1", "+5", "100", "1.50", "01.5", "-0.0", "1e5", ".inf"])
def test_plain_numbers_are_no_problem(text):
    assert not list(odd_numbers(yaml.load(f"a: {text}", PlainLoader)))


@pytest.mark.parametrize("text", ["7" * 5000, "7" * 5000 + ".0"])
def test_a_number_of_too_many_digits_is_an_error_with_its_line(text):
    with pytest.raises(yaml.MarkedYAMLError) as refusal:
        yaml.load(f"x: 1\na: {text}", PlainLoader)
    assert refusal.value.problem_mark.line == 1
