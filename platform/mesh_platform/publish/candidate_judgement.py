"""Judging a candidate: publish it, publish it without its bad rows, or refuse it with a reason."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from mesh_isolation.files import sha256
from mesh_isolation.sql import OWN
from mesh_isolation.text import without_values
from mesh_platform.build.dbt import NodeResult
from mesh_platform.contract.audit import Audit, Verdict, audit
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.rule import CANDIDATE, References, opened
from mesh_platform.errors import ContractError, ContractViolation, MeshError, QueryRefused, TransformationError
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress, literal
from mesh_platform.port.version import PortVersion, Provenance, expressions
from mesh_platform.product.offer import Offer
from mesh_platform.project import DomainFolder
from mesh_platform.publish.loading import explain_missing
from mesh_platform.quarantine import Entry, count_bad, keep_rows, without
from mesh_platform.restricted_sql import answer, check_scalar


def contract_broken(contract: Contract, broken: Collection[Verdict], candidate: Path, kept: Entry | None = None) -> MeshError:
    """The audit found broken rules that block the publish; `kept` holds the rows that broke them."""
    rows = f"; `mesh quarantine show {kept.id}` shows the rows" if kept else ""
    return ContractViolation(
        f"{contract.address} breaks its contract {contract.id} {contract.version} and was not published:{in_lines(broken)}",
        f"\n    The candidate is kept in {candidate}{rows}; the contract is {contract.file}.",
    )


def in_lines(broken: Collection[Verdict]) -> str:
    """The verdicts, each on lines of its own."""
    return "".join(f"\n    {verdict}" for verdict in broken)


def product_incomplete(port: PortAddress, broken: PortAddress) -> MeshError:
    """Another port of the same product was refused."""
    return ContractViolation(
        f"{port} was not published, because {broken} was not.", "The ports of one product are published together."
    )


def part_missing(port: PortAddress, part: PortAddress) -> MeshError:
    """An upstream port of the same domain was refused."""
    return TransformationError(f"{port} was not published, because it is built from {part}, which was not.")


def part_reduced(port: PortAddress, part: PortAddress) -> MeshError:
    """Rows of an upstream port of the same domain were set aside after this port was built from them."""
    return TransformationError(
        f"{port} was not published, because it was built from rows of {part} that were set aside afterwards.",
        f"`mesh run {port}` builds it from the published rows.",
    )


def dbt_failed(
    port: PortAddress, nodes: Collection[NodeResult], domain: DomainFolder, inputs: Sequence[PortVersion]
) -> MeshError | None:
    """The error of the first failed model or test of the port; None if there is none."""
    bad = [node for node in nodes if not node.good]
    if not bad:
        return None
    # A node is skipped because another one failed; report that one.
    node = min(bad, key=lambda node: node.status == "skipped")
    return explain_missing(node.message, node.file, domain, inputs) or TransformationError(
        f"{port} was not published: the {node.kind} {node.name} ended with {node.status}: {node.message}.",
        f"See dbt_projects/{domain.name}/{node.file}.",
    )


def earlier_broken(
    offer: Offer,
    port: str,
    candidate: Path,
    files: Sequence[Path] = (),
    before: int | None = None,
    references: References = MappingProxyType({}),
) -> MeshError | None:
    """The error if an earlier major would break its contract, although the candidate keeps its own; None otherwise.

    Each earlier major is computed from the candidate, or from the `files` of its days, as its readers would see it, and
    audited against its contract.
    """
    for contract in offer.earlier.get(port, ()):
        seen = candidate.with_name(f"{candidate.stem}.v{contract.major}.parquet")
        if problem := _uncomputable(contract, offer.contracts[port], files or [candidate]):
            return problem
        try:
            _write(expressions(contract), files or [candidate], seen)
        except ContractError as problem:
            return ContractError(f"{contract.file}: {problem.found.rstrip('.')}.", "Correct the transformLogic of its columns.")
        result = audit(contract, [seen], references, before=before)
        if result.broken:
            return contract_broken(contract, result.broken, seen)
        seen.unlink()
    return None


def _uncomputable(contract: Contract, newest: Contract, files: Sequence[Path]) -> ContractError | None:
    """The error for the first transformLogic that exceeds the limits, because consumers compute it in their own time."""
    for name, logic in contract.served_as.items():
        try:
            check_scalar(logic, newest.column_names)
            answer(f"SELECT count(\n{logic}\n) FROM {CANDIDATE}", {CANDIDATE: files}, OWN)
        except QueryRefused as problem:
            found = f"{contract.file}: its columns cannot be computed: the transformLogic of {name!r} {problem.found}"
            return ContractError(found, problem.way_out)
    return None


def _write(columns: tuple[str, ...], files: Sequence[Path], seen: Path) -> None:
    import duckdb

    with opened(files) as connection:
        try:
            connection.execute(f"COPY (SELECT {', '.join(columns)} FROM {CANDIDATE}) TO {literal(seen)} (FORMAT parquet)")
        except duckdb.Error as problem:
            reason = without_values(problem)
            raise ContractError(f"its columns cannot be computed from those of the newest major: {reason}") from problem


@dataclass(frozen=True)
class CandidateJudgement:
    """The audit of a candidate, and the error if it may not be published."""

    audit: Audit | None
    aside: int = 0
    """The number of rows that were moved from the candidate to the quarantine."""
    error: MeshError | None = None
    digest: str | None = None
    """The SHA-256 of the candidate, taken before its audit; files of days have their own."""


def judge_candidate(
    contract: Contract,
    candidate: Path,
    provenance: Provenance,
    home: MeshHome,
    references: References = MappingProxyType({}),
    files: Sequence[Path] = (),
    before: int | None = None,
) -> CandidateJudgement:
    """Audits the candidate and moves its bad rows to the quarantine. The other rows stay, if the broken rules allow it.

    Args:
        contract: the contract to audit against.
        candidate: a Parquet file, which is replaced when rows are set aside.
        provenance: the provenance of the candidate, for the quarantine.
        home: the home whose quarantine receives the rows.
        references: the files of the ports that the contract's relationships refer to.
        files: for a partitioned port, the files of the candidate's changed days, which are audited together instead of
            the candidate. Its contract sets no rows aside.
        before: the number of rows of the version before; None if there is none.
    """
    judged = files or [candidate]
    digest = None if files else sha256(candidate)
    result = audit(contract, judged, references, before=before)
    if not result.broken:
        return CandidateJudgement(result, digest=digest)
    provenance, folder = replace(provenance, rows=result.rows), home.quarantine(contract.address)
    try:
        file = candidate.with_name(f"{candidate.stem}.rest.parquet")
        rest = None if contract.partition else _without_bad_rows(candidate, result, contract, references, file, before)
        if rest and not rest.audit.broken:
            # Written to the quarantine before they leave the candidate, so that an interruption loses no row.
            keep_rows(contract, [candidate], result.broken, provenance, folder, references, published=True)
            file.replace(candidate)
            return rest
        file.unlink(missing_ok=True)
        entry = keep_rows(contract, judged, result.broken, provenance, folder, references)
    except MeshError as problem:
        return CandidateJudgement(result, error=problem)
    broken = [*result.broken, *(rest.audit.broken if rest else ())]
    return CandidateJudgement(result, error=contract_broken(contract, broken, candidate, entry))


def _without_bad_rows(
    candidate: Path, result: Audit, contract: Contract, references: References, file: Path, before: int | None
) -> CandidateJudgement | None:
    """Writes the candidate without its bad rows to `file` and audits it; None if a broken rule does not allow so many."""
    rules = [verdict.rule for verdict in result.broken]
    if not all(rule.set_aside for rule in rules):
        return None
    bad = count_bad([candidate], rules, references)
    if not all(rule.set_aside.allows(count, result.rows) for rule, count in zip(rules, bad)):
        return None
    without([candidate], rules, file, references)
    digest, rest = sha256(file), audit(contract, [file], references, before=before)
    return CandidateJudgement(rest, result.rows - rest.rows, digest=digest)
