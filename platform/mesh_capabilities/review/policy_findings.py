"""The policies on a change: their findings on the affected objects, and which of these findings are new."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from mesh_capabilities.governance.catalog.catalog import open_catalog
from mesh_capabilities.governance.policy import Phase
from mesh_capabilities.governance.policy_report import PolicyReport, Result, evaluate
from mesh_capabilities.review.reach import ChangeReach, Changes
from mesh_platform.home import MeshHome
from mesh_platform.project import Project, load_project

BLOCKS = ("violated", "unrunnable")


@dataclass(frozen=True)
class PolicyFindings:
    """The findings of the policies that are evaluated in continuous integration."""

    report: PolicyReport
    asked: int
    """The number of policies."""
    concerned: tuple[Result, ...]
    """Findings on the domains, products, ports, contracts and columns that the change affects, without waived ones."""
    elsewhere: int
    """The number of violations on everything else. The change did not cause them."""
    older: frozenset[tuple[str, str, str]] = frozenset()
    """The findings in `concerned` that existed before the change, as policy, subject and message."""

    @property
    def new(self) -> list[Result]:
        """The blocking violations that did not exist before the change."""
        return [result for result in self.concerned if result.state in BLOCKS and _key(result) not in self.older]

    @property
    def old(self) -> list[Result]:
        """The blocking violations that existed before the change."""
        return [result for result in self.concerned if result.state in BLOCKS and _key(result) in self.older]

    @property
    def warnings(self) -> list[Result]:
        return [result for result in self.concerned if result.state == "warned"]


def policy_findings(
    project: Project, changes: Changes, reach: ChangeReach, domains: Collection[str], only: Collection[str] = ()
) -> PolicyFindings:
    """Evaluates the policies on the mesh with the change.

    Args:
        domains: the domains with a changed file. Every finding on such a domain as a whole concerns the change.
        only: the domains to check; a finding on another one does not concern the check. Empty for all.
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

    def concerns(result: Result) -> bool:
        if only and result.domain and result.domain not in only:
            return False
        if changes.everything or result.state == "unrunnable" or result.file in changes.files:
            return True
        return result.port in ports or result.product in products or (result.product is None and result.domain in domains)

    results = [result for result in report.findings if result.state in (*BLOCKS, "warned")]
    results = [result for result in results if result.policy in asked or result.state == "unrunnable"]
    concerned = tuple(result for result in results if concerns(result))
    elsewhere = sum(result.state in BLOCKS and result not in concerned for result in results)
    return PolicyFindings(report, len(asked), concerned, elsewhere)


def found_before(judged: PolicyFindings, files: Path, home: MeshHome) -> PolicyFindings:
    """The same result, with `older` set to the findings that the mesh also had at the base.

    Args:
        judged: the findings on the mesh with the change.
        files: the repository at the base.
        home: the home of the throw-away mesh before anything is built in it, so that both evaluations see the same served
            versions.
    """
    named = {result.policy for result in judged.concerned if result.state in BLOCKS}
    assert os.environ["MESH_HOME"] == str(home.root)
    then = load_project(files, with_broken=True)
    report = evaluate(then, open_catalog(then), policies=named)
    older = frozenset(_key(result) for result in report.findings if result.state in BLOCKS)
    return PolicyFindings(judged.report, judged.asked, judged.concerned, judged.elsewhere, older)


def _key(result: Result) -> tuple[str, str, str]:
    return (result.policy, result.subject, result.message)
