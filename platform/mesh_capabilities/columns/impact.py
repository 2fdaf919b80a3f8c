"""The ports affected by a change of a port or a column: their products, their owners, and when they last ran."""

from dataclasses import dataclass
from datetime import datetime

from mesh_capabilities.columns.mesh_lineage import MeshLineage
from mesh_capabilities.columns.spread import ColumnReach, reached
from mesh_platform.errors import MeshError
from mesh_platform.names import PortAddress
from mesh_platform.port.shelf import published_ports
from mesh_platform.port.version import PortVersion
from mesh_platform.product.descriptor import DataProduct, load_product
from mesh_platform.project import Project


@dataclass(frozen=True)
class DownstreamPort:
    """One port downstream of the change."""

    reach: ColumnReach
    direct: bool
    """Whether it reads the changed port itself, and not only through other ports."""
    product: str
    owner: str
    channel: str
    """Where to reach its owner."""
    served: PortVersion | None
    """Its served version; None if it was never published or no version of it is readable."""

    @property
    def address(self) -> PortAddress:
        return self.reach.address

    @property
    def last_ran(self) -> datetime | None:
        return self.served.committed if self.served else None


def downstream_ports(project: Project, lineage: MeshLineage, address: PortAddress, column: str | None) -> list[DownstreamPort]:
    """Every port downstream of a port or of a column of it, on any path; direct readers first."""
    products = _products(project)
    published = published_ports(project.home)
    direct = lineage.read_by.get(address, ())
    affected = []
    for port, reach in reached(lineage, address, column).items():
        product = products.get(port)
        domain = project.domains.get(port.domain)
        try:
            served = published[port].current() if port in published else None
        except MeshError:  # `mesh status` reports it
            served = None
        affected.append(
            DownstreamPort(
                reach,
                port in direct,
                product.name if product else "?",
                f"team:{product.owner}" if product else (domain.owner if domain else "?"),
                domain.channel if domain else "",
                served,
            )
        )
    return sorted(affected, key=lambda port: not port.direct)


def _products(project: Project) -> dict[PortAddress, DataProduct]:
    """The product of each port. A descriptor that cannot be read hides the owner of its own ports only."""
    products = {}
    for domain in project.domains.values():
        for path in sorted(domain.products.glob("*.odps.yaml")):
            try:
                product = load_product(path, domain.root)
            except MeshError:
                continue
            products |= {output.address: product for output in product.outputs}
    return products
