"""Whether a version number has grown as much as the changes behind it ask for."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mesh_capabilities.contract_change.catalogue import Bump, Change
from mesh_capabilities.contract_change.compare import compare


@dataclass(frozen=True)
class Comparison:
    """Two versions of one contract: what changed, how much the version had to grow, and how much it did."""

    old_version: str
    new_version: str
    changes: tuple[Change, ...]

    @property
    def required(self) -> Bump:
        return required_bump(self.changes)

    @property
    def actual(self) -> Bump | None:
        """None when the version went back, or is no version."""
        return bump_between(self.old_version, self.new_version)

    @property
    def sufficient(self) -> bool:
        return self.actual is not None and self.actual >= self.required

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        step = f"{self.old_version} → {self.new_version}"
        if self.actual is None:
            return f"{step} is no step forward, and {_article(self.required)} is required"
        if self.sufficient:
            return f"{step} is {_article(self.actual)}, {_article(self.required)} is required"
        return f"{step} is {_article(self.actual)}, but {_article(self.required)} is required: {self.next_version}"

    @property
    def next_version(self) -> str:
        """The lowest version that would do."""
        parts = _parts(self.old_version) or (0, 0, 0)
        match self.required:
            case Bump.major:
                parts = (parts[0] + 1, 0, 0)
            case Bump.minor:
                parts = (parts[0], parts[1] + 1, 0)
            case Bump.patch:
                parts = (parts[0], parts[1], parts[2] + 1)
        return ".".join(map(str, parts))


def compare_versions(old: dict[str, Any], new: dict[str, Any]) -> Comparison:
    """Compares two contract documents, their version numbers included."""
    return Comparison(str(old.get("version")), str(new.get("version")), tuple(compare(old, new)))


def required_bump(changes: Iterable[Change]) -> Bump:
    """The greatest bump that any of the changes asks for."""
    return max((change.bump for change in changes), default=Bump.none)


def bump_between(old: str, new: str) -> Bump | None:
    """How the version has grown; None when it went back or is not of the form major.minor.patch."""
    before, after = _parts(old), _parts(new)
    if before is None or after is None or after < before:
        return None
    for bump, old_part, new_part in zip((Bump.major, Bump.minor, Bump.patch), before, after):
        if old_part != new_part:
            return bump
    return Bump.none


def _parts(version: str) -> tuple[int, int, int] | None:
    parts = version.split(".")
    return tuple(map(int, parts)) if len(parts) == 3 and all(part.isdigit() for part in parts) else None


def _article(bump: Bump) -> str:
    return "no bump" if bump is Bump.none else f"a {bump.name} bump"
