"""What the mesh's policies say of the ports that a domain is about to publish, and which of them may not be."""

from collections.abc import Collection, Mapping

from mesh_capabilities.governance.catalog.catalog import open_catalog
from mesh_capabilities.governance.policy import Phase
from mesh_capabilities.governance.report import PolicyReport, Result, evaluate
from mesh_platform.errors import PolicyViolation
from mesh_platform.events import Noted, tell
from mesh_platform.names import PortAddress
from mesh_platform.product.offer import Offer
from mesh_platform.project import load_project


def policies_on(offer: Offer, ports: Collection[str]) -> dict[str, tuple[Result, ...]]:
    """By port, what every policy found of it, of its contracts and columns, and of its product."""
    report = _report(offer)
    return {port: _about(report, offer, port) for port in ports}


def broken_policies(offer: Offer, ports: Collection[str]) -> tuple[dict[str, tuple[Result, ...]], dict[str, PolicyViolation]]:
    """The same, and by port why it may not be published: it breaks a policy that blocks at publish.

    A policy that cannot be executed is noted and keeps nobody from publishing; `mesh policy check` fails on it.
    """
    report = _report(offer)
    for finding in report.findings:
        if finding.state == "unrunnable":
            tell(Noted(offer.domain.name, f"the policy {finding.policy} was not asked: {finding.message}"))
    return broken_in(report, offer, ports)


def broken_in(
    report: PolicyReport, offer: Offer, ports: Collection[str]
) -> tuple[dict[str, tuple[Result, ...]], dict[str, PolicyViolation]]:
    """The same, from a report that is there already."""
    found = {port: _about(report, offer, port) for port in ports}
    refused = {port: _refusal(report, offer, port, results) for port, results in found.items()}
    return found, {port: refusal for port, refusal in refused.items() if refusal}


def _report(offer: Offer) -> PolicyReport:
    project = load_project(offer.domain.root, with_broken=True)
    return evaluate(project, open_catalog(project))


def _about(report: PolicyReport, offer: Offer, port: str) -> tuple[Result, ...]:
    domain = offer.domain.name
    return report.about(str(PortAddress(domain, port)), f"{domain}/{offer.product_of(port).name}")


def _refusal(report: PolicyReport, offer: Offer, port: str, results: Collection[Result]) -> PolicyViolation | None:
    asked: Mapping = {policy.id: policy for policy in report.judged if Phase.PUBLISH in policy.phases}
    broken = [result for result in results if result.state == "violated" and result.policy in asked]
    if not broken:
        return None
    said = "".join(f"\n    {result.policy}: {result.subject}: {result.message}" for result in broken)
    first = asked[broken[0].policy]
    return PolicyViolation(
        f"{PortAddress(offer.domain.name, port)} breaks a policy of the mesh and was not published:{said}",
        f"\n    {first.fix} `mesh policy explain {first.id}` says more.",
    )
