"""Who is hurt if a port changes or breaks: the products that are made of it, their owners, and when they last ran."""

from dataclasses import dataclass
from datetime import datetime

from mesh_capabilities.columns.mesh_lineage import MeshLineage
from mesh_capabilities.columns.spread import Reach, reached
from mesh_platform.errors import MeshError
from mesh_platform.names import PortAddress
from mesh_platform.port.shelf import published_ports
from mesh_platform.port.version import PortVersion
from mesh_platform.product.descriptor import DataProduct, load_product
from mesh_platform.project import Project


@dataclass(frozen=True)
class Affected:
    """One port that is made of what changes."""

    reach: Reach
    direct: bool
    """Whether it reads what changes itself, and not only through other ports."""
    product: str
    owner: str
    channel: str
    """Where its owner is reached."""
    served: PortVersion | None
    """What it serves now; None when it has never been published, or nothing of it is whole."""

    @property
    def address(self) -> PortAddress:
        return self.reach.address

    @property
    def last_ran(self) -> datetime | None:
        return self.served.committed if self.served else None


def affected_by(project: Project, lineage: MeshLineage, address: PortAddress, column: str | None) -> list[Affected]:
    """Every port that is made of a port, or of a column of it, on whatever way; those that read it themselves first."""
    owners = _products(project)
    shelf = published_ports(project.home)
    direct = lineage.read_by.get(address, ())
    found = []
    for port, reach in reached(lineage, address, column).items():
        product = owners.get(port)
        domain = project.domains.get(port.domain)
        try:
            served = shelf[port].current() if port in shelf else None
        except MeshError:  # `mesh status` says what is wrong with it
            served = None
        found.append(
            Affected(
                reach,
                port in direct,
                product.name if product else "?",
                f"team:{product.owner}" if product else (domain.owner if domain else "?"),
                domain.channel if domain else "",
                served,
            )
        )
    return sorted(found, key=lambda one: not one.direct)


def _products(project: Project) -> dict[PortAddress, DataProduct]:
    """The product of each port; a descriptor that cannot be read hides its own ports' owner and nothing else."""
    found = {}
    for domain in project.domains.values():
        for path in sorted(domain.products.glob("*.odps.yaml")):
            try:
                product = load_product(path, domain.root)
            except MeshError:
                continue
            found |= {output.address: product for output in product.outputs}
    return found
