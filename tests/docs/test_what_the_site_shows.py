"""What the pages of the site show is what happens, page by page, each in a mesh that has run once."""

import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.site

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    path.relative_to(ROOT).as_posix()
    for path in sorted(ROOT.glob("docs/**/*.md"))
    # How to write a capability is done in tests/scaffold/test_capabilities.py, in a copy with a platform of its own.
    if "```console" in path.read_text(encoding="utf-8") and path.name != "write-a-capability.md"
]


@pytest.fixture(scope="module")
def reader(beginner):
    home, once = beginner.root / ".mesh", beginner.root.with_name("home-that-has-run-once")
    for command in ("marketplace --orders 10000 --seed 42", "mesh run"):
        beginner.execute(command, python=False)
    shutil.move(home, once)
    for document in DOCUMENTS:
        shutil.copytree(once, home, symlinks=True)
        beginner.read(document)
        shutil.rmtree(home)
    return beginner


def test_a_command_prints_what_the_page_shows(reader, shown, hold_to):
    hold_to(shown, reader.printed[shown], reader.root)


def test_the_edits_of_a_page_are_put_back(reader):
    assert not reader.edited
