"""Vacuuming: which versions of a port are kept, and removing the files that only the others need."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mesh_platform.build.warehouse import writing
from mesh_platform.contract.contract import Contract, Retention
from mesh_platform.errors import PortDamaged, UnknownPort
from mesh_platform.names import PortAddress
from mesh_platform.port.commit import alone
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.shelf import port_folders
from mesh_platform.port.version import PortVersion
from mesh_platform.port.whole_versions import files_by_version
from mesh_platform.product.offer import load_offer
from mesh_platform.project import Project


@dataclass(frozen=True)
class Vacuum:
    """What there is to remove of one port."""

    port: OutputPort
    kept: tuple[int, ...]
    """The versions that can be read afterwards, newest first."""
    given_up: tuple[int, ...]
    """The versions that can be read now and not afterwards, newest first."""
    files: tuple[Path, ...]
    """What is removed: needed by versions that are given up, or were before, and by no other."""
    bytes: int

    def remove(self) -> None:
        """Removes the files, and folders of days that are empty then."""
        self.port.log.place.remove(self.files)
        for folder in {file.parent for file in self.files} - {self.port.folder}:
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def plan_vacuum(port: OutputPort, retention: Retention | None, pinned: Collection[int], now: datetime | None = None) -> Vacuum:
    """What may go of a published port.

    Args:
        port: published.
        retention: as its contract states it; None keeps everything.
        pinned: versions that served versions of other ports were made of.
        now: the moment from which ages are counted; default: this one.

    Raises PortDamaged when not every commit can be read: nobody can say then what is needed.
    """
    history = port.history()
    # Where the newest version is damaged, an earlier one is served.
    kept = {history[0].number, port.current().number, *pinned} | set(_retained(history, retention, now or datetime.now(UTC)))
    made_of = dict(files_by_version(port.log))
    needed = frozenset().union(*(files for number, files in made_of.items() if number in kept))
    spare = [port.folder / name for name in sorted(frozenset().union(*made_of.values()) - needed)]
    sizes = port.log.place.sizes(spare)
    # A version that has all its files without having been kept can be read on: it is made of the same ones.
    readable = [version.number for version in history if version.readable]
    lost = [number for number in readable if not made_of[number] <= needed]
    return Vacuum(
        port,
        tuple(number for number in readable if number not in lost),
        tuple(lost),
        tuple(sizes),
        sum(sizes.values()),
    )


def pinned_versions(served: Iterable[PortVersion]) -> dict[str, set[int]]:
    """By port, the versions that these served ones were made of, as their commits say."""
    pinned: dict[str, set[int]] = {}
    for version in served:
        for name, number in version.provenance.inputs.items():
            pinned.setdefault(name, set()).add(number)
    return pinned


def _retained(history: list[PortVersion], retention: Retention | None, now: datetime) -> Iterable[int]:
    """A version's age counts from the moment at which the next one took its place."""
    if retention is None:
        return [version.number for version in history]
    if retention.versions:
        return [version.number for version in history[: retention.versions]]
    replaced = zip(history[1:], history)
    return [version.number for version, successor in replaced if now - successor.committed <= retention.time]


def vacuum(project: Project, targets: Sequence[str], dry_run: bool, wait: float) -> list[tuple[Contract, Vacuum]]:
    """Removes what may go of the ports of `targets` (`sales`, `sales/orders`; none means all), and says what that was.

    Args:
        project: the mesh.
        targets: as the user named them.
        dry_run: only say it.
        wait: seconds to wait for each domain that somebody is running.

    Raises UnknownPort for a target that is not there, DomainBusy for a domain that is being run: a run reads the version
    that was served when it began, though nothing says so before it is done. Raises PublishError for a port that somebody
    is going back in, PortDamaged for one of `targets` whose log is damaged.
    """
    contracts = [contract for domain in project.domains.values() for contract in load_offer(domain).contracts.values()]
    chosen = _chosen(project, contracts, targets)
    with ExitStack() as nobody_runs:
        for domain in () if dry_run else project.domains.values():
            nobody_runs.enter_context(writing(domain, wait))
        ports = [port for port in port_folders(project.home) if port.published]
        for port in () if dry_run else ports:
            nobody_runs.enter_context(alone(port.folder, wait))  # nor goes back, which a domain's lock does not forbid
        pinned = pinned_versions(version for port in ports for version in _made_now(port))
        found = []
        for contract in chosen:
            port = OutputPort(contract.address, project.home.port(contract.address, contract.major))
            if port.published:
                found.append((contract, plan_vacuum(port, contract.retention, pinned.get(str(contract.address), ()))))
        for _, one in () if dry_run else found:
            one.remove()
    return found


def _made_now(port: OutputPort) -> list[PortVersion]:
    """The newest version of a port, and the served one, which is an earlier one where the newest is damaged."""
    made = port.history()[:1]
    with suppress(PortDamaged):
        made.append(port.current())
    return made


def _chosen(project: Project, contracts: Sequence[Contract], targets: Sequence[str]) -> list[Contract]:
    known = {str(contract.address) for contract in contracts} | set(project.domains)
    for target in targets:
        if target not in known:
            if "/" in target:
                PortAddress.parse(target)
            raise UnknownPort(f"There is no domain or port '{target}'.", "`mesh products` lists the ports of the mesh.")
    return [c for c in contracts if not targets or {str(c.address), c.address.domain} & set(targets)]
