"""Trial builds: ports are built and judged as in a run, and not committed."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from mesh_capabilities.kept_contracts import hiding_as_kept
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
    """Why it would not be published."""
    audit: Audit | None
    difference: Difference | None
    """The difference from the served version; None when nothing was built."""
    aside: int
    """The number of rows that would be set aside."""


def tried(attempt: Attempt) -> Tried:
    """The port of an attempt that was built and judged, and not committed."""
    difference = difference_from_served(attempt.candidate, attempt.contract) if attempt.audit else None
    return Tried(attempt.address, attempt.problem, attempt.audit, difference, attempt.set_aside)


def difference_from_served(candidate: Candidate, contract: Contract) -> Difference:
    """The difference between a candidate that is not published yet and the served version, without the days that stay."""
    try:
        served = candidate.port.current() if candidate.port.published else None
    except PortDamaged:  # the served version cannot be read, so everything is new
        served = None
    if served and contract.partition and contract.partition.column in served.columns:
        kept = candidate.kept(served)
        served = replace(served, files=tuple(file for file in served.files if file not in kept))
    rows, shown = difference(served, candidate.path, contract.primary_key), hiding_as_kept(contract, served).shown
    kinds = ("added_rows", "removed_rows", "changed_rows")
    return replace(rows, **{kind: tuple(map(shown, getattr(rows, kind))) for kind in kinds})


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
    with writing(domain, wait), TemporaryDirectory() as scratch:
        # The bad rows go to a separate quarantine. The trial also builds what a gate refuses, because the author of a
        # contract change wants to see its effect on the data.
        work = Work(
            offer,
            graph,
            WarehouseFile(domain.home.warehouse(domain.name)),
            purpose=Purpose.TRIAL,
            quarantine=MeshHome(Path(scratch)),
        )
        ports_tried = tuple(tried(attempt) for attempt in publish(work.attempts(ports), work, keep))
    return Round(ports_tried, time.perf_counter() - start)
