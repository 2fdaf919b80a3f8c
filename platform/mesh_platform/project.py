"""What belongs to a mesh: the repository's root, and the domains that `workspace.yaml` registers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mesh_platform.errors import ProjectError
from mesh_platform.home import REGISTRY, MeshHome, find_root
from mesh_platform.names import check_name
from mesh_platform.yaml_files import read_mapping


@dataclass(frozen=True)
class DomainFolder:
    """What one domain says of itself in `domain.yaml`, and where its parts are."""

    name: str
    title: str
    description: str
    owner: str
    """The team that answers for the domain, as Dagster writes it: `team:sales`."""
    channel: str
    """Where consumers reach that team."""
    root: Path
    """The repository the domain stands in."""
    broken_expectations: str = "warn"
    """`block` or `warn`: what it means for a candidate when a consumer's expectation is broken."""

    @property
    def folder(self) -> Path:
        return self.root / "domains" / self.name

    @property
    def dbt_project(self) -> Path:
        return self.root / "dbt_projects" / self.name

    @property
    def others(self) -> list[str]:
        """The names of the other domains, registered or not."""
        return sorted(path.parent.name for path in self.root.glob("domains/*/domain.yaml") if path.parent.name != self.name)

    @property
    def contracts(self) -> Path:
        return self.folder / "contracts"

    @property
    def products(self) -> Path:
        return self.folder / "products"

    @property
    def samples(self) -> Path:
        """Small files that stand in for source files in the mesh's own source folder."""
        return self.folder / "samples"

    @property
    def home(self) -> MeshHome:
        return MeshHome.of(self.root)

    def relative(self, path: Path) -> str:
        """A path as people write it: from the repository's root."""
        return path.relative_to(self.root).as_posix()


@dataclass(frozen=True)
class Project:
    """A repository that holds a mesh."""

    root: Path
    domains: Mapping[str, DomainFolder]
    broken: Mapping[str, str] = field(default_factory=dict)
    """Domains whose `domain.yaml` cannot be read, with the reason; only of a project that was loaded with them."""

    @property
    def home(self) -> MeshHome:
        return MeshHome.of(self.root)


def load_project(start: Path | None = None, with_broken: bool = False) -> Project:
    """Reads the registry and every domain's own file. Raises ProjectError for a name claimed twice.

    Args:
        start: where to look for the repository; default: here.
        with_broken: a domain that cannot be read is told in `broken` and hides no other; else it is an error.
    """
    root = find_root(start)
    domains: dict[str, DomainFolder] = {}
    broken: dict[str, str] = {}
    for name, _ in code_locations(read_mapping(root / REGISTRY, ProjectError)):
        if name in domains or name in broken:
            raise ProjectError(
                f"Two code locations in {REGISTRY} claim the name '{name}'.",
                f"A domain has one entry; remove or rename one in {root / REGISTRY}.",
            )
        try:
            domains[name] = load_domain(root, name)
        except ProjectError as problem:
            if not with_broken:
                raise
            broken[name] = str(problem)
    if not broken:
        _refuse_shared_names(root)
    return Project(root, domains, broken)


def load_domain(root: Path, name: str) -> DomainFolder:
    """Reads `domains/<name>/domain.yaml`. Raises ProjectError when it is missing or says another name."""
    path = root / "domains" / check_name(name, "A domain") / "domain.yaml"
    said = read_mapping(path, ProjectError)
    if said.get("name") != name:
        raise ProjectError(
            f"{path.relative_to(root)} says name: {said.get('name')!r}, but its folder is called '{name}'.",
            "A domain has one spelling everywhere: make the two agree.",
        )
    missing = [
        key
        for key in ("title", "description", "owner", "channel")
        if not (isinstance(said.get(key), str) and said[key].strip())
    ]
    if missing:
        raise ProjectError(f"{path.relative_to(root)} does not say its {' and '.join(missing)}.", "Add it, as text.")
    policy = said.get("broken_expectations", "warn")
    if policy not in ("block", "warn"):
        raise ProjectError(f"{path.relative_to(root)} says broken_expectations: {policy!r}.", "Write block or warn.")
    return DomainFolder(
        name=name,
        title=said["title"],
        description=" ".join(said["description"].split()),
        owner=said["owner"],
        channel=said["channel"],
        root=root,
        broken_expectations=policy,
    )


def code_locations(registry: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The name and the whole entry of each code location that the registry's YAML holds, in its order.

    Raises ProjectError for an entry without a name.
    """
    try:
        return [(entry["python_module"]["location_name"], entry) for entry in registry.get("load_from") or []]
    except (KeyError, TypeError):
        raise ProjectError(
            f"{REGISTRY} has an entry without python_module.location_name.",
            "Every domain is registered as {python_module: {module_name: sales.definitions, location_name: sales}}.",
        ) from None


def _refuse_shared_names(root: Path) -> None:
    """A second folder may not claim a registered name either, even while nobody has registered it."""
    claims: dict[str, Path] = {}
    for path in sorted((root / "domains").glob("*/domain.yaml")):
        name = read_mapping(path, ProjectError).get("name")
        if name in claims:
            raise ProjectError(
                f"Two domains claim the name '{name}': {claims[name].relative_to(root)} and {path.relative_to(root)}.",
                "Rename one of them, its folder included.",
            )
        claims[name] = path
