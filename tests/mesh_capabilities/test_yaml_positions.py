"""Positions: every key knows its line, and what is no plain mapping is refused at the line that is to blame."""

import pytest

from mesh_capabilities.yaml_text import read_positions, read_text


@pytest.fixture
def faults(tmp_path):
    """What is wrong with a file of these bytes: line and sentence of each fault."""

    def read(content: bytes) -> list[tuple[int, str]]:
        path = tmp_path / "things.odcs.yaml"
        path.write_bytes(content)
        return [(fault.line, fault.found) for fault in read_positions(path).faults]

    return read


def test_every_key_and_every_item_knows_its_line():
    said = read_text("a: 1\nb:\n  - c: x\n\n  - {d: y, e: [1,\n     2]}\n")
    assert said.document == {"a": 1, "b": [{"c": "x"}, {"d": "y", "e": [1, 2]}]}
    assert said.line(("a",)) == 1
    assert said.line(("b", 0, "c")) == 3
    assert said.line(("b", 1, "e", 1)) == 6
    assert said.faults == ()


def test_a_place_that_is_not_there_is_looked_for_around_it():
    said = read_text("a: 1\nb:\n  c: 2\n")
    assert said.line(("b", "nothing", 3)) == 2
    assert said.line(("nothing",)) == 1


def test_dates_stay_texts_and_nulls_stay_nulls():
    assert read_text("on_day: 2018-01-31\nnothing:\ntilde: ~\n").document == {
        "on_day": "2018-01-31",
        "nothing": None,
        "tilde": None,
    }


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", 1, "the file is empty"),
        (b"# only\n# comments\n", 1, "the file is empty"),
        (b"\n- a\n- b\n", 2, "no mapping"),
        (b"just words", 1, "no mapping"),
        (b"a: 1\nb:\n\tc: 1\n", 3, "a tab indents this line"),
        (b"a: 1\nb: \xff\n", 2, "the byte 0xff is not UTF-8"),
        ("a: größe".encode("latin-1"), 1, "not UTF-8"),
        ("a: größe".encode("utf-16"), 1, "not UTF-8"),
        (b"a: [1\n", 2, "not YAML"),
        (b"a: 1\n---\nb: 2\n", 2, "another document"),
        (b"a: 1\nb: 2\na: 3\n", 3, "the key 'a' stands in line 1 too"),
        (b"s:\n  - n: 1\n    n: 2\n", 3, "the key 'n' stands in line 2 too"),
        (b"a: &x [1]\nb: *x\n", 2, "an alias repeats"),
        (b"a: &x {b: *x}\n", 1, "an alias repeats"),
        (b"a: {b: 1}\n<<: {c: 1}\n", 2, "is no key"),
        (b"a: 1\non: 2\n", 2, "'on', which YAML reads as something else"),
        (b"1: a\n", 1, "'1', which YAML reads as something else"),
        (b"? [a, b]\n: 1\n", 1, "a list or mapping is no key"),
        (b"a: !!python/object/apply:os.system [ls]\n", 1, "not YAML"),
        (b"a: !!binary ZZ\n", 1, "not YAML"),
        (b"a: \x00\n", 1, "control characters"),
        (b"a: 1\nb: \x07\n", 2, "control characters"),
        (b"a: *nothing\n", 1, "undefined alias"),
        (b"a: " + b"9" * 5_000, 1, "the most digits of a number are 4,300"),
        (b"[" * 100_000, 1, "nested too deeply"),
        (b"a: " + b"{a: " * 5_000, 1, "nested too deeply"),
        (b"- " * 5_000 + b"a", 1, "nested too deeply"),
    ],
)
def test_what_is_no_plain_mapping_is_refused_at_its_line(faults, content, line, words):
    found = faults(content)
    assert [number for number, _ in found] == [line]
    assert words in found[0][1]


def test_all_keys_that_stand_twice_are_told(faults):
    assert [line for line, _ in faults(b"a: 1\na: 2\nb: {c: 1,\n  c: 2}\n")] == [2, 4]


def test_a_byte_order_mark_is_no_fault(faults):
    assert faults(b"\xef\xbb\xbfa: 1\n") == []
