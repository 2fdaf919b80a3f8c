"""The seam between the core and its capabilities: six hooks, and the capabilities that a mesh lists in `mesh.toml`.

A capability is a package `mesh_capabilities.<name>`. Its `__init__.py` implements some of the hooks below as functions with
`@hookimpl`; names that a mesh does not list are never imported. `REQUIRES` in it names the capabilities it cannot do without.

    from mesh_platform.hooks import hookimpl

    @hookimpl
    def commands(app):
        from mesh_capabilities.doctor.verbs import register
        register(app)

The library: https://pluggy.readthedocs.io
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
    """One check of a port beside those of its contract."""

    name: str
    description: str
    blocking: bool = False


@dataclass(frozen=True)
class CheckResult:
    """What one check found. A result that did not pass is an error, or a warning."""

    name: str
    passed: bool
    error: bool = True
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Numbers, texts and lists; a text is shown as Markdown."""


@dataclass(frozen=True)
class Ruling:
    """What one gate decided about one port."""

    refusal: MeshError | None = None
    """Why the port may not be published; None where nothing speaks against it."""
    checks: tuple[CheckResult, ...] = ()
    """What the gate shows of the port, published or not."""


ColumnLineage = Mapping[str, Sequence[tuple[tuple[str, str], str]]]
"""By column of a port, the columns that its values are made of: ((domain, port), column). A value of `metadata`."""


@dataclass(frozen=True)
class Storage:
    """A kind of storage for ports beside the folders of this machine."""

    place: Callable[[Path, str], "Place"]
    """From a port's folder and the URL of all ports to the place of the port."""
    majors: Callable[[str], Collection[str]]
    """From the URL of all ports to the majors that are there, as paths `domain/port/v1`."""


@dataclass(frozen=True)
class Kinds:
    """Kinds of sources and storage that a capability adds."""

    sources: Mapping[str, str] = field(default_factory=dict)
    """Name → module of classes that `mesh_platform` then offers to domains; see `ingestion.source.TableSource`."""
    storage: Mapping[str, Storage] = field(default_factory=dict)
    """By the scheme of a URL, `s3`."""


class Companion(Protocol):
    """What is served beside the UI until it stops."""

    sentence: str

    def close(self) -> None: ...


class Hooks:
    """What a capability may implement. A function takes any of the arguments, by name."""

    @_hookspec
    def gates(self, offer: "Offer", ports: Collection[str]) -> Mapping[str, Ruling]:
        """May these ports be published now? By port, what this gate decided. Asked before anything is built."""

    @_hookspec
    def checks(self, offer: "Offer", port: str) -> Sequence[CheckSpec]:
        """Which checks does the port show beside its contract's? Their results come from the rulings of `gates`."""

    @_hookspec
    def metadata(
        self, offer: "Offer", attempt: "Attempt", pinned: Mapping["PortAddress", "PortVersion"]
    ) -> Mapping[str, "ColumnLineage | object"]:
        """What is shown at the materialisation of a port that was just published? `pinned` holds the versions it read."""

    @_hookspec
    def kinds(self) -> Kinds:
        """Which kinds of sources and storage are there beside files and folders?"""

    @_hookspec
    def commands(self, app: "typer.Typer") -> None:
        """Adds verbs to `mesh`. Imports nothing heavy: `mesh --help` calls it."""

    @_hookspec
    def companions(self, project: "Project", port: int) -> Companion:
        """What is served beside the UI, on `port` or the next free one? Raises MeshError where it cannot be."""


def capabilities_of(root: Path) -> pluggy.HookRelay:
    """The hooks of the mesh below `root`, each of which calls every listed capability and gives their answers as a list.

    Raises ProjectError for a missing or broken `mesh.toml`, and for a listed capability that is missing, does not load, or
    requires one that is not listed: a gate never vanishes because nobody installed it.
    """
    return _loaded(listed(root)).hook


def capabilities_here() -> pluggy.HookRelay:
    """The hooks of the mesh that this process stands in. Raises ProjectError outside of a mesh."""
    return capabilities_of(find_root())


def every_capability() -> pluggy.HookRelay:
    """The hooks of all installed capabilities: the command line's outside of a mesh, and the reference's."""
    try:
        spec = find_spec(PACKAGE)
    except ModuleNotFoundError:
        spec = None
    places = spec.submodule_search_locations if spec else ()
    return _loaded(tuple(sorted(path.parent.name for place in places for path in Path(place).glob("*/__init__.py")))).hook


def listed(root: Path) -> tuple[str, ...]:
    """The capabilities that `mesh.toml` lists, in its order. Raises ProjectError when the file does not list any or none."""
    path = root / SETTINGS
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ProjectError(
            f"{path} does not exist.", "Write it with `capabilities = []`, or list capabilities in it."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ProjectError(f"{path} is not TOML: {problem}.", "Correct the file.") from problem
    names = settings.pop("capabilities", None)
    if not isinstance(names, list) or not all(isinstance(name, str) and name.isidentifier() for name in names):
        raise ProjectError(f"{path} has no list `capabilities` of names.", 'Write it like capabilities = ["doctor"].')
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise ProjectError(f"{path} lists {', '.join(doubled)} twice.", "List each capability once.")
    if settings:
        raise ProjectError(f"{path} has the unknown key {min(settings)!r}.", "Its only key is `capabilities`.")
    return tuple(names)


@cache
def _loaded(names: tuple[str, ...]) -> pluggy.PluginManager:
    manager = pluggy.PluginManager("mesh")
    manager.add_hookspecs(Hooks)
    for name in reversed(names):  # pluggy calls the one registered last first
        try:
            module = import_module(f"{PACKAGE}.{name}")
            manager.register(module, name)
            manager.check_pending()  # or a hook whose name is misspelt would never be called
        except Exception as problem:
            reason = f"{type(problem).__name__}: {problem}".rstrip(".")
            raise ProjectError(
                f"The capability '{name}', which {SETTINGS} lists, does not load: {reason}.",
                f"Install or repair {PACKAGE}.{name}, or take it off the list if the mesh is to run without it.",
            ) from problem
        if missing := [other for other in getattr(module, "REQUIRES", ()) if other not in names]:
            raise ProjectError(
                f"The capability '{name}' requires {', '.join(missing)}, which {SETTINGS} does not list.",
                f"List {', '.join(missing)}, too, or take {name} off the list.",
            )
    return manager
