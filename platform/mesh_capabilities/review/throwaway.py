"""A throw-away mesh: a temporary home below the mesh's own that starts as a copy of the served versions."""

import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from mesh_capabilities.kept_contracts import kept_contract, promised_texts
from mesh_platform.build.warehouse import writing
from mesh_platform.errors import DomainBusy, MeshError
from mesh_platform.home import MeshHome
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.shelf import port_folders
from mesh_platform.project import Project

_PARSED = ("target/partial_parse.msgpack", "ports.json", "compiled.json")
"""The results of dbt's parsing of a project. They are valid in any home."""
_ENVIRONMENT = ("MESH_HOME", "MESH_PORTS", "MESH_INSTANCE", "DAGSTER_HOME")


@contextmanager
def throw_away_mesh(project: Project, domains: Collection[str], wait: float) -> Iterator[MeshHome]:
    """Within this context, this process and its children use a copy of the mesh; they cannot change the real one.

    Published data are linked, not copied, because a file of a port never changes. A warehouse is copied under the lock of
    its domain, so that no other process writes to it meanwhile.

    Args:
        project: the mesh.
        domains: the domains whose warehouses are needed.
        wait: seconds to wait for a process that runs one of these domains, or checks the same mesh.

    Raises DomainBusy when that process has not finished by then.
    """
    from filelock import FileLock, Timeout

    folder = project.home.root / "check"
    folder.mkdir(parents=True, exist_ok=True)
    home = MeshHome(folder / "mesh")  # always the same path: dbt parses a project again when the path differs
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    lock = FileLock(folder / "lock")
    try:
        lock.acquire(timeout=wait)
    except Timeout:
        raise DomainBusy(
            "The mesh is being checked by another process.", "Wait until it is done, or let `mesh check --wait SECONDS` wait."
        ) from None
    with ExitStack() as ending:
        ending.callback(lock.release)
        ending.callback(_leave, home, folder, before)
        shutil.rmtree(home.root, ignore_errors=True)  # left by a check that was killed
        _lend_ports(project.home, home)
        with suppress(OSError):  # what the domains declare is the same in any home; it can be read again
            shutil.copytree(project.home.root / "code", home.root / "code", dirs_exist_ok=True)
        for name in domains:
            _lend_warehouse(project, name, home, folder / "parsed" / name, wait)
        for name in ("MESH_PORTS", "MESH_INSTANCE"):  # otherwise it would publish to the real ports
            os.environ.pop(name, None)
        os.environ["MESH_HOME"] = str(home.root)
        os.environ["DAGSTER_HOME"] = str(home.dagster)
        yield home


def _leave(home: MeshHome, folder: Path, before: dict[str, str | None]) -> None:
    for name, value in before.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    for project in (home.root / "dbt").glob("*"):
        kept = folder / "parsed" / project.name
        (kept / "target").mkdir(parents=True, exist_ok=True)
        for name in _PARSED:
            if (project / name).is_file():
                (project / name).replace(kept / name)
    shutil.rmtree(home.root, ignore_errors=True)


def _lend_ports(real: MeshHome, home: MeshHome) -> None:
    """Links the served version of each port, with its log. A damaged port counts as a port that serves nothing."""
    for port in port_folders(real):
        with suppress(MeshError):
            if port.published:
                _lend_port(port, home.ports / port.folder.relative_to(real.ports))


def _lend_port(port: OutputPort, to: Path) -> None:
    served = port.current()
    files = served.fetched()
    for digest in promised_texts(served.provenance).values():
        kept_contract(port.folder, digest)  # of a port in a bucket, it makes the copy that is lent below
    for part in sorted(path for path in port.folder.iterdir() if path.name.startswith("_") and path.is_dir()):
        shutil.copytree(part, to / part.name, dirs_exist_ok=True)
    for folder in {(to / file.relative_to(port.folder)).parent for file in files}:
        folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        _link(file, to / file.relative_to(port.folder))


def _link(file: Path, to: Path) -> None:
    try:
        to.hardlink_to(file)
    except OSError:  # another file system, or one without links
        shutil.copyfile(file, to)


def _lend_warehouse(project: Project, name: str, home: MeshHome, parsed: Path, wait: float) -> None:
    domain, real = project.domains[name], project.home
    for kept in (real.dbt(name), parsed):
        for file in _PARSED:
            if (kept / file).is_file():
                (home.dbt(name) / "target").mkdir(parents=True, exist_ok=True)
                shutil.copyfile(kept / file, home.dbt(name) / file)
    home.warehouse(name).parent.mkdir(parents=True, exist_ok=True)
    with writing(domain, wait):
        if real.read(name).is_file():
            home.read(name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(real.read(name), home.read(name))
        for file in (real.warehouse(name), real.warehouse(name).with_suffix(".duckdb.wal")):
            if file.is_file():
                shutil.copyfile(file, home.warehouse(name).parent / file.name)
