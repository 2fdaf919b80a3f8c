"""The changed files, the ports that they affect in every domain, and the plan of a pipeline for them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path, PurePath
from typing import Any

from mesh_capabilities.contract_change.revision import Revision, where_left, where_main_was_left
from mesh_isolation.misspelt import misspelt_endings
from mesh_platform.build.port_graph import PortModel
from mesh_platform.errors import MeshError, ProjectError
from mesh_platform.home import REGISTRY
from mesh_platform.names import PortAddress
from mesh_platform.product.offer import Offer
from mesh_platform.project import DomainFolder, Project, code_locations
from mesh_platform.publish.loading import load_built
from mesh_platform.yaml_files import parse_mapping

_DBT_FOLDERS = ("models", "macros", "tests", "seeds", "snapshots", "analyses")
_DBT_ENDINGS = (".sql", ".py", ".yml", ".yaml", ".csv", ".md")
"""The files that dbt reads there: https://docs.getdbt.com/reference/project-configs/model-paths"""


@dataclass(frozen=True)
class Changes:
    """The changed files."""

    base: Revision | None
    """The commit that they are compared with; None outside git."""
    files: frozenset[str]
    """Paths relative to the mesh's root, including deleted files."""
    named: str = "main"
    """The revision as given; the base is the common ancestor with it."""

    @property
    def everything(self) -> bool:
        """Whether the whole mesh counts as changed."""
        return self.base is None

    @property
    def since(self) -> str:
        """The base in words."""
        return f"{self.named}, commit {self.base.commit[:12]}" if self.base else "nothing, so everything counts as changed"


def changes_since(root: Path, revision: str | None) -> Changes:
    """The files that differ from a revision, including uncommitted edits.

    Args:
        root: the root of the mesh.
        revision: a git revision; the comparison is with the common ancestor. None for the main branch.

    Raises RevisionError for a revision that git does not know.
    """
    base = where_left(root, revision) if revision else where_main_was_left(root)
    return Changes(base, frozenset(base.changed()) if base else frozenset(), revision or "main")


_OF_ALL = ("platform/", "requirements.lock", "mesh.toml")
"""Files that affect every domain."""
_CODE = (".py", ".toml")
_PARTS = (".sql", ".yml", ".yaml", ".csv", *_CODE)
"""The suffixes of files that can be part of a port."""


@dataclass(frozen=True)
class Domain:
    """A domain with its offer and its port graph."""

    offer: Offer
    graph: Mapping[str, PortModel]

    def reads(self, port: str) -> list[PortAddress]:
        """The ports that a port reads, in its own domain and in others."""
        model = self.graph[port]
        return [*model.inputs, *(PortAddress(self.offer.domain.name, other) for other in model.ports)]


@dataclass(frozen=True)
class ChangeReach:
    """The domains and ports that a change affects."""

    domains: Mapping[str, Domain]
    """The domains that can be read, producers first."""
    broken: Mapping[str, MeshError]
    """The domains that cannot be read, with the error."""
    touched: Mapping[PortAddress, tuple[str, ...]]
    """The ports with changed files, and these files; no files if the whole mesh counts as changed."""
    dependent: Mapping[PortAddress, PortAddress]
    """The downstream ports, each with the affected port that it reads."""
    read_anew: frozenset[str] = frozenset()
    """The domains whose code changed, so that their sources must be read again."""

    @property
    def ports(self) -> list[PortAddress]:
        """All affected ports, in build order."""
        every = [PortAddress(name, port) for name, domain in self.domains.items() for port in domain.graph]
        return [port for port in every if port in self.touched or port in self.dependent]

    def within(self, domains: Collection[str]) -> "ChangeReach":
        """The affected ports of these domains, with the affected ports upstream of them."""
        ahead = [port for port in self.ports if port.domain in domains]
        kept: set[PortAddress] = set()
        while ahead:
            port = ahead.pop()
            if port not in kept and (port in self.touched or port in self.dependent):
                kept.add(port)
                ahead += self.domains[port.domain].reads(port.port)
        return ChangeReach(
            self.domains,
            {name: problem for name, problem in self.broken.items() if name in domains},
            {port: files for port, files in self.touched.items() if port in kept},
            {port: through for port, through in self.dependent.items() if port in kept},
            self.read_anew,
        )


def reach_of(project: Project, changes: Changes) -> ChangeReach:
    """Reads every domain, and follows the change through models and declared inputs."""
    readable: dict[str, Domain] = {}
    broken: dict[str, MeshError] = {name: ProjectError(reason) for name, reason in project.broken.items()}
    for name, folder in project.domains.items():
        try:
            _check_dbt_files(folder)
            readable[name] = Domain(*load_built(folder))
        except MeshError as problem:
            broken[name] = problem
    domains = {name: readable[name] for name in _producers_first(readable)}
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
    return ChangeReach(domains, broken, touched, dependent, frozenset(domains if of_all else code))


def _check_dbt_files(domain: DomainFolder) -> None:
    """Raises ProjectError that names the files which dbt ignores for a misspelt ending: their models or tests would vanish."""
    project = domain.relative(domain.dbt_project)
    unread = {
        f"{project}/{folder}/{file}": way_out
        for folder in _DBT_FOLDERS
        for file, way_out in misspelt_endings(domain.dbt_project / folder, _DBT_ENDINGS)
    }
    if unread:
        are = "is" if len(unread) == 1 else "are"
        raise ProjectError(f"{' and '.join(unread)} {are} not read by dbt.", " ".join(dict.fromkeys(unread.values())))


def _touched(name: str, domain: Domain, changes: Changes, registered: bool) -> dict[str, set[str]]:
    """The changed files of each port of the domain. A file without a known port belongs to all of them."""
    if changes.everything:
        return {port: set() for port in domain.graph}
    files: dict[str, set[str]] = {port: {REGISTRY} for port in domain.graph} if registered else {}
    for file in sorted(changes.files):
        for port in _part_of(file, name, domain):
            files.setdefault(port, set()).add(file)
    return files


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
    """The domains in an order in which each comes after those it reads; in that of the registry if there is a cycle."""
    reads = {
        name: {address.domain for model in domain.graph.values() for address in model.inputs} & (domains.keys() - {name})
        for name, domain in domains.items()
    }
    try:
        return list(TopologicalSorter(reads).static_order())
    except CycleError:  # a policy of the mesh refuses the cycle
        return list(domains)


def affected_ports(changed: Iterable[Path], offer: Offer, graph: Mapping[str, PortModel]) -> set[str]:
    """The ports to build again after these files changed; all ports if a file has no known port."""
    affected: set[str] = set()
    for path in changed:
        touched = touched_ports(path, offer, graph)
        if touched is None:
            return set(graph)
        affected |= touched
    # `graph` lists a port after those it reads, so one pass finds everything downstream.
    for port, model in graph.items():
        if affected & set(model.ports):
            affected.add(port)
    return affected & set(graph)


def touched_ports(path: Path, offer: Offer, graph: Mapping[str, PortModel]) -> set[str] | None:
    """The ports that the file belongs to; None when that is not known."""
    if path.parent == offer.domain.contracts:
        return {path.name.partition(".")[0]}
    if path.parent == offer.domain.products:
        product = offer.products.get(path.name.partition(".")[0])
        return {output.address.port for output in product.outputs} if product else None
    ports = {port for port, model in graph.items() if path.stem in model.models}
    return ports or None


def registered_anew(project: Project, changes: Changes) -> frozenset[str]:
    """The domains whose entry in the registry is new or changed.

    All domains if another part of the registry changed, an entry was removed, or one of the two texts cannot be read.
    """
    every_domain = frozenset(project.domains)
    if changes.base is None:
        return every_domain
    try:
        before = _entries(changes.base.text(REGISTRY) or "")
        now = _entries((project.root / REGISTRY).read_text(encoding="utf-8"))
    except (ProjectError, TypeError):  # TypeError for a name that is a list
        return every_domain
    if before.keys() - now.keys():
        return every_domain
    return frozenset(name for name, entry in now.items() if before.get(name) != entry)


def _entries(text: str) -> dict[str, Any]:
    """The registry's entries by code location. Raises ProjectError if it has other keys."""
    document = parse_mapping(text, REGISTRY, ProjectError)
    if document.keys() != {"load_from"}:
        raise ProjectError(f"{REGISTRY} says more than which domains there are.", "Leave what is no code location out of it.")
    return dict(code_locations(document))


@dataclass(frozen=True)
class PipelinePlan:
    """The jobs of a pipeline."""

    domains: tuple[str, ...]
    """The affected domains, producers first. A job can check each of them independently."""
    groups: tuple[tuple[str, ...], ...]
    """The same domains, grouped if one reads an affected port of another.

    A group is published in this order; groups are independent of each other.
    """


def plan_of(reach: ChangeReach) -> PipelinePlan:
    """The plan for a change. It includes domains that cannot be read, so that their error is reported."""
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
    return PipelinePlan((*domains, *reach.broken), tuple(tuple(group) for group in ordered))
