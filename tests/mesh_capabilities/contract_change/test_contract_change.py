"""`mesh contract diff` and `mesh contract gate`, as people and pipelines call them."""

import json
import subprocess

import pytest

FILE = "domains/shop/contracts/things.v1.odcs.yaml"


@pytest.fixture
def base(shop):
    """The shop under git; the revision in which nothing has changed yet."""
    git(shop, "init", "-q")
    commit(shop)
    git(shop, "tag", "before")
    return "before"


def git(shop, *command):
    return subprocess.run(["git", *command], cwd=shop.root, check=True, capture_output=True, text=True).stdout.strip()


def commit(shop):
    git(shop, "add", "-A")
    flags = ["-c", "user.name=Owner", "-c", "user.email=owner@example.com", "-c", "commit.gpgsign=false"]
    git(shop, *flags, "commit", "-q", "-m", "As it is")
    return git(shop, "rev-parse", "--short", "HEAD")


def rewrite(shop, *replacements):
    path = shop.root / FILE
    text = path.read_text(encoding="utf-8")
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def renamed(shop, base):
    """The column price is called amount now."""
    rewrite(shop, ("name: price", "name: amount"))


def test_a_diff_says_what_changed_for_whom_and_which_version_that_asks_for(call, shop, renamed):
    result = call("contract", "diff", "shop/things", "--base", "before")
    assert result.exit_code == 1
    assert "shop.things.v1 1.0.0 → 1.0.0" in result.stdout
    assert "the column price was renamed to amount" in result.stdout
    assert "consumer: queries that use the old name fail; producer: must deliver the new name" in result.stdout
    assert result.stdout.splitlines()[-1] == "✘ 1 change: the version is still 1.0.0; this change requires at least 2.0.0"


def test_a_consumer_whose_sql_cannot_be_followed_is_named_all_the_same(call, shop, renamed):
    """The company has no dbt projects."""
    (change,) = call_json(call, 1, "contract", "diff", "shop/things", "--base", "before")["changes"]
    (affected,) = [port for port in change["affects"] if port["port"] == "books/sales"]
    assert (affected["product"], affected["owner"], affected["values"]) == ("books/sales", "books", [])
    assert "dbt_projects/books" in affected["unknown"]


def call_json(call, code, *arguments):
    result = call(*arguments, "--json")
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_a_diff_of_two_files_needs_no_mesh(call, shop, tmp_path, monkeypatch):
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    text = (shop.root / FILE).read_text(encoding="utf-8")
    old.write_text(text, encoding="utf-8")
    new.write_text(text.replace("In reais.", "In Brazilian reais."), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    document = call_json(call, 0, "contract", "diff", old, new)
    assert (document["required"], document["actual"], document["sufficient"]) == ("none", "none", True)
    assert [change["sort"] for change in document["changes"]] == ["wording changed"]


def test_a_new_major_is_compared_with_the_one_before(call, shop, base):
    text = (shop.root / FILE).read_text(encoding="utf-8")
    new = (
        text.replace("things.v1", "things.v2")
        .replace("version: 1.0.0", "version: 2.0.0")
        .replace("name: price", "name: amount")
    )
    (shop.root / FILE.replace("v1", "v2")).write_text(new, encoding="utf-8")
    document = call_json(call, 0, "contract", "diff", "shop/things", "--base", "before")
    assert (document["required"], document["actual"]) == ("major", "major")
    assert [change["sort"] for change in document["changes"]] == ["column renamed"]


COMPARED = {"metric": "rowCount", "arguments": {"comparedWith": "previousVersion"}, "unit": "percent"}


@pytest.mark.parametrize(
    ("before", "after", "sorts", "required"),
    [
        ({**COMPARED, "mustBeBetween": [-50, 100]}, {**COMPARED, "mustBeBetween": [-20, 100]}, ["rule tightened"], "minor"),
        ({**COMPARED, "mustBeBetween": [-50, 100]}, {**COMPARED, "mustBeBetween": [-50, 200]}, ["rule loosened"], "major"),
        ({**COMPARED, "mustBeBetween": [-50, 100]}, {**COMPARED, "mustBeBetween": [-60, 50]}, ["rule replaced"], "major"),
        (None, {**COMPARED, "mustBeBetween": [-50, 100]}, ["rule tightened"], "minor"),
        ({**COMPARED, "mustBeBetween": [-50, 100]}, None, ["rule loosened"], "major"),
        ({"metric": "rowCount", "mustBeGreaterThan": 0}, {**COMPARED, "mustBeGreaterThan": 0}, ["rule replaced"], "major"),
    ],
)
def test_a_comparison_with_the_previous_version_is_graded_like_other_bounds(
    call, company, tmp_path, before, after, sorts, required
):
    files = []
    for name, rule in (("old", before), ("new", after)):
        contract = company.contract(quality=[{"name": "volume", **rule}] if rule else [])
        files.append(contract.rename(tmp_path / f"{name}.yaml"))
    document = json.loads(call("contract", "diff", *files, "--json").stdout)
    assert ([change["sort"] for change in document["changes"]], document["required"]) == (sorts, required)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["one.yaml"], "two files, or one port and a revision"),
        (["one.yaml", "two.yaml", "--base", "before"], "two files, or one port and a revision"),
        (["one.yaml", "two.yaml"], "one.yaml does not exist"),
        (["shop/nothing", "--base", "before"], "There is no port shop/nothing"),
        (["things", "--base", "before"], "is not a port address"),
        (["shop/things", "--base", "after"], "There is no revision 'after'"),
    ],
)
def test_what_cannot_be_compared_is_said(command, shop, base, arguments, said):
    done = command("contract", "diff", *arguments, cwd=shop.root)
    assert (done.returncode, done.stdout) == (2 if said.startswith("two files") else 1, "")
    assert said in done.stderr


def test_a_port_that_was_not_there_yet_cannot_be_compared(call, shop, base):
    shop.contract("parts")
    result = call("contract", "diff", "shop/parts", "--base", "before")
    assert result.exit_code == 1
    said = str(result.exception)
    assert "There was no contract of shop/parts at before; a contract is compared with an earlier one" in said
    assert "parts.v1.odcs.yaml is not committed yet, or compare two files: `mesh contract diff OLD NEW`" in said
    added = commit(shop)
    result = call("contract", "diff", "shop/parts", "--base", "before")
    assert f"It was added with {added}: name that revision or a later one" in str(result.exception)


def test_the_gate_lets_a_mesh_pass_that_has_not_changed(call, shop, base):
    assert call.text("contract", "gate", "--base", "before") == "✔ no contract of 2 domains has changed since before\n"


def test_the_gate_lets_a_change_pass_whose_version_says_so(call, shop, base):
    rewrite(shop, ("version: 1.0.0", "version: 1.1.0"), ("name: note\n", "name: note\n    required: true\n"))
    assert call.text("contract", "gate", "--base", "before").splitlines()[-1] == (
        "✔ 1 contract changed since before, as its version allows"
    )


def test_the_gate_refuses_a_break_and_names_the_consumer(call, shop, renamed):
    result = call("contract", "gate", "--base", "before")
    assert result.exit_code == 1
    assert "✘ shop.things.v1 1.0.0 breaks its promise within the major version" in result.stdout
    assert "affects books/sales of books" in result.stdout
    assert result.stdout.splitlines()[-1] == "✘ 1 contract changed since before, 1 refused"


def test_the_gate_names_the_consumers_of_a_contract_that_is_gone(call, shop, base):
    (shop.root / FILE).unlink()
    document = call_json(call, 1, "contract", "gate", "--base", "before")
    (finding,) = document["contracts"]
    assert (document["ok"], finding["happened"], finding["contract"]) == (False, "deleted", "shop.things.v1")
    assert [port["port"] for port in finding["affects"]] == ["books/sales"]


def test_the_gate_outside_of_git_says_so(command, shop, monkeypatch):
    done = command("contract", "gate", "--base", "main", cwd=shop.root)
    assert (done.returncode, done.stdout) == (1, "")
    assert "git repository" in done.stderr
