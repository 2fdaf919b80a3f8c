"""The machine: its system, memory and disk, the interpreter, and tools that only some verbs need."""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mesh_capabilities.doctor.symptom import Symptom, good, note, problem

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
