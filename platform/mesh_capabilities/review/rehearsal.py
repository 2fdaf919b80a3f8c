"""A publication in the throw-away mesh: what would become of the reached ports, and what of the data would change."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from mesh_capabilities.contract_change.promises import broken_promises
from mesh_capabilities.governance.gate import broken_in
from mesh_capabilities.governance.report import PolicyReport
from mesh_capabilities.review.difference import Difference
from mesh_capabilities.review.reach import Reach
from mesh_capabilities.review.trial import difference_from_served
from mesh_capabilities.review.warehouse import Warehouse, read_sources
from mesh_platform.build.dbt import NodeResult
from mesh_platform.contract.audit import Audit
from mesh_platform.errors import MeshError
from mesh_platform.events import Refused, tell
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.publish.loading import refused_inputs
from mesh_platform.publish.outcome import Outcome
from mesh_platform.publish.publication import Publication


@dataclass(frozen=True)
class Rehearsed:
    """One port as it would be published."""

    address: PortAddress
    product: str
    owner: str
    error: MeshError | None
    """Why it would not be."""
    audit: Audit | None
    difference: Difference | None
    """From what is served; None when nothing was built."""
    aside: int
    """How many rows would be set aside."""
    seconds: float


class Rehearsal(Publication):
    """A publication that compares each candidate with what is served before it commits it.

    Args:
        report: what the policies found of the mesh as it is now; the publication does not ask them again.
        others: as of a publication.
    """

    def __init__(self, report: PolicyReport | None, *others: object) -> None:
        super().__init__(*others, run="", sources={})
        self._report = report
        self.rehearsed: list[Rehearsed] = []

    def _forbidden(self) -> dict[str, MeshError]:
        refused: Mapping[str, MeshError] = {}
        if self._report:
            self.policies, refused = broken_in(self._report, self.offer, self.ports)
        promises = broken_promises(self.offer, self.ports)
        return promises | refused_inputs(self.offer, self.graph, self.ports) | dict(refused)

    def _finish(self, port: str, found: Audit | None, nodes: Mapping[str, NodeResult], audited: float) -> Outcome:
        judgement = self.judgements.get(port)
        built = judgement is not None and judgement.audit is not None
        contract, product = self.offer.contracts[port], self.offer.product_of(port)
        difference = difference_from_served(self.candidates[port], contract) if built else None
        outcome = super()._finish(port, found, nodes, audited)
        aside = judgement.aside if judgement else 0
        told = (outcome.error, outcome.audit, difference, aside, outcome.seconds)
        self.rehearsed.append(Rehearsed(outcome.address, str(product.address), product.owner, *told))
        return outcome


def rehearse(reach: Reach, report: PolicyReport | None, source: Path, home: MeshHome) -> list[Rehearsed]:
    """Builds and judges every reached port, producers first; a consumer reads what its producers would publish.

    Args:
        reach: of the change.
        report: what the policies found.
        source: the folder of source files, for domains whose sources have to be read.
        home: the throw-away mesh's.
    """
    rehearsed: list[Rehearsed] = []
    for name in dict.fromkeys(port.domain for port in reach.ports):
        ports = [port.port for port in reach.ports if port.domain == name]
        rehearsed += _rehearse_domain(name, ports, reach, report, source, home)
    return rehearsed


def _rehearse_domain(
    name: str, ports: Collection[str], reach: Reach, report: PolicyReport | None, source: Path, home: MeshHome
) -> list[Rehearsed]:
    domain, start = reach.domains[name], time.perf_counter()
    warehouse = Warehouse(home.warehouse(name))
    raw = {table for port in ports for table in domain.graph[port].raw}
    missing, changed = raw - warehouse.raw_tables(), raw if name in reach.read_anew else set()
    try:
        if missing or changed:
            read_sources(domain.offer.domain, missing, changed - missing, source, home, warehouse)
        rehearsal = Rehearsal(report, domain.offer, domain.graph, ports, warehouse)
        for _ in rehearsal.outcomes():
            pass
    except MeshError as problem:  # of the domain as a whole: its sources, its dbt project
        seconds = time.perf_counter() - start
        products = {port: domain.offer.product_of(port) for port in ports}
        for port in ports:
            tell(Refused(PortAddress(name, port), str(problem), seconds))
        return [
            Rehearsed(PortAddress(name, port), str(product.address), product.owner, problem, None, None, 0, seconds)
            for port, product in products.items()
        ]
    return rehearsal.rehearsed
