"""The gate: whether what became of a contract is allowed, judged from its old and its new text."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from mesh_capabilities.contract_change.catalogue import Bump
from mesh_capabilities.contract_change.versions import Comparison, compare_versions
from mesh_platform.contract.contract import removal_refused, too_short


@dataclass(frozen=True)
class Finding:
    """What the gate found of one contract file."""

    file: str
    contract: str
    """Its id."""
    happened: str
    """added, changed or deleted."""
    comparison: Comparison | None = None
    refusal: str | None = None
    """Why it is refused, as a sentence; None when it is allowed."""
    way_out: str = ""

    @property
    def allowed(self) -> bool:
        return self.refusal is None


def judge_change(file: str, old: dict[str, Any], new: dict[str, Any], today: date) -> Finding:
    """Judges a contract that says something else than before, in the file of the same major version."""
    comparison = compare_versions(old, new)
    contract = str(old.get("id"))
    breaking = [change for change in comparison.changes if change.bump is Bump.major]
    if breaking:
        said = "; ".join(change.sentence for change in breaking)
        found = f"{contract} {comparison.old_version} breaks its promise within the major version: {said}"
        way_out = (
            f"Leave {file} as it was and promise this in a new major version, {comparison.next_version}, in a file of its own; "
            "both are served until the old one ends."
        )
        return Finding(file, contract, "changed", comparison, found, way_out)
    if not comparison.sufficient:
        way_out = f"Write version {comparison.next_version} in {file}, and in the product that publishes it."
        return Finding(file, contract, "changed", comparison, f"{contract}: {comparison.sentence}", way_out)
    if short := too_short(old, new, today):
        found = f"{contract}: {'; '.join(short)}"
        return Finding(file, contract, "changed", comparison, found, "State a later end.")
    return Finding(file, contract, "changed", comparison)


def judge_removal(file: str, old: dict[str, Any], today: date) -> Finding:
    """Judges a contract whose file is gone."""
    contract = str(old.get("id"))
    if reason := removal_refused(old, today):
        found = f"{contract} {old.get('version')} is deleted inside its notice period: {reason}"
        return Finding(file, contract, "deleted", None, found, f"Bring {file} back until then.")
    return Finding(file, contract, "deleted")
