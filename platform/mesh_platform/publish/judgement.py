"""What becomes of a candidate: published whole, published without its bad rows, or refused."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from mesh_platform.contract.audit import Audit, audit
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.rule import References
from mesh_platform.errors import MeshError
from mesh_platform.home import MeshHome
from mesh_platform.port.version import Provenance
from mesh_platform.publish.refusals import contract_broken
from mesh_platform.quarantine import count_bad, keep, without


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
