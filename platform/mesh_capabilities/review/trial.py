"""Building and judging ports as a run does, up to the point where it would commit them."""

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mesh_capabilities.review.difference import Difference, difference
from mesh_platform.build.dbt import NodeResult
from mesh_platform.build.port_graph import PortModel
from mesh_platform.contract.audit import Audit
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import MeshError, PortDamaged, TransformationError
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.product.offer import Offer
from mesh_platform.publish.candidate import Candidate
from mesh_platform.publish.publication import Outcome, Publication

if TYPE_CHECKING:
    from dagster_duckdb import DuckDBResource


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


class Trial(Publication):
    """A publication that commits nothing.

    Args:
        offer, graph, ports, warehouse: as of a publication.
        scratch: a home whose quarantine takes the bad rows, instead of the mesh's own.
    """

    def __init__(
        self,
        offer: Offer,
        graph: Mapping[str, PortModel],
        ports: Collection[str],
        warehouse: "DuckDBResource",
        scratch: MeshHome,
    ) -> None:
        super().__init__(offer, graph, ports, warehouse, run="", sources={})
        self.shelf = scratch
        self._unpublishable: dict[str, MeshError] = {}

    def _forbidden(self) -> dict[str, MeshError]:
        # Noted and not obeyed: who is changing a contract wants to see what that does to the data all the same.
        self._unpublishable = super()._forbidden()
        return {}

    def _finish(self, port: str, found: Audit | None, nodes: Mapping[str, NodeResult], audited: float) -> Outcome:
        error = self.failed.get(port) or self._unpublishable.get(port)
        return Outcome(self._address(port), audited, found, error=error, nodes=tuple(self._nodes_of(port, nodes)))

    def tried(self) -> Iterator[Tried]:
        """Builds and judges, and yields each port as soon as that is done."""
        for outcome in self.outcomes():
            port = outcome.address.port
            judgement = self.judgements.get(port)
            built = judgement is not None and judgement.audit is not None
            yield Tried(
                outcome.address,
                outcome.error,
                outcome.audit,
                self._difference(port) if built else None,
                judgement.aside if judgement else 0,
            )

    def _difference(self, port: str) -> Difference:
        return difference_from_served(self.candidates[port], self.offer.contracts[port])


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
    from mesh_platform.build.warehouse import warehouse_resource, writing

    domain, start = offer.domain, time.perf_counter()
    if not domain.home.warehouse(domain.name).exists():
        raise TransformationError(
            f"{domain.name} has not been run yet, so there is nothing that its models could be built on.",
            f"Run it once, which reads its sources: mesh run {domain.name}.",
        )
    with writing(domain, wait), TemporaryDirectory() as scratch:
        trial = Trial(offer, graph, ports, warehouse_resource(domain), MeshHome(Path(scratch)))
        tried = tuple(trial.tried())
    return Round(tried, time.perf_counter() - start)
