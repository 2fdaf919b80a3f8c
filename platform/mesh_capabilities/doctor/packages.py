"""The environment: whether the packages that are installed are the locked ones, and those that must not move have not."""

import re
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement

from mesh_capabilities.doctor.symptom import Symptom, good, note, problem

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
