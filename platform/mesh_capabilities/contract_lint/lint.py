"""Linting a contract: whether it is valid and can be kept, and what of it the platform does not execute, line by line."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mesh_capabilities.contract_lint.culprits import culprits
from mesh_capabilities.contract_lint.key_use import Use
from mesh_capabilities.contract_lint.rehearsal import rehearse
from mesh_capabilities.contract_lint.unexecuted import unexecuted
from mesh_capabilities.contract_lint.validity import invalidities
from mesh_platform.contract.document import contract_in
from mesh_platform.errors import ContractError
from mesh_platform.yaml_files import Place, Positioned, read_positions


class Level(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    """The file is no contract, or none that its port can keep."""
    WARNING = "warning"
    """It says something that a reader may count on and nothing executes."""
    NOTE = "note"
    """It says something for people."""


_LEVELS = {Use.IGNORED: Level.WARNING, Use.DOCUMENTED: Level.NOTE}


@dataclass(frozen=True)
class Finding:
    """One thing that lint has to say of a contract."""

    line: int
    level: Level
    key: str
    """The key, as the table of executed keys spells it; empty for the file as a whole."""
    use: str
    """`invalid`, `not executed` or `documentation only`."""
    sentence: str


@dataclass(frozen=True)
class Linted:
    """All findings on one file, errors first, then by line."""

    file: str
    findings: tuple[Finding, ...]

    def of(self, level: Level) -> list[Finding]:
        return [finding for finding in self.findings if finding.level == level]

    @property
    def good(self) -> bool:
        return not self.of(Level.ERROR)


def lint(path: Path, root: Path | None = None) -> Linted:
    """Everything there is to say of the contract in `path`.

    Args:
        path: an ODCS file. Raises ContractError when it cannot be opened.
        root: the mesh whose port it promises. Without one the file is held against the standard only, and what keeps
            a port from it is a warning.
    """
    try:
        said = read_positions(path)
    except OSError as problem:
        raise ContractError(f"{path} cannot be read: {problem.strerror or problem}.", "Name another file.") from problem
    findings = [*_errors(said, path, root), *_notes(said)]
    order = [Level.ERROR, Level.WARNING, Level.NOTE]
    findings.sort(key=lambda finding: (order.index(finding.level), finding.line))
    shown = path.relative_to(root) if root and path.is_relative_to(root) else path
    return Linted(shown.as_posix(), tuple(findings))


def _errors(said: Positioned, path: Path, root: Path | None) -> Iterator[Finding]:
    if said.faults:
        yield from (Finding(fault.line, Level.ERROR, "", "invalid", fault.found) for fault in said.faults)
        return
    invalid = list(invalidities(said.document, path))
    for place, sentence in invalid:
        yield Finding(said.line(place), Level.ERROR, _spelled(place), "invalid", sentence)
    if invalid:
        return
    level, use = (Level.ERROR, "invalid") if root else (Level.WARNING, Use.IGNORED.value)
    kept = list(culprits(said.document, lambda document: contract_in(document, path, root)))
    for place, sentence in kept or rehearse(said.document, contract_in(said.document, path, root)):
        yield Finding(said.line(place), level, _spelled(place), use, _plain(sentence, path))


def _notes(said: Positioned) -> Iterator[Finding]:
    for key in unexecuted(said.document):
        yield Finding(said.line(key.place), _LEVELS[key.use], key.path, key.use.value, key.says)


def _plain(sentence: str, path: Path) -> str:
    """A refusal without what a finding says anyway: which file it is, and that it is to be corrected."""
    return sentence.removeprefix(f"{path}: ").removesuffix(" Correct the file.").rstrip(".")


def _spelled(place: Place) -> str:
    return "".join("[]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")
