"""Results of policies as SARIF, for whatever shows findings beside the lines of code in a review.

The format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import json
from importlib.metadata import version
from typing import Any

from mesh_capabilities.governance.policy import Policy
from mesh_capabilities.governance.report import PolicyReport, Result
from mesh_capabilities.governance.waiver import Waiver
from mesh_capabilities.governance.waiver_states import WaiverState

_LEVELS = {"violated": "error", "unrunnable": "error", "warned": "warning", "draft": "note"}
_STAGES = {"block": "error", "warn": "warning", "draft": "note"}
_WAIVERS = {
    "id": "waivers",
    "shortDescription": {"text": "Every waiver is complete, in force and needed."},
    "fullDescription": {"text": "A waiver is an exception for a time, and is removed when it is over."},
    "help": {"text": "Complete the file, or remove it."},
    "defaultConfiguration": {"level": "error"},
}


def sarif(report: PolicyReport) -> str:
    """The document: a rule for each policy, a result for each finding; what is waived is suppressed, with the reason."""
    rules = [_rule(policy, report) for policy in report.judged]
    known = {rule["id"] for rule in rules}
    strange = sorted({finding.policy for finding in report.findings} - known)
    rules += [{"id": name, "shortDescription": {"text": "A policy that cannot be read."}} for name in strange] + [_WAIVERS]
    places = {rule["id"]: place for place, rule in enumerate(rules)}
    waivers = {state.file: state.waiver for state in report.waiver_states if state.waiver}
    results = [_finding(finding, places, waivers.get(finding.waiver)) for finding in report.findings]
    results += [_waiver(state, places) for state in report.waiver_states if state.state != "valid"]
    driver = {"name": "mesh policy check", "semanticVersion": version("mesh-platform"), "rules": rules}
    whole = all(finding.state != "unrunnable" for finding in report.findings)
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": whole}],
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


def _finding(finding: Result, places: dict[str, int], waiver: Waiver | None) -> dict[str, Any]:
    evidence = f" ({finding.evidence})" if finding.evidence else ""
    text = f"{finding.subject}: {finding.message}{evidence}"
    result = _result(finding.policy, places, _LEVELS.get(finding.state, "error"), text, finding.file, finding.line)
    result["partialFingerprints"] = {"policyAndSubject/v1": f"{finding.policy} {finding.subject} {finding.message}"}
    if waiver:
        reason = f"{waiver.reason} Until {waiver.expires_on}, approved by {waiver.approved_by}; instead: {waiver.control}"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return result


def _waiver(state: WaiverState, places: dict[str, int]) -> dict[str, Any]:
    level = "warning" if state.state == "unmatched" else "error"
    return _result("waivers", places, level, f"{state.file} is {state.state}: {state.problem}", state.file, None)


def _result(rule: str, places: dict[str, int], level: str, text: str, file: str | None, line: int | None) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": file, "uriBaseId": "%SRCROOT%"}, "region": {"startLine": line or 1}}
    located = {"locations": [{"physicalLocation": place}]} if file else {}
    return {"ruleId": rule, "ruleIndex": places[rule], "level": level, "message": {"text": text}, **located}
