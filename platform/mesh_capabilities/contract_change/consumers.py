"""The consumers that a contract change affects: their ports, and the columns of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from mesh_capabilities.columns.derivation import Relation
from mesh_capabilities.columns.mesh_lineage import MeshColumns, load_mesh_columns
from mesh_capabilities.contract_change.contract_gate import GateFinding, address_of, columns_of
from mesh_capabilities.contract_change.revision import Revision
from mesh_capabilities.contract_change.sorts import Bump, Change
from mesh_platform.errors import ContractError
from mesh_platform.names import PortAddress
from mesh_platform.product.descriptor import DataProduct, load_product
from mesh_platform.project import Project
from mesh_platform.yaml_files import parse_mapping


@dataclass(frozen=True)
class AffectedPort:
    """One port of a consuming product, and how a change affects it."""

    port: PortAddress
    product: str
    owner: str
    values: tuple[str, ...] = ()
    """The columns whose values are computed from what changes."""
    rows: tuple[str, ...] = ()
    """Further columns whose rows depend on what changes."""
    names: tuple[str, ...] = ()
    """The columns that its SQL names; the port cannot be built without them."""
    through: PortAddress | None = None
    """The port in between, for an indirect consumer."""
    unknown: str | None = None
    """Why its columns are not known."""

    def __str__(self) -> str:
        parts = [f"values of {', '.join(self.values)}"] if self.values else []
        parts += [f"rows behind {', '.join(self.rows)}"] if self.rows else []
        parts += [f"its SQL names {', '.join(self.names)}"] if self.names else []
        parts += [self.unknown] if self.unknown else []
        through = f", through {self.through}" if self.through else ""
        return f"{self.port} of {self.owner}{through}: {'; '.join(parts) or 'declares it as an input'}"


AffectedPorts = dict[Change | None, list[AffectedPort]]
"""The affected ports by change; under None those that the deletion of the contract affects."""


def affected_consumers(findings: Iterable[GateFinding], project: Project, base: Revision) -> dict[str, AffectedPorts]:
    """The affected ports of each finding, by contract file. `base` is the revision that the gate compared with."""
    findings = list(findings)
    consumers = ConsumerColumns(project, _columns_before(findings, base))
    return {finding.file: _affected(finding, consumers) for finding in findings}


class ConsumerColumns:
    """The products of a mesh, and the columns from which their columns are computed.

    Args:
        project: the mesh.
        earlier: columns of ports that earlier contracts had, in addition to those of the present contracts.
    """

    def __init__(self, project: Project, earlier: Mapping[PortAddress, Sequence[str]] | None = None) -> None:
        self._project, self._earlier = project, dict(earlier or {})

    def affected_by(self, change: Change, port: PortAddress, major: int) -> list[AffectedPort]:
        """The ports that a breaking change affects; none for any other. A change of the whole table affects every reader."""
        if change.bump is not Bump.major:
            return []
        return self.readers(port, major, change.columns)

    def readers(self, port: PortAddress, major: int, columns: Iterable[str] = ()) -> list[AffectedPort]:
        """The ports that read these columns of a major version of a port; without columns, all that read the port."""
        columns = list(columns)
        direct = self._declared(port, major)
        readers = [
            AffectedPort(reader.address, *self._owner(reader.address), reader.values, reader.rows, reader.names, reader.through)
            for reader in self._columns.readers(port, columns, direct.keys() | self._siblings(port))
        ]
        known = {reader.port for reader in readers}
        for consumer in direct:
            if problem := self._columns.problems.get(consumer):
                readers.append(AffectedPort(consumer, *self._owner(consumer), unknown=problem.found))
            elif not columns and consumer not in known:
                readers.append(AffectedPort(consumer, *self._owner(consumer)))
        return readers

    def _declared(self, port: PortAddress, major: int) -> dict[PortAddress, DataProduct]:
        """The ports of the products that declare this major as an input."""
        return {
            output.address: product
            for product in self._products
            for reference in product.inputs
            if (reference.address, reference.major) == (port, major)
            for output in product.outputs
        }

    def _siblings(self, port: PortAddress) -> set[PortAddress]:
        """The other ports of the domain: they may read the port without declaring it."""
        return {output.address for product in self._products for output in product.outputs if product.domain == port.domain}

    def _owner(self, port: PortAddress) -> tuple[str, str]:
        for product in self._products:
            if any(output.address == port for output in product.outputs):
                return f"{product.domain}/{product.name}", product.owner
        return f"{port.domain}/?", port.domain

    @cached_property
    def _products(self) -> list[DataProduct]:
        paths = (path for domain in self._project.domains.values() for path in sorted(domain.products.glob("*.odps.yaml")))
        return [load_product(path, self._project.root) for path in paths]

    @cached_property
    def _columns(self) -> MeshColumns:
        earlier = {Relation(*port): tuple(columns) for port, columns in self._earlier.items()}
        return load_mesh_columns(self._project, earlier)


def _affected(finding: GateFinding, consumers: ConsumerColumns) -> AffectedPorts:
    port, major = address_of(finding.file)
    if finding.happened == "deleted":
        return {None: consumers.readers(port, major)}
    changes = finding.comparison.changes if finding.comparison else ()
    return {change: consumers.affected_by(change, port, major) for change in changes}


def _columns_before(findings: Iterable[GateFinding], base: Revision) -> dict[PortAddress, list[str]]:
    """The columns that changed contracts had at the base, so that readers of a removed column are found."""
    columns: dict[PortAddress, list[str]] = {}
    for finding in findings:
        text = base.text(finding.file)
        if text is not None and (finding.comparison or finding.happened == "deleted"):
            columns.setdefault(address_of(finding.file)[0], []).extend(columns_of(_document(text)))
    return columns


def _document(text: str) -> dict | None:
    try:
        return parse_mapping(text, "the contract at the base", ContractError)
    except ContractError:
        return None  # the gate has refused it by name
