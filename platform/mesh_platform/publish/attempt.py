"""One attempt to publish one port, and what the attempts of a run share."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from mesh_isolation.days import DayRange
from mesh_platform.build.dbt import NodeResult
from mesh_platform.build.port_graph import PortModel
from mesh_platform.build.warehouse import Warehouse
from mesh_platform.contract.audit import Audit, change_beyond_rules
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import MeshError
from mesh_platform.home import MeshHome
from mesh_platform.hooks import CheckResult, Ruling
from mesh_platform.ingestion.limits import Recorded, recorded
from mesh_platform.names import PortAddress
from mesh_platform.port.version import PortVersion, Provenance
from mesh_platform.product.descriptor import DataProduct
from mesh_platform.product.offer import Offer
from mesh_platform.publish.candidate import Candidate


@dataclass
class Attempt:
    """One attempt to publish one port. Its fields are filled step by step: gates, pinning, build, judgement, end.

    Its parts: `contract/contract.py`, `product/descriptor.py`, `build/port_graph.py` and `publish/candidate.py`.
    """

    contract: Contract
    product: DataProduct
    model: PortModel
    candidate: Candidate
    error: MeshError | None = None
    """The first error of the attempt."""
    refusal: MeshError | None = None
    """Why a gate refuses to publish it, independently of its data."""
    rulings: tuple[Ruling, ...] = ()
    """The decisions of the gates."""
    nodes: tuple[NodeResult, ...] = ()
    """The results of its dbt models and tests."""
    audit: Audit | None = None
    """The audit of the candidate, without the rows that were set aside."""
    set_aside: int = 0
    """The number of rows that were moved from the candidate to the quarantine."""
    digest: str | None = None
    """The SHA-256 of the candidate before its audit; a candidate that has changed since is not published."""
    version: PortVersion | None = None
    """The published version; None when the attempt failed or was not committed."""
    seconds: float = 0.0

    @property
    def address(self) -> PortAddress:
        return self.contract.address

    @property
    def checks(self) -> list[CheckResult]:
        """The checks of the gates."""
        return [check for ruling in self.rulings for check in ruling.checks]

    @property
    def problem(self) -> MeshError | None:
        """Why it may not be published; None if it may."""
        return self.error or self.refusal

    def fail(self, error: MeshError | None) -> None:
        """Records the error, unless there is an earlier one."""
        self.error = self.error or error


class Purpose(Enum):
    """What a run of attempts is for. Only `PUBLISH` can commit."""

    PUBLISH = "publish"
    """Gates and dbt's tests decide."""
    TRIAL = "trial"
    """Gates are asked, and what they refuse is built all the same, to show the effect of a change on the data."""
    REBUILD = "rebuild"
    """An earlier version is built again: no gate is asked, and a failing test is only recorded."""


@dataclass
class Work:
    """What the attempts of one run in one domain share.

    Args:
        offer: the domain's products and contracts.
        graph: the models of its ports.
        warehouse: its private database.
        run: the id of the Dagster run, for the commits.
        days: the days of partitioned ports to publish; None for every day that has changed.
        purpose: what the run is for.
        inputs: the versions to read, own ports included; default: those that are served now.
        quarantine: the home whose quarantine receives bad rows; default: the mesh's own.
        referenced: the home of the ports that relationships refer to; default: the mesh's own.
        accepted: the ports whose number of rows is not compared with the version before this time.
    """

    offer: Offer
    graph: Mapping[str, PortModel]
    warehouse: Warehouse
    run: str = ""
    days: DayRange | None = None
    purpose: Purpose = Purpose.PUBLISH
    inputs: Sequence[PortVersion] | None = None
    quarantine: MeshHome | None = None
    referenced: MeshHome | None = None
    accepted: Collection[str] = ()
    pinned: dict[PortAddress, PortVersion] = field(default_factory=dict)
    """Every version that the run reads or has published, including the domain's own ports."""

    @property
    def home(self) -> MeshHome:
        return self.offer.domain.home

    @cached_property
    def read(self) -> Recorded:
        """What is recorded of the source tables in the warehouse."""
        return recorded(self.home, self.offer.domain.name)

    def attempts(self, ports: Collection[str]) -> dict[str, Attempt]:
        """A new attempt for each of the ports, upstream ports first."""
        contracts = {port: self.offer.contracts[port] for port in self.graph if port in ports}
        return {
            port: Attempt(contract, self.offer.product_of(port), self.graph[port], Candidate(contract, self.home, self.days))
            for port, contract in contracts.items()
        }

    def provenance(self, attempt: Attempt) -> Provenance:
        """The provenance of a candidate, before its rows are counted."""
        contract, model = attempt.contract, attempt.model
        own = (PortAddress(self.offer.domain.name, port) for port in model.ports)
        consumed = [self.pinned[address] for address in (*model.inputs, *own) if address in self.pinned]
        stating = ("all", "whole") if contract.whole else ("all",)  # the readings whose numbers of rows are later compared
        read = {table: entry for table in model.raw if (entry := self.read.get(table))}
        accepted = {table: entry.accepted for table, entry in read.items() if entry.accepted}
        if attempt.audit and contract.address.port in self.accepted:
            majors = contract, *self.offer.earlier.get(contract.address.port, ())
            change = change_beyond_rules(majors, attempt.candidate.port.rows_before(), attempt.audit.rows)
            accepted |= {str(contract.address): f"{change}, accepted"} if change else {}
        return Provenance(
            contract=contract.id,
            contract_version=contract.version,
            contract_file=contract.file,
            contract_digest=contract.digest,
            earlier={earlier.id: earlier.digest for earlier in self.offer.earlier.get(contract.address.port, ())},
            rows=0,
            rules=0,
            run=self.run,
            inputs={str(version.address): version.number for version in consumed},
            majors={str(version.address): version.major for version in consumed},
            source={table: entry.digest for table, entry in read.items()},
            delivered=[table for table, entry in read.items() if entry.compared],
            source_rows={table: entry.rows for table, entry in read.items() if entry.compared in stating},
            accepted=accepted,
            days_read={str(version.address): version.days for version in consumed if version.days is not None},
        )
