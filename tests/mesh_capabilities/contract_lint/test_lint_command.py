"""`mesh contract lint`: what it prints, for people, for programs and for pipelines, and how it ends."""

from xml.etree import ElementTree

import pytest

from mesh_platform.errors import FileRefused, MeshError, UnknownPort

THINGS = "domains/shop/contracts/things.v1.odcs.yaml"


def spoil(shop, old="physicalType: VARCHAR", new="physicalType: GEOMETRY"):
    path = shop.root / THINGS
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_all_contracts_are_linted_and_the_last_line_is_the_verdict(call, shop):
    said = call.text("contract", "lint")
    assert "domains/shop/contracts/things.v1.odcs.yaml\n" in said
    assert "domains/books/contracts/sales.v1.odcs.yaml\n" in said
    assert said.splitlines()[-1] == "✔ 2 contracts are valid; 0 keys are ignored; 12 are for people only"


def test_keys_for_people_are_listed_on_request(call, shop):
    sentence = "a draft is published like an active contract, and may change within its version"
    note = f" · status: documentation only; {sentence} (line 4)\n"
    assert note in call.text("contract", "lint", "--all")
    assert note not in call.text("contract", "lint")


@pytest.mark.parametrize("target", ["shop", "shop/things", THINGS])
def test_a_domain_a_port_or_a_file_can_be_named(call, shop, target):
    (said,) = call.json("contract", "lint", target)["contracts"]
    assert (said["file"], said["ok"]) == (THINGS, True)
    assert said["findings"][0] == {
        "line": 4,
        "level": "note",
        "key": "status",
        "use": "documentation only",
        "sentence": "a draft is published like an active contract, and may change within its version",
    }


def test_what_is_named_twice_is_linted_once(call, shop):
    assert len(call.json("contract", "lint", "shop", "shop/things", THINGS)["contracts"]) == 1


def test_an_error_ends_with_1_and_is_told_with_its_line(call, shop):
    spoil(shop)
    result = call("contract", "lint", "shop/things")
    assert result.exit_code == 1
    assert "✘ schema[].properties[]: column 'note': a port cannot store physicalType 'GEOMETRY'" in result.stdout
    assert "(line 22)" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("✘ 1 of 1 contract has errors (1); ")
    document = call("contract", "lint", "--json")
    assert document.exit_code == 1
    assert '"ok": false' in document.stdout


def test_a_pipeline_gets_one_case_for_each_error(call, shop, tmp_path):
    spoil(shop)
    result = call("contract", "lint", "--junit", tmp_path / "a folder/lint.xml")
    assert result.exit_code == 1
    top = ElementTree.parse(tmp_path / "a folder/lint.xml").getroot()
    assert (top.get("tests"), top.get("failures")) == ("2", "1")
    assert [case.get("name") for suite in top for case in suite] == ["line 22: schema[].properties[]", "is a contract"]


@pytest.mark.parametrize("name", ['<&">', "]]>", "größe ☃ 🦆"])
def test_a_hostile_contract_leaves_the_xml_readable(call, shop, tmp_path, name):
    shop.contract("things", "shop", [{"name": name, "physicalType": name}])
    assert call("contract", "lint", "shop/things", "--junit", tmp_path / "lint.xml").exit_code == 1
    assert name in ElementTree.parse(tmp_path / "lint.xml").getroot()[0][0].find("failure").text


def test_a_contract_s_texts_cannot_steer_the_terminal(call, shop):
    shop.contract("things", "shop", [{"name": "\x1b[31mred", "physicalType": "[bold]x[/bold]"}])
    said = call("contract", "lint", "shop/things").stdout
    assert "\x1b" not in said
    assert "[bold]x[/bold]" in said


def test_a_file_outside_of_any_mesh_is_held_against_the_standard(call, company, tmp_path, monkeypatch):
    path = company.contract(id="anything")
    monkeypatch.chdir(tmp_path)
    assert "✔ 1 contract is valid" in call.text("contract", "lint", path)


@pytest.mark.parametrize(
    ("target", "error", "words"),
    [
        ("nothing.yaml", FileRefused, "nothing.yaml does not exist"),
        ("nowhere", UnknownPort, "There is no domain or file 'nowhere'"),
        ("shop/nothing", UnknownPort, "There is no port shop/nothing"),
        ("shop/../../x", MeshError, "is not a port address"),
    ],
)
def test_what_is_not_there_is_named(call, shop, target, error, words):
    result = call("contract", "lint", target)
    assert isinstance(result.exception, error)
    assert words in str(result.exception)
    assert result.stdout == ""


def test_a_report_that_cannot_be_written_is_refused(call, shop, tmp_path):
    result = call("contract", "lint", "--junit", tmp_path)
    assert isinstance(result.exception, FileRefused)
    assert "cannot be written" in str(result.exception)
