"""Which contracts a command means: a file, a port, a domain, or all of the mesh."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mesh_platform.errors import FileRefused, ProjectError, UnknownPort
from mesh_platform.names import PortAddress
from mesh_platform.product.offer import Offer, load_offer
from mesh_platform.project import DomainFolder, Project, find_root, load_project


@dataclass(frozen=True)
class Target:
    """One contract's file."""

    path: Path
    root: Path | None
    """The mesh whose port it promises; None for a file that stands elsewhere."""


def contracts_named(texts: Sequence[str]) -> list[Target]:
    """The contracts that `texts` name; without any, all of the mesh.

    Raises FileRefused for a file that is not there, UnknownPort for a port or a domain that has no contract.
    """
    if not texts:
        project = load_project()
        return [target for domain in project.domains.values() for target in _of_domain(domain)]
    return list(dict.fromkeys(target for text in texts for target in _named(text)))


def _named(text: str) -> list[Target]:
    path = Path(text).absolute()
    if path.is_file():
        return [Target(path, root_of(path))]
    if path.suffix in (".yaml", ".yml", ".json"):
        raise FileRefused(f"{text} does not exist.", "Name a contract's file, a domain, or a port as domain/port.")
    domain, slash, port = text.partition("/")
    project = load_project()
    if domain not in project.domains:
        raise UnknownPort(f"There is no domain and no file '{text}'.", f"Domains: {', '.join(project.domains)}.")
    found = _of_domain(project.domains[domain], PortAddress.parse(text).port if slash else "*")
    if not found:
        raise UnknownPort(f"There is no contract of {text}.", "`mesh products` lists the ports of the mesh.")
    return found


def _of_domain(domain: DomainFolder, port: str = "*") -> list[Target]:
    return [Target(path, domain.root) for path in sorted(domain.contracts.glob(f"{port}.v*.odcs.yaml"))]


def root_of(path: Path) -> Path | None:
    """The mesh that the file promises a port of: it stands in the folder `contracts` of one of its domains."""
    try:
        root = find_root(path.parent)
    except ProjectError:
        return None
    within = path.relative_to(root).parts
    return root if len(within) == 4 and within[0] == "domains" and within[2] == "contracts" else None


def port_named(text: str) -> tuple[Project, Offer, PortAddress]:
    """The mesh, what the port's domain offers, and the port's address. Raises UnknownPort when nobody promises it."""
    project, address = load_project(), PortAddress.parse(text)
    offer = load_offer(project.domains[address.domain]) if address.domain in project.domains else None
    if offer is None or address.port not in offer.contracts:
        raise UnknownPort(f"There is no port {address}.", "`mesh products` lists the ports of the mesh.")
    return project, offer, address
