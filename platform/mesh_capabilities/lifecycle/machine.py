"""The state machine of the lifecycle: its steps, and the arguments of a step."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from mesh_capabilities.errors import LifecycleRefused
from mesh_capabilities.lifecycle.record import check_actor
from mesh_platform.product.descriptor import Stage


@dataclass(frozen=True)
class LifecycleStep:
    """One step from a stage to another."""

    source: Stage
    target: Stage
    verb: str
    """The command of `mesh product` that takes it."""
    needs: tuple[str, ...]
    """The names of its preconditions; each is a function in `conditions`."""


_DESCRIBED = ("descriptor", "owner", "purpose", "ports")
_PROMISED = (*_DESCRIBED, "contracts", "published", "checks", "inputs")

STEPS = (
    LifecycleStep(Stage.proposed, Stage.draft, "promote", _DESCRIBED),
    LifecycleStep(Stage.draft, Stage.active, "promote", _PROMISED),
    LifecycleStep(Stage.active, Stage.deprecated, "deprecate", ("replacement", "end")),
    LifecycleStep(Stage.deprecated, Stage.active, "promote", ("reason", *_PROMISED)),
    LifecycleStep(Stage.deprecated, Stage.retired, "retire", ("ended", "consumers")),
)
"""All steps. None leads back from retired; propose a new product instead."""


def steps_from(stage: Stage) -> list[LifecycleStep]:
    """The steps from a stage."""
    return [step for step in STEPS if step.source is stage]


def step_by(verb: str, stage: Stage, product: str) -> LifecycleStep:
    """The step that `verb` takes from `stage`. Raises LifecycleRefused, with the possible steps, when there is none."""
    steps = steps_from(stage)
    for step in steps:
        if step.verb == verb:
            return step
    sentence = f"{product} is {stage.words}, so `mesh product {verb}` is not possible."
    if stage is Stage.retired:
        raise LifecycleRefused(sentence, "A retired product cannot come back; describe a new product under another name.")
    if verb == "retire" and not stage.promised:
        raise LifecycleRefused(sentence, "It has no promise yet; delete its files instead.")
    targets = " or ".join(f"{step.target.words} with `mesh product {step.verb} {product}`" for step in steps)
    raise LifecycleRefused(sentence, f"It can become {targets}.")


@dataclass(frozen=True)
class Request:
    """The arguments of a step."""

    by: str
    """`team:sales`."""
    at: datetime
    why: str = ""
    successor: str | None = None
    ends: date | None = None

    @property
    def today(self) -> date:
        return self.at.date()


def request(by: str, why: str = "", successor: str | None = None, ends: str | None = None) -> Request:
    """The request as typed, at the present time. Raises LifecycleRefused for an invalid team or day."""
    try:
        actor = check_actor(by)
    except ValueError as problem:
        raise LifecycleRefused(f"{str(problem).partition(';')[0]}.", "Write team:<name>, like team:sales.") from None
    try:
        day = date.fromisoformat(ends) if ends else None
    except ValueError:
        raise LifecycleRefused(f"'{ends}' is not a day.", "Write it as 2027-01-31.") from None
    return Request(actor, datetime.now(UTC).replace(microsecond=0), " ".join(why.split()), successor or None, day)
