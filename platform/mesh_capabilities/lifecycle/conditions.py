"""What steps ask for, one function a precondition: each looks, and says in a sentence what it found."""

from collections.abc import Callable
from dataclasses import dataclass

from mesh_capabilities.lifecycle import ending, quality
from mesh_capabilities.lifecycle.facts import Facts
from mesh_capabilities.lifecycle.finding import Finding, met, unmet
from mesh_capabilities.lifecycle.machine import Step
from mesh_capabilities.lifecycle.request import Request
from mesh_platform.product.descriptor import DataProduct


@dataclass(frozen=True)
class Condition:
    """One precondition of a step, judged."""

    name: str
    met: bool
    sentence: str


def judged(step: Step, facts: Facts, request: Request) -> list[Condition]:
    """Every precondition of the step, in its order."""
    found = ((name, CONDITIONS[name](facts, request)) for name in step.needs)
    return [Condition(name, finding.met, finding.sentence) for name, finding in found]


def _descriptor(facts: Facts, _: Request) -> Finding:
    if isinstance(facts.product, DataProduct):
        return met(f"The descriptor {facts.file} is valid.")
    return unmet(f"The descriptor {facts.file} is not valid: {facts.product.found.replace(f'{facts.project.root}/', '')}")


def _owner(facts: Facts, _: Request) -> Finding:
    if owner := (facts.said.get("team") or {}).get("name"):
        return met(f"The team {owner} answers for it.")
    return unmet("Nobody answers for it: add team.name.")


def _purpose(facts: Facts, _: Request) -> Finding:
    if str((facts.said.get("description") or {}).get("purpose") or "").strip():
        return met("Its purpose is stated.")
    return unmet("Nobody says what it is for: add description.purpose.")


def _ports(facts: Facts, _: Request) -> Finding:
    names = [str(port.get("name")) for port in facts.said.get("outputPorts") or ()]
    if names:
        return met(f"It names what it publishes: {', '.join(names)}.")
    return unmet("It publishes nothing: add outputPorts.")


def _reason(_: Facts, request: Request) -> Finding:
    if request.why:
        return met("A reason is given.")
    return unmet("No reason is given for taking the deprecation back: --why.")


CONDITIONS: dict[str, Callable[[Facts, Request], Finding]] = {
    "descriptor": _descriptor,
    "owner": _owner,
    "purpose": _purpose,
    "ports": _ports,
    "reason": _reason,
    "contracts": quality.contracts,
    "published": quality.published,
    "checks": quality.checks,
    "inputs": quality.inputs,
    "replacement": ending.replacement,
    "end": ending.end,
    "ended": ending.ended,
    "consumers": ending.consumers,
}
"""By the name that the state machine knows it by."""
