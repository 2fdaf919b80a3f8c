"""A target that runs the tests of a mark looks for them in a part of `tests`: all of them are there."""

import re

import pytest

from support.documents import ROOT, makefiles, text_of

CALLS = [
    (mark, options.split())
    for file in makefiles()
    for options, mark in re.findall(r"-m pytest ([^\n]*?)-m (\w+) -q", text_of(file).replace("\\\n", ""))
]
"""Of each target whose tests have one mark: the mark, and the words that say where they are."""


def test_every_target_of_a_mark_is_known():
    assert {"deploy", "long", "scaffold"} <= {mark for mark, _ in CALLS}


@pytest.mark.parametrize(("mark", "where"), CALLS, ids=[mark for mark, _ in CALLS])
def test_a_target_leaves_no_test_of_its_mark_out(mark, where):
    left_out = [ROOT / folder for before, folder in zip(where, where[1:]) if before == "--ignore"]
    looked = [ROOT / folder for folder in where if folder != "--ignore" and ROOT / folder not in left_out] or [ROOT / "tests"]
    marking = re.compile(rf"pytest\.mark\.{mark}\b")
    marked = [path for path in ROOT.glob("tests/**/*.py") if marking.search(path.read_text(encoding="utf-8"))]
    assert marked
    assert [path for path in marked if not any(path.is_relative_to(folder) for folder in looked)] == []
    assert [path for path in marked if any(path.is_relative_to(folder) for folder in left_out)] == []
