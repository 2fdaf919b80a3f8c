"""Earlier majors of a port: which version a reader of one gets, and whether a candidate still keeps what they promise."""

from collections.abc import Sequence
from pathlib import Path

from mesh_platform.contract.audit import audit
from mesh_platform.contract.document import load_contract
from mesh_platform.contract.rule import CANDIDATE, opened
from mesh_platform.errors import ContractError, MeshError
from mesh_platform.names import literal
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.place import place_of
from mesh_platform.port.version import PortVersion, expressions, seen_as
from mesh_platform.product.descriptor import PortReference
from mesh_platform.product.offer import Offer
from mesh_platform.project import DomainFolder
from mesh_platform.publish import refusals


def served_version(domain: DomainFolder, reference: PortReference) -> PortVersion:
    """What a product of the domain reads when it reads that input now.

    An earlier major whose contract says `servedFrom` is a view over the major named there, as soon as that one is
    published. Raises UnknownPort when nothing is published.
    """
    address, home = reference.address, domain.home
    path = reference.contract_file(domain.root)
    # Where no later major is published there is nothing to see through, and no contract to read.
    if path.is_file() and _later(home.port(address, reference.major), reference.major):
        contract = load_contract(path, domain.root)
        if contract.served_from:
            newest = OutputPort(address, home.port(address, int(contract.served_from.rpartition(".v")[2])))
            if newest.published:
                return seen_as(contract, newest.current())
    return OutputPort(address, home.port(address, reference.major)).current()


def _later(folder: Path, major: int) -> bool:
    return any(other > major for other in place_of(folder).majors())


def earlier_broken(offer: Offer, port: str, candidate: Path, files: Sequence[Path] = ()) -> MeshError | None:
    """Why the candidate may not be published although it keeps its own contract: an earlier major would break its own.

    Each earlier major is computed from the candidate, or the `files` that it has been cut into, and audited against its
    contract, as its readers would see it.
    """
    for contract in offer.earlier.get(port, ()):
        seen = candidate.with_name(f"{port}.v{contract.major}.parquet")
        try:
            _write(expressions(contract), files or [candidate], seen)
        except ContractError as problem:
            return ContractError(f"{contract.file}: {problem.found}", "Correct the transformLogic of its columns.")
        found = audit(contract, [seen])
        if found.broken:
            return refusals.contract_broken(contract, found.broken, seen)
        seen.unlink()
    return None


def _write(columns: tuple[str, ...], files: Sequence[Path], seen: Path) -> None:
    import duckdb

    with opened(files) as connection:
        try:
            connection.execute(f"COPY (SELECT {', '.join(columns)} FROM {CANDIDATE}) TO {literal(seen)} (FORMAT parquet)")
        except duckdb.Error as problem:
            said = " ".join(str(problem).split("LINE 1")[0].split())
            raise ContractError(f"its columns cannot be made of those of the newest major: {said}") from problem
