"""Judging a candidate: published whole, published without its bad rows, or refused with the reason its owner reads."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from mesh_platform.build.dbt import NodeResult
from mesh_platform.contract.audit import Audit, Verdict, audit
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.rule import CANDIDATE, References, opened
from mesh_platform.errors import ContractError, ContractViolation, MeshError, TransformationError
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress, literal
from mesh_platform.port.version import PortVersion, Provenance, expressions
from mesh_platform.product.offer import Offer
from mesh_platform.project import DomainFolder
from mesh_platform.publish.loading import explain_missing
from mesh_platform.quarantine import Entry, count_bad, keep, without


def contract_broken(contract: Contract, broken: Collection[Verdict], candidate: Path, kept: Entry | None = None) -> MeshError:
    """The audit found rules broken that forbid to publish; `kept` holds the rows that broke them."""
    verdicts = "".join(f"\n    {verdict}" for verdict in broken)
    rows = f"; `mesh quarantine show {kept.id}` shows the rows" if kept else ""
    return ContractViolation(
        f"{contract.address} breaks its contract {contract.id} {contract.version} and was not published:{verdicts}",
        f"\n    The candidate is kept in {candidate}{rows}; the contract is {contract.file}.",
    )


def product_incomplete(port: PortAddress, broken: PortAddress) -> MeshError:
    """Another port of the same product was refused."""
    return ContractViolation(
        f"{port} was not published, because {broken} was not.", "They are one product and are published together."
    )


def part_missing(port: PortAddress, part: PortAddress) -> MeshError:
    """A port of the same domain that this one is made of was refused."""
    return TransformationError(f"{port} was not published, because it is made of {part}, which was not.")


def part_reduced(port: PortAddress, part: PortAddress) -> MeshError:
    """A port of the same domain that this one is made of lost rows to the quarantine after this one was built on it."""
    return TransformationError(
        f"{port} was not published, because it was built on rows of {part} that were set aside afterwards.",
        f"`mesh run {port}` builds it on what was published.",
    )


def dbt_failed(
    port: PortAddress, nodes: Collection[NodeResult], domain: DomainFolder, inputs: Sequence[PortVersion]
) -> MeshError | None:
    """A model or a test of the port did not end well; None when all did."""
    bad = [node for node in nodes if not node.good]
    if not bad:
        return None
    # What is skipped is skipped because of something else: name that.
    node = min(bad, key=lambda node: node.status == "skipped")
    return explain_missing(node.message, node.file, domain, inputs) or TransformationError(
        f"{port} was not published: the {node.kind} {node.name} ended with {node.status}: {node.message}.",
        f"See dbt_projects/{domain.name}/{node.file}.",
    )


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
            return contract_broken(contract, found.broken, seen)
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


@dataclass(frozen=True)
class Judgement:
    """The audit of what may be published, or the error that forbids it."""

    audit: Audit | None
    aside: int = 0
    """How many rows were set aside; they are no longer in the candidate."""
    error: MeshError | None = None


def judge(
    contract: Contract,
    candidate: Path,
    made_of: Provenance,
    home: MeshHome,
    references: References = MappingProxyType({}),
    files: Sequence[Path] = (),
) -> Judgement:
    """Audits the candidate. Its bad rows go to the quarantine; where the broken rules allow it, the others stay.

    Args:
        contract: what it is held against.
        candidate: a Parquet file, which is replaced when rows are set aside.
        made_of: what is known of how it came to be.
        home: the mesh's.
        references: the files of the ports that the contract's relationships lead to.
        files: of a port that grows, the files of days that the candidate has been cut into, which are judged together
            instead of it. Its contract sets no rows aside.
    """
    judged = files or [candidate]
    found = audit(contract, judged, references)
    if not found.broken:
        return Judgement(found)
    made_of, shelf = replace(made_of, rows=found.rows), home.quarantine(contract.address)
    try:
        rest = None if contract.partition else _separated(candidate, found, contract, references)
        if rest and not rest.audit.broken:
            # Kept before the candidate shrinks: whenever this is interrupted, no row is missing from both.
            keep(contract, [candidate], found.broken, made_of, shelf, references, published=True)
            rest.file.replace(candidate)
            return Judgement(rest.audit, found.rows - rest.audit.rows)
        if rest:
            rest.file.unlink()
        entry = keep(contract, judged, found.broken, made_of, shelf, references)
    except MeshError as problem:
        return Judgement(found, error=problem)
    broken = [*found.broken, *(rest.audit.broken if rest else ())]
    return Judgement(found, error=contract_broken(contract, broken, candidate, entry))


@dataclass(frozen=True)
class _Rest:
    file: Path
    audit: Audit


def _separated(candidate: Path, found: Audit, contract: Contract, references: References) -> _Rest | None:
    """The candidate without its bad rows, audited anew; None where a broken rule does not let so many rows go."""
    rules = [verdict.rule for verdict in found.broken]
    if not all(rule.set_aside for rule in rules):
        return None
    bad = count_bad([candidate], rules, references)
    if not all(rule.set_aside.allows(count, found.rows) for rule, count in zip(rules, bad)):
        return None
    file = candidate.with_name(f"{candidate.stem}.rest.parquet")
    without([candidate], rules, file, references)
    return _Rest(file, audit(contract, [file], references))
