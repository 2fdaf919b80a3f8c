"""Policy results as documents for other tools: JUnit test suites, and SARIF for code review.

SARIF: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import json
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from mesh_capabilities.governance.policy import Policy
from mesh_capabilities.governance.policy_report import FAILS, PolicyReport, Result
from mesh_capabilities.governance.waiver import Waiver, WaiverState
from mesh_capabilities.reports import Case, Suite
from mesh_isolation.text import counted

_LEVELS = {"violated": "error", "unrunnable": "error", "warned": "warning", "draft": "note"}
_STAGES = {"block": "error", "warn": "warning", "draft": "note"}
_WAIVER_RULE = {
    "id": "waivers",
    "shortDescription": {"text": "Every waiver is complete, in force and needed."},
    "fullDescription": {"text": "A waiver is a temporary exception and is removed when it has expired."},
    "help": {"text": "Complete the file, or remove it."},
    "defaultConfiguration": {"level": "error"},
}


def policy_suites(report: PolicyReport) -> Iterator[Suite]:
    """One JUnit suite per policy, and one for the waivers.

    A suite has a case for each finding, and one for all subjects that passed. Only what blocks is a failure.
    """
    counts = report.counts()
    names = [policy.id for policy in report.judged]
    for name in (*names, *sorted(counts.keys() - set(names))):
        cases = [_case(finding) for finding in report.findings if finding.policy == name]
        if passed := counts.get(name, {}).get("passed"):
            cases.append(Case(f"{counted(passed, 'subject')} passed"))
        yield Suite(name, tuple(cases))
    if report.waiver_states:
        yield Suite("waivers", tuple(_waiver_case(state, report) for state in report.waiver_states))


def _case(finding: Result) -> Case:
    text = "\n".join(filter(None, (f"{finding.subject}: {finding.message}", finding.evidence)))
    if finding.state in FAILS:
        return Case(finding.subject, failure=text)
    state = f"waived by {finding.waiver}" if finding.waiver else finding.state
    return Case(finding.subject, remark=f"{state}: {text}")


def _waiver_case(state: WaiverState, report: PolicyReport) -> Case:
    text = f"{state.state}: {state.problem}" if state.problem else state.state
    return Case(state.file, failure=text) if state in report.bad_waivers else Case(state.file, remark=text)


def sarif(report: PolicyReport) -> str:
    """The SARIF document: a rule per policy, a result per finding. A waived finding is suppressed, with the reason."""
    rules = [_rule(policy, report) for policy in report.judged]
    unreadable = sorted({finding.policy for finding in report.findings} - {rule["id"] for rule in rules})
    rules += [{"id": name, "shortDescription": {"text": "A policy that cannot be read."}} for name in unreadable]
    rules.append(_WAIVER_RULE)
    indexes = {rule["id"]: index for index, rule in enumerate(rules)}
    waivers = {state.file: state.waiver for state in report.waiver_states if state.waiver}
    results = [_finding(finding, indexes, waivers.get(finding.waiver)) for finding in report.findings]
    results += [_waiver_result(state, indexes) for state in report.waiver_states if state.state != "valid"]
    driver = {"name": "mesh policy check", "semanticVersion": version("mesh-platform"), "rules": rules}
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": all(finding.state != "unrunnable" for finding in report.findings)}],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    document = {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _rule(policy: Policy, report: PolicyReport) -> dict[str, Any]:
    return {
        "id": policy.id,
        "shortDescription": {"text": policy.title},
        "fullDescription": {"text": policy.why},
        "help": {"text": policy.fix},
        "defaultConfiguration": {"level": _STAGES[policy.stage(report.today)]},
        "properties": {"tags": ["governance", *(["privacy"] if policy.privacy else [])], "owner": policy.owner},
    }


def _finding(finding: Result, indexes: dict[str, int], waiver: Waiver | None) -> dict[str, Any]:
    evidence = f" ({finding.evidence})" if finding.evidence else ""
    text = f"{finding.subject}: {finding.message}{evidence}"
    result = _result(finding.policy, indexes, _LEVELS.get(finding.state, "error"), text, finding.file, finding.line)
    result["partialFingerprints"] = {"policyAndSubject/v1": f"{finding.policy} {finding.subject} {finding.message}"}
    if waiver:
        reason = f"{waiver.reason} Until {waiver.expires_on}, approved by {waiver.approved_by}; control: {waiver.control}"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return result


def _waiver_result(state: WaiverState, indexes: dict[str, int]) -> dict[str, Any]:
    level = "warning" if state.state == "unmatched" else "error"
    return _result("waivers", indexes, level, f"{state.file} is {state.state}: {state.problem}", state.file, None)


def _result(rule: str, indexes: dict[str, int], level: str, text: str, file: str | None, line: int | None) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": file, "uriBaseId": "%SRCROOT%"}, "region": {"startLine": line or 1}}
    located = {"locations": [{"physicalLocation": place}]} if file else {}
    return {"ruleId": rule, "ruleIndex": indexes[rule], "level": level, "message": {"text": text}, **located}
