"""Vacuuming a whole mesh: every contract's retention, every consumer's commit, and nobody running meanwhile."""

from collections.abc import Sequence
from contextlib import ExitStack, suppress

from mesh_capabilities.maintenance.vacuum import Vacuum, pinned_versions, plan_vacuum
from mesh_platform.build.warehouse import writing
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import PortDamaged, UnknownPort
from mesh_platform.names import PortAddress
from mesh_platform.port.commit import alone
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.shelf import port_folders
from mesh_platform.port.version import PortVersion
from mesh_platform.product.offer import load_offer
from mesh_platform.project import Project


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
