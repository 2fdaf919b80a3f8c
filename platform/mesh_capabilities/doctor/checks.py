"""Everything that the doctor checks: the machine, the environment, domains, locks and ports."""

import fcntl
import os
import platform
import re
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement

from mesh_platform.errors import MeshError
from mesh_platform.home import REGISTRY, MeshHome
from mesh_platform.port.shelf import port_folders
from mesh_platform.product.offer import load_offer
from mesh_platform.project import DomainFolder, Project, load_project


class State(StrEnum):
    """How bad it is."""

    good = "good"
    note = "note"
    """Works, but somebody will miss something."""
    problem = "problem"
    """Something does not work, or will not for long."""


@dataclass(frozen=True)
class Symptom:
    """What was found; the advice of one that is good is empty."""

    subject: str
    state: State
    found: str
    advice: str = ""


def good(subject: str, found: str) -> Symptom:
    return Symptom(subject, State.good, found)


def note(subject: str, found: str, advice: str) -> Symptom:
    return Symptom(subject, State.note, found, advice)


def problem(subject: str, found: str, advice: str) -> Symptom:
    return Symptom(subject, State.problem, found, advice)


def examine(root: Path) -> Iterator[Symptom]:
    """Looks at everything in the mesh whose repository is `root`, even where one look fails, and leaves it as it was.

    Raises ProjectError when the path of the mesh's home is one that no table can lie in.
    """
    home = MeshHome.of(root)
    looks: list[tuple[str, Callable[[], Iterator[Symptom]]]] = [
        ("machine", lambda: look_at_machine(root, home.root)),
        ("environment", lambda: look_at_packages(root)),
        ("domains", lambda: look_at_domains(load_project(root))),
        ("locks", lambda: look_at_locks(home)),
        ("ports", lambda: look_at_ports(home)),
    ]
    for subject, look in looks:
        try:
            yield from look()
        except MeshError as trouble:
            yield problem(subject, trouble.found.replace(f"{root}/", ""), trouble.way_out)
        except OSError as trouble:
            yield problem(subject, f"{trouble.filename} cannot be read: {trouble.strerror}", "Correct its owner and its mode.")


_GB = 1_000_000_000
SPACE_NEEDED = 1 * _GB
"""Below this a run of the sample company may not finish: a version, its candidate and the logs of dbt and Dagster."""
MEMORY_WANTED = 2 * _GB
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def look_at_machine(root: Path, home: Path) -> Iterator[Symptom]:
    """Everything that does not depend on what is installed in the environment of the repository at `root`."""
    yield _system()
    yield _memory()
    yield _python(root)
    yield from _home(home)
    yield _browser()


def _system() -> Symptom:
    found = f"{platform.system()} {platform.release()}, {os.cpu_count()} cores"
    if platform.system() != "Linux":
        return note("machine", found, "The mesh is built and tested on Linux; elsewhere locks and paths may behave otherwise.")
    return good("machine", found)


def _memory() -> Symptom:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return note("memory", "not known on this system", "Watch it: the sample company needs about half a gigabyte.")
    if size < MEMORY_WANTED:
        return note("memory", f"{size / _GB:.1f} GB", "Generate fewer orders, or run one domain after the other.")
    return good("memory", f"{size / _GB:.1f} GB")


def _python(root: Path) -> Symptom:
    found = f"{platform.python_version()} in {sys.prefix}"
    if Path(sys.prefix).resolve() != (root / ".venv").resolve():
        return note("python", found, "This is not the repository's .venv; `.venv/bin/mesh` after `make setup` is.")
    return good("python", found)


def _home(home: Path) -> Iterator[Symptom]:
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    try:
        with tempfile.NamedTemporaryFile(dir=there, prefix=".doctor-"):
            pass
    except OSError as trouble:
        yield problem(
            "home", f"{home} cannot be written to: {trouble.strerror}", "Correct its owner, or put it elsewhere with MESH_HOME."
        )
    else:
        yield good("home", f"{home} can be written to")
    free = shutil.disk_usage(there).free
    if free < SPACE_NEEDED:
        advice = "Make room: `mesh ports vacuum`, `mesh quarantine drop`, or another disk with MESH_HOME."
        yield problem("disk", f"{free / _GB:.1f} GB free where {home} is", advice)
    else:
        yield good("disk", f"{free / _GB:.1f} GB free where {home} is")


def _browser() -> Symptom:
    if found := next(filter(None, map(shutil.which, _BROWSERS)), None):
        return good("browser", found)
    return note("browser", "no Chromium found", "Only `make test-ui` needs one (Debian: the package chromium).")


_LOCKED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)(?: ; ([^\\]+?))? *\\?$", re.MULTILINE)


def look_at_packages(root: Path) -> Iterator[Symptom]:
    """Compares what can be imported with `requirements.lock` and with the direct dependencies in `pyproject.toml`."""
    yield _locked(root / "requirements.lock")
    yield _direct(root / "pyproject.toml")


def _locked(lock: Path) -> Symptom:
    if not lock.is_file():
        return note("environment", "there is no requirements.lock", "`make lock` writes one, and everybody installs the same.")
    wanted = {
        name: version
        for name, version, marker in _LOCKED.findall(lock.read_text(encoding="utf-8"))
        if not marker or Marker(marker).evaluate()
    }
    missing = sorted(name for name in wanted if _installed(name) is None)
    other = sorted(name for name in wanted if _installed(name) not in (None, wanted[name]))
    if missing or other:
        parts = [f"{name} is missing" for name in missing]
        parts += [f"{name} is {_installed(name)} and not {wanted[name]}" for name in other]
        shown = "; ".join([*parts[:5], *([f"and {len(parts) - 5} more"] if len(parts) > 5 else [])])
        return problem("environment", f"{len(parts)} of {len(wanted)} packages are not as locked: {shown}", "make setup")
    return good("environment", f"all {len(wanted)} packages are as requirements.lock says")


def _direct(pyproject: Path) -> Symptom:
    """The versions that the platform is written for; a lock that was made anew may have moved others, never these."""
    try:
        lines = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["dependencies"]
    except (OSError, ValueError, KeyError):
        return note("versions", "pyproject.toml names no dependencies", "Compare with the platform's own repository.")
    needs = [Requirement(line) for line in lines]
    bad = [need for need in needs if not (version := _installed(need.name)) or version not in need.specifier]
    if bad:
        told = "; ".join(f"{need} is asked for, and {_installed(need.name) or 'nothing'} is installed" for need in bad)
        return problem("versions", told, "make setup; where a version is pinned, decision 13 says why.")
    pinned = [f"{need.name} {_installed(need.name)}" for need in needs if str(need.specifier)]
    return good("versions", ", ".join(pinned))


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def look_at_domains(project: Project) -> Iterator[Symptom]:
    """One symptom for each domain, and one for each folder of a domain that nobody has registered."""
    for domain in project.domains.values():
        yield _domain(domain)
    for path in sorted((project.root / "domains").glob("*/domain.yaml")):
        if path.parent.name not in project.domains:
            yield _unregistered(path.parent)


def _domain(domain: DomainFolder) -> Symptom:
    subject = f"domain {domain.name}"
    if find_spec(domain.name) is None:
        return problem(subject, f"no Python package '{domain.name}' is installed", "make setup installs every domain's.")
    if not domain.dbt_project.is_dir():
        return problem(
            subject, f"{domain.relative(domain.dbt_project)} is missing", f"Write it, or take {domain.name} out of {REGISTRY}."
        )
    try:
        offer = load_offer(domain)
    except MeshError as trouble:
        return problem(subject, trouble.found.replace(f"{domain.root}/", ""), trouble.way_out)
    return good(subject, f"{len(offer.products)} products, {len(offer.contracts)} ports")


def _unregistered(folder: Path) -> Symptom:
    name = folder.name
    entry = f"{{module_name: {name}.definitions, location_name: {name}}}"
    return problem(
        f"domain {name}",
        f"domains/{name} is there, and {REGISTRY} does not register it",
        f"Add `- python_module: {entry}` to {REGISTRY}.",
    )


def look_at_locks(home: MeshHome) -> Iterator[Symptom]:
    """One symptom for each domain that somebody holds; one for all when nobody does."""
    held = [symptom for path in sorted((home.root / "locks").glob("*.lock")) if (symptom := _held(path))]
    yield from held or [good("locks", "nobody is running a domain")]


def _held(lock: Path) -> Symptom | None:
    subject, domain = f"lock of {lock.stem}", lock.stem
    try:
        handle = os.open(lock, os.O_RDONLY)
    except OSError as trouble:
        return problem(subject, f"{lock} cannot be opened: {trouble.strerror}", f"Correct the owner of {lock.parent}.")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return None  # what a dead process held, the system has taken back
    except OSError:
        pass
    finally:
        os.close(handle)
    holder = lock.with_suffix(".pid")
    text = holder.read_text(encoding="utf-8").strip() if holder.is_file() else ""
    if text.isdigit() and _alive(int(text)):
        return good(subject, f"{domain} is being run by process {text}")
    return problem(
        subject,
        f"{domain} is held though process {text or '(unknown)'}, which took it, is gone: a process that it started lives on",
        f"Find it with `fuser {lock}`, and end it.",
    )


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True


def look_at_ports(home: MeshHome) -> Iterator[Symptom]:
    """One symptom for each damage of a published port; one for all when none is damaged."""
    ports = [port for port in port_folders(home) if port.published]
    damages = [problem(f"port {port.address}", *_parted(damage)) for port in ports for damage in port.damages()]
    yield from damages or [good("ports", f"{len(ports)} published, none damaged")]


def _parted(damage: str) -> tuple[str, str]:
    """What was found, and the way out: the last sentence, where there is more than one."""
    found, dot, way_out = damage.rstrip().rpartition(". ")
    return (f"{found}.", way_out) if dot else (damage, "`mesh history` shows what can still be read.")
