"""The capabilities that `mesh.toml` lists: loading them, and calling their hooks; a gate that fails lets nothing through."""

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType, MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any

import pluggy

from mesh_isolation.records import text_or_none
from mesh_platform.errors import (
    CapabilityError,
    GateFailed,
    MeshError,
    ProjectError,
    described,
    failure_of,
    is_interruption,
    machine_fault,
    trace_error,
)
from mesh_platform.home import REGISTRY, find_root
from mesh_platform.hooks import CheckSpec, ColumnLineage, Hooks, Ruling, showable

if TYPE_CHECKING:
    from mesh_platform.build.dbt import NodeResult
    from mesh_platform.names import PortAddress
    from mesh_platform.port.version import PortVersion
    from mesh_platform.product.offer import Offer
    from mesh_platform.publish.attempt import Attempt

SETTINGS = "mesh.toml"
"""The file beside `workspace.yaml` that lists the capabilities of a mesh, and may name its owner."""

PACKAGE = "mesh_capabilities"

_HOOKS = frozenset(name for name in vars(Hooks) if not name.startswith("_"))
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@cache
def capabilities_of(root: Path) -> pluggy.HookRelay:
    """The hooks of the mesh in `root`, as they were when this process first asked: the gates of a run do not change.

    Raises ProjectError for a missing or invalid `mesh.toml`, and for a listed capability that is not installed, does not
    load, or requires one that is not listed: a gate must not disappear because its package is not installed.
    """
    return _loaded(listed(root), f"which {SETTINGS} lists", root).hook


def capabilities_here() -> pluggy.HookRelay:
    """The hooks of the mesh that contains the working directory. Raises ProjectError outside a mesh."""
    return capabilities_of(find_root())


def rulings_on(
    offer: "Offer", ports: Collection[str], again: Mapping[str, "PortVersion"] = MappingProxyType({})
) -> dict[str, list[Ruling]]:
    """By port, what every gate of the mesh decided, in the order of `mesh.toml`; `again` as in the hook `gates`.

    A gate that fails, or that gives no ruling on a port, refuses it: what cannot decide lets nothing through.
    """
    rulings: dict[str, list[Ruling]] = {port: [] for port in ports}

    def check(answer: Any) -> dict[str, Ruling]:
        given = {port: answer[port] if isinstance(answer, Mapping) and port in answer else None for port in ports}
        for port, ruling in given.items():
            if type(ruling) is not Ruling:
                raise CapabilityError(f"it gives {type(ruling).__name__} and no Ruling on '{port}'")
        return given

    for gate in implementations(capabilities_of(offer.domain.root).gates):
        try:
            answer = called(gate, check, offer=offer, ports=list(ports), again=again)
        except MeshError as problem:
            answer = dict.fromkeys(ports, Ruling(problem))
        for port in ports:
            rulings[port].append(_guarded(answer[port], gate))
    return rulings


def _guarded(ruling: Ruling, gate: pluggy.HookImpl) -> Ruling:
    """The ruling, whose `confirm` refuses the port if it fails."""
    confirm = ruling.confirm

    def guarded(nodes: Sequence["NodeResult"]) -> MeshError | None:
        try:
            return _answer(lambda: _problem(confirm(nodes)), "gates", gate.plugin_name)
        except MeshError as problem:
            return problem

    return replace(ruling, confirm=guarded) if confirm else ruling


def _problem(answer: Any) -> MeshError | None:
    if answer is None or isinstance(answer, MeshError):
        return answer
    raise CapabilityError(f"it confirms with {answer!r}, which is not a MeshError")


def further_checks(offer: "Offer", port: str, taken: Collection[str]) -> list[CheckSpec]:
    """The checks of a port beside its contract's. Raises ProjectError for one whose name is among the `taken`."""
    specs: list[CheckSpec] = []

    def check(answer: Any) -> list[CheckSpec]:
        given = list(answer)
        for spec in given:
            if type(spec) is not CheckSpec:
                raise CapabilityError(f"it gives {type(spec).__name__} and no CheckSpec for '{port}'")
            if spec.name in {*taken, *(other.name for other in specs)}:
                raise CapabilityError(f"'{port}' has another check {spec.name}")
        return given

    for source in implementations(capabilities_of(offer.domain.root).checks):
        specs += called(source, check, offer=offer, port=port)
    return specs


def metadata_of(
    offer: "Offer", attempt: "Attempt", pinned: Mapping["PortAddress", "PortVersion"]
) -> dict[str, "ColumnLineage | object"]:
    """What the capabilities show of a port that was just published. One that fails shows a sentence on that instead."""
    shown: dict[str, ColumnLineage | object] = {}

    def check(answer: Any) -> dict[str, object]:
        for name, value in answer.items():
            if not isinstance(name, str) or not showable(value):
                raise CapabilityError(f"it cannot show {name!r}")
        return dict(answer)

    for source in implementations(capabilities_of(offer.domain.root).metadata):
        try:
            shown |= called(source, check, offer=offer, attempt=attempt, pinned=pinned)
        except MeshError as problem:
            shown[source.plugin_name] = f"Not known: {problem}"
    return shown


def ask(hook: pluggy.HookCaller, **offered: Any) -> Iterator[Any]:
    """What every implementation of a hook answers, in the order of `mesh.toml`.

    Raises ProjectError, which names the capability, for one that fails; a MeshError stays as it is.
    """
    for implementation in implementations(hook):
        yield called(implementation, **offered)


def called(implementation: pluggy.HookImpl, check: Callable[[Any], Any] = lambda answer: answer, **offered: object) -> Any:
    """Calls one implementation of a hook with the arguments that it takes, and returns what `check` makes of its answer.

    Raises its MeshError; KeyboardInterrupt for Ctrl-C; for anything else a MeshError that names the capability: GateFailed
    for a gate, ProjectError for another hook.
    """
    arguments = {argument: offered[argument] for argument in implementation.argnames}
    hook = "gates" if "ports" in offered else implementation.function.__name__
    return _answer(lambda: check(implementation.function(**arguments)), hook, implementation.plugin_name)


def _answer(function: Callable[[], Any], hook: str, name: str) -> Any:
    """What the function returns, which calls the hook of a capability. Raises as `called` does."""
    try:
        return function()
    except BaseException as problem:
        if is_interruption(problem):
            raise KeyboardInterrupt from problem
        if isinstance(problem, MeshError) and not isinstance(problem, CapabilityError):
            raise
        trace_error(problem)
        fault = machine_fault(problem)
        reason = fault.found.rstrip(".") if fault else (str if isinstance(problem, CapabilityError) else described)(problem)
        if hook == "gates":
            raise GateFailed(
                f"The gate of the capability '{name}' did not decide: {reason}.",
                fault.way_out if fault else f"Repair {PACKAGE}.{name}; until then it refuses every publish.",
            ) from problem
        raise ProjectError(
            f"The hook `{hook}` of the capability '{name}' failed: {reason}.",
            fault.way_out if fault else f"Repair {PACKAGE}.{name}, or remove it from {SETTINGS}.",
        ) from problem


def implementations(hook: pluggy.HookCaller) -> Iterator[pluggy.HookImpl]:
    """The implementations of a hook in the order of `mesh.toml`; pluggy itself would leave out who answers None."""
    return reversed(hook.get_hookimpls())


def every_capability() -> pluggy.HookRelay:
    """The hooks of all installed capabilities: for the command line outside a mesh, and for the command reference."""
    return _loaded(_installed(), "which is installed").hook


def _installed() -> tuple[str, ...]:
    try:
        spec = find_spec(PACKAGE)
    except ModuleNotFoundError:
        spec = None
    places = spec.submodule_search_locations if spec else ()
    return tuple(sorted(path.parent.name for place in places for path in Path(place).glob("*/__init__.py")))


def listed(root: Path) -> tuple[str, ...]:
    """The capabilities that `mesh.toml` lists, in its order. Raises ProjectError for a missing or invalid file."""
    path = root / SETTINGS
    try:
        if path.exists() and not path.is_file():  # reading a pipe would wait forever
            raise ProjectError(f"{path} cannot be read: it is not a file.", "Put a file in its place.")
        settings = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ProjectError(
            f"{path} does not exist.", "Restore it from version control. It lists the capabilities, and with them the gates."
        ) from None
    except OSError as problem:
        raise ProjectError(f"{path} cannot be read: {problem.strerror}.", "Make it a file that you may read.") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise ProjectError(f"{path} is not TOML: {problem}.", "Correct the file.") from problem
    names = settings.pop("capabilities", None)
    if not isinstance(names, list):
        raise ProjectError(f"{path} has no list of names `capabilities`.", 'Write it like capabilities = ["doctor"].')
    if wrong := [name for name in names if not (isinstance(name, str) and _NAME.fullmatch(name))]:
        raise ProjectError(
            f"{path} lists {wrong[0]!r}, which cannot be the name of a capability.",
            f"A name is that of a folder in {PACKAGE}: lowercase letters, digits and underscores, like contract_change.",
        )
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ProjectError(f"{path} lists {', '.join(repeated)} more than once.", "List each capability once.")
    if not isinstance(settings.pop("name", ""), str):
        raise ProjectError(f"{path} has a `name` that is no text.", 'Write it like name = "Acme".')
    if settings:
        raise ProjectError(f"{path} has the unknown key {min(settings)!r}.", "Its keys are `capabilities` and `name`.")
    return tuple(names)


@cache
def _loaded(names: tuple[str, ...], origin: str, root: Path | None = None) -> pluggy.PluginManager:
    requires: dict[str, Collection[str]] = {}
    manager = pluggy.PluginManager("mesh")
    manager.add_hookspecs(Hooks)
    for name in reversed(names):  # pluggy calls the last registered plugin first
        try:
            module = import_module(f"{PACKAGE}.{name}")
            manager.register(module, name)
            manager.check_pending()  # otherwise a hook with a misspelt name would never be called
            _check_whole(module)
        except BaseException as problem:
            similar = get_close_matches(name, _installed()) if name not in _installed() else []
            meant = f"Did you mean {similar[0]}? " if similar else ""
            raise ProjectError(
                f"The capability '{name}', {origin}, does not load: {failure_of(problem)}.",
                f"{meant}Install or repair {PACKAGE}.{name}, or remove it from {SETTINGS} to run the mesh without it.",
            ) from problem
        requires[name] = getattr(module, "REQUIRES", ())
    missing = sorted({other for others in requires.values() for other in others} - {*names})
    if missing:
        gone = {*missing}
        while more := {name for name in names if not gone.isdisjoint(requires[name])} - gone:
            gone |= more
        unmet = ((name, ", ".join(other for other in missing if other in requires[name])) for name in names)
        raise ProjectError(
            f"The capability {' and '.join(f'{name!r} requires {others}' for name, others in unmet if others)}, "
            f"which {SETTINGS} does not list.",
            listed_or_removed(root, missing, [name for name in names if name in gone]),
        )
    return manager


def _check_whole(module: ModuleType) -> None:
    """Raises ProjectError for a package that would load without an error and whose hooks would never be called."""
    if not getattr(module, "__file__", None) or not hasattr(module, "__path__"):
        raise ProjectError("it is no package with an __init__.py")
    # A module below the package, like `checks`, may have the name of a hook.
    functions = {name: value for name, value in vars(module).items() if name in _HOOKS and not isinstance(value, ModuleType)}
    for name, value in functions.items():
        if not isinstance(value, FunctionType) or not hasattr(value, "mesh_impl"):
            raise ProjectError(f"its {name} is no function with @hookimpl")
    marks = ((name, getattr(value, "mesh_impl", None)) for name, value in vars(module).items() if callable(value))
    if optional := [name for name, mark in marks if isinstance(mark, Mapping) and mark.get("optionalhook")]:
        raise ProjectError(f"its {optional[0]} is an optional hook, which would not be called if its name were wrong")
    if not functions:
        raise ProjectError("it implements no hook")
    if misspelt := [name for name in vars(module) if name.lower().startswith("require") and name != "REQUIRES"]:
        raise ProjectError(f"it has {misspelt[0]}; the name is REQUIRES")
    requires = getattr(module, "REQUIRES", ())
    if not isinstance(requires, (tuple, list)) or not all(isinstance(name, str) for name in requires):
        raise ProjectError(f"its REQUIRES is {requires!r}, and not a tuple of names")


def listed_or_removed(root: Path | None, missing: Collection[str], needing: Sequence[str] = ()) -> str:
    """The way out if the `needing` capabilities require `missing` ones: everything that needs these is named at once.

    `root` is the repository; None outside a mesh.
    """
    things, kinds = [f"{name} in {SETTINGS}" for name in needing], []
    with suppress(ProjectError):
        for implementation in every_capability().kinds.get_hookimpls() if root else ():
            kinds += implementation.function().sources if implementation.plugin_name in (*missing, *needing) else ()
    code = _mentioning(rf"\b({'|'.join(kinds)})\b", root, "domains/*/*/**/*.py") if kinds else []
    if domains := sorted({path.parts[1] for path in code}):
        for domain in domains:
            things += [f"{domain} in {REGISTRY}", f"domains/{domain}", f"dbt_projects/{domain}"]
        inputs = _mentioning(rf"contractId:\W*({'|'.join(domains)})\.", root, "domains/*/products/*.odps.yaml")
        things += [f"the inputs from there in {path}" for path in inputs if path.parts[1] not in domains]
    needed = f", or remove all that needs it: {', '.join(things)}. Its README names what else mentions it" if things else ""
    return f"List {', '.join(missing)}{needed}."


def _mentioning(pattern: str, root: Path, files: str) -> list[Path]:
    """The files of a repository that match a glob and hold a match of the pattern, relative to its root."""
    return [path.relative_to(root) for path in sorted(root.glob(files)) if re.search(pattern, text_or_none(path) or "")]


def kinds_of_sources(root: Path, wanted: str = "") -> dict[str, str]:
    """The kinds of sources that the capabilities of the mesh in `root` add: name → module.

    Raises ProjectError, which an import shows, if `wanted` is a kind of a capability that is installed and not listed.
    """
    kinds = {name: module for kinds in ask(capabilities_of(root).kinds) for name, module in kinds.sources.items()}
    for adding in every_capability().kinds.get_hookimpls() if wanted and wanted not in kinds else ():
        if wanted in adding.function().sources:
            reason = f"{wanted} is a kind of source of the capability '{adding.plugin_name}', which {SETTINGS} does not list."
            raise ProjectError(reason, listed_or_removed(root, [adding.plugin_name]))
    return kinds
