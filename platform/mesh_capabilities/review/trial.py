"""Building and judging ports as a run does, up to the point where it would commit them."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from mesh_capabilities.review.difference import Difference, difference
from mesh_platform.build.port_graph import PortModel
from mesh_platform.contract.audit import Audit
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import MeshError, PortDamaged, TransformationError
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.product.offer import Offer
from mesh_platform.publish.attempt import Attempt, Purpose, Work
from mesh_platform.publish.candidate import Candidate
from mesh_platform.publish.publishing import keep, publish


@dataclass(frozen=True)
class Tried:
    """One port as it would be published now."""

    address: PortAddress
    error: MeshError | None
    """Why it would not be."""
    audit: Audit | None
    difference: Difference | None
    """From what is served; None when nothing was built."""
    aside: int
    """How many rows would be set aside."""


def tried(attempt: Attempt) -> Tried:
    """The port of an attempt that was built and judged, and not committed."""
    difference = difference_from_served(attempt.candidate, attempt.contract) if attempt.audit else None
    return Tried(attempt.address, attempt.problem, attempt.audit, difference, attempt.set_aside)


def difference_from_served(candidate: Candidate, contract: Contract) -> Difference:
    """What a candidate that is built, and not published yet, would change in what its port serves."""
    try:
        served = candidate.port.current() if candidate.port.published else None
    except PortDamaged:  # nobody can say what is served, so everything is new
        served = None
    return difference(served, candidate.path, contract.primary_key)


@dataclass(frozen=True)
class Round:
    """What one look at the files came to."""

    ports: tuple[Tried, ...]
    seconds: float

    @property
    def good(self) -> bool:
        return not any(tried.error for tried in self.ports)


def try_out(offer: Offer, graph: Mapping[str, PortModel], ports: Collection[str], wait: float) -> Round:
    """Builds and judges the `ports` of a domain and publishes nothing; the domain is held meanwhile, and no longer.

    Raises DomainBusy when somebody else still runs it after `wait` seconds, TransformationError when it was never run.
    """
    from mesh_platform.build.warehouse import WarehouseFile, writing

    domain, start = offer.domain, time.perf_counter()
    if not domain.home.warehouse(domain.name).exists():
        raise TransformationError(
            f"{domain.name} has not been run yet, so there is nothing that its models could be built on.",
            f"Run it once, which reads its sources: mesh run {domain.name}.",
        )
    with writing(domain, wait), TemporaryDirectory() as scratch:
        # The bad rows go to a quarantine of their own. What a gate refuses is built all the same: who changes a contract
        # wants to see what that does to the data.
        work = Work(
            offer,
            graph,
            WarehouseFile(domain.home.warehouse(domain.name)),
            purpose=Purpose.TRIAL,
            shelf=MeshHome(Path(scratch)),
        )
        ports_tried = tuple(tried(attempt) for attempt in publish(work.attempts(ports), work, keep))
    return Round(ports_tried, time.perf_counter() - start)
