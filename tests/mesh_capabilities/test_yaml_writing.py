"""Writing: YAML that reads as the same document, to the last null."""

from decimal import Decimal

import pytest

from mesh_capabilities.yaml_text import read_text, yaml_text
from mesh_isolation.numbers import WrittenNumber

HOSTILE = [
    "",
    " ",
    "null",
    "~",
    "yes",
    "on",
    "1.0",
    "1e3",
    "0x1F",
    "2018-01-31",
    "12:30:00",
    "2018-01-31T12:00:00Z",
    "- a",
    "a: b",
    "# c",
    "a # b",
    "{{ x }}",
    "'",
    '"',
    "back\\slash",
    "line\nbreak",
    "line\r\nbreak",
    "tab\there",
    "trailing \n",
    "\n\nleading",
    "größe ☃ 🦆",
    "\u2028\u0085",
    "\ufeff",
    "\x1b[31m",
    "|",
    ">-",
    "&a",
    "*a",
    "!!str",
    "%TAG",
    "---",
    "...",
    "=",
    "<<",
    "x" * 500,
    "word " * 100,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_every_text_is_written_as_it_is(text):
    document = {"key": text, "list": [text, {"inner": text}], "description": {"purpose": text}}
    assert read_text(yaml_text(document)).document == document


@pytest.mark.parametrize("text", [text for text in HOSTILE if text])
def test_every_text_can_be_a_key(text):
    assert read_text(yaml_text({"schema": [{text: text}]})).document == {"schema": [{text: text}]}


@pytest.mark.parametrize(
    "value",
    [
        *[None, True, False, 0, -1, 10**30, [], {}, [[]], [None], {"a": None}, [[], {}]],
        *map(WrittenNumber, ["1.50", "1.0e+300", ".1", "12345678901234567.89"]),
    ],
)
def test_every_value_keeps_its_type(value):
    (read,) = read_text(yaml_text({"value": value})).document.values()
    assert (repr(read), type(read)) == (repr(value), type(value))


@pytest.mark.parametrize("value", [1.5, 1e300, 0.1, -1e-9])
def test_a_float_is_read_back_as_the_decimal_that_is_written(value):
    assert read_text(yaml_text({"value": value})).document == {"value": Decimal(repr(value))}


@pytest.mark.parametrize("text", ["010", "1_000", "0x1F", "12:30"])
def test_an_integer_is_written_as_its_author_wrote_it(text):
    assert yaml_text(read_text(f"value: {text}").document) == f"value: {text}\n"


def test_keys_stay_in_their_order():
    assert list(read_text(yaml_text({"b": 1, "a": 2, "c": {"z": 1, "y": 2}})).document) == ["b", "a", "c"]


def test_what_stands_in_two_places_is_written_twice():
    shared = {"metric": "rowCount"}
    assert yaml_text({"a": shared, "b": [shared, shared]}).count("rowCount") == 3


def test_a_comment_stands_above_its_place_and_changes_nothing():
    document = {"name": "x", "schema": [{"name": "t", "properties": [{"name": "a"}, {"name": "b"}]}]}
    text = yaml_text(document, {(): "the top\nand more", ("schema", 0, "properties", 1): "about b: # or not"})
    assert read_text(text).document == document
    assert text.splitlines()[:3] == ["# the top", "# and more", "name: x"]
    assert "      # about b: # or not\n      - name: b\n" in text
