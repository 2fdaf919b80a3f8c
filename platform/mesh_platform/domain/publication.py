"""The life of a domain's products in one run: pin the inputs, build the candidates, audit them, publish what is good."""

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mesh_platform.contracts.audit import Audit, audit
from mesh_platform.days import DayRange
from mesh_platform.domain import refusals
from mesh_platform.domain.candidate import Candidate
from mesh_platform.domain.inputs import pin_inputs, prepare_views
from mesh_platform.domain.snapshots import put_back, settle
from mesh_platform.errors import MeshError, PublishError
from mesh_platform.naming import PortAddress
from mesh_platform.ports.version import PortVersion, Provenance
from mesh_platform.products.offer import Offer
from mesh_platform.progress import Published, Refused, Step, tell
from mesh_platform.transformation import dbt
from mesh_platform.transformation.port_graph import PortModel

if TYPE_CHECKING:
    from dagster_duckdb import DuckDBResource


@dataclass(frozen=True)
class Outcome:
    """What became of one port: a new version, or the reason why there is none."""

    address: PortAddress
    seconds: float
    audit: Audit | None = None
    version: PortVersion | None = None
    error: MeshError | None = None
    nodes: tuple[dbt.NodeResult, ...] = ()
    """What dbt did for it, tests included."""


class Publication:
    """One run of some of a domain's ports.

    Args:
        offer: what the domain promises.
        graph: what its ports are made of.
        ports: names of the ports to publish.
        warehouse: the domain's own.
        run: id of the Dagster run, kept in every commit.
        sources: SHA-256 of the files that the warehouse's raw tables were read from, by table.
        days: of ports that grow day by day, look at these only; None for every day that has changed.
    """

    def __init__(
        self,
        offer: Offer,
        graph: Mapping[str, PortModel],
        ports: Collection[str],
        warehouse: "DuckDBResource",
        run: str,
        sources: Mapping[str, str],
        days: DayRange | None = None,
    ) -> None:
        self.offer, self.graph, self.warehouse, self.run, self.sources = offer, graph, warehouse, run, sources
        self.domain = offer.domain
        self.home = self.domain.home
        self.ports = [port for port in graph if port in ports]
        self.days = days
        self.candidates = {port: Candidate(offer.contracts[port], self.home, days) for port in self.ports}
        self.failed: dict[str, MeshError] = {}
        self.pinned: dict[PortAddress, PortVersion] = {}
        """Every version that this run reads or has published, the domain's own ports included."""

    def outcomes(self) -> Iterator[Outcome]:
        """Publishes, and yields each port's outcome as soon as it is final."""
        inputs, self.failed = pin_inputs(self.offer, self.graph, self.ports)
        others = (Candidate(self.offer.contracts[port], self.home).port for port in self.graph.keys() - set(self.ports))
        own = [port.current() for port in others if port.published]
        self.pinned = {version.address: version for version in (*inputs, *own)}
        prepare_views(self.domain, inputs, own, self.warehouse)
        put_back({table for port in self.ports for table in self.graph[port].snapshots}, self.warehouse)
        nodes = self._build()
        for product in self._products():
            start = time.perf_counter()
            audits = {port: self._audit(port, nodes) for port in product}
            audited = (time.perf_counter() - start) / len(product)
            self._hold_together(product)
            for port in product:
                yield self._finish(port, audits[port], nodes, audited)

    def _finish(self, port: str, found: Audit | None, nodes: Mapping[str, dbt.NodeResult], audited: float) -> Outcome:
        """Commits the port if nothing speaks against it, and says what became of it."""
        start = time.perf_counter()
        version = None if port in self.failed else self._commit(port, found)
        mine = self._nodes_of(port, nodes)
        seconds = sum(node.seconds for node in mine) + audited + time.perf_counter() - start
        outcome = Outcome(self._address(port), seconds, found, version, self.failed.get(port), tuple(mine))
        tell(Published(version, found, seconds) if version else Refused(outcome.address, str(outcome.error), seconds))
        return outcome

    def _hold_together(self, product: list[str]) -> None:
        """A product's ports speak of the same moment: all of them become visible, or none."""
        broken = next((port for port in product if port in self.failed), None)
        for port in product if broken else ():
            self.failed.setdefault(port, refusals.product_incomplete(self._address(port), self._address(broken)))

    def _nodes_of(self, port: str, nodes: Mapping[str, dbt.NodeResult]) -> list[dbt.NodeResult]:
        model = self.graph[port]
        return [node for node in nodes.values() if node.name in model.models or node.id in model.tests]

    def _address(self, port: str) -> PortAddress:
        return PortAddress(self.domain.name, port)

    def _products(self) -> list[list[str]]:
        """The ports to publish, grouped by product, each product after those it is made of."""
        groups: dict[str, list[str]] = {}
        for port in self.ports:
            groups.setdefault(self.offer.product_of(port).name, []).append(port)
        return list(groups.values())

    def _build(self) -> dict[str, dbt.NodeResult]:
        models = sorted({model for port in self.ports if port not in self.failed for model in self.graph[port].models})
        if not models:
            return {}
        tell(Step(self.domain.name, f"building {len(models)} models"))
        done = 0

        def count(name: str, status: str) -> None:
            nonlocal done
            done += 1
            tell(Step(self.domain.name, f"building: {done} done, last {name} ({status})"))

        only = {port: text for port, candidate in self.candidates.items() if (text := candidate.only)}
        return dbt.build(self.domain, models, count, only)

    def _audit(self, port: str, nodes: Mapping[str, dbt.NodeResult]) -> Audit | None:
        """Judges the candidate; whatever speaks against it ends up in `failed`."""
        if port not in self.failed and (problem := self._not_built(port, nodes)):
            self.failed[port] = problem
        if port in self.failed:
            return None
        tell(Step(self.domain.name, f"auditing {port}"))
        candidate = self.candidates[port]
        try:
            found = audit(self.offer.contracts[port], candidate.files())
        except PublishError as problem:
            self.failed[port] = problem
            return None
        if found.broken:
            self.failed[port] = refusals.contract_broken(self.offer.contracts[port], found, candidate.path)
        return found

    def _not_built(self, port: str, nodes: Mapping[str, dbt.NodeResult]) -> MeshError | None:
        model = self.graph[port]
        if lost := next((other for other in model.ports if other in self.failed), None):
            return refusals.part_missing(self._address(port), self._address(lost))
        inputs = [self.pinned[address] for address in model.inputs]
        return refusals.dbt_failed(self._address(port), self._nodes_of(port, nodes), self.domain, inputs)

    def _commit(self, port: str, found: Audit) -> PortVersion | None:
        contract, model = self.offer.contracts[port], self.graph[port]
        consumed = [self.pinned[address] for address in (*model.inputs, *map(self._address, model.ports))]
        provenance = Provenance(
            contract=contract.id,
            contract_version=contract.version,
            contract_file=contract.file,
            contract_digest=contract.digest,
            rows=found.rows,
            rules=len(found.verdicts),
            warnings=sum(not verdict.passed for verdict in found.verdicts),
            run=self.run,
            inputs={str(version.address): version.number for version in consumed},
            source={table: self.sources[table] for table in model.raw if table in self.sources},
            days_read={str(version.address): version.days for version in consumed if version.days is not None},
        )
        try:
            version = self.candidates[port].publish(provenance)
        except MeshError as problem:
            self.failed[port] = problem
            return None
        settle(model.snapshots, self.warehouse)
        self.pinned[version.address] = version
        return version
