"""The corpus of fragments: two ways to say one thing are no change, and every other difference requires its version."""

import copy
import re
from pathlib import Path

import pytest

from mesh_capabilities.contract_change.contract_gate import compare_versions
from mesh_capabilities.contract_change.sorts import Bump
from mesh_platform.contract.document import contract_in
from mesh_platform.errors import ContractError
from mesh_platform.standards import check_against
from mesh_platform.yaml_files import read_mapping

FILE = Path(__file__).with_name("fragments.yaml")
DOCUMENT = Path(__file__).parents[3] / "docs/contracts/change.md"
CORPUS = read_mapping(FILE, ContractError)
PAIRS = CORPUS["pairs"]
BESIDE = [
    {"name": "id", "logicalType": "integer", "physicalType": "INTEGER"},
    {"name": "n", "logicalType": "integer", "physicalType": "INTEGER"},
    {"name": "at", "logicalType": "date", "physicalType": "TIMESTAMPTZ"},
]


def document(fragments, side):
    """The old or the new contract of a pair of fragments."""
    fragment, kind = fragments[side], fragments["of"]
    fragment = copy.deepcopy(fragment)
    table = {"name": "things", "quality": fragment.pop("table", [])}
    table |= {"relationships": fragment.pop("references")} if "references" in fragment else {}
    levels, key = fragment.pop("levels", []), fragment.pop("key", [])
    columns = [*copy.deepcopy(BESIDE), {"name": "value", **copy.deepcopy(CORPUS["kinds"][kind]), **fragment}]
    for column in columns:
        if column["name"] in key:
            column["primaryKey"] = True
    standard = fragments.get("standard", "v3.2.0")
    return {
        **{"apiVersion": standard, "kind": "DataContract", "id": "shop.things.v1", "version": "1.0.0", "status": "active"},
        **{"domain": "shop", "slaProperties": levels, "schema": [{**table, "properties": columns}]},
    }


def graded(fragments):
    return compare_versions(document(fragments, "old"), document(fragments, "new"))


def named(pairs):
    return pytest.mark.parametrize("fragments", pairs, ids=lambda fragments: fragments["says"])


@named(PAIRS)
def test_a_pair_requires_the_version_that_is_stated(fragments):
    found = graded(fragments)
    assert found.required.name == fragments["bump"], [change.sentence for change in found.changes]


@named(PAIRS)
def test_an_audit_executes_both_contracts_of_a_pair(fragments, tmp_path):
    for side in ("old", "new"):
        stated = document(fragments, side)
        check_against(stated, FILE, "odcs")
        path = tmp_path / "things.v1.odcs.yaml"
        path.write_text(side)
        assert contract_in(stated, path, None).rules


@named([fragments for fragments in PAIRS if fragments["bump"] == "none"])
def test_two_ways_to_say_one_thing_are_no_change_in_the_other_direction_either(fragments):
    assert compare_versions(document(fragments, "new"), document(fragments, "old")).required is Bump.none


def test_the_corpus_is_large_and_names_each_pair_once():
    assert len(PAIRS) >= 150
    assert len({fragments["says"] for fragments in PAIRS}) == len(PAIRS)
    assert {fragments["bump"] for fragments in PAIRS} == {bump.name for bump in Bump}


def test_the_page_states_how_many_pairs_are_graded_right():
    right = sum(graded(fragments).required.name == fragments["bump"] for fragments in PAIRS)
    text = " ".join(DOCUMENT.read_text(encoding="utf-8").split())
    stated = re.search(r"(\d+) of (\d+) pairs are graded right", text)
    assert stated and list(map(int, stated.groups())) == [right, len(PAIRS)]
