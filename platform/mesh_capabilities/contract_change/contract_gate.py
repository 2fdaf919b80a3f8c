"""The gate: whether the version number and the notice period of a contract allow its changes."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from mesh_capabilities.contract_change.compare import DRAFTS, FileAndRoot, compare_documents
from mesh_capabilities.contract_change.promises import NOWHERE
from mesh_capabilities.contract_change.revision import Revision
from mesh_capabilities.contract_change.sorts import Bump, Change
from mesh_capabilities.notice import SHORTEST_NOTICE, notice_of
from mesh_isolation.sla_entries import ends_of, unread_ends
from mesh_isolation.team_files import UnreadableFile, read_team_text
from mesh_isolation.text import whole_number
from mesh_platform.contract.document import load_contract
from mesh_platform.errors import ContractError, MeshError
from mesh_platform.names import PortAddress
from mesh_platform.yaml_files import parse_mapping, read_mapping

SUFFIX = ".odcs.yaml"


@dataclass(frozen=True)
class ContractComparison:
    """Two versions of a contract compared: the changes, the bump that they require, and the actual bump."""

    old_version: str
    new_version: str
    changes: tuple[Change, ...]
    old_is_draft: bool = False
    """A draft promises nothing, so no change to it requires a new version."""

    @property
    def required(self) -> Bump:
        """The greatest bump that any of the changes requires."""
        return Bump.none if self.old_is_draft else max((change.bump for change in self.changes), default=Bump.none)

    @property
    def actual(self) -> Bump | None:
        """None when the new version is lower, or when one of the two is not major.minor.patch."""
        before, after = _parts(self.old_version), _parts(self.new_version)
        if before is None or after is None or after < before:
            return None
        bumps = zip((Bump.major, Bump.minor, Bump.patch), before, after)
        return next((bump for bump, old, new in bumps if old != new), Bump.none)

    @property
    def sufficient(self) -> bool:
        return self.actual is not None and self.actual >= self.required

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        lowest = f"{'these changes require' if len(self.changes) > 1 else 'this change requires'} at least {self.next_version}"
        if self.sufficient and self.old_is_draft:
            return f"{self.old_version} was a draft, of which no change requires a new version"
        if self.sufficient:
            needs = lowest if self.required else "no change requires a new one"
            return f"version {self.new_version} after {self.old_version} is sufficient; {needs}"
        if self.actual is Bump.none:
            return f"the version is still {self.new_version}; {lowest}"
        if self.actual is None:
            return f"version {self.new_version} is not higher than {self.old_version}; {lowest}"
        return f"version {self.new_version} is too low after {self.old_version}; {lowest}"

    @property
    def next_version(self) -> str:
        """The lowest version that is sufficient."""
        parts = _parts(self.old_version) or (0, 0, 0)
        match self.required:
            case Bump.major:
                parts = (parts[0] + 1, 0, 0)
            case Bump.minor:
                parts = (parts[0], parts[1] + 1, 0)
            case Bump.patch:
                parts = (parts[0], parts[1], parts[2] + 1)
        return ".".join(map(str, parts))


def compare_versions(old: dict[str, Any], new: dict[str, Any], place: FileAndRoot = (NOWHERE, NOWHERE)) -> ContractComparison:
    """Compares two contract documents, including their version numbers; `place` is that of `compare_documents`."""
    changes = tuple(compare_documents(old, new, place))
    return ContractComparison(str(old.get("version")), str(new.get("version")), changes, old.get("status") in DRAFTS)


def _parts(version: str) -> tuple[int, int, int] | None:
    parts = tuple(map(whole_number, version.split(".")))
    return parts if len(parts) == 3 and None not in parts else None


@dataclass(frozen=True)
class GateFinding:
    """The verdict of the gate on one contract file."""

    file: str
    contract: str
    """Its id."""
    happened: str
    """added, changed or deleted."""
    comparison: ContractComparison | None = None
    refusal: str | None = None
    """The reason, as a sentence without its full stop; None when the change is allowed."""
    way_out: str = ""

    @property
    def allowed(self) -> bool:
        return self.refusal is None

    @property
    def problem(self) -> str | None:
        """The refusal without the contract's id, for a place that shows the id."""
        return self.refusal and self.refusal.removeprefix(self.contract).lstrip(": ")


def judge_contract_change(
    file: str, old: dict[str, Any], new: dict[str, Any], today: date, root: Path = NOWHERE
) -> GateFinding:
    """Judges a changed contract. `file` is that of its major version, from the root of its repository."""
    comparison = compare_versions(old, new, (root / file, root))
    contract = str(old.get("id"))
    if comparison.required is Bump.major:
        breaking = [change for change in comparison.changes if change.bump is Bump.major]
        sentences = "; ".join(change.sentence for change in breaking)
        refusal = f"{contract} {comparison.old_version} breaks its promise within the major version: {sentences}"
        way_out = (
            f"Restore {file}, and write the change as a new major version, {comparison.next_version}, in a file of its own; "
            "both are served until the old one ends."
        )
        return GateFinding(file, contract, "changed", comparison, refusal, way_out)
    if not comparison.sufficient:
        way_out = f"Write version {comparison.next_version} in {file}, and in the product that publishes it."
        return GateFinding(file, contract, "changed", comparison, f"{contract}: {comparison.sentence}", way_out)
    try:
        short, way_out = [] if comparison.old_is_draft else too_short(old, new, today), "State a later end."
    except ContractError as problem:
        short = [f"an end is announced, and the notice that its consumers have is not known: {problem.found.rstrip('.')}"]
        way_out = "First publish a version with a notice that can be read, and announce the end in a later one."
    if short:
        return GateFinding(file, contract, "changed", comparison, f"{contract}: {'; '.join(short)}", way_out)
    return GateFinding(file, contract, "changed", comparison)


def judge_contract_removal(file: str, old: dict[str, Any], today: date) -> GateFinding:
    """Judges the deletion of a contract."""
    contract = str(old.get("id"))
    if reason := removal_refused(old, today):
        refusal = f"{contract} {old.get('version')} is deleted inside its notice period: {reason}"
        way_out = f"Restore {file}{', and correct it.' if unread_ends(old) else ' until then.'}"
        return GateFinding(file, contract, "deleted", None, refusal, way_out)
    return GateFinding(file, contract, "deleted")


def judge_mesh(root: Path, base: Revision, today: date) -> list[GateFinding]:
    """One finding for every contract file below `root` that differs from the base. A renamed file is deleted and added."""
    before, after = contract_files(base.files("domains", SUFFIX)), contract_files(_files(root))
    findings = []
    for file in sorted(before | after):
        old = base.text(file) if file in before else None
        path = root / file
        with suppress(UnreadableFile):  # the finding has the reason
            if file in after and old == read_team_text(path):
                continue
        findings.append(_judge(root, file, old, base.name, today))
    return findings


def contract_files(files: Iterable[str]) -> set[str]:
    """The contracts among the files: `domains/<domain>/contracts/<port>.v<major>.odcs.yaml`."""
    parts = ((file, Path(file).parts) for file in files)
    return {file for file, path in parts if len(path) == 4 and path[2] == "contracts" and file.endswith(SUFFIX)}


def address_of(file: str) -> tuple[PortAddress, int]:
    """The port and the major version in the name of a contract's file; 0 for a name without a version."""
    path = Path(file)
    port, _, major = path.name.removesuffix(SUFFIX).rpartition(".v")
    return PortAddress(path.parts[1], port), whole_number(major) or 0


def columns_of(document: dict[str, Any] | None) -> list[str]:
    """The names of all columns of a contract document."""
    tables = (document or {}).get("schema") or []
    return [str(entry.get("name")) for table in tables for entry in table.get("properties") or []]


def _judge(root: Path, file: str, old: str | None, base: str, today: date) -> GateFinding:
    address, major = address_of(file)
    contract, happened = f"{address.domain}.{address.port}.v{major}", "added"
    before = None
    if old is not None:
        happened = "changed" if (root / file).exists() else "deleted"
        try:
            before = parse_mapping(old, f"{file} at {base}", ContractError)
        except MeshError as problem:
            way_out = "Compare with a revision in which it is valid."
            return GateFinding(file, contract, happened, None, f"{problem.found} It cannot be compared", way_out)
    if happened == "deleted":
        return judge_contract_removal(file, before, today)
    try:
        load_contract(root / file, root)
    except MeshError as problem:
        return GateFinding(file, contract, happened, None, problem.found.removeprefix(f"{root}/").rstrip("."), problem.way_out)
    if before is None:
        return GateFinding(file, contract, happened)
    return judge_contract_change(file, before, read_mapping(root / file, ContractError), today, root)


def _files(root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in root.glob(f"domains/*/contracts/*{SUFFIX}") if path.is_file()]


def too_short(old: dict[str, Any], new: dict[str, Any], today: date) -> list[str]:
    """Sentences on the ends that are newly stated, or brought forward, without leaving the notice that was promised.

    Raises ContractError if there are such ends and the notice cannot be read: no end is known to leave it.
    """
    before, after = ends_of(old), ends_of(new)
    announced = {column: end for column, end in after.items() if column not in before or end < before[column]}
    notice = notice_of(old) if announced else SHORTEST_NOTICE
    return [
        f"the end of {column or 'the contract'} is announced for {end}, but its consumers have {notice.days} days' notice: "
        f"{today + notice} at the earliest"
        for column, end in announced.items()
        if end < today + notice
    ]


def removal_refused(document: dict[str, Any], today: date) -> str | None:
    """Why the contract may not be removed today; None when nothing is promised any more."""
    status = document.get("status")
    if status in DRAFTS:
        return None
    ends = ends_of(document)
    if unread := unread_ends(document):
        return " and ".join(unread)
    if status not in ("deprecated", "retired") or None not in ends:
        return "it was never deprecated with an end: its status is to be deprecated and slaProperties to state an endOfLife"
    column, end = max(ends.items(), key=lambda stated: stated[1])
    if end >= today:
        return f"{f'its column {column}' if column else 'it'} is promised until {end}"
    return None
