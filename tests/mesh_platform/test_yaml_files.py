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
    "data", [b"a: [1", b"a: b: c", b"\tx: 1", "näme: x".encode("latin-1"), b"a: !!python/name:os.system x"]
)
def test_a_broken_file_is_named(tmp_path, data):
    path = tmp_path / "x.yaml"
    path.write_bytes(data)
    with pytest.raises(ContractError, match=r"x\.yaml is not YAML"):
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


def test_a_number_of_more_digits_than_python_reads_is_named(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("a: " + "9" * 5_000)
    with pytest.raises(ContractError, match=r"x\.yaml is not YAML"):
        read_mapping(path, ContractError)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(ContractError, match="does not exist"):
        read_mapping(tmp_path, ContractError)
