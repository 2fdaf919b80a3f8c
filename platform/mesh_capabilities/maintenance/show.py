"""The commands `mesh clean`, `mesh ports sweep`, `mesh ports vacuum`, `mesh ports verify` and `mesh ports withdraw`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from mesh_capabilities.maintenance.vacuum import Vacuum
from mesh_capabilities.maintenance.verify import Inspection
from mesh_isolation.terminal import add_row, console, print_json, styled, table, verdict, warn
from mesh_isolation.text import counted
from mesh_platform.build.warehouse import writing
from mesh_platform.cli.arguments import known_port
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import MeshError, machine_fault
from mesh_platform.home import bucket_of_ports
from mesh_platform.port.shelf import port_folders
from mesh_platform.port.sweeper import Leftover, sweep_candidates, sweep_port
from mesh_platform.project import Project, load_project


@dataclass
class _Sweep:
    leftovers: list[Leftover] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Why files were not removed."""

    def add(self, sweep: Callable[[], list[Leftover]]) -> None:
        try:
            self.leftovers += sweep()
        except MeshError as problem:
            self.problems.append(str(problem))
        except OSError as problem:
            self.problems.append(str(machine_fault(problem) or problem))


def sweep_ports(dry_run: bool, as_json: bool) -> int:
    """Sweeps every domain that no run is using. Returns: 1 when files could not be removed, else 0."""
    project = load_project(with_broken=True)
    done = _Sweep(problems=list(project.broken.values()))
    for name in project.domains:
        done.add(lambda name=name: _sweep_domain(project, name, dry_run, done))
    size = sum(leftover.size for leftover in done.leftovers)
    if as_json:
        files = [{"file": leftover.file, "bytes": leftover.size, "reason": leftover.reason} for leftover in done.leftovers]
        print_json({"dry_run": dry_run, "files": files, "bytes": size, "left_alone": done.problems})
        return 1 if done.problems else 0
    if done.leftovers:
        listing = table("file", "bytes", "what it is", numbers=("bytes",))
        for leftover in done.leftovers:
            file = leftover.file.relative_to(project.home.root)
            add_row(listing, file, f"{leftover.size:,}", leftover.reason)
        console().print(listing)
    for sentence in done.problems:
        warn(sentence)
    verdict(
        not done.problems,
        f"{counted(len(done.leftovers), 'file')} of {size:,} bytes {'would be' if dry_run else 'were'} removed",
    )
    return 1 if done.problems else 0


def _sweep_domain(project: Project, name: str, dry_run: bool, done: _Sweep) -> list[Leftover]:
    home = project.home
    with writing(project.domains[name], wait=0):
        for port in port_folders(home):
            if port.address.domain == name:
                done.add(lambda port=port: sweep_port(port, dry_run))
        return sweep_candidates(home.candidates(name), dry_run, home.built(name))


def vacuum_ports(targets: list[str], dry_run: bool, wait: float, as_json: bool) -> None:
    """Removes the files that no contract and no consumer needs, and prints them; with `dry_run` only prints them."""
    from mesh_capabilities.maintenance.vacuum import vacuum_targets

    plans = vacuum_targets(load_project(), targets, dry_run, wait)
    if as_json:
        print_json({"dry_run": dry_run, "ports": [_document(*plan) for plan in plans]})
        return
    listing = table("port", "keeps", "readable versions", "removed", "files", "MB", numbers=("files", "MB"))
    for contract, plan in plans:
        add_row(
            listing,
            contract.address,
            contract.retention or "every version",
            _numbers(plan.kept),
            _numbers(plan.given_up),
            f"{len(plan.files):,}",
            f"{plan.bytes / 1e6:.1f}",
        )
    console().print(listing)
    files, size = sum(len(plan.files) for _, plan in plans), sum(plan.bytes for _, plan in plans) / 1e6
    versions = sum(len(plan.given_up) for _, plan in plans)
    done = "would be removed" if dry_run else "was removed" if versions == 1 else "were removed"
    verdict(
        True, f"{counted(versions, 'version')} of {counted(len(plans), 'port')} {done}: {counted(files, 'file')}, {size:.1f} MB"
    )


def _numbers(versions: tuple[int, ...]) -> str:
    """Version numbers, newest first, consecutive ones as a range."""
    parts: list[list[int]] = []
    for number in versions:
        if parts and parts[-1][-1] == number + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]}–{part[-1]}" for part in parts)


def _document(contract: Contract, plan: Vacuum) -> dict:
    return {
        "port": str(contract.address),
        "retention": contract.retention.value if contract.retention else None,
        "readable": plan.kept,
        "given_up": plan.given_up,
        "files": [str(file.relative_to(plan.port.folder)) for file in plan.files],
        "bytes": plan.bytes,
    }


def verify_ports(targets: list[str], deep: bool, as_json: bool) -> int:
    """Verifies the files of ports and prints the result. Returns: 1 when a file is missing or damaged, else 0."""
    from mesh_capabilities.maintenance.verify import inspect_targets

    status = console(stderr=True).status("reading the ports of the mesh")
    with status:
        inspections = inspect_targets(
            load_project(with_broken=True), targets, deep, lambda text: status.update(styled("{}", text))
        )
    damaged = [inspection for inspection in inspections if inspection.problems]
    if as_json:
        print_json({"deep": deep, "ok": not damaged, "ports": [_inspected(inspection) for inspection in inspections]})
        return 1 if damaged else 0
    listing = table("port", "major", "versions", "files", "MB", "state", numbers=("versions", "files", "MB"))
    for inspection in inspections:
        add_row(
            listing,
            inspection.port.address,
            inspection.major,
            f"{inspection.versions:,}",
            f"{inspection.files:,}",
            f"{inspection.bytes / 1e6:,.1f}",
            f"{len(inspection.problems)} damaged" if inspection.problems else "undamaged",
        )
    console().print(listing)
    for problem in (problem for inspection in damaged for problem in inspection.problems):
        warn(problem)
    files, size = (sum(values) for values in zip((0, 0), *((part.files, part.bytes) for part in inspections)))
    counts = f"{counted(sum(part.versions for part in inspections), 'version')} of {counted(len(inspections), 'port')}: "
    if damaged:
        counts += f"{', '.join(dict.fromkeys(str(part.port.address) for part in damaged))} damaged; "
    undigested = sum(part.undigested for part in inspections)
    by = "existence, length" + ("" if bucket_of_ports() else ", footer") + (" and SHA-256" if deep else "")
    older = f"; {undigested:,} of them were committed before digests were recorded" if undigested else ""
    verdict(not damaged, f"{counts}{counted(files, 'file')}, {size / 1e6:,.1f} MB, verified by {by}{older}")
    return 1 if damaged else 0


def _inspected(inspection: Inspection) -> dict:
    return {
        "port": str(inspection.port.address),
        "major": inspection.major,
        "versions": inspection.versions,
        "removed": inspection.removed,
        "files": inspection.files,
        "bytes": inspection.bytes,
        "without_digest": inspection.undigested,
        "problems": inspection.problems,
    }


def withdraw_port(text: str, major: int, dry_run: bool, wait: float, as_json: bool) -> None:
    """Withdraws a major of a port and prints where its versions are kept; with `dry_run`, only says that it can be."""
    from mesh_capabilities.maintenance.withdraw import withdraw_major

    done = withdraw_major(load_project(), known_port(text), major, dry_run, wait)
    if as_json:
        fields = {key: value for key, value in vars(done).items() if key != "address"}
        print_json({"dry_run": dry_run, "port": str(done.address), **fields})
        return
    verb = "would be" if dry_run else "is"
    kept = f"{counted(done.versions, 'version')} {f'kept in {done.kept}' if done.kept else 'removed'}"
    serves = f"v{done.served} {verb} served" if done.served is not None else f"no other major {verb} published"
    verdict(True, f"{done.address} v{done.major} {verb} withdrawn, and {serves}: {kept}")


def clean_history(keep: int | None, days: float | None, dry_run: bool, as_json: bool) -> None:
    """Removes old runs from Dagster's history; with `dry_run`, only counts them."""
    from mesh_platform.dagster.history import remove_runs, runs_to_keep

    project = load_project(with_broken=True)
    project.home.prepare()
    if keep is None and days is None:
        keep = runs_to_keep()
    since = None if days is None else datetime.now(UTC) - timedelta(days)
    with console(stderr=True).status("reading the history of runs"):
        runs, size = remove_runs(project.home, keep, since, dry_run)
    if as_json:
        print_json({"dry_run": dry_run, "runs": runs, "bytes": size})
        return
    done = "would be" if dry_run else "was" if runs == 1 else "were"
    verdict(True, f"{counted(runs, 'run')} with {size / 1e6:.1f} MB of events {done} removed from the history")
