"""Vacuuming: which versions of a port are kept, and the removal of the files that only the others need.

delta-rs has a vacuum of its own. It knows neither contracts nor consumers, and it writes two commits, which would be
versions of the port without provenance. So the files are removed here: those that a commit added and that no kept version
needs. The sweeper does the opposite: it removes files that no commit added. The log is kept, so the history stays complete.
"""

from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mesh_capabilities.targets import of_targets
from mesh_platform.build.warehouse import writing
from mesh_platform.contract.contract import Contract, Retention
from mesh_platform.errors import PortDamaged
from mesh_platform.port.commit import alone
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.shelf import port_folders
from mesh_platform.port.version import PortVersion
from mesh_platform.port.whole_versions import files_by_version
from mesh_platform.product.offer import load_offer
from mesh_platform.project import Project


@dataclass(frozen=True)
class Vacuum:
    """The plan for one port."""

    port: OutputPort
    kept: tuple[int, ...]
    """The versions that are readable afterwards, newest first."""
    given_up: tuple[int, ...]
    """The versions that are readable now, but not afterwards, newest first."""
    files: tuple[Path, ...]
    """The files to remove, which no readable version needs."""
    bytes: int

    def remove(self) -> None:
        """Removes the files, and the folders that are empty then."""
        self.port.log.place.remove(self.files)
        for folder in {file.parent for file in self.files} - {self.port.folder}:
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def plan_vacuum(port: OutputPort, retention: Retention | None, pinned: Collection[int], now: datetime | None = None) -> Vacuum:
    """The plan for a published port.

    Args:
        port: the port.
        retention: of its contract; None keeps all versions.
        pinned: the versions that served versions of other ports were built from.
        now: the time from which ages are counted; default: the present.

    Raises PortDamaged when a commit cannot be read, because then it is not known which files are needed.
    """
    history = port.history()
    # If the newest version is damaged, an earlier one is served.
    kept = {history[0].number, port.current().number, *pinned} | set(retained(history, retention, now or datetime.now(UTC)))
    files_of = dict(files_by_version(port.log))
    needed = frozenset().union(*(files for number, files in files_of.items() if number in kept))
    spare = [port.folder / name for name in sorted(frozenset().union(*files_of.values()) - needed)]
    sizes = port.log.place.sizes(spare)
    # A version that is not kept stays readable if kept versions need all of its files.
    readable = [version.number for version in history if version.readable]
    lost = [number for number in readable if not files_of[number] <= needed]
    return Vacuum(
        port,
        tuple(number for number in readable if number not in lost),
        tuple(lost),
        tuple(sizes),
        sum(sizes.values()),
    )


def pinned_versions(served: Iterable[PortVersion]) -> dict[str, set[int]]:
    """The versions, by port, that these served versions were built from, according to their commits."""
    pinned: dict[str, set[int]] = {}
    for version in served:
        for name, number in version.provenance.inputs.items():
            pinned.setdefault(name, set()).add(number)
    return pinned


def retained(history: list[PortVersion], retention: Retention | None, now: datetime) -> Iterable[int]:
    """The versions within the retention. The age of a version counts from the commit of the next one."""
    if retention is None:
        return [version.number for version in history]
    if retention.versions:
        return [version.number for version in history[: retention.versions]]
    replaced = zip(history[1:], history)
    return [version.number for version, successor in replaced if now - successor.committed <= retention.time]


def vacuum_targets(project: Project, targets: Sequence[str], dry_run: bool, wait: float) -> list[tuple[Contract, Vacuum]]:
    """Vacuums the ports of `targets` (`sales`, `sales/orders`; none for all). Returns the plan for each port.

    Args:
        project: the mesh.
        targets: domains and ports, as typed.
        dry_run: plan only.
        wait: seconds to wait for each domain that another run is using.

    Raises UnknownPort for an unknown target, DomainBusy for a domain that another run is using (the run reads versions that
    no commit records yet), PublishError for a port during a rollback, and PortDamaged for a port with a damaged log.
    """
    contracts = [contract for domain in project.domains.values() for contract in load_offer(domain).contracts.values()]
    chosen = of_targets(project, contracts, targets)
    with ExitStack() as locks:
        for domain in () if dry_run else project.domains.values():
            locks.enter_context(writing(domain, wait))
        ports = [port for port in port_folders(project.home) if port.log.numbers()]
        for port in () if dry_run else ports:
            locks.enter_context(alone(port.folder, wait))  # a rollback does not take the domain's lock
        pinned = pinned_versions(version for port in ports for version in present_versions(port))
        plans = []
        for contract in chosen:
            port = OutputPort(contract.address, project.home.port(contract.address, contract.major))
            if port.published:
                plans.append((contract, plan_vacuum(port, contract.retention, pinned.get(str(contract.address), ()))))
        for _, plan in () if dry_run else plans:
            plan.remove()
    return plans


def present_versions(port: OutputPort) -> list[PortVersion]:
    """The newest version of a port, and the served one, which is an earlier one if the newest is damaged."""
    versions = port.history()[:1]
    with suppress(PortDamaged):
        versions.append(port.current())
    return versions
