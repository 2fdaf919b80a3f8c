"""A policy: what must hold of the mesh, as a query for what does not, with the reason and the way out."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from mesh_capabilities.governance.scope import Scope


class Stage(StrEnum):
    """How much a violation means today."""

    DRAFT = "draft"
    """It is counted and shown, and nobody has to do anything yet."""
    WARN = "warn"
    """It is a warning."""
    BLOCK = "block"
    """It fails the check, and the publish where the policy says so."""


class Phase(StrEnum):
    """When a policy is asked for."""

    CI = "ci"
    PUBLISH = "publish"
    ON_DEMAND = "on demand"


@dataclass(frozen=True)
class Policy:
    """One policy, as its file says it."""

    id: str
    """`accountable_owner`; of a domain's own policies, `finance.no_personal_data`."""
    title: str
    """What must hold, as a sentence."""
    why: str
    severity: str
    """`error` or `warning`; a policy of severity `warning` never blocks."""
    scope: Scope
    """Which subjects are judged."""
    phases: tuple[Phase, ...]
    fix: str
    """The way out for whoever breaks it."""
    owner: str
    """The team that answers for the policy: `team:platform`."""
    effective_from: date
    """The day on which violations begin to count as its severity says."""
    warns_from: date
    """The day on which violations begin to warn; a draft before."""
    query: str
    """One SELECT of subject, message and evidence: a row is a violation."""
    file: str
    """Its file, from the repository's root."""
    domain: str | None = None
    """The domain it belongs to and judges; None for the whole mesh."""
    privacy: bool = False
    """Whether it protects people: such a policy cannot be waived."""

    def stage(self, today: date) -> Stage:
        """What a violation means on that day."""
        if today < self.warns_from:
            return Stage.DRAFT
        return Stage.BLOCK if today >= self.effective_from and self.severity == "error" else Stage.WARN
