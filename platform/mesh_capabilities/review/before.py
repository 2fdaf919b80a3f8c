"""The mesh as it was before a change: built in the throw-away mesh as far as it is not served, from the files at the base."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from mesh_capabilities.review.changes import Changes
from mesh_capabilities.review.reach import Reach
from mesh_platform.errors import MeshError
from mesh_platform.events import Step, tell
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.port.shelf import published_ports
from mesh_platform.project import Project, load_project
from mesh_platform.publish.loading import load_built


def not_served(reach: Reach, home: MeshHome) -> list[PortAddress]:
    """What has to be there before the reached ports can be built and compared, and is not: themselves, and what they read.

    Args:
        reach: of the change.
        home: the throw-away mesh's, with what is served.
    """
    served = published_ports(home).keys()
    lacking = {name for name in reach.domains if not home.warehouse(name).is_file()}
    wanted: set[PortAddress] = set()
    ahead = [port for port in reach.ports if port not in served or port.domain in lacking]
    ahead += [read for port in reach.ports for read in _reads(reach, port) if read not in served]
    while ahead:
        port = ahead.pop()
        if port not in wanted:
            wanted.add(port)
            ahead += [read for read in _reads(reach, port) if read not in served]
    return sorted(wanted)


def _reads(reach: Reach, port: PortAddress) -> list[PortAddress]:
    domain = reach.domains.get(port.domain)
    return domain.reads(port.port) if domain and port.port in domain.graph else []


def build_before(files: Path, wanted: Iterable[PortAddress], source: Path) -> tuple[list[str], str | None]:
    """Publishes ports in the throw-away mesh as they were at the base, by the platform as it was.

    Args:
        files: the repository at the base.
        wanted: which ports; those that were not there then are left out.
        source: the folder of source files.

    Returns: the ports that were published, and why others were not.
    """
    targets = sorted(map(str, _built_then(load_project(files, with_broken=True), wanted)))
    if not targets:
        return [], None
    tell(Step(targets[0].partition("/")[0], f"building {len(targets)} ports as they were before the change"))
    path = [str(files / "platform"), *(str(folder) for folder in sorted((files / "domains").iterdir()))]
    done = subprocess.run(
        [sys.executable, "-c", _RUN, "run", *targets, "--source", str(source), "--json"],
        cwd=files,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
        capture_output=True,
        text=True,
    )
    try:
        said = json.loads(done.stdout)
    except ValueError:
        return [], (done.stderr.strip().splitlines() or [f"it ended with exit code {done.returncode}"])[-1]
    problems = [*said["failures"], *(refused["reason"] for refused in said["refused"])]
    return [port["port"] for port in said["published"]], problems[0] if problems else None


_RUN = "from mesh_platform.cli.app import main; main()"


def _built_then(project: Project, wanted: Iterable[PortAddress]) -> set[PortAddress]:
    found: set[PortAddress] = set()
    for name in {port.domain for port in wanted} & project.domains.keys():
        with suppress(MeshError):  # broken then, and no comparison is possible
            _, graph = load_built(project.domains[name])
            found |= {port for port in wanted if port.domain == name and port.port in graph}
    return found


def check_out(changes: Changes, home: MeshHome) -> Path | None:
    """The repository as it was, written into the throw-away mesh once; None where there is no base."""
    if changes.base is None:
        return None
    folder = home.root / "before"
    if not folder.exists():
        changes.base.write_files(folder)
    return folder
