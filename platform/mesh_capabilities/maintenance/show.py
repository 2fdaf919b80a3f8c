"""The commands `mesh ports sweep` and `mesh ports vacuum`."""

from collections.abc import Callable
from dataclasses import dataclass, field

from mesh_capabilities.maintenance.vacuum import Vacuum
from mesh_platform.build.warehouse import writing
from mesh_platform.cli.output import add_row, console, print_json, table, verdict, warn
from mesh_platform.contract.contract import Contract
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


def vacuum_ports(targets: list[str], dry_run: bool, wait: float, as_json: bool) -> None:
    """Removes, or with `dry_run` only says, what no contract and no consumer needs."""
    from mesh_capabilities.maintenance.vacuum import vacuum

    found = vacuum(load_project(), targets, dry_run, wait)
    if as_json:
        print_json({"dry_run": dry_run, "ports": [_document(*one) for one in found]})
        return
    listing = table("port", "keeps", "readable versions", "given up", "files", "MB", numbers=("files", "MB"))
    for contract, one in found:
        add_row(
            listing,
            contract.address,
            contract.retention or "every version",
            _numbers(one.kept),
            _numbers(one.given_up),
            f"{len(one.files):,}",
            f"{one.bytes / 1e6:.1f}",
        )
    console().print(listing)
    files, size = sum(len(one.files) for _, one in found), sum(one.bytes for _, one in found) / 1e6
    versions = sum(len(one.given_up) for _, one in found)
    verb = "would be removed" if dry_run else "removed"
    verdict(True, f"{versions} versions of {len(found)} ports given up: {files:,} files, {size:.1f} MB {verb}")


def _numbers(versions: tuple[int, ...]) -> str:
    """Newest first, those in a row as a range."""
    parts: list[list[int]] = []
    for number in versions:
        if parts and parts[-1][-1] == number + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]}–{part[-1]}" for part in parts)


def _document(contract: Contract, one: Vacuum) -> dict:
    return {
        "port": str(contract.address),
        "retention": contract.retention.said if contract.retention else None,
        "readable": one.kept,
        "given_up": one.given_up,
        "files": [str(file.relative_to(one.port.folder)) for file in one.files],
        "bytes": one.bytes,
    }
