"""The life of a domain's products in one run: pin the inputs, build the candidates, audit them, publish what is good."""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from mesh_capabilities.contract_change.promises import broken_promises
from mesh_capabilities.governance.gate import broken_policies
from mesh_platform.build import dbt
from mesh_platform.build.dbt import ENGINE
from mesh_platform.build.port_graph import PortModel, code_digest
from mesh_platform.build.warehouse import put_back, settle
from mesh_platform.contract.audit import Audit
from mesh_platform.contract.rule import References
from mesh_platform.days import DayRange
from mesh_platform.errors import ContractError, MeshError, PortDamaged, PublishError, UnknownPort
from mesh_platform.events import Noted, Published, Refused, Step, tell
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import check_readable, check_whole
from mesh_platform.port.sweeper import sweep_quietly
from mesh_platform.port.version import PortVersion, Provenance
from mesh_platform.product.offer import Offer
from mesh_platform.publish import refusals
from mesh_platform.publish.candidate import Candidate
from mesh_platform.publish.earlier_majors import earlier_broken
from mesh_platform.publish.inputs import pin_inputs, prepare_views
from mesh_platform.publish.judgement import Judgement, judge
from mesh_platform.publish.loading import refused_inputs
from mesh_platform.publish.outcome import Outcome
from mesh_platform.publish.referenced_ports import by_references, referenced_files

if TYPE_CHECKING:
    from dagster_duckdb import DuckDBResource

    from mesh_capabilities.governance.report import Result


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
        self.home = self.shelf = self.domain.home
        self.ports = [port for port in graph if port in ports]
        self.days = days
        self.candidates = {port: Candidate(offer.contracts[port], self.home, days) for port in graph}
        self.failed: dict[str, MeshError] = {}
        self.policies: dict[str, tuple[Result, ...]] = {}
        self.judgements: dict[str, Judgement] = {}
        self.pinned: dict[PortAddress, PortVersion] = {}
        """Every version that this run reads or has published, the domain's own ports included."""

    def outcomes(self) -> Iterator[Outcome]:
        """Publishes, and yields each port's outcome as soon as it is final."""
        swept = sweep_quietly([self.candidates[port].port for port in self.ports], self.home.candidates(self.domain.name))
        if swept:
            tell(Noted(self.domain.name, f"swept up {len(swept)} files that a killed run had left"))
        inputs, self.failed = pin_inputs(self.offer, self.graph, self.ports)
        self.failed |= self._forbidden()
        own = self._own_served()
        for damage in filter(None, (version.damage for version in (*inputs, *own))):
            tell(Noted(self.domain.name, damage))
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

    def _forbidden(self) -> dict[str, MeshError]:
        """By port, why it may not be published whatever its data are."""
        self.policies, refused = broken_policies(self.offer, self.ports)
        return broken_promises(self.offer, self.ports) | refused_inputs(self.offer, self.graph, self.ports) | refused

    def _own_served(self) -> list[PortVersion]:
        """What the domain's other ports serve; one that serves nothing fails whoever reads it, and nobody else."""
        served = []
        for port in self.graph.keys() - set(self.ports):
            with suppress(UnknownPort, PortDamaged):
                served.append(self.candidates[port].port.current())
        return served

    def _finish(self, port: str, found: Audit | None, nodes: Mapping[str, dbt.NodeResult], audited: float) -> Outcome:
        """Commits the port if nothing speaks against it, and says what became of it."""
        start = time.perf_counter()
        mine = self._nodes_of(port, nodes)
        version = None if port in self.failed else self._commit(port, found, mine)
        seconds = sum(node.seconds for node in mine) + audited + time.perf_counter() - start
        error, policies = self.failed.get(port), self.policies.get(port, ())
        outcome = Outcome(self._address(port), seconds, found, version, error, tuple(mine), policies)
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
        """The ports to publish, grouped by product, each product after those it is made of or leads to."""
        groups: dict[str, list[str]] = {}
        for port in self.ports:
            groups.setdefault(self.offer.product_of(port).name, []).append(port)
        own = {
            port: {to.address.port for to in self.offer.contracts[port].references if to.address.domain == self.domain.name}
            for port in self.ports
        }
        return by_references(groups.values(), {port: {*self.graph[port].ports, *own[port]} for port in self.ports})

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

        only = {port: text for port in self.ports if (text := self.candidates[port].only)}
        return dbt.build(self.domain, models, count, only)

    def _audit(self, port: str, nodes: Mapping[str, dbt.NodeResult]) -> Audit | None:
        """Judges the candidate; whatever speaks against it ends up in `failed`."""
        if port not in self.failed and (problem := self._not_built(port, nodes)):
            self.failed[port] = problem
        if port in self.failed:
            return None
        tell(Step(self.domain.name, f"auditing {port}"))
        try:
            judgement = self._judge(port)
        except (PublishError, PortDamaged) as problem:
            self.failed[port] = problem
            return None
        self.judgements[port] = judgement
        if judgement.error:
            self.failed[port] = judgement.error
        return judgement.audit

    def _references(self, port: str) -> References:
        """What the port's relationships are judged by: what this run reads or publishes, else what is served."""
        contract = self.offer.contracts[port]
        wanted = {referenced.address for referenced in contract.references}
        built = [other for other in self.ports if other not in self.failed and self._address(other) in wanted]
        candidates = {self._address(other): self.candidates[other].all_files() for other in built}
        return referenced_files(contract, self.home, self.pinned, candidates)

    def _judge(self, port: str) -> Judgement:
        """What becomes of the candidate. Raises PublishError when the file is not whole, or breaks off in the middle."""
        import duckdb

        contract, candidate = self.offer.contracts[port], self.candidates[port]
        check_whole(candidate.path, contract.address)
        try:
            files = candidate.files()
            judgement = judge(contract, candidate.path, self._made_of(port), self.shelf, self._references(port), files)
        except (duckdb.Error, ContractError):
            # A rule that cannot be executed may be wrong, or what it reads may be.
            check_readable(candidate.path, contract.address)
            raise
        broken = judgement.error or earlier_broken(self.offer, port, candidate.path, files)
        return replace(judgement, error=broken)

    def _not_built(self, port: str, nodes: Mapping[str, dbt.NodeResult]) -> MeshError | None:
        model = self.graph[port]
        if lost := next((other for other in model.ports if other in self.failed), None):
            return refusals.part_missing(self._address(port), self._address(lost))
        if reduced := next((other for other in model.ports if other in self.judgements and self.judgements[other].aside), None):
            return refusals.part_reduced(self._address(port), self._address(reduced))
        inputs = [self.pinned[address] for address in model.inputs]
        return refusals.dbt_failed(self._address(port), self._nodes_of(port, nodes), self.domain, inputs)

    def _commit(self, port: str, found: Audit, nodes: Sequence[dbt.NodeResult]) -> PortVersion | None:
        provenance = replace(
            self._made_of(port),
            code_digest=code_digest((node.name, node.code) for node in nodes if node.kind != "test"),
            engine=ENGINE,
            rows=found.rows,
            rules=len(found.verdicts),
            warnings=sum(not verdict.passed for verdict in found.verdicts),
            set_aside=self.judgements[port].aside,
        )
        try:
            version = self.candidates[port].publish(provenance)
        except MeshError as problem:
            self.failed[port] = problem
            return None
        settle(self.graph[port].snapshots, self.warehouse)
        self.pinned[version.address] = version
        return version

    def _made_of(self, port: str) -> Provenance:
        """What is known of a candidate before anybody has counted its rows."""
        contract, model = self.offer.contracts[port], self.graph[port]
        read = (*model.inputs, *map(self._address, model.ports))
        consumed = [self.pinned[address] for address in read if address in self.pinned]
        return Provenance(
            contract=contract.id,
            contract_version=contract.version,
            contract_file=contract.file,
            contract_digest=contract.digest,
            rows=0,
            rules=0,
            run=self.run,
            inputs={str(version.address): version.number for version in consumed},
            majors={str(version.address): version.major for version in consumed},
            source={table: self.sources[table] for table in model.raw if table in self.sources},
            days_read={str(version.address): version.days for version in consumed if version.days is not None},
        )
