"""The interface between the core and its capabilities: six hooks.

A capability is a package `mesh_capabilities.<name>`. Its `__init__.py` implements some of the hooks below as functions with
`@hookimpl`. A capability that a mesh does not list is never imported. `REQUIRES` lists the capabilities that it depends on.

    from mesh_platform.hooks import hookimpl

    @hookimpl
    def commands(app):
        from mesh_capabilities.doctor.cli import register
        register(app)

The hooks use pluggy: https://pluggy.readthedocs.io
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pluggy

from mesh_platform.errors import CapabilityError, MeshError

if TYPE_CHECKING:
    import typer

    from mesh_platform.build.dbt import NodeResult
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
    """Letters, digits and underscores."""
    description: str

    def __post_init__(self) -> None:
        _expect(_is_name(self.name), f"a check cannot be named {self.name!r}")
        _expect(isinstance(self.description, str), f"the description of the check {self.name} is not a text")


@dataclass(frozen=True)
class CheckResult:
    """The result of one check, which a `CheckSpec` of the same name announces."""

    name: str
    passed: bool
    error: bool = True
    """Whether a failure is an error, which goes with a refusal, or a warning."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Numbers, strings and lists of these; a string is shown as Markdown."""

    def __post_init__(self) -> None:
        _expect(_is_name(self.name), f"a check cannot be named {self.name!r}")
        _expect(
            isinstance(self.passed, bool) and isinstance(self.error, bool),
            f"the check {self.name} has a result that is no bool",
        )
        _expect(isinstance(self.metadata, Mapping), f"the metadata of the check {self.name} is no mapping")
        for name, value in self.metadata.items():
            _expect(isinstance(name, str) and showable(value), f"the check {self.name} cannot show {name!r}")


@dataclass(frozen=True)
class Ruling:
    """The decision of one gate about one port."""

    refusal: MeshError | None = None
    """Why the port may not be published; None if it may."""
    checks: tuple[CheckResult, ...] = ()
    """The gate's checks of the port, whether it may be published or not."""
    confirm: Callable[[Sequence["NodeResult"]], MeshError | None] | None = None
    """Called when the port has been built, with the results of its models: why the decision does not hold for what dbt has
    executed; None if it does."""

    def __post_init__(self) -> None:
        _expect(self.refusal is None or isinstance(self.refusal, MeshError), f"{self.refusal!r} is not a MeshError")
        _expect(self.refusal is None or bool(str(self.refusal).strip()), "the refusal has no message")
        _expect(isinstance(self.checks, tuple), "its checks are not a tuple")
        _expect(all(isinstance(check, CheckResult) for check in self.checks), "its checks are not CheckResults")
        failed = [check.name for check in self.checks if check.error and not check.passed]
        _expect(self.refusal is not None or not failed, f"the check {failed[:1]} failed, and nothing is refused")


def showable(value: object) -> bool:
    """Whether Dagster can show the value: numbers, strings, and lists and mappings of these."""
    if isinstance(value, Mapping):
        return all(isinstance(name, str) and showable(part) for name, part in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(showable, value))
    return value is None or isinstance(value, (str, int, float))


def _is_name(name: object) -> bool:
    return isinstance(name, str) and name.isascii() and name.isidentifier()


def _expect(condition: bool, otherwise: str) -> None:
    if not condition:
        raise CapabilityError(otherwise)


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
    """Class name → its module. Domains declare these dataclasses of texts and numbers; see `ingestion.source.TableSource`."""
    storage: Mapping[str, Storage] = field(default_factory=dict)
    """URL scheme, such as `s3` → its storage."""


class Companion(Protocol):
    """A server that runs beside the UI until the UI stops."""

    sentence: str

    def close(self) -> None: ...


class Hooks:
    """The hooks that a capability may implement. An implementation takes any of the arguments, by name."""

    @_hookspec
    def gates(self, offer: "Offer", ports: Collection[str], again: Mapping[str, "PortVersion"]) -> Mapping[str, Ruling]:
        """Returns a Ruling for every port in `ports`; a missing one refuses it. Called before anything is built.

        `again` holds the earlier version of each port that a rollback serves again; empty when the ports are built."""

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
    def companions(self, project: "Project", port: int, ui: int) -> Companion:
        """Starts a server beside the UI on port `ui`, on `port` or the next free one. Raises MeshError when it cannot start."""
