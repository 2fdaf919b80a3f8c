"""What README and CONTRIBUTING show is what happens: every command with its output, and where state lies.

All that needs the reader is in this file, so that one process does the reading.
"""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]

DOCUMENTS = ("README.md", "CONTRIBUTING.md")
"""Read in this order, in one mesh that begins empty: the second goes on where the first ends."""


@pytest.fixture(scope="module")
def reader(beginner):
    for document in DOCUMENTS:
        beginner.read(document)
    return beginner


def test_a_command_prints_what_the_document_shows(reader, shown, hold_to):
    hold_to(shown, reader.printed[shown], reader.root)


def test_the_edits_of_a_chapter_are_put_back(reader):
    assert not reader.edited


def test_every_entry_of_the_state_stands_in_contributing(reader, contributing):
    table = contributing.split("## Where things are")[1].split("\n## ")[0]
    told = {entry.partition("/")[0] for entry in re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)}
    entries = {path.name for path in (reader.root / ".mesh").iterdir()}
    assert entries <= told
    if (ROOT / "examples/marketplace").is_dir():  # what the README does with the sample company makes all the others
        not_made = {"ui.log", "site", "portal", "copies", "check", "inputs", "hash.key"}
        assert entries == told - not_made, "what is not run here makes these"
