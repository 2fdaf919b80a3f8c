"""Trial builds: ports are built and judged as in a run, and not committed."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from mesh_capabilities.governance.policy_gate import judged_once
from mesh_capabilities.kept_contracts import hiding_all, hiding_as_kept, hiding_made_of
from mesh_capabilities.review.difference import Difference, difference
from mesh_platform.build.port_graph import PortModel
from mesh_platform.contract.audit import Audit
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import MeshError, PortDamaged, TransformationError
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.port.version import PortVersion
from mesh_platform.product.offer import Offer
from mesh_platform.publish.attempt import Attempt, Purpose, Work
from mesh_platform.publish.candidate import Candidate
from mesh_platform.publish.loading import ask_gates
from mesh_platform.publish.publishing import keep, publish


@dataclass(frozen=True)
class Tried:
    """One port as it would be published now."""

    address: PortAddress
    error: MeshError | None
    """Why it would not be published."""
    audit: Audit | None
    difference: Difference | None
    """The difference from the served version; None when nothing was built."""
    aside: int
    """The number of rows that would be set aside."""
    hidden: str | None = None
    """Why no value of it is shown; None if its contract decides which are."""


def tried(attempt: Attempt, hidden: str | None = None) -> Tried:
    """The port of an attempt that was built and judged, and not committed."""
    difference = difference_from_served(attempt.candidate, attempt.contract) if attempt.audit else None
    return Tried(attempt.address, attempt.problem, attempt.audit, difference, attempt.set_aside, hidden)


def difference_from_served(candidate: Candidate, contract: Contract) -> Difference:
    """The difference between a candidate that is not published yet and the served version, without the days that stay."""
    served = _served(candidate)
    if served and contract.partition and contract.partition.column in served.columns:
        kept = candidate.kept(served)
        served = replace(served, files=tuple(file for file in served.files if file not in kept))
    rows, shown = difference(served, candidate.path, contract.primary_key), hiding_as_kept(contract, served).shown
    kinds = ("added_rows", "removed_rows", "changed_rows")
    return replace(rows, **{kind: tuple(map(shown, getattr(rows, kind))) for kind in kinds})


def _served(candidate: Candidate) -> PortVersion | None:
    try:
        return candidate.port.current() if candidate.port.published else None
    except PortDamaged:  # the served version cannot be read, so everything is new
        return None


def offer_to_show(offer: Offer, ports: Collection[str], hidden: Collection[str] = ()) -> Offer:
    """The offer, with contracts of the `ports` under which their candidates can be judged and shown.

    A contract hides also what the contract of the served version hides, and that of a port in `hidden` hides every value.
    Earlier majors hide what is made of it.
    """
    contracts, earlier = dict(offer.contracts), dict(offer.earlier)
    for port in ports:
        contract, older = offer.contracts[port], offer.earlier.get(port, ())
        if port in hidden:
            contracts[port], older = hiding_all(contract), map(hiding_all, older)
        else:
            newest = contracts[port] = hiding_as_kept(contract, _served(Candidate(contract, offer.domain.home)))
            older = (hiding_made_of(newest, one) for one in older)
        earlier[port] = tuple(older)
    return replace(offer, contracts=contracts, earlier=earlier)


def why_hidden(offer: Offer, graph: Mapping[str, PortModel], ports: Collection[str]) -> dict[str, str]:
    """By port, why no value of its candidate may be shown: a gate refuses it, or a port of its domain that it is built from.

    Labels that no gate has accepted can say less of the values than they hold. A gate that cannot decide refuses.
    """
    asked = set(ports)
    for port in reversed(graph):  # upstream ports come last
        asked |= set(graph[port].ports) if port in asked else set()
    reads = {port: {*graph[port].inputs, *(to.address for to in offer.references(port))} for port in graph if port in asked}
    rulings = ask_gates(offer, reads)
    reasons: dict[str, str] = {}
    for port in reads:
        if refusal := next((ruling.refusal for ruling in rulings[port] if ruling.refusal), None):
            reason = refusal.found.partition("\n")[0].rstrip(":.")
            reasons[port] = f"no value is shown, because the labels of {port} may hide too little: {reason}"
        elif above := next((one for one in graph[port].ports if one in reasons), None):
            reasons[port] = reasons[above]
    return reasons


@dataclass(frozen=True)
class Round:
    """The result of one trial build."""

    ports: tuple[Tried, ...]
    seconds: float

    @property
    def good(self) -> bool:
        return not any(tried.error for tried in self.ports)


def try_out(offer: Offer, graph: Mapping[str, PortModel], ports: Collection[str], wait: float) -> Round:
    """Builds and judges the `ports` of a domain and publishes nothing; the domain is locked only during the build.

    Raises DomainBusy when another process still runs the domain after `wait` seconds, TransformationError when the domain
    was never run.
    """
    from mesh_platform.build.warehouse import WarehouseFile, writing

    domain, start = offer.domain, time.perf_counter()
    if not domain.home.warehouse(domain.name).exists():
        raise TransformationError(
            f"{domain.name} has not been run yet, so there is nothing that its models could be built on.",
            f"Run it once, which reads its sources: mesh run {domain.name}.",
        )
    with writing(domain, wait), TemporaryDirectory() as scratch, judged_once():
        # The bad rows go to a separate quarantine. The trial also builds what a gate refuses, because the author of a
        # contract change wants to see its effect on the data: the numbers of rows, and no value.
        hidden = why_hidden(offer, graph, ports)
        work = Work(
            offer_to_show(offer, ports, hidden),
            graph,
            WarehouseFile(domain.home.warehouse(domain.name)),
            purpose=Purpose.TRIAL,
            quarantine=MeshHome(Path(scratch)),
        )
        ports_tried = tuple(
            tried(attempt, hidden.get(attempt.address.port)) for attempt in publish(work.attempts(ports), work, keep)
        )
    return Round(ports_tried, time.perf_counter() - start)
