"""The layout of a mesh: the repository's root, and the domains that `workspace.yaml` registers."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mesh_isolation.grants import NotGranted, are_named, expected, granted
from mesh_isolation.misspelt import unread_files
from mesh_isolation.text import brief, brief_repr
from mesh_platform.errors import ProjectError, UnknownPort
from mesh_platform.home import REGISTRY, MeshHome, find_root
from mesh_platform.names import check_name, nearest
from mesh_platform.yaml_files import read_mapping

OWNER = re.compile(r"team:.*\S.*|\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,7}")
"""The owners that Dagster shows; another one would stop the domain from loading."""
_KEYS = ("name", "title", "description", "owner", "channel", "broken_expectations", "secrets")
"""The keys of `domain.yaml`."""
_OFFER = {"contracts": (".odcs.yaml",), "products": (".odps.yaml", ".lifecycle.yaml")}
_FOLDERS = {**_OFFER, "policies": (".sql",), "waivers": (".yaml",), "samples": ()}
"""The folders of a domain beside its Python package, and the endings of the files that the platform reads there."""


@dataclass(frozen=True)
class DomainFolder:
    """One domain: the content of its `domain.yaml`, and the paths of its parts."""

    name: str
    title: str
    description: str
    owner: str
    """The team that owns the domain, as Dagster writes it: `team:sales`."""
    channel: str
    """Where consumers reach that team."""
    root: Path
    """The repository that contains the domain."""
    broken_expectations: str = "warn"
    """`block` or `warn`: the effect of a consumer's broken expectation on a candidate."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """The environment variables that the domain's code sees: name → `env` or `file`. The platform grants their values."""

    def environment(self) -> dict[str, str]:
        """The values of the secrets. Raises ProjectError for one that is not set."""
        try:
            return {name: granted(self.name, name, origin) for name, origin in self.secrets.items()}
        except NotGranted as problem:
            found = f"domains/{self.name}/domain.yaml names a secret that the platform does not grant: {problem}."
            raise ProjectError(found, "A platform engineer sets it there.") from None

    @property
    def folder(self) -> Path:
        return self.root / "domains" / self.name

    @property
    def dbt_project(self) -> Path:
        return self.root / "dbt_projects" / self.name

    @property
    def others(self) -> list[str]:
        """The names of the other domains, registered or not; a folder whose name no domain can have is none."""
        return sorted(_folders(self.root) - {self.name})

    @property
    def contracts(self) -> Path:
        return self.folder / "contracts"

    @property
    def products(self) -> Path:
        return self.folder / "products"

    @property
    def samples(self) -> Path:
        """The folder of small sample files, which replace missing files in the mesh's own source folder."""
        return self.folder / "samples"

    @property
    def home(self) -> MeshHome:
        return MeshHome.of(self.root)

    def relative(self, path: Path) -> str:
        """The path relative to the repository's root, for messages."""
        return path.relative_to(self.root).as_posix()


@dataclass(frozen=True)
class Project:
    """A repository that holds a mesh."""

    root: Path
    domains: Mapping[str, DomainFolder]
    broken: dict[str, str] = field(default_factory=dict)
    """The domains that are not registered, and with `load_project(with_broken=True)` those that cannot be read; why."""

    @property
    def home(self) -> MeshHome:
        return MeshHome.of(self.root)

    @property
    def names(self) -> list[str]:
        """All domains, whether they can be read or not."""
        return sorted({*self.domains, *self.broken})

    def domain(self, name: str) -> DomainFolder:
        """The domain of that name. Raises UnknownPort when there is none, ProjectError when it is broken."""
        self.check_loads(name)
        if name not in self.domains:
            raise UnknownPort(f"There is no domain '{name}'.", nearest(name, self.names))
        return self.domains[name]

    def check_loads(self, name: str) -> None:
        """Raises ProjectError when the domain of that name is broken."""
        if name in self.broken:
            raise ProjectError(self.broken[name])


def load_project(start: Path | None = None, with_broken: bool = False, needed: Collection[str] = ()) -> Project:
    """Reads the registry and the file of each domain in it. Raises ProjectError when two entries have the same name.

    A domain that the registry does not list is in `broken`: it must not vanish with an entry that was lost.

    Args:
        start: where to look for the repository; default: the working directory.
        with_broken: list domains that cannot be read in `broken`; by default, the first one raises ProjectError.
        needed: the domains that raise it even so.
    """
    root = find_root(start)
    domains: dict[str, DomainFolder] = {}
    broken: dict[str, str] = {}
    locations = code_locations(read_mapping(root / REGISTRY, ProjectError))
    lost = _folders(root) - {name for name, _ in locations}
    for name, entry in [*locations, *((name, None) for name in sorted(lost))]:
        if name in domains or name in broken:
            found = f"Two code locations in {REGISTRY} have the name '{name}'."
            raise ProjectError(found, f"A domain has one entry: remove or rename one of them in {root / REGISTRY}.")
        try:
            _check_entry(name, entry)
            domains[name] = load_domain(root, name)
        except ProjectError as problem:
            if (not with_broken and entry) or name in needed:
                raise
            broken[name] = str(problem)
    return Project(root, domains, broken)


def _folders(root: Path) -> set[str]:
    return {name for path in root.glob("domains/*/domain.yaml") if (name := path.parent.name).isascii() and name.isidentifier()}


def _check_entry(name: str, entry: Mapping[str, Any] | None) -> None:
    module = f"{check_name(name, 'A domain')}.definitions"
    written = entry and entry["python_module"].get("module_name")
    if written != module:
        wrong = f"{REGISTRY} has the module {brief_repr(written)} for the domain {name}."
        found = wrong if entry else f"domains/{name} exists, and {REGISTRY} does not register it."
        line = f"`- python_module: {{module_name: {module}, location_name: {name}}}`"
        raise ProjectError(found, f"Write {line} in {REGISTRY}." if entry else f"Add {line} to {REGISTRY}.")


def load_domain(root: Path, name: str) -> DomainFolder:
    """Reads `domains/<name>/domain.yaml`. Raises ProjectError when it is missing, invalid, or has another name."""
    path = root / "domains" / check_name(name, "A domain") / "domain.yaml"
    for file, way_out in unread_files(path.parent, path.name, {name: (), **_FOLDERS}):
        raise ProjectError(f"domains/{name}/{file} is not read.", way_out)
    document = read_mapping(path, ProjectError)
    for key in (key for key in document if key not in _KEYS):
        found = f"{path.relative_to(root)} has the key {brief_repr(key)}, which is unknown."
        raise ProjectError(found, nearest(brief(key).lower(), _KEYS))
    if document.get("name") != name:
        raise ProjectError(
            f"{path.relative_to(root)} has name: {document.get('name')!r}, but its folder is named '{name}'.",
            "Make them agree.",
        )
    texts = {key for key, value in document.items() if isinstance(value, str) and value.strip()}
    missing = [key for key in ("title", "description", "owner", "channel") if key not in texts]
    if missing:
        raise ProjectError(f"{path.relative_to(root)} has no {' and no '.join(missing)}.", "Add it, as text.")
    if not OWNER.fullmatch(document["owner"]):
        way_out = f"Write a team as team:{name}, or an e-mail address."
        raise ProjectError(f"{path.relative_to(root)} has owner: {document['owner']!r}.", way_out)
    effect = document.get("broken_expectations", "warn")
    if effect not in ("block", "warn"):
        raise ProjectError(f"{path.relative_to(root)} has broken_expectations: {effect!r}.", "Write block or warn.")
    secrets = document.get("secrets") or {}
    if not are_named(secrets):
        raise ProjectError(f"{path.relative_to(root)} has secrets that are not names with an origin.", expected(name))
    return DomainFolder(
        name=name,
        title=document["title"],
        description=" ".join(document["description"].split()),
        owner=document["owner"],
        channel=document["channel"],
        root=root,
        broken_expectations=effect,
        secrets=secrets,
    )


def code_locations(registry: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The name and the entry of each code location, in the registry's order. Raises ProjectError for one without a name."""
    try:
        return [(entry["python_module"]["location_name"], entry) for entry in registry["load_from"] or []]
    except (KeyError, TypeError):
        lacking = "an entry without python_module.location_name" if "load_from" in registry else "no key load_from"
        raise ProjectError(
            f"{REGISTRY} has {lacking}.",
            "Register a domain below `load_from:` as {python_module: {module_name: sales.definitions, location_name: sales}}.",
        ) from None
