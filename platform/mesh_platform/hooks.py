"""The interface between the core and its capabilities: six hooks.

A capability is a package `mesh_capabilities.<name>`. Its `__init__.py` implements some of the hooks below as functions with
`@hookimpl`. A capability that a mesh does not list is never imported. `REQUIRES` lists the capabilities that it depends on.

    from mesh_platform.hooks import hookimpl

    @hookimpl
    def commands(app):
        from mesh_capabilities.doctor.verbs import register
        register(app)

The hooks use pluggy: https://pluggy.readthedocs.io
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pluggy

from mesh_platform.errors import MeshError

if TYPE_CHECKING:
    import typer

    from mesh_platform.names import PortAddress
    from mesh_platform.port.place import Place
    from mesh_platform.port.version import PortVersion
    from mesh_platform.product.offer import Offer
    from mesh_platform.project import Project
    from mesh_platform.publish.attempt import Attempt


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
