"""`mesh policy`: its output for people, programs and pipelines, and its exit codes."""

import json
import subprocess
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from mesh_capabilities.errors import PolicyError, UnknownPolicy

OWN = """-- id: shop.no_notes
-- title: The shop publishes no notes.
-- why: Notes hold [what] people write.
-- severity: {severity}
-- scope: columns
-- phase: on demand
-- fix: Leave the column out.
-- owner: team:shop
-- effective from: 2026-01-01
select contract || '.' || "column" as subject, 'it is a note' as message, type as evidence from columns where "column" = 'note'
"""
FILE = "domains/shop/policies/no_notes.sql"
WAIVER = """policy: columns_described
subject: shop.things.v1.note
reason: It is new.
requested_by: team:shop
approved_by: team:platform
control: It is marked as new.
starts_on: {today}
expires_on: {today}
"""


@pytest.fixture
def own(shop):
    """Gives the shop a policy of its own, which its port violates."""
    shop.write(FILE, OWN.format(severity="error"))
    return shop


@pytest.fixture
def waived(shop):
    shop.write("domains/shop/waivers/note.yaml", WAIVER.format(today=datetime.now(UTC).date()))
    return shop


def test_a_blocking_violation_is_printed_with_place_and_fix_and_exits_with_1(call, own):
    result = call("policy", "check", "shop.no_notes")
    assert result.exit_code == 1
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert "shop.no_notes block 3 2 1 0 0" in lines
    assert "✘ shop.things.v1.note: it is a note (VARCHAR; domains/shop/contracts/things.v1.odcs.yaml:22)" in lines
    assert "fix: Leave the column out." in lines
    assert lines[-1] == "✘ 1 policy: 1 violation"


def test_a_warning_exits_with_0(call, shop):
    shop.write(FILE, OWN.format(severity="warning"))
    said = call.text("policy", "check", "shop.no_notes")
    assert "! shop.things.v1.note: it is a note" in said
    assert said.splitlines()[-1] == "✔ 1 policy: 0 violations, 1 warned"


def test_a_phase_selects_policies(call, own):
    asked = {phase: call("policy", "check", "--phase", phase, "--json").stdout for phase in ("ci", "publish", "on-demand")}
    names = {phase: {policy["policy"] for policy in json.loads(said)["policies"]} for phase, said in asked.items()}
    assert {"unused_for_90_days", "shop.no_notes"} == names["on-demand"]
    assert "columns_classified" in names["publish"] & names["ci"]
    assert "columns_described" in names["ci"] - names["publish"]


def test_a_subject_selects_results(call, own):
    said = json.loads(call("policy", "check", "shop.no_notes", "columns_described", "shop.things.v1.id", "--json").stdout)
    assert said["ok"]
    assert [policy["results"] for policy in said["policies"]] == [{"passed": 1}, {"passed": 1}]
    assert said["findings"] == []


def test_an_unknown_target_is_refused(call, shop):
    result = call("policy", "check", "shop/nothing")
    assert isinstance(result.exception, UnknownPolicy)
    assert "'shop/nothing' is neither a policy nor a subject" in str(result.exception)


def test_junit_and_sarif_are_written(call, own, tmp_path):
    junit, sarif = tmp_path / "a folder/policies.xml", tmp_path / "policies.sarif"
    result = call("policy", "check", "shop.no_notes", "--junit", junit, "--sarif", sarif, "--json")
    assert result.exit_code == 1
    assert not json.loads(result.stdout)["ok"]
    assert ElementTree.parse(junit).getroot().get("failures") == "1"
    (found,) = json.loads(sarif.read_text())["runs"][0]["results"]
    assert (found["ruleId"], found["level"]) == ("shop.no_notes", "error")


def test_a_waived_violation_is_printed_as_waived_and_does_not_fail(call, waived):
    said = json.loads(call("policy", "check", "columns_described", "shop/things", "--json").stdout)
    (finding,) = said["findings"]
    assert (finding["state"], finding["waiver"]) == ("waived", "domains/shop/waivers/note.yaml")
    assert said["policies"][0]["results"] == {"passed": 2, "waived": 1}
    said = call.text("policy", "check", "columns_described", "shop/things")
    assert "○ shop.things.v1.note: it has no description, waived by domains/shop/waivers/note.yaml" in said
    assert said.splitlines()[-1] == "✔ 1 policy: 0 violations, 1 waived"


def test_a_refused_waiver_fails_the_check_and_hides_no_result(call, waived):
    path = waived.root / "domains/shop/waivers/note.yaml"
    path.write_text(path.read_text().replace("columns_described", "columns_descirbed"))
    result = call("policy", "check", "columns_classified", "columns_described")
    assert result.exit_code == 1
    assert "refused: It waives the policy 'columns_descirbed', which does not exist" in result.stdout
    assert "shop.things.v1.note: it has no description" in result.stdout


def test_an_unreadable_policy_fails_the_check_and_hides_no_result(call, shop):
    shop.write(FILE, "select 1\n")
    result = call("policy", "check")
    assert result.exit_code == 1
    assert f"{FILE} has no header" in " ".join(result.stdout.split())
    assert "1 cannot be executed" in result.stdout.splitlines()[-1]
    assert "shop.things.v1.note: it has no description" in result.stdout
    listed = call("policy", "list")
    assert f"! {FILE} has no header" in listed.stderr
    explained = call("policy", "explain", "no_notes")
    assert isinstance(explained.exception, PolicyError)


def test_contracts_are_compared_with_a_revision(call, shop):
    flags = ["-c", "user.name=Owner", "-c", "user.email=owner@example.com"]
    for command in (["init", "-q"], ["add", "."], [*flags, "commit", "-q", "-m", "As it is"]):
        subprocess.run(["git", *command], cwd=shop.root, check=True)
    path = shop.root / "domains/shop/contracts/things.v1.odcs.yaml"
    path.write_text(path.read_text().replace("name: note\n", "name: remark\n"))
    shop.root.joinpath("domains/books/contracts/sales.v1.odcs.yaml").unlink()
    said = json.loads(call("policy", "check", "--base", "HEAD", "--json").stdout)
    told = {finding["policy"]: finding["message"] for finding in said["findings"]}
    assert said["base"] == "HEAD"
    assert "breaks its promise within the major version" in told["breaking_change_is_a_new_major"]
    assert "is deleted inside its notice period" in told["contract_kept_until_its_end"]


def test_all_policies_are_listed(call, own):
    said = call.text("policy", "list")
    assert (
        "accountable_owner Every product has an owner with an e-mail address. products ci, publish block team:platform" in said
    )
    assert said.splitlines()[-1].endswith(" policies, 1 of them owned by domains")
    row = next(row for row in call.json("policy", "list") if row["policy"] == "shop.no_notes")
    assert (row["domain"], row["stage"], row["phase"]) == ("shop", "block", ["on demand"])


def test_a_policy_is_explained(call, own):
    said = call.text("policy", "explain", "shop.no_notes")
    for part in (
        "shop.no_notes The shop publishes no notes.",
        "why Notes hold [what] people write.",
        "scope columns, of shop only",
        "reads columns (contract, column, type)",
        "phase on demand",
        "stage blocks from 2026-01-01; blocks now",
        "fix Leave the column out.",
        "owner team:shop",
        "waivers in domains/<domain>/waivers, for at most 90 days",
        f"file {FILE}",
        "where \"column\" = 'note'",
    ):
        assert part in said
    assert call.json("policy", "explain", "columns_classified")["reads"] == [
        "classifications (classification)",
        "columns (contract, column, classification)",
    ]
    assert "waivers none: it is a privacy policy" in call.text("policy", "explain", "columns_classified")


def test_an_unknown_policy_cannot_be_explained(call, shop):
    result = call("policy", "explain", "nothing")
    assert isinstance(result.exception, UnknownPolicy)
    assert "There is no policy 'nothing'. There are " in str(result.exception)


def test_a_domain_that_does_not_load_hides_no_other_results(call, shop):
    shop.write("domains/books/domain.yaml", "name: [broken\n")
    said = json.loads(call("policy", "check", "--json").stdout)
    told = {(finding["policy"], finding["subject"]) for finding in said["findings"]}
    assert ("domain_loads", "books") in told
    assert ("columns_described", "shop.things.v1.note") in told


@pytest.mark.parametrize("policy", ["personal_data_propagates", "no_reach_in", "inputs_as_declared", "lineage_followed"])
def test_no_policy_about_its_sql_is_kept_by_a_domain_that_cannot_be_read(call, shop, policy):
    shop.write("dbt_projects/shop/models/open.sql", "select {{ 1")
    result = call("policy", "check", policy)
    *_, last = result.output.strip().splitlines()
    assert (result.exit_code, last[0]) == (1, "✘"), result.output
    assert "Not all of shop was judged, because it does not load: " in " ".join(result.output.split())
    document = json.loads(call("policy", "check", policy, "--json").stdout)
    assert document["ok"] is False
    assert "shop" in document["unread"]


def test_what_a_broken_project_does_not_change_is_judged(call, shop):
    shop.write("dbt_projects/shop/models/open.sql", "select {{ 1")
    assert json.loads(call("policy", "check", "columns_described", "--json").stdout)["unread"] == {}
    assert json.loads(call("policy", "check", "--json").stdout)["unread"] == {}  # `domain_loads` says it
