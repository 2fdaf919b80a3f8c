"""The preconditions of lifecycle steps, one function each: whether it is met, and a sentence about it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain

from mesh_capabilities.lifecycle.lifecycle_facts import LifecycleFacts, ProductPromise
from mesh_capabilities.lifecycle.machine import LifecycleStep, Request
from mesh_capabilities.notice import SHORTEST_NOTICE, notice_of
from mesh_isolation.sla_entries import ends_of
from mesh_isolation.text import counted
from mesh_platform.errors import MeshError
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import PortVersion
from mesh_platform.product.descriptor import DataProduct, Stage, producer_of
from mesh_platform.quarantine import entries


@dataclass(frozen=True)
class ConditionResult:
    """The result of one precondition. The sentence of an unmet one says how to meet it."""

    met: bool
    sentence: str


def met(sentence: str) -> ConditionResult:
    """A precondition that is met."""
    return ConditionResult(True, sentence)


def unmet(sentence: str) -> ConditionResult:
    """A precondition that is not met."""
    return ConditionResult(False, sentence)


@dataclass(frozen=True)
class Condition:
    """One precondition of a step with its result."""

    name: str
    met: bool
    sentence: str


def _descriptor(facts: LifecycleFacts, _: Request) -> ConditionResult:
    if isinstance(facts.product, DataProduct):
        return met(f"The descriptor {facts.file} is valid.")
    return unmet(f"The descriptor {facts.file} is not valid: {facts.product.found.replace(f'{facts.project.root}/', '')}")


def _owner(facts: LifecycleFacts, _: Request) -> ConditionResult:
    if owner := (facts.document.get("team") or {}).get("name"):
        return met(f"The team {owner} owns it.")
    return unmet("It has no owner: add team.name.")


def _purpose(facts: LifecycleFacts, _: Request) -> ConditionResult:
    if str((facts.document.get("description") or {}).get("purpose") or "").strip():
        return met("Its purpose is stated.")
    return unmet("It has no purpose: add description.purpose.")


def _ports(facts: LifecycleFacts, _: Request) -> ConditionResult:
    names = [str(port.get("name")) for port in facts.document.get("outputPorts") or ()]
    if names:
        return met(f"Its output ports are {', '.join(names)}.")
    return unmet("It has no output ports: add outputPorts.")


def _reason(_: LifecycleFacts, request: Request) -> ConditionResult:
    if request.why:
        return met("A reason is given.")
    return unmet("No reason is given for withdrawing the deprecation: --why.")


def _contracts(facts: LifecycleFacts, _: Request) -> ConditionResult:
    """Every output port has a valid contract with the status active or deprecated."""
    if not facts.promises:
        return unmet("It has no contract.")
    if bad := [promise.problem for promise in facts.promises if promise.problem]:
        return unmet(" ".join(bad))
    inactive = [promise for promise in facts.promises if promise.document.get("status") not in ("active", "deprecated")]
    if idle := [promise.contract_id for promise in inactive]:
        return unmet(f"{_are(idle)} not active yet: write status: active in the contract.")
    ids = [promise.contract_id for promise in facts.promises]
    return met(f"{_are(ids)} valid and active.")


def _published(facts: LifecycleFacts, _: Request) -> ConditionResult:
    """Every output port serves a version."""
    if not facts.newest:
        return unmet("It has no output port.")
    if missing := [str(promise.address) for promise in facts.newest if isinstance(_served(facts, promise), str)]:
        return unmet(f"{_are(missing)} not published: mesh run {' '.join(missing)}.")
    served = ", ".join(f"{promise.address} version {_served(facts, promise).number}" for promise in facts.newest)
    return met(f"It is published: {served}.")


def _checks(facts: LifecycleFacts, _: Request) -> ConditionResult:
    """The served versions passed the present contracts, and no later candidate was refused."""
    if not facts.newest:
        return unmet("It has no output port.")
    bad = [problem for promise in facts.newest if (problem := _broken(facts, promise))]
    if bad:
        return unmet(" ".join(bad))
    rules = sum(_served(facts, promise).provenance.rules for promise in facts.newest)
    warned = sum(_served(facts, promise).provenance.warnings for promise in facts.newest)
    return met(
        f"The served versions pass the present contracts: {counted(rules, 'rule')}{f', {warned} warned' if warned else ''}."
    )


def _inputs(facts: LifecycleFacts, _: Request) -> ConditionResult:
    """Every product that it reads is active or deprecated."""
    product = facts.product
    if not isinstance(product, DataProduct):
        return unmet("Its inputs are not known, because its descriptor is not valid.")
    bad = []
    for reference in product.inputs:
        producer = producer_of(reference, facts.project.root)
        if producer is None:
            bad.append(f"It reads {reference.contract_id}, which no product publishes.")
        elif not producer.stage.promised:
            bad.append(f"It reads {reference.contract_id}, and {producer.address} is {producer.stage.words}.")
    if bad:
        return unmet(" ".join(bad))
    return met("All its inputs are active or deprecated." if product.inputs else "It reads no other domain.")


def _replacement(facts: LifecycleFacts, request: Request) -> ConditionResult:
    """An active successor, or a reason why there is none."""
    if request.successor is None:
        if request.why:
            return met("No successor, and a reason is given.")
        return unmet("Neither a successor nor a reason is given: --successor DOMAIN/PRODUCT or --why.")
    if request.successor == facts.address:
        return unmet("A product cannot be its own successor: name another one with --successor.")
    try:
        stage = LifecycleFacts(facts.project, request.successor).stage
    except MeshError as problem:
        return unmet(f"Its successor is not known: {problem.found}")
    if stage is not Stage.active:
        return unmet(f"Its successor {request.successor} is {stage.words}: name one that is active.")
    return met(f"Its successor {request.successor} is active.")


def _end(facts: LifecycleFacts, request: Request) -> ConditionResult:
    """The last day is stated, after the promised notice period."""
    if unread := _unread(facts):
        return unmet(f"The notice period of a contract is not known: {unread}")
    notice = max([notice_of(promise.document) for promise in facts.promises if promise.document], default=SHORTEST_NOTICE)
    earliest = request.today + notice
    if request.ends is None:
        return unmet(f"No last day is stated: --ends, {earliest} at the earliest.")
    if request.ends < earliest:
        return unmet(f"Its last day is {request.ends}, but the notice period is {_days(notice)}: {earliest} at the earliest.")
    return met(f"Its last day is {request.ends}, after the notice period of {_days(notice)}.")


def _ended(facts: LifecycleFacts, request: Request) -> ConditionResult:
    """The last day of the product and of all its contracts is over."""
    if not isinstance(facts.product, DataProduct):
        return unmet("Its last day is not known, because its descriptor is not valid.")
    if facts.product.ends is None:
        return unmet("It has no last day: write the custom property endsOn, as `mesh product deprecate` does.")
    if unread := _unread(facts):
        return unmet(f"The last day of a contract is not known: {unread}")
    stated = [ends_of(promise.document).values() for promise in facts.promises if promise.document]
    last = max([facts.product.ends, *chain.from_iterable(stated)])
    if last >= request.today:
        return unmet(f"Its last day, {last}, is not over.")
    return met(f"Its last day was {last}.")


def _consumers(facts: LifecycleFacts, _: Request) -> ConditionResult:
    """No product that is built reads it, and every possible consumer could be read."""
    known = facts.consumers
    if known.live:
        return unmet(f"It has {counted(len(known.live), 'consumer')}: {'; '.join(map(str, known.live))}.")
    if known.unknown:
        return unmet(f"Its consumers are not known: {' '.join(known.unknown)}")
    return met("It has no consumers.")


CONDITIONS: dict[str, Callable[[LifecycleFacts, Request], ConditionResult]] = {
    "descriptor": _descriptor,
    "owner": _owner,
    "purpose": _purpose,
    "ports": _ports,
    "reason": _reason,
    "contracts": _contracts,
    "published": _published,
    "checks": _checks,
    "inputs": _inputs,
    "replacement": _replacement,
    "end": _end,
    "ended": _ended,
    "consumers": _consumers,
}
"""The preconditions by the names that the steps use."""


def judged(step: LifecycleStep, facts: LifecycleFacts, request: Request) -> list[Condition]:
    """The preconditions of the step, in order."""
    results = ((name, CONDITIONS[name](facts, request)) for name in step.needs)
    return [Condition(name, finding.met, finding.sentence) for name, finding in results]


def _served(facts: LifecycleFacts, promise: ProductPromise) -> PortVersion | str:
    """The served version, or why there is none."""
    port = OutputPort(promise.address, facts.project.home.port(promise.address, promise.major))
    try:
        return port.current() if port.published else f"{promise.address} is not published."
    except MeshError as problem:
        return problem.found


def _are(names: list[str]) -> str:
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"


def _broken(facts: LifecycleFacts, promise: ProductPromise) -> str | None:
    served = _served(facts, promise)
    if isinstance(served, str):
        return served
    if promise.contract is None or served.provenance.contract_digest != promise.contract.digest:
        return f"{promise.address} was published under an earlier contract: run `mesh run {promise.address}` again."
    damages: list[str] = []
    later = [entry for entry in entries(facts.project.home, promise.address, damages) if entry.at > served.committed]
    if damages:  # it may be that of a refused candidate
        return damages[0]
    if refused := next((entry for entry in later if not entry.published), None):
        return f"The last candidate of {promise.address} broke its contract: mesh quarantine show {refused.id}."
    return None


def _unread(facts: LifecycleFacts) -> str:
    """Why one of the contracts, which may state an end and a notice, cannot be read; empty if all can."""
    return next((promise.problem for promise in facts.promises if promise.document is None), "")


def _days(span: timedelta) -> str:
    return f"{counted(span.days, 'day')}"
