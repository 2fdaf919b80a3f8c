"""The page that lists which texts of a source file become values lists what the reader states."""

from pathlib import Path

from mesh_isolation.csv_table import ACCEPTED

PAGE = Path(__file__).parents[2] / "docs/howto/run-on-your-own-files.md"


def test_the_page_has_the_rule_of_every_type():
    table = PAGE.read_text(encoding="utf-8").partition("## What becomes a value")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    assert rows[1:] == [[kind, rule] for kind, rule in ACCEPTED.items()]
