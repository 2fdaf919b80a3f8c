"""The consumers that a change of a contract affects, and the exact columns of theirs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from mesh_capabilities.columns.derivation import Relation
from mesh_capabilities.columns.mesh_lineage import MeshColumns, load_mesh_columns
from mesh_capabilities.contract_change.catalogue import Bump, Change
from mesh_capabilities.contract_change.gate import Finding, address_of, columns_of
from mesh_capabilities.contract_change.revision import Revision
from mesh_platform.errors import ContractError
from mesh_platform.names import PortAddress
from mesh_platform.product.descriptor import DataProduct, load_product
from mesh_platform.project import Project
from mesh_platform.yaml_files import parse_mapping


@dataclass(frozen=True)
class Hurt:
    """One port of a consuming product, and what a change does to it."""

    port: PortAddress
    product: str
    owner: str
    values: tuple[str, ...] = ()
    """Its columns whose values are made of what changes."""
    rows: tuple[str, ...] = ()
    """Its further columns, whose rows depend on what changes."""
    names: tuple[str, ...] = ()
    """What its SQL names of it; if that is gone, the port cannot be built."""
    through: PortAddress | None = None
    unknown: str | None = None
    """Why its columns are not known."""

    def __str__(self) -> str:
        parts = [f"values of {', '.join(self.values)}"] if self.values else []
        parts += [f"rows behind {', '.join(self.rows)}"] if self.rows else []
        parts += [f"its SQL names {', '.join(self.names)}"] if self.names else []
        parts += [self.unknown] if self.unknown else []
        through = f", through {self.through}" if self.through else ""
        return f"{self.port} of {self.owner}{through}: {'; '.join(parts) or 'declares it as an input'}"


class Consumers:
    """The products of a mesh and where their columns come from.

    Args:
        project: the mesh.
        promised: columns of ports, to be known beside those of the contracts that stand in the mesh now.
    """

    def __init__(self, project: Project, promised: Mapping[PortAddress, Sequence[str]] | None = None) -> None:
        self._project, self._promised = project, dict(promised or {})

    def hurt_by(self, change: Change, port: PortAddress, major: int) -> list[Hurt]:
        """Whom a breaking change hurts; nobody by any other. A change of the whole table hurts whoever reads the port."""
        if change.bump is not Bump.major:
            return []
        return self.readers(port, major, change.columns)

    def readers(self, port: PortAddress, major: int, columns: Iterable[str] = ()) -> list[Hurt]:
        """Who is made of these columns of a major version of a port; of the port at all, when none are named."""
        columns = list(columns)
        direct = self._declared(port, major)
        found = [
            Hurt(reader.address, *self._owner(reader.address), reader.values, reader.rows, reader.names, reader.through)
            for reader in self._columns.readers(port, columns, direct.keys() | self._siblings(port))
        ]
        known = {hurt.port for hurt in found}
        for consumer in direct:
            if problem := self._columns.problems.get(consumer):
                found.append(Hurt(consumer, *self._owner(consumer), unknown=problem.found))
            elif not columns and consumer not in known:
                found.append(Hurt(consumer, *self._owner(consumer)))
        return found

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
        """The domain's own ports need not declare what they read of each other."""
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
        extra = {Relation(*port): tuple(columns) for port, columns in self._promised.items()}
        return load_mesh_columns(self._project, extra)


Hurts = dict[Change | None, list[Hurt]]
"""Who is hurt, by change; under None by the deletion of the whole contract."""


def hurt_by(findings: Iterable[Finding], project: Project, base: Revision) -> dict[str, Hurts]:
    """By the contract's file, who is hurt by what became of it since `base`."""
    findings = list(findings)
    consumers = Consumers(project, _columns_then(findings, base))
    return {finding.file: _hurt(finding, consumers) for finding in findings}


def _hurt(finding: Finding, consumers: Consumers) -> Hurts:
    port, major = address_of(finding.file)
    if finding.happened == "deleted":
        return {None: consumers.readers(port, major)}
    changes = finding.comparison.changes if finding.comparison else ()
    return {change: consumers.hurt_by(change, port, major) for change in changes}


def _columns_then(findings: Iterable[Finding], base: Revision) -> dict[PortAddress, list[str]]:
    """The columns that the changed contracts promised at the base, so that who reads one that is gone is still found."""
    columns: dict[PortAddress, list[str]] = {}
    for finding in findings:
        text = base.text(finding.file)
        if text is not None and (finding.comparison or finding.happened == "deleted"):
            columns.setdefault(address_of(finding.file)[0], []).extend(columns_of(_said(text)))
    return columns


def _said(text: str) -> dict | None:
    try:
        return parse_mapping(text, "the contract at the base", ContractError)
    except ContractError:
        return None  # refused already, by name
