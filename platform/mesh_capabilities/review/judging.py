"""What the policies say of a change: their findings on what it reaches, and which of these are new with it."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from mesh_capabilities.governance.catalog.catalog import open_catalog
from mesh_capabilities.governance.policy import Phase
from mesh_capabilities.governance.report import PolicyReport, Result, evaluate
from mesh_capabilities.review.reach import Changes, Reach
from mesh_platform.home import MeshHome
from mesh_platform.project import Project, load_project

BLOCKS = ("violated", "unrunnable")


@dataclass(frozen=True)
class Judged:
    """What the policies that are asked in continuous integration found."""

    report: PolicyReport
    asked: int
    """How many policies."""
    concerned: tuple[Result, ...]
    """Findings on the domains, products, ports, contracts and columns that the change reaches; waived ones are not in it."""
    elsewhere: int
    """How many violations there are on everything else; they are not the change's."""
    older: frozenset[tuple[str, str, str]] = frozenset()
    """Of `concerned`, those that were there before it, as policy, subject and message."""

    @property
    def new(self) -> list[Result]:
        """The violations that block and that were not there before."""
        return [found for found in self.concerned if found.state in BLOCKS and _key(found) not in self.older]

    @property
    def old(self) -> list[Result]:
        """The violations that block, and were there before."""
        return [found for found in self.concerned if found.state in BLOCKS and _key(found) in self.older]

    @property
    def warnings(self) -> list[Result]:
        return [found for found in self.concerned if found.state == "warned"]


def judge_change(project: Project, changes: Changes, reach: Reach, domains: Collection[str]) -> Judged:
    """Asks the policies of the mesh as it stands now.

    Args:
        domains: those of which a file has changed, which concerns all that the policies say of them as a whole.
    """
    base = changes.base.commit if changes.base else None
    report = evaluate(project, open_catalog(project), base=base)
    asked = {policy.id for policy in report.judged if Phase.CI in policy.phases}
    ports = set(map(str, reach.ports))
    products = {
        str(domain.offer.product_of(port.port).address)
        for port in reach.ports
        if (domain := reach.domains.get(port.domain)) and port.port in domain.graph
    }

    def concerns(found: Result) -> bool:
        if changes.everything or found.state == "unrunnable" or found.file in changes.files:
            return True
        return found.port in ports or found.product in products or (found.product is None and found.domain in domains)

    told = [found for found in report.findings if found.state in (*BLOCKS, "warned")]
    told = [found for found in told if found.policy in asked or found.state == "unrunnable"]
    concerned = tuple(found for found in told if concerns(found))
    elsewhere = sum(found.state in BLOCKS and found not in concerned for found in told)
    return Judged(report, len(asked), concerned, elsewhere)


def found_before(judged: Judged, files: Path, home: MeshHome) -> Judged:
    """The same, with the findings known that the mesh at the base had too.

    Args:
        files: the repository at the base.
        home: the throw-away mesh's, before anything is built in it: of what is served, both know the same.
    """
    named = {found.policy for found in judged.concerned if found.state in BLOCKS}
    assert os.environ["MESH_HOME"] == str(home.root)
    then = load_project(files, with_broken=True)
    report = evaluate(then, open_catalog(then), policies=named)
    older = frozenset(_key(found) for found in report.findings if found.state in BLOCKS)
    return Judged(judged.report, judged.asked, judged.concerned, judged.elsewhere, older)


def _key(found: Result) -> tuple[str, str, str]:
    return (found.policy, found.subject, found.message)
