"""The examples on the pages about contracts are executed as they say: lint ignores none of their keys."""

import re
from pathlib import Path

import pytest
import yaml

from mesh_capabilities.contract_lint.key_use import Use
from mesh_capabilities.contract_lint.lint import unexecuted

PAGES = sorted((Path(__file__).parents[2] / "docs/contracts").glob("*.md"))
EXAMPLES = [
    pytest.param(example, id=f"{page.name} {number}")
    for page in PAGES
    for number, example in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL))
]


def in_contract(example):
    """A contract with an example, which is a part of one: the column is one of a list, rules are those of the table."""
    part = yaml.safe_load(example)
    if isinstance(part, list):
        return {"schema": [{"name": "t", "properties": part}]}
    return {"schema": [{"name": "t", "quality": part["quality"]}]} if "quality" in part else part


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_documentation_are_executed(example):
    assert [key for key in unexecuted(in_contract(example)) if key.use is Use.IGNORED] == []


def test_the_documentation_has_examples():
    assert len(EXAMPLES) >= 6
