"""Withdrawing a published major of a port that no contract declares any more and that no product reads.

Readers are served the newest published major, so while an abandoned one is published, no earlier one can be. The major is
withdrawn by renaming its folder beside the others, in one step: a process that is killed leaves it as it was, or withdrawn.
A bucket cannot rename, so there its commits are removed, the newest first, and then its data; a process that is killed leaves
a major that can be withdrawn again.
"""

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from mesh_capabilities.errors import WithdrawalRefused
from mesh_isolation.files import make_durable
from mesh_platform.build.warehouse import writing
from mesh_platform.errors import PortDamaged, UnknownPort
from mesh_platform.names import PortAddress, nearest
from mesh_platform.port.commit import alone
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import PortVersion
from mesh_platform.product.descriptor import DataProduct, Stage
from mesh_platform.product.offer import Offer, load_offer
from mesh_platform.project import Project


@dataclass(frozen=True)
class Withdrawal:
    """A major that was withdrawn, or would be."""

    address: PortAddress
    major: int
    versions: int
    """The number of its versions."""
    kept: Path | None
    """The folder that holds them from now on; None if they are removed, as from a bucket."""
    served: int | None
    """The newest major that is published otherwise, which readers are served from now on; None if there is none."""


def withdraw_major(project: Project, address: PortAddress, major: int, dry_run: bool, wait: float) -> Withdrawal:
    """Takes a published major of a port back: afterwards, readers are served the newest other one.

    Args:
        project: the mesh.
        address: the port.
        major: the major to withdraw.
        dry_run: only say whether it could be withdrawn.
        wait: seconds to wait for each domain that another run is using.

    Raises UnknownPort if the major is not published, WithdrawalRefused while a contract declares it or a product reads it,
    DomainBusy for a domain that another run is using (the run reads versions that no commit records yet), PublishError for
    a port during a rollback, and OSError when its files cannot be moved or removed.
    """
    port = OutputPort(address, project.home.port(address, major))
    with ExitStack() as locks:
        for domain in () if dry_run else project.domains.values():
            locks.enter_context(writing(domain, wait))
        others = [OutputPort(address, project.home.port(address, other)) for other in port.log.place.majors() - {major}]
        published = {int(other.folder.name[1:]) for other in others if other.published}
        if not port.published:
            found = f"{address} has no published version in v{major}."
            raise UnknownPort(found, nearest(f"v{major}", [f"v{other}" for other in published]))
        if reasons := list(_reasons(project, address, major)):
            listed = "".join(f"\n    {reason}" for reason, _ in reasons)
            ways_out = dict.fromkeys(way_out for _, way_out in reasons)
            raise WithdrawalRefused(f"{address} v{major} is not withdrawn:{listed}", f"\n    {' '.join(ways_out)}")
        versions = len(port.log.numbers(unreadable=[]))
        kept = None
        if not port.log.place.remote:
            names = (port.folder.with_name(f"withdrawn.{port.folder.name}.{number}") for number in count(1))
            kept = next(folder for folder in names if not folder.exists())
        if not dry_run:
            locks.enter_context(alone(port.folder, wait))  # a rollback does not take the domain's lock
            remove_major(port, kept)
    return Withdrawal(address, major, versions, kept, max(published, default=None))


def remove_major(port: OutputPort, kept: Path | None) -> None:
    """Moves the folder of a major to `kept`, or, without one, removes its commits and its data from the bucket."""
    if kept:
        port.folder.rename(kept)
        make_durable(port.folder.parent)
    else:
        place, log = port.log.place, port.log.folder
        commits = [port.log.file(number) for number in reversed(port.log.numbers())]
        place.remove([log / "_last_checkpoint", *(file for file in log.iterdir() if file not in commits)])
        for commit in commits:
            place.remove([commit])
        place.remove(port.folder / name for name in place.names())
    (port.folder.parents[3] / "verified" / f"{'.'.join(port.folder.parts[-3:])}.json").unlink(missing_ok=True)


def _reasons(project: Project, address: PortAddress, major: int) -> Iterator[tuple[str, str]]:
    """Why the major is still needed, each with a way out."""
    id, restored = f"{address.domain}.{address.port}.v{major}", "Withdraw it when nothing needs it any more."
    file = Path("domains", address.domain, "contracts", f"{address.port}.v{major}.odcs.yaml")
    if (project.root / file).exists():
        yield f"{file} declares it", f"Delete {file}, and its entry under outputPorts, to take it back."
        return
    for domain in project.domains.values():
        offer = load_offer(domain)
        for product in offer.products.values():
            if any(output.contract_id == id for output in product.outputs):
                yield f"{product.file} lists {id} under outputPorts", f"Remove it from {product.file}."
            if product.stage is not Stage.retired and any(input.contract_id == id for input in product.inputs):
                yield f"{product.address} of team:{product.owner} reads it ({product.file})", restored
        for contract in (*offer.contracts.values(), *(other for majors in offer.earlier.values() for other in majors)):
            if contract.served_from == id:
                yield f"{contract.file} is served from it", f"Remove servedFrom from {contract.file}."
            if any((to.address, to.major) == (address, major) for to in contract.references):
                yield f"a relationship in {contract.file} refers to it", restored
        for reader in _built_from(project, offer, address, major):
            yield f"version {reader.number} of {reader.address} was built from it", f"Run `mesh run {reader.address}` first."


def _built_from(project: Project, offer: Offer, address: PortAddress, major: int) -> Iterator[PortVersion]:
    """The served versions that were built from that major, of ports that are built without it: of other products."""
    own = next((product.name for product in offer.products.values() if _publishes(product, address)), None)
    for port, contract in offer.contracts.items():
        if port not in offer.built or (address.domain == offer.domain.name and offer.product_of(port).name == own):
            continue
        reader = OutputPort(contract.address, project.home.port(contract.address, contract.major))
        with suppress(PortDamaged, UnknownPort):  # not published yet
            version = reader.current()
            read = version.provenance
            if str(address) in read.inputs and read.majors.get(str(address), 1) == major:
                yield version


def _publishes(product: DataProduct, address: PortAddress) -> bool:
    return any(output.address == address for output in product.outputs)
