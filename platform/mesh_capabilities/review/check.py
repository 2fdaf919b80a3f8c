"""The whole of a check: what has changed, what it reaches, what judges it, and what of the data it would change."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mesh_capabilities.contract_change.gate import Finding
from mesh_capabilities.contract_change.hurting import Hurts, hurt_by
from mesh_capabilities.contract_change.mesh_gate import contract_files, judge_mesh
from mesh_capabilities.contract_lint.lint import Linted, lint
from mesh_capabilities.review.before import build_before, check_out, not_served
from mesh_capabilities.review.changes import Changes
from mesh_capabilities.review.judging import BLOCKS, Judged, found_before, judge_change
from mesh_capabilities.review.reach import Reach
from mesh_capabilities.review.rehearsal import Rehearsed, rehearse
from mesh_capabilities.review.throwaway import throw_away_mesh
from mesh_platform.events import Noted, Step, tell
from mesh_platform.project import Project


@dataclass(frozen=True)
class Check:
    """What came of it."""

    changes: Changes
    reach: Reach
    domains: tuple[str, ...]
    """The domains that were asked for; none for all."""
    linted: tuple[Linted, ...]
    """The contracts that have changed."""
    gate: tuple[Finding, ...]
    hurt: dict[str, Hurts]
    """By contract file, who is hurt."""
    judged: Judged
    rehearsed: tuple[Rehearsed, ...]
    built_first: tuple[str, ...] = ()
    """Ports that were not served, and were built from the source files as they were before the change."""
    not_built_first: str | None = None
    """Why more of them could not be."""
    seconds: float = 0.0
    refusals: tuple[str, ...] = field(init=False)
    """Why the change would be refused, a sentence each; none when it would not."""

    def __post_init__(self) -> None:
        said = [f"{name}: {problem}" for name, problem in self.reach.broken.items()]
        said += [f"{one.file} is no valid contract: {found.sentence}" for one in self.linted for found in one.of("error")]
        said += [f"{finding.refusal}. {finding.way_out}" for finding in self.gate if not finding.allowed]
        said += [f"{found.policy}: {found.subject}: {found.message}" for found in self.judged.new]
        said += [str(port.error) for port in self.rehearsed if port.error]
        object.__setattr__(self, "refusals", tuple(said))

    @property
    def good(self) -> bool:
        return not self.refusals


def check(
    project: Project, changes: Changes, reach: Reach, domains: Sequence[str] = (), wait: float = 0, start: float | None = None
) -> Check:
    """Judges a change. The mesh that is served is read and never written to.

    Args:
        project: the mesh.
        changes: which files.
        reach: how far they reach.
        domains: look at these only; none for all.
        wait: seconds to wait for a domain that somebody runs.
        start: when it began, for the seconds; now, if nobody says.

    Raises DomainBusy when somebody runs a domain that is reached.
    """
    start = time.perf_counter() if start is None else start
    if domains:
        reach = reach.within(domains)
    files = _concerned(changes.files, domains)
    linted = tuple(lint(project.root / file, project.root) for file in _contracts(project, changes, files))
    gate: tuple[Finding, ...] = ()
    hurt: dict[str, Hurts] = {}
    if changes.base:
        today = datetime.now(UTC).date()
        gate = tuple(one for one in judge_mesh(project.root, changes.base, today) if _concerned([one.file], domains))
        hurt = hurt_by(gate, project, changes.base)
    tell(Step("mesh", "asking the policies"))
    touched = {parts[1] for file in files if len(parts := file.split("/")) > 2 and parts[0] in ("domains", "dbt_projects")}
    judged = judge_change(project, changes, reach, touched)
    first, problem, rehearsed = [], None, []
    source, blocked = project.home.source, any(found.state in BLOCKS for found in judged.concerned)
    if reach.ports or (blocked and changes.base):
        with throw_away_mesh(project, dict.fromkeys(port.domain for port in reach.ports), wait) as home:
            if changes.base and blocked:
                judged = found_before(judged, check_out(changes, home), home)
            wanted = not_served(reach, home) if changes.base else []
            if wanted and source.is_dir():
                first, problem = build_before(check_out(changes, home), wanted, source)
                if first:
                    tell(Noted("mesh", f"{len(first)} ports were not served and were built from the source files first"))
            rehearsed = rehearse(reach, judged.report, source, home)
    seconds = time.perf_counter() - start
    return Check(changes, reach, tuple(domains), linted, gate, hurt, judged, tuple(rehearsed), tuple(first), problem, seconds)


def _contracts(project: Project, changes: Changes, files: Collection[str]) -> list[str]:
    if changes.everything:
        every = (path.relative_to(project.root).as_posix() for path in project.root.glob("domains/*/contracts/*.odcs.yaml"))
        return sorted(contract_files(every))
    return sorted(file for file in contract_files(files) if (project.root / file).is_file())


def _concerned(files: Collection[str], domains: Sequence[str]) -> list[str]:
    """The files that are not another domain's."""
    return sorted(
        file
        for file in files
        if not domains or not file.startswith(("domains/", "dbt_projects/")) or file.split("/")[1] in domains
    )
