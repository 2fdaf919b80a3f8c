"""Which files have changed, and which ports of which domains that affects."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path, PurePath
from typing import Any

from mesh_capabilities.contract_change.revision import Revision, where_left, where_main_was_left
from mesh_platform.build.port_graph import PortModel
from mesh_platform.errors import MeshError, ProjectError
from mesh_platform.home import REGISTRY
from mesh_platform.names import PortAddress
from mesh_platform.product.offer import Offer
from mesh_platform.project import Project, code_locations
from mesh_platform.publish.loading import load_built
from mesh_platform.yaml_files import parse_mapping


@dataclass(frozen=True)
class Changes:
    """The files of a change."""

    base: Revision | None
    """What they are held against; None outside git, where nobody can say what has changed."""
    files: frozenset[str]
    """Written from the mesh's root; those that are gone are named, too."""
    named: str = "main"
    """The revision that the work is compared with, as somebody named it: the base is where the work left it."""

    @property
    def everything(self) -> bool:
        """Whether all of the mesh counts as changed."""
        return self.base is None

    @property
    def since(self) -> str:
        """The base as people read it."""
        return f"{self.named}, commit {self.base.commit[:12]}" if self.base else "nothing, so all of it counts as changed"


def changes_since(root: Path, revision: str | None) -> Changes:
    """The files that differ from a revision, edits that are not committed included.

    Args:
        root: the mesh's.
        revision: as git names it: what counts is where the work left it. None for the main branch.

    Raises RevisionError for a revision that git does not know.
    """
    base = where_left(root, revision) if revision else where_main_was_left(root)
    return Changes(base, frozenset(base.changed()) if base else frozenset(), revision or "main")


_OF_ALL = ("platform/", "requirements.lock", "mesh.toml")
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


def affected_ports(changed: Iterable[Path], offer: Offer, graph: Mapping[str, PortModel]) -> set[str]:
    """The ports to look at again after these files were written, made or removed. All of them, where in doubt."""
    found: set[str] = set()
    for path in changed:
        touched = touched_ports(path, offer, graph)
        if touched is None:
            return set(graph)
        found |= touched
    # `graph` lists a port after those it reads, so one pass reaches everything below.
    for port, model in graph.items():
        if found & set(model.ports):
            found.add(port)
    return found & set(graph)


def touched_ports(path: Path, offer: Offer, graph: Mapping[str, PortModel]) -> set[str] | None:
    """The ports that the file is part of; None when nobody can tell."""
    if path.parent == offer.domain.contracts:
        return {path.name.partition(".")[0]}
    if path.parent == offer.domain.products:
        product = offer.products.get(path.name.partition(".")[0])
        return {output.address.port for output in product.outputs} if product else None
    ports = {port for port, model in graph.items() if path.stem in model.models}
    return ports or None


def registered_anew(project: Project, changes: Changes) -> frozenset[str]:
    """The domains that the registry registers now and did not at the base, or otherwise.

    All of them where it says anything else, an entry is gone, or one of the two texts cannot be read.
    """
    everybody = frozenset(project.domains)
    if changes.base is None:
        return everybody
    try:
        before = _entries(changes.base.text(REGISTRY) or "")
        now = _entries((project.root / REGISTRY).read_text(encoding="utf-8"))
    except (ProjectError, TypeError):  # the latter for a name that is a list
        return everybody
    if before.keys() - now.keys():
        return everybody
    return frozenset(name for name, entry in now.items() if before.get(name) != entry)


def _entries(text: str) -> dict[str, Any]:
    """By code location, what the registry says; whatever else stands in it has to say nothing."""
    said = parse_mapping(text, REGISTRY, ProjectError)
    if said.keys() != {"load_from"}:
        raise ProjectError(f"{REGISTRY} says more than which domains there are.", "Leave what is no code location out of it.")
    return dict(code_locations(said))


@dataclass(frozen=True)
class Plan:
    """The work of a pipeline."""

    domains: tuple[str, ...]
    """Domains that a change reaches, producers first. Each can be checked by a job of its own, which waits for no other."""
    groups: tuple[tuple[str, ...], ...]
    """The same, those together of which one reads a port of another that is reached.

    They are published in this order, and other groups meanwhile.
    """


def plan_of(reach: Reach) -> Plan:
    """The plan for a change; a domain that cannot be read is in it, for somebody has to say so."""
    reached = set(reach.ports)
    domains = [name for name in reach.domains if any(port.domain == name for port in reached)]
    groups: list[list[str]] = []
    for name in domains:
        built = [port.port for port in reached if port.domain == name]
        reads = {read.domain for port in built for read in reach.domains[name].reads(port) if read in reached}
        joined = [group for group in groups if reads & set(group)]
        groups = [group for group in groups if group not in joined]
        groups.append([other for group in joined for other in group] + [name])
    ordered = [[name for name in domains if name in group] for group in groups]
    return Plan((*domains, *reach.broken), tuple(tuple(group) for group in ordered))
