"""The harness for the official examples, held against examples of our own, and the record of what it found."""

import importlib.util
import re
from pathlib import Path

import pytest

COMMIT = "0" * 40
GOOD = "apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\nstatus: active\nslaDefaultElement: a.b\n"
BAD = "apiVersion: v3.0.2\nkind: DataContract\nid: x\nversion: 1.0.0\nstatus: active\nnovelty: 1\n"


@pytest.fixture(scope="module")
def conformance():
    """The script beside this file."""
    spec = importlib.util.spec_from_file_location("conformance", Path(__file__).with_name("conformance.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def checkouts(tmp_path):
    """A folder of checked-out commits, with one example that is valid and one that is not."""
    folder = tmp_path / COMMIT / "docs/examples/all"
    folder.mkdir(parents=True)
    (folder / "good.odcs.yaml").write_text(GOOD)
    (folder / "bad.odcs.yaml").write_text(BAD)
    return tmp_path


@pytest.fixture
def table(conformance, tmp_path, monkeypatch):
    path = tmp_path / "EXAMPLES.md"
    path.write_text("# Examples\n\n| commit |\n")
    monkeypatch.setattr(conformance, "TABLE", path)
    return path


def test_each_example_is_held_against_the_schema_of_its_own_version(conformance, checkouts):
    bad, good = conformance.found_in(checkouts)
    assert (good.path, good.version, good.verdict) == ("docs/examples/all/good.odcs.yaml", "v3.1.0", "valid")
    assert (bad.version, bad.verdict) == ("v3.0.2", "invalid: line 6, novelty: the key 'novelty' is not allowed here")


def test_what_is_found_is_recorded_and_then_expected(conformance, checkouts, table, capsys):
    assert conformance.main([str(checkouts), "--refresh"]) == 0
    assert conformance.main([str(checkouts)]) == 0
    assert "2 examples, 0 not as they should be" in capsys.readouterr().out
    (checkouts / COMMIT / "docs/examples/all/good.odcs.yaml").write_text(GOOD + "tags: [new]\n")
    assert conformance.main([str(checkouts)]) == 1
    said = capsys.readouterr().out
    assert "not as recorded" in said
    assert "not there" in said


@pytest.mark.parametrize("more", ["tenant:\n", "price: {priceAmount: 1.0}\n", "customProperties: [{property: a, value: ~}]\n"])
def test_the_round_trip_keeps_everything(conformance, more):
    assert not conformance.lost(GOOD + more)


def test_the_record_says_of_every_example_where_it_is_from_and_why_it_is_not_valid(conformance):
    examples = conformance.recorded()
    rows = [line for line in conformance.TABLE.read_text(encoding="utf-8").splitlines() if re.match(r"\| [0-9a-f]{40}", line)]
    assert len(examples) == len(rows) == len({example.digest for example in examples}) > 80
    versions = {example.version for example in examples}
    assert versions == {"v3.0.0", "v3.0.1", "v3.0.2", "v3.1.0", "v3.2.0"}
    invalid = {example.path for example in examples if example.verdict != "valid"}
    assert {Path(path).name for path in invalid} == {
        "all-data-types.odcs.yaml",
        "basic-four-dpo.odcs.yaml",
        "column-completeness.odcs.yaml",
    }
