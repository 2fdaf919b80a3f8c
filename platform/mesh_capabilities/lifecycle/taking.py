"""Taking a step: check its preconditions, write the record, and edit the descriptor."""

from dataclasses import dataclass

from mesh_capabilities.errors import LifecycleRefused
from mesh_capabilities.lifecycle.conditions import Condition, judged
from mesh_capabilities.lifecycle.editing import with_property, with_status, without_property
from mesh_capabilities.lifecycle.lifecycle_facts import LifecycleFacts
from mesh_capabilities.lifecycle.machine import LifecycleStep, Request, step_by
from mesh_capabilities.lifecycle.record import Transition, written
from mesh_isolation.files import write_whole
from mesh_platform.product.descriptor import Stage


@dataclass(frozen=True)
class StepJudgement:
    """The step of a product and its preconditions today."""

    step: LifecycleStep
    conditions: list[Condition]

    @property
    def allowed(self) -> bool:
        return all(condition.met for condition in self.conditions)


def judge_step(facts: LifecycleFacts, verb: str, request: Request) -> StepJudgement:
    """Checks the step that `verb` takes. Raises LifecycleRefused when there is none from the product's stage."""
    step = step_by(verb, facts.stage, facts.address)
    return StepJudgement(step, judged(step, facts, request))


def take_judged_step(facts: LifecycleFacts, judgement: StepJudgement, request: Request) -> Transition:
    """Takes the step: writes the record and edits the descriptor.

    Raises LifecycleRefused when a precondition is not met, or the descriptor cannot be edited safely.
    """
    step = judgement.step
    if not judgement.allowed:
        missing = " ".join(condition.sentence for condition in judgement.conditions if not condition.met)
        raise LifecycleRefused(f"{facts.address} cannot become {step.target.words}. {missing}")
    transition = Transition(
        facts.address,
        step.source,
        step.target,
        request.at,
        request.by,
        request.why or _default_reason(judgement, request),
        request.successor if step.target is Stage.deprecated else None,
        request.ends if step.target is Stage.deprecated else None,
    )
    text = _edited(facts.path.read_text(encoding="utf-8"), step, request)
    before = facts.record_path.read_text(encoding="utf-8") if facts.record else ""
    write_whole({facts.record_path: written(before, transition)})
    write_whole({facts.path: text})
    return transition


def _edited(text: str, step: LifecycleStep, request: Request) -> str:
    text = with_status(text, step.target.value)
    if step.target is Stage.deprecated:
        if request.successor:
            text = with_property(text, "successor", request.successor)
        return with_property(text, "endsOn", request.ends.isoformat())
    if step.source is Stage.deprecated and step.target is Stage.active:
        for name in ("successor", "endsOn"):
            text = without_property(text, name)
    return text


def _default_reason(judgement: StepJudgement, request: Request) -> str:
    """The recorded reason when none was given."""
    if request.successor:
        return f"Replaced by {request.successor}."
    return f"All {len(judgement.conditions)} preconditions were met."
