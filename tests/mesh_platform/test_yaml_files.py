"""YAML as people write it: nothing is guessed, and no error goes without its file."""

import pytest

from mesh_platform.errors import ContractError, ProjectError
from mesh_platform.yaml_files import read_mapping


def test_a_date_stays_the_text_that_was_written(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("day: 2018-01-31\nmoment: 2018-01-31T10:00:00Z\nnumber: 7\n")
    assert read_mapping(path, ContractError) == {"day": "2018-01-31", "moment": "2018-01-31T10:00:00Z", "number": 7}


@pytest.mark.parametrize("error", [ContractError, ProjectError])
def test_a_missing_file_raises_the_error_that_its_reader_asked_for(tmp_path, error):
    with pytest.raises(error, match=r"x\.yaml does not exist"):
        read_mapping(tmp_path / "x.yaml", error)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        *[(data, "YAML") for data in (b"a: [1", b"a: b: c", b"\tx: 1", b"a: !!python/name:os.system x")],
        ("näme: x".encode("latin-1"), "UTF-8"),
    ],
)
def test_a_broken_file_is_named(tmp_path, data, reason):
    path = tmp_path / "x.yaml"
    path.write_bytes(data)
    with pytest.raises(ContractError, match=rf"x\.yaml is not {reason}"):
        read_mapping(path, ContractError)


@pytest.mark.parametrize("text", ["", "# nothing said\n", "- a\n", "a sentence\n", "7\n"])
def test_a_file_that_holds_no_mapping_is_named(tmp_path, text):
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(ContractError, match=r"x\.yaml is empty or is not a mapping"):
        read_mapping(path, ContractError)


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 5_000 + "a", "a: " + "{a: " * 5_000])
def test_a_file_that_would_exhaust_the_reader_is_named_with_its_line(tmp_path, text):
    path = tmp_path / "x.yaml"
    path.write_text("# a comment\n" + text)
    with pytest.raises(ContractError, match=r"x\.yaml is nested more than 100 deep in line 2"):
        read_mapping(path, ContractError)


REPEATED = {
    "at the top": ("a: 1\nb: 2\na: 3\n", "'a' is in line 1 and again in line 3"),
    "in quotes": ("a: 1\n'a': 3\n", "'a' is in line 1 and again in line 2"),
    "below": ("x:\n  - y: {b: 1}\n    z: 2\n    y: {}\n", "'y' is in line 2 and again in line 4"),
    "in one line": ("x: {b: 1, b: 1}\n", "'b' is in line 1 and again in line 1"),
    "by another spelling": ("x:\n  1: a\n  0x1: b\n", "'0x1' is in line 2 and again in line 3"),
    "a merge": ("x: &x {a: 1}\ny:\n  <<: *x\n  <<: *x\n", "'<<' is in line 3 and again in line 4"),
}


@pytest.mark.parametrize("text, message", REPEATED.values(), ids=REPEATED)
def test_a_key_that_a_mapping_has_twice_is_refused_with_both_lines(tmp_path, text, message):
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(ContractError, match=rf"x\.yaml is not YAML: the key {message}"):
        read_mapping(path, ContractError)


def test_a_key_that_overrides_a_merged_one_is_no_repetition(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("w: &w {a: 0}\nx: {y: &x {<<: *w, a: 1, b: 1}}\nz: {<<: *x, a: 2}\n")
    assert read_mapping(path, ContractError)["z"] == {"a": 2, "b": 1}
    assert read_mapping(path, ContractError)["x"] == {"y": {"a": 1, "b": 1}}


def test_a_number_of_more_digits_than_python_reads_is_named(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("a: " + "9" * 5_000)
    with pytest.raises(ContractError, match=r"x\.yaml is not YAML"):
        read_mapping(path, ContractError)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(ContractError, match="is a folder and not a file"):
        read_mapping(tmp_path, ContractError)
