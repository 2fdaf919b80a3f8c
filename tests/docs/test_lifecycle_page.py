"""The page on the life of a product lists the stages and steps that the state machine has, and no other."""

import re
from pathlib import Path

from mesh_capabilities.lifecycle.conditions import CONDITIONS
from mesh_capabilities.lifecycle.machine import STEPS
from mesh_platform.product.descriptor import Stage

PAGE = (Path(__file__).parents[2] / "docs/lifecycle.md").read_text(encoding="utf-8")


def rows(columns):
    """The rows of the table that has this header, as plain texts."""
    below = PAGE.split(f"| {' | '.join(columns)} |\n")[1].split("\n\n")[0].splitlines()[1:]
    return [tuple(cell.strip().replace("`", "") for cell in row.strip("|").split("|")) for row in below]


def test_every_stage_is_listed_with_its_word_and_whether_it_is_built():
    found = [row[:3] for row in rows(["`status`", "called", "built by a run", "may be read by"])]
    assert found == [(stage.value, stage.words, "yes" if stage.built else "no") for stage in Stage]


def test_every_step_is_listed_with_what_it_asks_for():
    assert rows(["from", "command", "to", "asks for"]) == [
        (step.source.value, step.verb, step.target.value, ", ".join(step.needs)) for step in STEPS
    ]


def test_every_precondition_is_explained():
    explained = [re.sub(r"\W", "", row[0]) for row in rows(["precondition", "met when"])]
    assert explained == list(CONDITIONS)
