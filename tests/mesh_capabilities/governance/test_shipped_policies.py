"""Every policy of this repository, on small meshes that meet it and on small meshes that violate it."""

from pathlib import Path

import pytest
import yaml

from mesh_capabilities.governance.library import load_library
from mesh_capabilities.governance.policy import PolicyStage

ROOT = Path(__file__).parents[3]
LIBRARY = load_library(ROOT, ["sales", "marketing", "finance"])
POLICIES = {policy.id: policy for policy in LIBRARY.policies}
CASES = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(Path(__file__).parent.glob("cases/*.yaml"))
}
GOOD = [(id, name) for id, cases in CASES.items() for name in cases["keeps"]]
BAD = [(id, name) for id, cases in CASES.items() for name in cases["breaks"]]


def test_every_policy_can_be_read_and_has_both_kinds_of_cases():
    assert LIBRARY.broken_policies == ()
    assert list(CASES) == sorted(POLICIES)
    assert all(cases["keeps"] and cases["breaks"] for cases in CASES.values())


@pytest.mark.parametrize(("id", "name"), GOOD, ids=[f"{id}-{name}" for id, name in GOOD])
def test_a_mesh_that_meets_a_policy_passes(judged, id, name):
    case = CASES[id]["keeps"][name]
    report = judged([POLICIES[id]], {table: rows for table, rows in case.items() if table != "judges"})
    assert [finding for finding in report.findings if finding.state != "passed"] == []
    assert sorted({row["subject"] for row in report.results}) == sorted(case["judges"])


@pytest.mark.parametrize(("id", "name"), BAD, ids=[f"{id}-{name}" for id, name in BAD])
def test_a_mesh_that_violates_a_policy_gets_subject_and_message(judged, id, name):
    case = CASES[id]["breaks"][name]
    report = judged([POLICIES[id]], {table: rows for table, rows in case.items() if table != "finds"})
    wanted = "warned" if POLICIES[id].severity == "warning" else "violated"
    assert {finding.state for finding in report.findings} == {wanted}, report.findings
    assert sorted({finding.subject for finding in report.findings}) == sorted(case["finds"])
    for finding in report.findings:
        told = case["finds"][finding.subject]
        assert any(part in finding.message for part in ([told] if isinstance(told, str) else told)), finding.message
        assert finding.file or finding.port or finding.domain


@pytest.mark.parametrize("id", POLICIES)
def test_every_policy_is_in_force_and_its_texts_are_sentences(id):
    policy = POLICIES[id]
    assert policy.stage(policy.effective_from) in (PolicyStage.BLOCK, PolicyStage.WARN)
    for text in (policy.title, policy.why, policy.fix):
        assert text[0].isupper() and text.endswith("."), text
