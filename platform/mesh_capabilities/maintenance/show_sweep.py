"""`mesh ports sweep`: the files that killed runs have left behind."""

from collections.abc import Callable
from dataclasses import dataclass, field

from mesh_platform.build.warehouse import writing
from mesh_platform.cli.output import add_row, console, print_json, table, verdict, warn
from mesh_platform.errors import MeshError
from mesh_platform.port.shelf import port_folders
from mesh_platform.port.sweeper import Leftover, sweep_candidates, sweep_port
from mesh_platform.project import Project, load_project


@dataclass
class _Sweep:
    found: list[Leftover] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """Why something was not swept."""

    def add(self, look: Callable[[], list[Leftover]]) -> None:
        try:
            self.found += look()
        except MeshError as problem:
            self.left.append(str(problem))
        except OSError as problem:
            self.left.append(f"{problem.filename} cannot be removed: {problem.strerror}.")


def sweep_ports(dry_run: bool, as_json: bool) -> int:
    """Sweeps every domain that nobody is running, and gives the exit code: 1 when something could not be swept."""
    project = load_project()
    done = _Sweep()
    for name in project.domains:
        done.add(lambda name=name: _sweep_domain(project, name, dry_run, done))
    size = sum(leftover.size for leftover in done.found)
    if as_json:
        files = [{"file": leftover.file, "bytes": leftover.size, "reason": leftover.reason} for leftover in done.found]
        print_json({"dry_run": dry_run, "files": files, "bytes": size, "left_alone": done.left})
        return 1 if done.left else 0
    if done.found:
        listing = table("file", "bytes", "what it is", numbers=("bytes",))
        for leftover in done.found:
            file = leftover.file.relative_to(project.home.root)
            add_row(listing, file, f"{leftover.size:,}", leftover.reason)
        console().print(listing)
    for sentence in done.left:
        warn(sentence)
    verdict(not done.left, f"{len(done.found)} files of {size:,} bytes {'would be' if dry_run else 'were'} removed")
    return 1 if done.left else 0


def _sweep_domain(project: Project, name: str, dry_run: bool, done: _Sweep) -> list[Leftover]:
    home = project.home
    with writing(project.domains[name], wait=0):
        for port in port_folders(home):
            if port.address.domain == name:
                done.add(lambda port=port: sweep_port(port, dry_run))
        return sweep_candidates(home.candidates(name), dry_run)
