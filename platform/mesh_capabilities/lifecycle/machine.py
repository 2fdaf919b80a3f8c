"""The state machine of the lifecycle: its steps, and the arguments of a step."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from mesh_platform.errors import LifecycleRefused
from mesh_platform.product.descriptor import Stage
from mesh_platform.product.record import check_actor


@dataclass(frozen=True)
class Step:
    """One way from a stage to another."""

    source: Stage
    target: Stage
    verb: str
    """The word of `mesh product` that takes it."""
    needs: tuple[str, ...]
    """Names of its preconditions, each a function in `conditions`."""


_DESCRIBED = ("descriptor", "owner", "purpose", "ports")
_PROMISED = (*_DESCRIBED, "contracts", "published", "checks", "inputs")

STEPS = (
    Step(Stage.proposed, Stage.draft, "promote", _DESCRIBED),
    Step(Stage.draft, Stage.active, "promote", _PROMISED),
    Step(Stage.active, Stage.deprecated, "deprecate", ("replacement", "end")),
    Step(Stage.deprecated, Stage.active, "promote", ("reason", *_PROMISED)),
    Step(Stage.deprecated, Stage.retired, "retire", ("ended", "consumers")),
)
"""Every step there is. Nothing leads back from retired: who wants it again proposes a new product."""


def steps_from(stage: Stage) -> list[Step]:
    """The steps that lead on from a stage."""
    return [step for step in STEPS if step.source is stage]


def step_by(verb: str, stage: Stage, product: str) -> Step:
    """The step that `verb` takes a product at `stage`. Raises LifecycleRefused, with the steps there are, for any other."""
    ways = steps_from(stage)
    for step in ways:
        if step.verb == verb:
            return step
    found = f"{product} is {stage.words}, and `mesh product {verb}` leads nowhere from there."
    if stage is Stage.retired:
        raise LifecycleRefused(found, "What is retired stays so; describe a new product under another name.")
    if verb == "retire" and not stage.promised:
        raise LifecycleRefused(found, "Nothing was promised to anybody yet: delete its files instead.")
    on = " or ".join(f"{step.target.words} with `mesh product {step.verb} {product}`" for step in ways)
    raise LifecycleRefused(found, f"It can become {on}.")


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
    """The request as somebody types it, now. Raises LifecycleRefused for a team or a day that is none."""
    try:
        actor = check_actor(by)
    except ValueError as problem:
        raise LifecycleRefused(f"{str(problem).partition(';')[0]}.", "Write team:<name>, like team:sales.") from None
    try:
        day = date.fromisoformat(ends) if ends else None
    except ValueError:
        raise LifecycleRefused(f"'{ends}' is no day.", "Write it as 2027-01-31.") from None
    return Request(actor, datetime.now(UTC).replace(microsecond=0), " ".join(why.split()), successor or None, day)
