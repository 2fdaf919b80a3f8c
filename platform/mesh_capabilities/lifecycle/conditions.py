"""The preconditions of the steps, one function each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from mesh_capabilities.lifecycle.facts import Facts, Promise
from mesh_capabilities.lifecycle.machine import Request, Step
from mesh_platform.contract.contract import NOTICE, ends_of, notice_of
from mesh_platform.errors import MeshError
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import PortVersion
from mesh_platform.product.descriptor import DataProduct, Stage
from mesh_platform.product.inputs import standing_of
from mesh_platform.quarantine import entries


@dataclass(frozen=True)
class Finding:
    """Met or not; the sentence of one that is not met names the way out."""

    met: bool
    sentence: str


def met(sentence: str) -> Finding:
    """A finding that lets the step pass."""
    return Finding(True, sentence)


def unmet(sentence: str) -> Finding:
    """A finding that holds the step up."""
    return Finding(False, sentence)


@dataclass(frozen=True)
class Condition:
    """One precondition of a step, judged."""

    name: str
    met: bool
    sentence: str


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


def contracts(facts: Facts, _: Request) -> Finding:
    """Every output port has a contract that is valid, and that says itself that it is in force."""
    if not facts.promises:
        return unmet("It names no contract that could be looked at.")
    if bad := [promise.problem for promise in facts.promises if promise.problem]:
        return unmet(" ".join(bad))
    if idle := [one.contract_id for one in facts.promises if one.document.get("status") not in ("active", "deprecated")]:
        return unmet(f"{_are(idle)} not in force yet: write status: active in the contract.")
    ids = [promise.contract_id for promise in facts.promises]
    return met(f"{_are(ids)} valid and in force.")


def published(facts: Facts, _: Request) -> Finding:
    """Every output port serves a version."""
    if not facts.newest:
        return unmet("It has no port that could be published.")
    if missing := [str(promise.address) for promise in facts.newest if isinstance(_served(facts, promise), str)]:
        return unmet(f"{_are(missing)} not published: mesh run {' '.join(missing)}.")
    served = ", ".join(f"{promise.address} version {_served(facts, promise).number}" for promise in facts.newest)
    return met(f"It is published: {served}.")


def checks(facts: Facts, _: Request) -> Finding:
    """What is served kept the contract as it stands now, and nothing that was built later broke it."""
    if not facts.newest:
        return unmet("It has no port that could be checked.")
    bad = [problem for promise in facts.newest if (problem := _broken(facts, promise))]
    if bad:
        return unmet(" ".join(bad))
    rules = sum(_served(facts, promise).provenance.rules for promise in facts.newest)
    warned = sum(_served(facts, promise).provenance.warnings for promise in facts.newest)
    return met(f"What is served kept the contracts as they stand now: {rules} rules{f', {warned} warned' if warned else ''}.")


def inputs(facts: Facts, _: Request) -> Finding:
    """Every product that it reads is itself promised: active or deprecated."""
    product = facts.product
    if not isinstance(product, DataProduct):
        return unmet("What it reads is not known before its descriptor is valid.")
    bad = []
    for reference in product.inputs:
        standing = standing_of(reference, facts.project.root)
        if standing is None:
            bad.append(f"Nobody publishes {reference.contract_id}, which it reads.")
        elif not standing.stage.promised:
            bad.append(f"It reads {reference.contract_id}, and {standing.product} is {standing.stage.words}.")
    if bad:
        return unmet(" ".join(bad))
    return met("What it reads is promised to it." if product.inputs else "It reads no other domain.")


def replacement(facts: Facts, request: Request) -> Finding:
    """A successor that consumers can go to today, or a reason why there is none."""
    if request.successor is None:
        if request.why:
            return met("No successor, and a reason is given.")
        return unmet("Neither a successor nor a reason is given: --successor DOMAIN/PRODUCT or --why.")
    if request.successor == facts.address:
        return unmet("It cannot succeed itself: name another product with --successor.")
    try:
        stage = Facts(facts.project, request.successor).stage
    except MeshError as problem:
        return unmet(f"Its successor is not known: {problem.found}")
    if stage is not Stage.active:
        return unmet(f"Its successor {request.successor} is {stage.words}: consumers need one that is active.")
    return met(f"Its successor {request.successor} is active.")


def end(facts: Facts, request: Request) -> Finding:
    """The last day is stated, and leaves the notice that consumers were promised."""
    notice = max([notice_of(dict(one.document)) for one in facts.promises if one.document], default=NOTICE)
    earliest = request.today + notice
    if request.ends is None:
        return unmet(f"No end is stated: --ends, {earliest} at the earliest.")
    if request.ends < earliest:
        return unmet(
            f"Its end is stated for {request.ends}, but its consumers have {_days(notice)}' notice: {earliest} at the earliest."
        )
    return met(f"It ends on {request.ends}, after the notice of {_days(notice)} that was promised.")


def ended(facts: Facts, request: Request) -> Finding:
    """The last day is over, of the product and of every contract that states one of its own."""
    if not isinstance(facts.product, DataProduct):
        return unmet("Its end is not known before its descriptor is valid.")
    if facts.product.ends is None:
        return unmet("Nobody was told an end: write the custom property endsOn, as `mesh product deprecate` does.")
    last = max([facts.product.ends, *_stated(facts)])
    if last >= request.today:
        return unmet(f"It is promised until {last}.")
    return met(f"Its promise ended on {last}.")


def consumers(facts: Facts, _: Request) -> Finding:
    """Nobody who is built reads it, and nobody might who cannot be looked at."""
    found = facts.consumers
    if found.live:
        return unmet(f"It is read by {len(found.live)}: {'; '.join(map(str, found.live))}.")
    if found.unknown:
        return unmet(f"Whether anybody reads it is not known: {' '.join(found.unknown)}")
    return met("Nobody reads it.")


CONDITIONS: dict[str, Callable[[Facts, Request], Finding]] = {
    "descriptor": _descriptor,
    "owner": _owner,
    "purpose": _purpose,
    "ports": _ports,
    "reason": _reason,
    "contracts": contracts,
    "published": published,
    "checks": checks,
    "inputs": inputs,
    "replacement": replacement,
    "end": end,
    "ended": ended,
    "consumers": consumers,
}
"""By the name that the state machine knows it by."""


def judged(step: Step, facts: Facts, request: Request) -> list[Condition]:
    """Every precondition of the step, in its order."""
    found = ((name, CONDITIONS[name](facts, request)) for name in step.needs)
    return [Condition(name, finding.met, finding.sentence) for name, finding in found]


def _served(facts: Facts, promise: Promise) -> PortVersion | str:
    """The served version, or why there is none."""
    port = OutputPort(promise.address, facts.project.home.port(promise.address, promise.major))
    try:
        return port.current() if port.published else f"{promise.address} is not published."
    except MeshError as problem:
        return problem.found


def _are(names: list[str]) -> str:
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"


def _broken(facts: Facts, promise: Promise) -> str | None:
    served = _served(facts, promise)
    if isinstance(served, str):
        return served
    if promise.contract is None or served.provenance.contract_digest != promise.contract.digest:
        return f"{promise.address} was published under another contract than the one that stands now: mesh run it again."
    later = (entry for entry in entries(facts.project.home, promise.address) if entry.at > served.committed)
    if refused := next((entry for entry in later if not entry.published), None):
        return f"The last candidate of {promise.address} broke its contract: mesh quarantine show {refused.id}."
    return None


def _stated(facts: Facts) -> list[date]:
    ends = (ends_of(dict(promise.document)).get(None) for promise in facts.promises if promise.document)
    return [day for day in ends if day]


def _days(span: timedelta) -> str:
    return f"{span.days} days"
