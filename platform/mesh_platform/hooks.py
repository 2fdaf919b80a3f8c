"""The interface between the core and its capabilities: six hooks, and the list of capabilities in `mesh.toml`.

A capability is a package `mesh_capabilities.<name>`. Its `__init__.py` implements some of the hooks below as functions with
`@hookimpl`. A capability that a mesh does not list is never imported. `REQUIRES` lists the capabilities that it depends on.

    from mesh_platform.hooks import hookimpl

    @hookimpl
    def commands(app):
        from mesh_capabilities.doctor.verbs import register
        register(app)

The hooks use pluggy: https://pluggy.readthedocs.io
"""

import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pluggy

from mesh_platform.errors import MeshError, ProjectError
from mesh_platform.home import find_root

if TYPE_CHECKING:
    import typer

    from mesh_platform.names import PortAddress
    from mesh_platform.port.place import Place
    from mesh_platform.port.version import PortVersion
    from mesh_platform.product.offer import Offer
    from mesh_platform.project import Project
    from mesh_platform.publish.attempt import Attempt

SETTINGS = "mesh.toml"
"""The file beside `workspace.yaml` that lists the capabilities of a mesh."""

PACKAGE = "mesh_capabilities"

_hookspec = pluggy.HookspecMarker("mesh")
hookimpl = pluggy.HookimplMarker("mesh")


@dataclass(frozen=True)
class CheckSpec:
    """One check of a port, in addition to those of its contract."""

    name: str
    description: str
    blocking: bool = False


@dataclass(frozen=True)
class CheckResult:
    """The result of one check. A failed check is an error or a warning."""

    name: str
    passed: bool
    error: bool = True
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Numbers, strings and lists; a string is shown as Markdown."""


@dataclass(frozen=True)
class Ruling:
    """The decision of one gate about one port."""

    refusal: MeshError | None = None
    """Why the port may not be published; None if it may."""
    checks: tuple[CheckResult, ...] = ()
    """The gate's checks of the port, whether it may be published or not."""


ColumnLineage = Mapping[str, Sequence[tuple[tuple[str, str], str]]]
"""For each column of a port, the columns that its values come from: ((domain, port), column). A value of `metadata`."""


@dataclass(frozen=True)
class Storage:
    """A kind of storage for ports, in addition to local folders."""

    place: Callable[[Path, str], "Place"]
    """(a port's folder, the URL of all ports) → the place of the port."""
    majors: Callable[[str], Collection[str]]
    """The URL of all ports → the majors stored there, as paths `domain/port/v1`."""


@dataclass(frozen=True)
class Kinds:
    """Kinds of sources and storage that a capability adds."""

    sources: Mapping[str, str] = field(default_factory=dict)
    """Class name → its module. `mesh_platform` offers these classes to domains; see `ingestion.source.TableSource`."""
    storage: Mapping[str, Storage] = field(default_factory=dict)
    """URL scheme, such as `s3` → its storage."""


class Companion(Protocol):
    """A server that runs beside the UI until the UI stops."""

    sentence: str

    def close(self) -> None: ...


class Hooks:
    """The hooks that a capability may implement. An implementation takes any of the arguments, by name."""

    @_hookspec
    def gates(self, offer: "Offer", ports: Collection[str]) -> Mapping[str, Ruling]:
        """Decides which of these ports may be published now, by port. Called before anything is built."""

    @_hookspec
    def checks(self, offer: "Offer", port: str) -> Sequence[CheckSpec]:
        """Returns further checks of the port, beside its contract's. Their results come from the rulings of `gates`."""

    @_hookspec
    def metadata(
        self, offer: "Offer", attempt: "Attempt", pinned: Mapping["PortAddress", "PortVersion"]
    ) -> Mapping[str, "ColumnLineage | object"]:
        """Returns metadata for the materialisation of a port that was just published. `pinned` holds the versions it read."""

    @_hookspec
    def kinds(self) -> Kinds:
        """Returns further kinds of sources and storage, beside files and folders."""

    @_hookspec
    def commands(self, app: "typer.Typer") -> None:
        """Adds commands to `mesh`. Must not import expensive libraries: `mesh --help` calls it."""

    @_hookspec
    def companions(self, project: "Project", port: int) -> Companion:
        """Starts a server beside the UI, on `port` or the next free port. Raises MeshError when it cannot start."""


def capabilities_of(root: Path) -> pluggy.HookRelay:
    """The hooks of the mesh in `root`. Each calls every listed capability and returns the results as a list.

    Raises ProjectError for a missing or invalid `mesh.toml`, and for a listed capability that is not installed, does not
    load, or requires one that is not listed: a gate must not disappear because its package is not installed.
    """
    return _loaded(listed(root)).hook


def capabilities_here() -> pluggy.HookRelay:
    """The hooks of the mesh that contains the working directory. Raises ProjectError outside a mesh."""
    return capabilities_of(find_root())


def every_capability() -> pluggy.HookRelay:
    """The hooks of all installed capabilities: for the command line outside a mesh, and for the command reference."""
    try:
        spec = find_spec(PACKAGE)
    except ModuleNotFoundError:
        spec = None
    places = spec.submodule_search_locations if spec else ()
    return _loaded(tuple(sorted(path.parent.name for place in places for path in Path(place).glob("*/__init__.py")))).hook


def listed(root: Path) -> tuple[str, ...]:
    """The capabilities that `mesh.toml` lists, in its order. Raises ProjectError for a missing or invalid file."""
    path = root / SETTINGS
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ProjectError(
            f"{path} does not exist.", "Create it with `capabilities = []`, or with a list of capabilities."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ProjectError(f"{path} is not TOML: {problem}.", "Correct the file.") from problem
    names = settings.pop("capabilities", None)
    if not isinstance(names, list) or not all(isinstance(name, str) and name.isidentifier() for name in names):
        raise ProjectError(f"{path} has no list of names `capabilities`.", 'Write it like capabilities = ["doctor"].')
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ProjectError(f"{path} lists {', '.join(repeated)} more than once.", "List each capability once.")
    if settings:
        raise ProjectError(f"{path} has the unknown key {min(settings)!r}.", "Its only key is `capabilities`.")
    return tuple(names)


@cache
def _loaded(names: tuple[str, ...]) -> pluggy.PluginManager:
    manager = pluggy.PluginManager("mesh")
    manager.add_hookspecs(Hooks)
    for name in reversed(names):  # pluggy calls the last registered plugin first
        try:
            module = import_module(f"{PACKAGE}.{name}")
            manager.register(module, name)
            manager.check_pending()  # otherwise a hook with a misspelt name would never be called
        except Exception as problem:
            reason = f"{type(problem).__name__}: {problem}".rstrip(".")
            raise ProjectError(
                f"The capability '{name}', which {SETTINGS} lists, does not load: {reason}.",
                f"Install or repair {PACKAGE}.{name}, or remove it from the list to run the mesh without it.",
            ) from problem
        if missing := [other for other in getattr(module, "REQUIRES", ()) if other not in names]:
            raise ProjectError(
                f"The capability '{name}' requires {', '.join(missing)}, which {SETTINGS} does not list.",
                f"List {', '.join(missing)} as well, or remove {name} from the list.",
            )
    return manager
