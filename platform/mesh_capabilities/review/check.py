"""A check of a change: contracts, policies, and a trial build of the affected ports."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from mesh_capabilities.contract_change.consumers import AffectedPorts, affected_consumers
from mesh_capabilities.contract_change.contract_gate import GateFinding, contract_files, judge_mesh
from mesh_capabilities.contract_lint.lint import Linted, lint_file
from mesh_capabilities.review.policy_findings import BLOCKS, PolicyFindings, found_before, policy_findings
from mesh_capabilities.review.reach import ChangeReach, Changes
from mesh_capabilities.review.rehearsal import Rehearsed, rehearse
from mesh_capabilities.review.throwaway import throw_away_mesh
from mesh_isolation.text import counted
from mesh_platform.errors import MeshError
from mesh_platform.events import Noted, Step, tell
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.port.shelf import published_ports
from mesh_platform.project import Project, load_project
from mesh_platform.publish.loading import load_built


@dataclass(frozen=True)
class Check:
    """The result of a check."""

    changes: Changes
    reach: ChangeReach
    domains: tuple[str, ...]
    """The domains to check; empty for all."""
    linted: tuple[Linted, ...]
    """The findings of lint on the changed contracts."""
    gate: tuple[GateFinding, ...]
    affected: dict[str, AffectedPorts]
    """The affected consumers of each contract change, by contract file."""
    judged: PolicyFindings
    rehearsed: tuple[Rehearsed, ...]
    built_first: tuple[str, ...] = ()
    """Ports without a served version that were built from the source files first, as they were before the change."""
    not_built_first: str | None = None
    """Why further ports could not be built first."""
    seconds: float = 0.0
    refusals: tuple[str, ...] = field(init=False)
    """The reasons why the change would be refused, one sentence each; empty if it would not."""

    def __post_init__(self) -> None:
        refusals = [f"{name}: {problem}" for name, problem in self.reach.broken.items()]
        refusals += [
            f"{linted.file} is not a valid contract: {finding.sentence}"
            for linted in self.linted
            for finding in linted.of("error")
        ]
        refused = [finding for finding in self.gate if not finding.allowed]
        refusals += [f"{finding.refusal}. {finding.way_out}" for finding in refused]
        listed = {(finding.contract, finding.problem) for finding in self.gate}  # some policies report what the gate refuses
        unlisted = [result for result in self.judged.new if (result.subject, result.message) not in listed]
        refusals += self.judged.report.sentences(unlisted)
        errors = [port.error for port in self.rehearsed if port.error]
        # The trial build asks the gate as well.
        refusals += [error for error in errors if not any(str(finding.refusal) in error for finding in refused)]
        object.__setattr__(self, "refusals", tuple(refusals))

    @property
    def good(self) -> bool:
        return not self.refusals


def check_changes(
    project: Project,
    changes: Changes,
    reach: ChangeReach,
    domains: Sequence[str] = (),
    wait: float = 0,
    start: float | None = None,
) -> Check:
    """Checks a change. The check reads served versions and writes none.

    Args:
        project: the mesh.
        changes: the changed files.
        reach: the affected ports.
        domains: check these only; empty for all.
        wait: seconds to wait for a domain that another run is using.
        start: the start time, from `time.perf_counter`; default: now.

    Raises DomainBusy when another run is using an affected domain.
    """
    start = time.perf_counter() if start is None else start
    if domains:
        reach = reach.within(domains)
    files = _concerned(changes.files, domains)
    linted = tuple(lint_file(project.root / file, project.root) for file in _contracts(project, changes, files))
    gate: tuple[GateFinding, ...] = ()
    affected: dict[str, AffectedPorts] = {}
    if changes.base:
        today = datetime.now(UTC).date()
        findings = judge_mesh(project.root, changes.base, today)
        gate = tuple(finding for finding in findings if _concerned([finding.file], domains))
        affected = affected_consumers(gate, project, changes.base)
    tell(Step("mesh", "asking the policies"))
    touched = {parts[1] for file in files if len(parts := file.split("/")) > 2 and parts[0] in ("domains", "dbt_projects")}
    judged = policy_findings(project, changes, reach, touched, domains)
    first, problem, rehearsed = [], None, []
    source, blocked = project.home.source, any(result.state in BLOCKS for result in judged.concerned)
    if reach.ports or (blocked and changes.base):
        with throw_away_mesh(project, dict.fromkeys(port.domain for port in reach.ports), wait) as home:
            if changes.base and blocked:
                judged = found_before(judged, check_out(changes, home), home)
            wanted = not_served(reach, home) if changes.base else []
            if wanted and source.is_dir():
                first, problem = build_before(check_out(changes, home), wanted, source)
                if first:
                    unserved = counted(len(first), "port without a served version", "ports without a served version")
                    tell(Noted("mesh", f"{unserved} {'was' if len(first) == 1 else 'were'} built from the source files first"))
            rehearsed = rehearse(reach, judged.report, source, home)
    seconds = time.perf_counter() - start
    return Check(
        changes, reach, tuple(domains), linted, gate, affected, judged, tuple(rehearsed), tuple(first), problem, seconds
    )


def _contracts(project: Project, changes: Changes, files: Collection[str]) -> list[str]:
    if changes.everything:
        every = (path.relative_to(project.root).as_posix() for path in project.root.glob("domains/*/contracts/*.odcs.yaml"))
        return sorted(contract_files(every))
    return sorted(file for file in contract_files(files) if (project.root / file).is_file())


def _concerned(files: Collection[str], domains: Sequence[str]) -> list[str]:
    """The files of these domains, and those of no domain."""
    return sorted(
        file
        for file in files
        if not domains or not file.startswith(("domains/", "dbt_projects/")) or file.split("/")[1] in domains
    )


def not_served(reach: ChangeReach, home: MeshHome) -> list[PortAddress]:
    """The affected ports and their inputs without a served version, which must be built before the comparison.

    Args:
        reach: the affected ports.
        home: the home of the throw-away mesh, with copies of the served versions.
    """
    served = published_ports(home).keys()
    lacking = {name for name in reach.domains if not home.warehouse(name).is_file()}
    wanted: set[PortAddress] = set()
    ahead = [port for port in reach.ports if port not in served or port.domain in lacking]
    ahead += [read for port in reach.ports for read in _reads(reach, port) if read not in served]
    while ahead:
        port = ahead.pop()
        if port not in wanted:
            wanted.add(port)
            ahead += [read for read in _reads(reach, port) if read not in served]
    return sorted(wanted)


def _reads(reach: ChangeReach, port: PortAddress) -> list[PortAddress]:
    domain = reach.domains.get(port.domain)
    return domain.reads(port.port) if domain and port.port in domain.graph else []


def build_before(files: Path, wanted: Iterable[PortAddress], source: Path) -> tuple[list[str], str | None]:
    """Publishes ports in the throw-away mesh as they were at the base, with the platform of the base.

    Args:
        files: the repository at the base.
        wanted: the ports; those that did not exist at the base are left out.
        source: the folder of source files.

    Returns: the ports that were published, and why others were not.
    """
    targets = sorted(map(str, _built_at_base(load_project(files, with_broken=True), wanted)))
    if not targets:
        return [], None
    tell(Step(targets[0].partition("/")[0], f"building {counted(len(targets), 'port')} as they were before the change"))
    path = [str(files / "platform"), *(str(folder) for folder in sorted((files / "domains").iterdir()))]
    done = subprocess.run(
        [sys.executable, "-c", _RUN, "run", *targets, "--source", str(source), "--json"],
        cwd=files,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
        capture_output=True,
        text=True,
    )
    try:
        document = json.loads(done.stdout)
    except ValueError:
        return [], (done.stderr.strip().splitlines() or [f"it ended with exit code {done.returncode}"])[-1]
    problems = [*document["failures"], *(refused["reason"] for refused in document["refused"])]
    return [port["port"] for port in document["published"]], problems[0] if problems else None


_RUN = "from mesh_platform.cli.app import main; main()"


def _built_at_base(project: Project, wanted: Iterable[PortAddress]) -> set[PortAddress]:
    built: set[PortAddress] = set()
    for name in {port.domain for port in wanted} & project.domains.keys():
        with suppress(MeshError):  # the domain was broken at the base, so no comparison is possible
            _, graph = load_built(project.domains[name])
            built |= {port for port in wanted if port.domain == name and port.port in graph}
    return built


def check_out(changes: Changes, home: MeshHome) -> Path | None:
    """The repository at the base, written into the throw-away mesh once; None without a base."""
    if changes.base is None:
        return None
    folder = home.root / "before"
    if not folder.exists():
        changes.base.write_files(folder)
    return folder
