"""The state machine: every step that there is, and a way out of every one that there is not."""

import pytest

from mesh_capabilities.errors import LifecycleRefused
from mesh_capabilities.lifecycle.conditions import CONDITIONS
from mesh_capabilities.lifecycle.machine import STEPS, step_by, steps_from
from mesh_platform.product.descriptor import Stage

ALLOWED = {
    ("promote", Stage.proposed): Stage.draft,
    ("promote", Stage.draft): Stage.active,
    ("deprecate", Stage.active): Stage.deprecated,
    ("promote", Stage.deprecated): Stage.active,
    ("retire", Stage.deprecated): Stage.retired,
}
COMMANDS = ["promote", "deprecate", "retire"]
FORBIDDEN = [(verb, stage) for verb in COMMANDS for stage in Stage if (verb, stage) not in ALLOWED]


@pytest.mark.parametrize(("verb", "stage"), ALLOWED)
def test_an_allowed_step_leads_where_it_should(verb, stage):
    assert step_by(verb, stage, "shop/things").target is ALLOWED[verb, stage]


@pytest.mark.parametrize(("verb", "stage"), FORBIDDEN)
def test_a_forbidden_step_is_refused_with_the_way_on(verb, stage):
    with pytest.raises(
        LifecycleRefused, match=rf"shop/things is {stage.words}, so `mesh product {verb}` is not possible"
    ) as refusal:
        step_by(verb, stage, "shop/things")
    said = refusal.value.way_out
    if stage is Stage.retired:
        assert "describe a new product" in said
    elif verb == "retire" and stage in (Stage.proposed, Stage.draft):
        assert "delete its files" in said
    else:
        assert all(f"`mesh product {step.verb} shop/things`" in said for step in steps_from(stage))


def test_there_are_no_other_steps():
    assert {(step.verb, step.source): step.target for step in STEPS} == ALLOWED
    assert len(STEPS) == len(ALLOWED)


def test_every_precondition_that_a_step_names_can_be_judged():
    assert {name for step in STEPS for name in step.needs} == set(CONDITIONS)


@pytest.mark.parametrize(
    ("stage", "built", "promised"),
    [
        ("proposed", False, False),
        ("draft", True, False),
        ("active", True, True),
        ("deprecated", True, True),
        ("retired", False, False),
    ],
)
def test_a_stage_says_what_runs_and_consumers_may_do(stage, built, promised):
    assert (Stage(stage).built, Stage(stage).promised) == (built, promised)
