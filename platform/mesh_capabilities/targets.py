"""What commands of several capabilities share: groups of commands, and the contracts, ports and files named as arguments."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from mesh_platform.cli.arguments import known_port, matching_ports
from mesh_platform.errors import FileRefused, ProjectError, UnknownPort
from mesh_platform.names import PortAddress, nearest

if TYPE_CHECKING:
    import typer

    from mesh_platform.product.offer import Offer
    from mesh_platform.project import DomainFolder, Project


@dataclass(frozen=True)
class Target:
    """One contract's file."""

    path: Path
    root: Path | None
    """The root of the mesh that the contract belongs to; None for a file outside a mesh."""


def matching_products(incomplete: str) -> list[str]:
    """The products that begin with this text, such as `sales/orders`; none outside a mesh."""
    from mesh_platform.project import load_project

    try:
        domains = load_project(with_broken=True).domains.values()
    except ProjectError:
        return []
    files = ((domain.name, path.name) for domain in domains for path in domain.products.glob("*.odps.yaml"))
    names = {f"{domain}/{name.removesuffix('.odps.yaml')}" for domain, name in files}
    return sorted(name for name in names if name.startswith(incomplete))


def contracts_named(texts: Sequence[str]) -> list[Target]:
    """The contracts that `texts` name as files, domains or ports; all contracts of the mesh if there are no texts.

    Raises FileRefused for a file that does not exist, UnknownPort for a port or domain without a contract.
    """
    from mesh_platform.project import load_project

    if not texts:
        project = load_project()
        return [target for domain in project.domains.values() for target in _of_domain(domain)]
    return list(dict.fromkeys(target for text in texts for target in _named(text)))


def _named(text: str) -> list[Target]:
    from mesh_platform.project import load_project

    path = Path(text).absolute()
    if path.is_file():
        return [Target(path, root_of(path))]
    if path.suffix in (".yaml", ".yml", ".json"):
        raise FileRefused(f"{text} does not exist.", "Name a contract file, a domain, or a port as domain/port.")
    domain, slash, port = text.partition("/")
    project = load_project(with_broken=True, needed=[domain])
    if slash and domain in project.domains:
        domain, port = known_port(text)
    project.check_loads(domain)
    if domain not in project.domains:
        raise UnknownPort(f"There is no domain or file '{text}'.", nearest(text, [*project.domains, *matching_ports("")]))
    contracts = _of_domain(project.domains[domain], port or "*")
    if not contracts:
        raise UnknownPort(f"{text} has no contract.", nearest(text, matching_ports("")))
    return contracts


def _of_domain(domain: "DomainFolder", port: str = "*") -> list[Target]:
    return [Target(path, domain.root) for path in sorted(domain.contracts.glob(f"{port}.v*.odcs.yaml"))]


def root_of(path: Path) -> Path | None:
    """The root of the mesh that has this file in the folder `contracts` of a domain; None for any other file."""
    from mesh_platform.home import find_root

    try:
        root = find_root(path.parent)
    except ProjectError:
        return None
    within = path.relative_to(root).parts
    return root if len(within) == 4 and within[0] == "domains" and within[2] == "contracts" else None


def port_named(text: str) -> "tuple[Project, Offer, PortAddress]":
    """The mesh, the offer of the port's domain, and the port's address. Raises UnknownPort when the port has no contract."""
    from mesh_platform.product.offer import load_offer
    from mesh_platform.project import load_project

    address = known_port(text)
    project = load_project(with_broken=True, needed=[address.domain])
    offer = load_offer(project.domain(address.domain))
    if address.port not in offer.contracts:
        raise UnknownPort(f"{address} has no contract.", f"`mesh history {address}` lists its versions.")
    return project, offer, address


class _OfPort(Protocol):
    """What has the address of a port."""

    @property
    def address(self) -> PortAddress: ...


_Addressed = TypeVar("_Addressed", bound=_OfPort)


def of_targets(
    project: "Project", things: Sequence[_Addressed], targets: Sequence[str], published: bool = False
) -> list[_Addressed]:
    """Those of `things` whose port or domain is among `targets`; all without targets. Raises UnknownPort for another target.

    With `published`, the things are of published ports, and a port that is not published yet is another target.
    """
    known = {str(thing.address) for thing in things} | set(project.domains)
    for target in targets:
        if target not in known:
            if "/" in target:
                address = known_port(target)
                if published:
                    from mesh_platform.port.version import not_yet

                    raise not_yet(address)
            project.check_loads(target)
            raise UnknownPort(f"There is no domain or port '{target}'.", nearest(target, known))
    return [thing for thing in things if not targets or {str(thing.address), thing.address.domain} & set(targets)]


def parquet_file(text: str) -> Path:
    """The file's path. Raises FileRefused when it does not exist, is not a Parquet file, or is truncated.

    Parquet files begin and end with PAR1: https://parquet.apache.org/docs/file-format/
    """
    path = Path(text).absolute()
    try:
        with path.open("rb") as file:
            head = file.read(4)
            file.seek(-4, 2)
            whole = head == file.read(4) == b"PAR1"
    except OSError as problem:
        raise FileRefused(f"{text} cannot be read: {problem.strerror}.", "Name a Parquet file.") from problem
    if not whole:
        raise FileRefused(f"{text} is not a Parquet file, or is truncated.", "Name a complete Parquet file.")
    return path


def group(app: "typer.Typer", name: str, help: str) -> "typer.Typer":
    """The group with that name: the existing group of `app`, or a new one with this help text."""
    import typer

    for existing in app.registered_groups:
        if existing.name == name and existing.typer_instance is not None:
            return existing.typer_instance
    new = typer.Typer(help=help, no_args_is_help=True)
    app.add_typer(new, name=name)
    return new
