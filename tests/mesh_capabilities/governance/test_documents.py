"""Documents for other tools: valid SARIF, and JUnit in which only blocking findings fail."""

import hashlib
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft4Validator

from mesh_capabilities.errors import PolicyError
from mesh_capabilities.governance.documents import policy_suites, sarif
from mesh_capabilities.governance.library import Unreadable
from mesh_capabilities.governance.policy import SCOPES, Phase, Policy, Scope
from mesh_capabilities.governance.waiver import Waiver
from mesh_capabilities.reports import junit_xml

FOLDER = Path(__file__).parent / "sarif"
SCHEMA = json.loads((FOLDER / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
COLUMNS = Policy(
    id="large",
    title="No column is large.",
    why="Large columns are slow.",
    severity="error",
    scope=Scope(SCOPES["columns"]),
    phases=(Phase.CI,),
    fix="Make it smaller.",
    owner="team:platform",
    effective_from=date(2026, 1, 1),
    warns_from=date(2026, 1, 1),
    query="select contract || '.' || \"column\" as subject, 'it is <large> & ]]>' as message, description as evidence "
    "from columns where type = 'BLOB'",
    file="policies/large.sql",
    privacy=True,
)
SOON = replace(COLUMNS, id="soon", warns_from=date(2026, 5, 1), effective_from=date(2027, 1, 1), privacy=False)
LATER = replace(SOON, id="later", warns_from=date(2026, 12, 1))
WAIVABLE = replace(COLUMNS, id="waivable", privacy=False)
BROKEN = replace(COLUMNS, id="broken", query="select nothing", file="policies/broken.sql")
ROWS = {
    "contracts": [{"contract": "shop.things.v1"}],
    "columns": [
        {"contract": "shop.things.v1", "column": "picture", "type": "BLOB", "line": 12},
        {"contract": "shop.things.v1", "column": "name"},
    ],
}
WAIVER = Waiver(
    file="domains/shop/waivers/picture.yaml",
    domain="shop",
    policy="waivable",
    subject="shop.things.v1.picture",
    reason="It is wanted.",
    requested_by="team:shop",
    approved_by="team:platform",
    control="It is small.",
    starts_on=date(2026, 5, 1),
    expires_on=date(2026, 7, 1),
)


@pytest.fixture
def report(judged):
    """One result of each state, an expired waiver and an unreadable policy."""
    expired = replace(WAIVER, file="domains/shop/waivers/old.yaml", expires_on=date(2026, 5, 2))
    found = judged([COLUMNS, SOON, LATER, WAIVABLE, BROKEN], ROWS, waivers=[WAIVER, expired])
    unreadable = Unreadable("policies/none.sql", None, PolicyError("policies/none.sql has no header."))
    return replace(found, library=replace(found.library, broken_policies=(unreadable,)))


def test_the_vendored_schema_is_the_recorded_one():
    ((name, licence, digest),) = re.findall(
        r"^\| (\S+\.json) \| .+ commit [0-9a-f]{40}.+ \| (.+?) \| ([0-9a-f]{64}) \|$", (FOLDER / "SOURCES.md").read_text(), re.M
    )
    assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest
    assert licence == "OASIS IPR Policy"


def test_the_schema_rejects_a_wrong_document():
    assert list(Draft4Validator(SCHEMA).iter_errors({"version": "2.1.0", "runs": [{"tool": {}}]}))


def test_the_document_is_valid_sarif(report):
    assert list(Draft4Validator(SCHEMA).iter_errors(json.loads(sarif(report)))) == []


def test_a_finding_has_its_line_level_and_rule(report):
    (run,) = json.loads(sarif(report))["runs"]
    rules = run["tool"]["driver"]["rules"]
    results = {result["ruleId"]: result for result in run["results"]}
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    place = results["large"]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "domains/shop/contracts/things.v1.odcs.yaml"
    assert place["region"] == {"startLine": 12}
    levels = {"large": "error", "soon": "warning", "later": "note", "broken": "error", "waivers": "error"}
    assert {rule: results[rule]["level"] for rule in levels} == levels
    assert run["invocations"] == [{"executionSuccessful": False}]
    assert "privacy" in rules[0]["properties"]["tags"]


def test_only_a_waived_finding_is_suppressed_with_its_reason(report):
    (run,) = json.loads(sarif(report))["runs"]
    suppressed = [result for result in run["results"] if "suppressions" in result]
    assert [result["ruleId"] for result in suppressed] == ["waivable"]
    (suppression,) = suppressed[0]["suppressions"]
    assert suppression["status"] == "accepted"
    assert "It is wanted. Until 2026-07-01, approved by team:platform; control: It is small." in suppression["justification"]


def test_findings_have_different_fingerprints(report):
    (run,) = json.loads(sarif(report))["runs"]
    prints = [str(result["partialFingerprints"]) for result in run["results"] if "partialFingerprints" in result]
    assert len(prints) == len(set(prints)) == 5


def test_only_blocking_findings_are_junit_failures(report):
    top = ElementTree.fromstring(junit_xml(policy_suites(report), "mesh policy check"))
    assert top.get("name") == "mesh policy check"
    failures = {suite.get("name"): suite.get("failures") for suite in top}
    assert failures == {"large": "1", "soon": "0", "later": "0", "waivable": "0", "broken": "1", "waivers": "1"}
    remarks = {suite.get("name"): suite[0].findtext("system-out") for suite in top}
    assert remarks["waivable"].startswith("waived by domains/shop/waivers/picture.yaml: shop.things.v1.picture")
    assert remarks["soon"].startswith("warned: ")
    assert [case.get("name") for case in top[0]] == ["shop.things.v1.picture", "1 subject passed"]
