"""The policies as a gate of every publish: their results on each port, and the ports that they refuse."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType

from mesh_capabilities.columns.executed import unlike_compiled
from mesh_capabilities.compiled_models import load_compiled
from mesh_capabilities.errors import PolicyViolation
from mesh_capabilities.governance.catalog.catalog import open_catalog
from mesh_capabilities.governance.lowered_labels import lowered_labels
from mesh_capabilities.governance.policy import Phase, Policy, PolicyStage
from mesh_capabilities.governance.policy_report import PolicyReport, Result, evaluate
from mesh_platform.build.dbt import CompiledModel
from mesh_platform.errors import MeshError
from mesh_platform.hooks import CheckResult, CheckSpec, Ruling
from mesh_platform.names import PortAddress
from mesh_platform.port.version import PortVersion
from mesh_platform.product.offer import Offer
from mesh_platform.project import DomainFolder, load_project

CHECK = CheckSpec(
    "policies",
    "The policies of publishing on the port, its contract and columns, and its product; `mesh policy list` lists them.",
)
"""One check shows all policies. A check for each policy would add about twenty to the contract's own checks."""


def _evaluated(root: Path, domain: str) -> PolicyReport:
    project = load_project(root, with_broken=True)
    return evaluate(project, open_catalog(project), phases=(Phase.PUBLISH,), domain=domain)


_report_of: ContextVar[Callable[[Path, str], PolicyReport]] = ContextVar("report_of", default=_evaluated)
"""Gives the report by which the gate judges a domain of a repository."""


def judged_by(report: PolicyReport) -> AbstractContextManager[None]:
    """Within this context, the gate uses this report and evaluates no policy again: `mesh check` already has a report."""
    return _judging(lambda root, domain: report)


def judged_once() -> AbstractContextManager[None]:
    """Within this context, the gate evaluates the policies once for each domain, however often it is asked."""
    return _judging(cache(_evaluated))


@contextmanager
def _judging(report_of: Callable[[Path, str], PolicyReport]) -> Iterator[None]:
    token = _report_of.set(report_of)
    try:
        yield
    finally:
        _report_of.reset(token)


def policy_rulings(
    offer: Offer, ports: Collection[str], again: Mapping[str, PortVersion] = MappingProxyType({})
) -> dict[str, Ruling]:
    """By port, the results of all policies on the port, on its contracts and columns, and on its product.

    Only policies whose phase is publish count: those of the whole mesh, and the domain's own. A port that breaks
    one that blocks is refused. So is every port while such a policy cannot be executed: what cannot decide lets nothing
    through. Other domains are not affected by a domain's own policy.

    The policies judge the models and the contracts of today. A version in `again`, which a rollback serves again, can hold
    what other models wrote: it is also refused if a label has been lowered since.
    """
    report = _report_of.get()(offer.domain.root, offer.domain.name)
    compiled, problem = _compiled(offer.domain)
    undecided = _undecided(report, offer.domain.name)
    asked = {policy.id: policy for policy in report.judged if _asked(policy, offer.domain.name)}
    rulings = {}
    for port in ports:
        # `mesh check` gives a report on the policies of continuous integration, which do not refuse a publish.
        results = [result for result in _about(report, offer, port) if result.policy in asked]
        refusal = _refusal(asked, offer, port, results, _doubt(offer.domain, port, compiled) or problem) or undecided
        refusal = refusal or (lowered_labels(offer, again[port]) if port in again else None)
        rulings[port] = Ruling(refusal, (policy_check(results),), partial(unlike_compiled, offer.domain, port, compiled))
    return rulings


def _compiled(domain: DomainFolder) -> tuple[Sequence[CompiledModel], str]:
    """The models that the lineage was read from; none, and why, if dbt cannot compile them: it was judged as not known."""
    try:
        return load_compiled(domain), ""
    except MeshError as problem:
        return (), problem.found.rstrip(".")


def policy_check(results: Collection[Result]) -> CheckResult:
    """The results of the policies as one check: an error if one blocks, a warning if one warns or is waived."""
    shown = [result for result in results if result.state != "passed"]
    states = {result.state for result in shown} - {"draft"}
    return CheckResult(
        CHECK.name,
        passed=not states,
        error=not states or "violated" in states,
        metadata={
            "policies": len({result.policy for result in results}),
            "passed": sum(result.state == "passed" for result in results),
            **({"found": "\n\n".join(map(_paragraph, shown))} if shown else {}),
        },
    )


def _paragraph(result: Result) -> str:
    waived = f", by `{result.waiver}`" if result.waiver else ""
    return f"**{result.policy}** {result.state}{waived}: `{result.subject}` {result.message}"


def _about(report: PolicyReport, offer: Offer, port: str) -> tuple[Result, ...]:
    domain = offer.domain.name
    return report.about(str(PortAddress(domain, port)), f"{domain}/{offer.product_of(port).name}")


def _undecided(report: PolicyReport, domain: str) -> PolicyViolation | None:
    """The error for the first policy that would block the domain's publishes and cannot be executed, if there is one."""
    blocking = {
        policy.id for policy in report.judged if _asked(policy, domain) and policy.stage(report.today) == PolicyStage.BLOCK
    }
    blocking |= {file.file for file in report.library.broken_policies if file.domain in (None, domain)}
    for finding in report.findings:
        if finding.state == "unrunnable" and finding.policy in blocking:
            return PolicyViolation(
                f"Nothing of {domain} was published, because the policy {finding.policy} cannot decide: {finding.message}",
                f"{finding.evidence} `mesh policy check {finding.policy}` evaluates it.",
            )
    return None


def _asked(policy: Policy, domain: str) -> bool:
    return Phase.PUBLISH in policy.phases and policy.domain in (None, domain)


_LISTED = 3
"""How many violations are listed if all have one cause, which is named."""


def _doubt(domain: DomainFolder, port: str, compiled: Sequence[CompiledModel]) -> str:
    """Why nothing of the project is followed; of several reasons, that of the port's own model. Empty if it is followed."""
    doubtful = sorted((model for model in compiled if model.doubt), key=lambda model: model.name != port)
    return f"dbt_projects/{domain.name}/{doubtful[0].file}: {doubtful[0].doubt}" if doubtful else ""


def _refusal(
    asked: Mapping[str, Policy], offer: Offer, port: str, results: Collection[Result], doubt: str
) -> PolicyViolation | None:
    broken = [result for result in results if result.state == "violated"]
    if not broken:
        return None
    lines = [f"{result.policy}: {result.subject}: {result.message}" for result in broken]
    if doubt:
        more = [f"and {len(lines) - _LISTED} more"] if len(lines) > _LISTED else []
        lines = [f"what its columns are made of is not known, because of {doubt}", *lines[:_LISTED], *more]
    listed = "".join(f"\n    {line}" for line in lines)
    first = asked[broken[0].policy]
    domains = {asked[result.policy].domain for result in broken}
    owners = [f"the domain {domain}" if domain else "the mesh" for domain in sorted(domains, key=bool)]
    return PolicyViolation(
        f"{PortAddress(offer.domain.name, port)} breaks a policy of {' and one of '.join(owners)} "
        f"and was not published:{listed}",
        f"\n    {first.fix} `mesh policy explain {first.id}` says more.",
    )
