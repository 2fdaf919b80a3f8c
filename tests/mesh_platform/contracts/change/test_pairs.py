"""The corpus of changes: every pair gets its verdict, the peer's stands beside it, and every sort of change occurs."""

import re
from pathlib import Path

import pytest
from pairs import pairs

from mesh_platform.contracts.change.catalogue import CATALOGUE
from mesh_platform.contracts.change.versions import compare_versions
from mesh_platform.standards import check_against

PAIRS = list(pairs())


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.says)
def test_a_change_is_found_and_asks_for_its_bump(pair):
    found = compare_versions(pair.old, pair.new)
    assert sorted(change.sort for change in found.changes) == sorted(pair.changes)
    assert found.required.name == pair.bump
