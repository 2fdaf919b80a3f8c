"""All contracts of a mesh against a git revision, read by a real git."""

import subprocess
from datetime import date

import pytest

from mesh_capabilities.contract_change.contract_gate import judge_mesh
from mesh_capabilities.contract_change.revision import Revision
from mesh_capabilities.errors import RevisionError

TODAY = date(2026, 6, 1)
FILE = "domains/shop/contracts/things.v1.odcs.yaml"


@pytest.fixture
def judge(company, commit):
    """The findings against the first commit, in which shop/things has its contract."""
    company.registry("shop")
    company.contract("things")
    base = commit()
    return lambda: judge_mesh(company.root, Revision(company.root, base), TODAY)


def test_nothing_is_found_where_nothing_changed(judge):
    assert judge() == []


def test_a_new_contract_is_found_and_allowed(company, judge):
    company.contract("parts")
    (finding,) = judge()
    assert (finding.contract, finding.happened, finding.allowed) == ("shop.parts.v1", "added", True)


def test_a_new_major_beside_the_old_one_is_allowed(company, judge):
    company.contract(
        "things",
        version="2.0.0",
        id="shop.things.v2",
        file="things.v2.odcs.yaml",
        columns=[{"name": "no", "logicalType": "string"}],
    )
    (finding,) = judge()
    assert (finding.contract, finding.happened, finding.allowed) == ("shop.things.v2", "added", True)


def test_a_deleted_contract_is_a_change(company, judge):
    (company.root / FILE).unlink()
    (finding,) = judge()
    assert (finding.happened, finding.file, finding.allowed) == ("deleted", FILE, False)


def test_a_contract_that_was_renamed_is_deleted_under_its_old_name(company, judge):
    (company.root / FILE).rename(company.root / "domains/shop/contracts/goods.v1.odcs.yaml")
    company.contract("goods")
    assert {finding.file: (finding.happened, finding.allowed) for finding in judge()} == {
        FILE: ("deleted", False),
        "domains/shop/contracts/goods.v1.odcs.yaml": ("added", True),
    }


def test_what_changed_without_a_commit_counts(company, judge):
    company.contract("things", status="retired")
    (finding,) = judge()
    assert "its status was active and is retired" in finding.refusal


def test_a_contract_that_is_not_valid_now_is_refused_by_name(company, judge):
    company.write(FILE, "kind: [")
    (finding,) = judge()
    assert finding.refusal.startswith(f"{FILE} is not YAML")


def test_a_contract_that_was_not_valid_then_cannot_be_compared_and_does_not_hide_the_others(company, commit):
    company.registry("shop")
    company.write(FILE, "kind: [")
    company.contract("parts")
    base = commit()
    company.contract("things")
    company.contract("parts", status="retired")
    parts, things = judge_mesh(company.root, Revision(company.root, base), TODAY)
    assert not parts.allowed
    assert f"{FILE} at {base} is not YAML" in things.refusal
    assert things.way_out == "Compare with a revision in which it is valid."


def test_other_files_in_a_folder_of_contracts_are_none(company, judge):
    company.write("domains/shop/contracts/README.md", "Our contracts.")
    company.write("domains/shop/contracts/old/things.v0.odcs.yaml", "kind: [")
    assert judge() == []


def test_a_mesh_may_stand_in_a_folder_of_its_repository(company, tmp_path):
    company.contract("things")
    flags = ["-c", "user.name=Owner", "-c", "user.email=owner@example.com", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "-A"], [*flags, "commit", "-q", "-m", "As it is"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    company.contract("things", status="retired")
    assert [finding.file for finding in judge_mesh(company.root, Revision(company.root, "HEAD"), TODAY)] == [FILE]


def test_outside_of_a_git_repository_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(RevisionError, match="not a git repository") as refusal:
        Revision(tmp_path, "main")
    assert "needs a git repository" in refusal.value.way_out


@pytest.mark.parametrize("name", ["nonsense", "--all", "HEAD:domains", ""])
def test_a_revision_that_does_not_exist_is_named(company, commit, name):
    company.contract("things")
    commit()
    with pytest.raises(RevisionError, match=f"There is no revision '{name}'"):
        Revision(company.root, name)


def test_a_shallow_clone_is_told_to_fetch_the_history(company, commit, tmp_path):
    company.contract("things")
    base = commit()
    company.contract("parts")
    commit()
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", company.root.as_uri(), clone], check=True)
    with pytest.raises(RevisionError, match="in this shallow clone") as refusal:
        Revision(clone, base)
    assert "git fetch --unshallow" in refusal.value.way_out


def test_without_git_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RevisionError, match="command git was not found"):
        Revision(tmp_path, "HEAD")
