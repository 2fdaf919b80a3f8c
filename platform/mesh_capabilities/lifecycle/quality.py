"""The preconditions of a promise: contracts that hold, data that kept them, and inputs that are promised themselves."""

from mesh_capabilities.lifecycle.facts import Facts, Promise
from mesh_capabilities.lifecycle.finding import Finding, met, unmet
from mesh_capabilities.lifecycle.request import Request
from mesh_platform.errors import MeshError
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import PortVersion
from mesh_platform.product.descriptor import DataProduct
from mesh_platform.product.inputs import standing_of
from mesh_platform.quarantine import entries


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


def _served(facts: Facts, promise: Promise) -> PortVersion | str:
    """The served version, or why there is none."""
    port = OutputPort(promise.address, facts.project.home.port(promise.address, promise.major))
    try:
        return port.current() if port.published else f"{promise.address} is not published."
    except MeshError as problem:
        return problem.found


def _are(names: list[str]) -> str:
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"
