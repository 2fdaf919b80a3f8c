"""Editing YAML in place: what was asked for changes, and every other character stays."""

import pytest

from mesh_capabilities.errors import ScaffoldError
from mesh_capabilities.yaml_text import YamlText


def yaml(text: str) -> YamlText:
    return YamlText(text, "x.yaml", ScaffoldError)


def test_an_item_comes_last_and_comments_stay():
    text = "# Ports.\nports:\n  # the first\n  - name: a\n    note: >\n      Long.\n\n# Owners.\nowner: us\n"
    grown = text.replace("      Long.\n", "      Long.\n  - name: b\n    note: new\n")
    assert yaml(text).with_item(("ports",), ["name: b", "note: new"]).text == grown


def test_an_item_is_indented_as_its_neighbours():
    assert yaml("a:\n- b: 1\nc: 2\n").with_item(("a",), ["b: 3"]).text == "a:\n- b: 1\n- b: 3\nc: 2\n"
    nested = "sources:\n  - name: raw\n    tables:\n      - name: x\n"
    assert yaml(nested).with_item(("sources", 0, "tables"), ["name: y"]).text == nested + "      - name: y\n"


def test_an_empty_list_becomes_one_of_an_item_and_a_list_of_an_item_an_empty_one():
    assert yaml("load_from: []\n").with_item(("load_from",), ["b: 3"]).text == "load_from:\n  - b: 3\n"
    assert yaml("load_from:\n  - b: 3\n").without(("load_from", 0)).text == "load_from: []\n"


def test_a_list_on_one_line_stays_on_it():
    assert yaml("a: [{b: 1}]  # all\nc: 2\n").with_item(("a",), ["b: 3", "d: 4"]).text == (
        "a: [{b: 1}, {b: 3, d: 4}]  # all\nc: 2\n"
    )


def test_a_key_comes_last_in_its_mapping_and_goes_again():
    text = "services:\n  a:\n    image: x  # one\n\nvolumes:\n  b:\n"
    more = yaml(text).with_item(("services",), ["c:", "  image: y"])
    assert more.text == text.replace("# one\n", "# one\n  c:\n    image: y\n")
    assert more.without(("services", "c")).text == text


def test_no_more_blank_lines_are_left_than_were_before():
    text = "- list: only\n"
    with pytest.raises(ScaffoldError, match="is not a mapping"):
        yaml(text).without((0,))
    assert yaml("a:\n  - b: 1\n\n  - b: 2\n\n  - b: 3\n").without(("a", 1)).text == "a:\n  - b: 1\n\n  - b: 3\n"
    assert yaml("a:\n  - b: 1\n\n  - b: 2\n").without(("a", 1)).text == "a:\n  - b: 1\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("b: 1\n", "x.yaml has no a"),
        ("a: text\n", "is no list"),
        ("a: [\n", "is not YAML"),
        ("", "x.yaml is empty"),
        ("a: &here [1]\nb: *here\n", "cannot be edited line by line"),
    ],
)
def test_a_file_without_such_a_list_is_refused_by_name(text, why):
    with pytest.raises(ScaffoldError, match=why):
        yaml(text).with_item(("a",), ["b: 1"])


def test_a_block_stands_before_its_key():
    assert yaml("a: 1\n\nb: 2\n").with_block(["c: 3"], before="b").text == "a: 1\n\nc: 3\n\nb: 2\n"
    with pytest.raises(ScaffoldError, match="x.yaml has no d"):
        yaml("a: 1\n").with_block(["c: 3"], before="d")


def test_what_is_there_already_is_refused():
    with pytest.raises(ScaffoldError, match="cannot be edited line by line"):
        yaml("a: 1\nb: 2\n").with_block(["a: 1"], before="b")


def test_an_item_may_name_an_anchor_of_the_text_and_is_set_off_as_the_others():
    text = "all: &all {x: 1}\na:\n  - {n: 1}\n\n  - {n: 2}\nb: 1\n"
    more = yaml(text).with_item(("a",), ["<<: *all", "n: 3"])
    assert more.text == text.replace("{n: 2}\n", "{n: 2}\n\n  - <<: *all\n    n: 3\n")
    assert more.document["a"][2] == {"x": 1, "n": 3}
