"""Results of policies as test suites: one for each policy, and one for the waivers."""

from collections.abc import Iterator

from mesh_capabilities.governance.report import PolicyReport, Result
from mesh_platform.cli.output import Case, Suite

_FAILS = ("violated", "unrunnable")


def suites(report: PolicyReport) -> Iterator[Suite]:
    """A case for each finding, and one for all subjects of a policy that passed; only what blocks is a failure."""
    counts = report.counts()
    names = [policy.id for policy in report.judged]
    for name in (*names, *sorted(counts.keys() - set(names))):
        cases = [_case(finding) for finding in report.findings if finding.policy == name]
        if passed := counts.get(name, {}).get("passed"):
            cases.append(Case(f"{passed} subject{'s' if passed != 1 else ''} passed"))
        yield Suite(name, tuple(cases))
    if report.waiver_states:
        told = [(state, f"{state.state}: {state.problem}" if state.problem else state.state) for state in report.waiver_states]
        yield Suite(
            "waivers",
            tuple(Case(s.file, failure=text) if s in report.bad_waivers else Case(s.file, remark=text) for s, text in told),
        )


def _case(finding: Result) -> Case:
    told = "\n".join(filter(None, (f"{finding.subject}: {finding.message}", finding.evidence)))
    if finding.state in _FAILS:
        return Case(finding.subject, failure=told)
    by = f"waived by {finding.waiver}" if finding.waiver else finding.state
    return Case(finding.subject, remark=f"{by}: {told}")
