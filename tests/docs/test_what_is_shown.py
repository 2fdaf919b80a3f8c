"""What the documents show is what happens: every command with its output, the port made by hand, where the state lies.

All that needs the reader is in this file, so that one process does the reading.
"""

import re

LEFT_OUT = "…"
"""A line of a shown output that stands for any number of lines."""


def plain(text: str, root: object) -> str:
    """Output without what differs each time: where the repository is, seconds, ages, and the widths that come of them."""
    text = text.replace(f"{root}/", "…/")
    text = re.sub(r"\d+\.\d s\b", "# s", text)
    text = re.sub(r"\b\d{8}-\d{6}-[0-9a-f]{4}\b", "#entry", text)
    text = re.sub(r"\d+ (?:s|min|h|d) ago", "# ago", text)
    text = re.sub(r"(?m)(?<=\d) +\d+\.\d$", " #", text)
    return "\n".join(" ".join(line.split()) for line in text.strip("\n").splitlines())


def pattern(shown: str) -> re.Pattern:
    lines = [r"(?:.*\n)*?" if line == LEFT_OUT else re.escape(line) + r"\n" for line in shown.splitlines()]
    return re.compile("".join(lines))


def test_a_command_prints_what_the_document_shows(reader, shown):
    printed = plain(reader.printed[shown], reader.root) + "\n"
    expected = plain(shown.output, reader.root)
    assert pattern(expected).fullmatch(printed if expected else printed.lstrip("\n")), f"{shown.command} printed\n{printed}"


def test_the_edits_of_a_chapter_are_put_back(reader):
    assert not reader.edited


# sample:begin
def test_every_entry_of_the_state_stands_in_contributing(reader, contributing):
    table = contributing.split("## Where things are")[1].split("\n## ")[0]
    told = {entry.partition("/")[0] for entry in re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)}
    found = {path.name for path in (reader.root / ".mesh").iterdir()}
    assert found == told - {"ui.log"}, "ui.log comes with `mesh ui`, which is not run here"


# sample:end
