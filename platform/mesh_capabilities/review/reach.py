"""How far a change reaches: the ports that its files are part of, and those that are made of them, in every domain."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import PurePath

from mesh_capabilities.review.affected import touched_ports
from mesh_capabilities.review.changes import Changes
from mesh_capabilities.review.registry import registered_anew
from mesh_platform.build.port_graph import PortModel
from mesh_platform.errors import MeshError
from mesh_platform.home import REGISTRY
from mesh_platform.names import PortAddress
from mesh_platform.product.offer import Offer
from mesh_platform.project import Project
from mesh_platform.publish.loading import load_built

_OF_ALL = ("platform/", "requirements.lock")
"""What every domain rests on."""
_CODE = (".py", ".toml")
_PARTS = (".sql", ".yml", ".yaml", ".csv", *_CODE)
"""Files of these kinds can be part of a port; others are for people."""


@dataclass(frozen=True)
class Domain:
    """A domain's files, read."""

    offer: Offer
    graph: Mapping[str, PortModel]

    def reads(self, port: str) -> list[PortAddress]:
        """The ports that a port is made of, its own domain's included."""
        model = self.graph[port]
        return [*model.inputs, *(PortAddress(self.offer.domain.name, other) for other in model.ports)]


@dataclass(frozen=True)
class Reach:
    """What a change reaches."""

    domains: Mapping[str, Domain]
    """Those that can be read, producers first."""
    broken: Mapping[str, MeshError]
    """Those that cannot, with the reason: nothing of them can be built."""
    touched: Mapping[PortAddress, tuple[str, ...]]
    """Ports that changed files are part of, with these files; none where the whole mesh counts as changed."""
    dependent: Mapping[PortAddress, PortAddress]
    """Further ports that are made of them, each with the port through which."""
    read_anew: frozenset[str] = frozenset()
    """Domains whose code has changed, so that their sources may mean something else."""

    @property
    def ports(self) -> list[PortAddress]:
        """All ports that are reached, in an order in which they can be built."""
        every = [PortAddress(name, port) for name, domain in self.domains.items() for port in domain.graph]
        return [port for port in every if port in self.touched or port in self.dependent]

    def within(self, domains: Collection[str]) -> "Reach":
        """The reach as far as these domains are concerned, with the ports of others that have to be built for them."""
        ahead = [port for port in self.ports if port.domain in domains]
        kept: set[PortAddress] = set()
        while ahead:
            port = ahead.pop()
            if port not in kept and (port in self.touched or port in self.dependent):
                kept.add(port)
                ahead += self.domains[port.domain].reads(port.port)
        return Reach(
            self.domains,
            {name: problem for name, problem in self.broken.items() if name in domains},
            {port: files for port, files in self.touched.items() if port in kept},
            {port: through for port, through in self.dependent.items() if port in kept},
            self.read_anew,
        )


def reach_of(project: Project, changes: Changes) -> Reach:
    """Reads every domain and follows the change through the models and the declared inputs."""
    found: dict[str, Domain] = {}
    broken: dict[str, MeshError] = {}
    for name, folder in project.domains.items():
        try:
            found[name] = Domain(*load_built(folder))
        except MeshError as problem:
            broken[name] = problem
    domains = {name: found[name] for name in _producers_first(found)}
    registered = registered_anew(project, changes) if REGISTRY in changes.files else ()
    touched: dict[PortAddress, tuple[str, ...]] = {}
    for name, domain in domains.items():
        for port, files in _touched(name, domain, changes, name in registered).items():
            touched[PortAddress(name, port)] = tuple(sorted(files))
    dependent: dict[PortAddress, PortAddress] = {}
    for name, domain in domains.items():
        for port in domain.graph:
            address = PortAddress(name, port)
            through = next((read for read in domain.reads(port) if read in touched or read in dependent), None)
            if through and address not in touched:
                dependent[address] = through
    code = {file.split("/")[1] for file in changes.files if file.startswith("domains/") and file.endswith(_CODE)}
    of_all = changes.everything or any(file.startswith("platform/") for file in changes.files)
    return Reach(domains, broken, touched, dependent, frozenset(domains if of_all else code))


def _touched(name: str, domain: Domain, changes: Changes, registered: bool) -> dict[str, set[str]]:
    """By port of the domain, the changed files that it is part of; a file nobody can place is part of every port."""
    if changes.everything:
        return {port: set() for port in domain.graph}
    found: dict[str, set[str]] = {port: {REGISTRY} for port in domain.graph} if registered else {}
    for file in sorted(changes.files):
        for port in _part_of(file, name, domain):
            found.setdefault(port, set()).add(file)
    return found


def _part_of(file: str, name: str, domain: Domain) -> Collection[str]:
    if file.startswith(_OF_ALL):
        return domain.graph.keys()
    folder, path = PurePath(*PurePath(file).parts[:2]).as_posix(), PurePath(file)
    if folder not in (f"domains/{name}", f"dbt_projects/{name}") or path.suffix not in _PARTS:
        return ()
    if file.startswith((f"domains/{name}/policies/", f"domains/{name}/waivers/")) or file.endswith(".lifecycle.yaml"):
        return ()
    touched = touched_ports(domain.offer.domain.root / file, domain.offer, domain.graph)
    return domain.graph.keys() if touched is None else touched & domain.graph.keys()


def _producers_first(domains: Mapping[str, Domain]) -> list[str]:
    """An order of the domains in which each comes after those it reads; that of the registry where they go in a circle."""
    reads = {
        name: {address.domain for model in domain.graph.values() for address in model.inputs} & (domains.keys() - {name})
        for name, domain in domains.items()
    }
    try:
        return list(TopologicalSorter(reads).static_order())
    except CycleError:  # a policy of the mesh refuses it by name
        return list(domains)
