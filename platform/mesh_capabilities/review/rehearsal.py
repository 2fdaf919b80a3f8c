"""A trial publication in the throw-away mesh: the outcome for each affected port, and the changes in its data."""

import re
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from mesh_capabilities.governance.policy_gate import judged_by
from mesh_capabilities.governance.policy_report import PolicyReport
from mesh_capabilities.review.difference import Difference
from mesh_capabilities.review.reach import ChangeReach
from mesh_capabilities.review.throwaway_sources import raw_tables, read_sources
from mesh_capabilities.review.trial import difference_from_served, offer_to_show
from mesh_platform.build.warehouse import WarehouseFile
from mesh_platform.contract.audit import Audit
from mesh_platform.errors import MeshError
from mesh_platform.events import Refused, tell
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.publish.attempt import Attempt, Work
from mesh_platform.publish.publishing import End, commit, publish


@dataclass(frozen=True)
class Rehearsed:
    """One port as it would be published."""

    address: PortAddress
    product: str
    owner: str
    error: str | None
    """Why it would not be published, and the way out, as far as it outlasts the throw-away mesh."""
    audit: Audit | None
    difference: Difference | None
    """The difference from the served version; None when nothing was built."""
    aside: int
    """The number of rows that would be set aside."""
    seconds: float
    read_as_served: tuple[PortAddress, ...] = ()
    """The refused ports upstream: it, or what it reads, was built from their served versions, not from the change."""


def _compare_and_commit(rehearsed: list[Rehearsed]) -> End:
    """An end that records the difference from the served version, and then commits the candidate to the throw-away mesh."""

    def end(attempt: Attempt, work: Work) -> None:
        difference = difference_from_served(attempt.candidate, attempt.contract) if attempt.audit else None
        commit(attempt, work)
        product = attempt.product
        names = (attempt.address, str(product.address), product.owner)
        error = lasting(attempt.problem, work.home) if attempt.problem else None
        rehearsed.append(Rehearsed(*names, error, attempt.audit, difference, attempt.set_aside, attempt.seconds))

    return end


def rehearse(reach: ChangeReach, report: PolicyReport | None, source: Path, home: MeshHome) -> list[Rehearsed]:
    """Builds and judges every affected port, producers first. A consumer reads the candidates of its producers, and the served
    version of a producer in another domain whose candidate is refused.

    Args:
        reach: the affected ports.
        report: the findings of the policies.
        source: the folder of source files, for domains whose sources must be read.
        home: the home of the throw-away mesh.
    """
    rehearsed: list[Rehearsed] = []
    for name in dict.fromkeys(port.domain for port in reach.ports):
        ports = [port.port for port in reach.ports if port.domain == name]
        rehearsed += _rehearse_domain(name, ports, reach, report, source, home)
    return with_refused_upstream(rehearsed, {port: reach.domains[port.domain].reads(port.port) for port in reach.ports})


def _rehearse_domain(
    name: str, ports: Collection[str], reach: ChangeReach, report: PolicyReport | None, source: Path, home: MeshHome
) -> list[Rehearsed]:
    domain, start = reach.domains[name], time.perf_counter()
    warehouse = WarehouseFile(home.warehouse(name))
    raw = {table for port in ports for table in domain.graph[port].raw}
    missing, changed = raw - raw_tables(warehouse), raw if name in reach.read_anew else set()
    try:
        if missing or changed:
            read_sources(domain.offer.domain, missing, changed - missing, source, home, warehouse)
        work = Work(offer_to_show(domain.offer, ports), domain.graph, warehouse)
        rehearsed: list[Rehearsed] = []
        with judged_by(report) if report else nullcontext():
            for _ in publish(work.attempts(ports), work, _compare_and_commit(rehearsed)):
                pass
    except MeshError as problem:  # an error of the whole domain: its sources, its dbt project
        seconds, message = time.perf_counter() - start, lasting(problem, home)
        products = {port: domain.offer.product_of(port) for port in ports}
        for port in ports:
            tell(Refused(PortAddress(name, port), str(problem), seconds))
        return [
            Rehearsed(PortAddress(name, port), str(product.address), product.owner, message, None, None, 0, seconds)
            for port, product in products.items()
        ]
    return rehearsed


def lasting(problem: MeshError, home: MeshHome) -> str:
    """The message of an error, without the parts of its way out that lead to what is removed with a throw-away mesh.

    Args:
        problem: the error of a port.
        home: the home of the throw-away mesh.
    """

    def lasts(part: str) -> bool:
        return str(home.root) not in part and "`mesh quarantine show" not in part

    first, *others = re.split(r"(?<=\.) ", problem.found)
    found = " ".join([first, *filter(lasts, others)])
    parts = [part for part in re.split(r"(?<=[;.]) ", problem.way_out) if lasts(part)]
    way_out = " ".join(parts)
    return f"{found} {way_out[:1].upper()}{way_out[1:]}".rstrip()


def with_refused_upstream(
    rehearsed: Sequence[Rehearsed], reads: Mapping[PortAddress, Sequence[PortAddress]]
) -> list[Rehearsed]:
    """The ports, each that was built with the refused ports upstream of it.

    Args:
        rehearsed: the ports, producers first.
        reads: what each of them reads.
    """
    refused: dict[PortAddress, tuple[PortAddress, ...]] = {}
    for port in rehearsed:
        above = tuple(dict.fromkeys(one for read in reads[port.address] for one in refused.get(read, ())))
        refused[port.address] = (port.address,) if port.error else above
    return [port if port.error else replace(port, read_as_served=refused[port.address]) for port in rehearsed]
