"""`mesh contract test`: a sentence for each rule, one verdict line, and an exit code that a pipeline can use."""

from xml.etree import ElementTree

import pytest
import yaml

from mesh_platform.errors import ContractError, FileRefused, MeshError, UnknownPort


@pytest.fixture
def file(parquet, tmp_path):
    """A Parquet file of rows of `id, price, note`."""

    def file(values, name="other.parquet"):
        sql = f"SELECT id::INTEGER AS id, price::DECIMAL(10,2) AS price, note FROM (VALUES {values}) t(id, price, note)"
        return parquet(sql, tmp_path / name)

    return file


def test_the_served_version_is_tested_rule_by_rule(call, publish):
    publish("(1, 1, 'x')")
    said = call.text("contract", "test", "shop/things")
    assert said.splitlines() == [
        "shop.things.v1 1.0.0 on shop/things version 0, 1 row",
        " ✔ schema: has exactly 3 columns, each of its promised type; found 3 columns",
        " ✔ primary_key: (id) identifies a row; found 0",
        " ✔ required: id is never null; found 0",
        " ✔ required: price is never null; found 0",
        "✔ shop/things version 0 keeps shop.things.v1 1.0.0: 4 of 4 rules kept",
    ]


def test_another_version_can_be_tested(call, publish):
    publish("(1, 1, 'x')")
    publish("(1, 1, 'x'), (2, 2, 'y')")
    assert call.json("contract", "test", "shop/things", "--version", 0)["rows"] == 1


def test_files_can_be_tested_before_they_are_served(call, shop, file):
    good = call.json(
        "contract", "test", "shop/things", "--file", file("(1, 1, 'x')"), "--file", file("(2, 1, 'x')", "2.parquet")
    )
    assert (good["ok"], good["rows"], good["contract"]) == (True, 2, "shop.things.v1")


def test_a_broken_rule_ends_with_1_and_shows_rows_to_blame(call, shop, file):
    result = call("contract", "test", "shop/things", "--file", file("(1, 1, 'x'), (1, NULL, 'y')"))
    assert result.exit_code == 1
    assert "✘ required: price is never null; 1 of 2 rows breaks it" in result.stdout
    assert "id = 1, price = NULL" in result.stdout
    assert result.stdout.splitlines()[-1].endswith("breaks shop.things.v1 1.0.0: 2 of 4 rules broken")


def test_a_warning_is_shown_and_does_not_block(call, shop, parquet, tmp_path):
    rule = {
        "name": "many",
        "metric": "rowCount",
        "mustBeGreaterThan": 9,
        "severity": "warning",
        "description": "There are ten.",
    }
    words = {"name": "nice", "type": "text", "description": "The things are nice."}
    shop.contract("things", "shop", [{"name": "id", "physicalType": "INTEGER"}], quality=[rule, words])
    path = parquet("SELECT 1::INTEGER AS id", tmp_path / "one.parquet")
    said = call.text("contract", "test", "shop/things", "--file", path)
    assert " ! many: There are ten; found 1\n" in said
    assert " · in words only: The things are nice.\n" in said
    assert said.splitlines()[-1].endswith("1 of 2 rules kept, 1 warned")


def test_data_of_other_columns_break_the_schema(call, shop, parquet, tmp_path):
    path = parquet("SELECT 1 AS a", tmp_path / "a.parquet")
    said = call("contract", "test", "shop/things", "--file", path, "--json")
    assert said.exit_code == 1
    assert '"no column id;' in said.stdout.replace('found": ', "")


def test_another_contract_can_be_held_against_what_is_served(call, shop, publish):
    publish("(1, 1, 'x'), (2, 2, NULL)")
    columns = [
        {"name": "id", "physicalType": "INTEGER"},
        {"name": "price", "physicalType": "DECIMAL(10,2)", "logicalType": "number", "logicalTypeOptions": {"minimum": 2}},
        {"name": "note", "physicalType": "VARCHAR", "required": True},
    ]
    draft = shop.contract("things", "shop", columns, file="../stricter.yaml", id="draft", version="2.0.0")
    result = call("contract", "test", "shop/things", "--contract", draft)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == "✘ shop/things version 0 breaks draft 2.0.0: 2 of 3 rules broken"


@pytest.fixture
def pointing(shop):
    """Each id of books/sales is one of shop/things."""
    to = "../../shop/contracts/things.v1.odcs.yaml#/schema/things/properties/id"
    columns = [
        {"name": "id", "physicalType": "INTEGER", "relationships": [{"to": to}]},
        {"name": "price", "physicalType": "DECIMAL(10,2)"},
        {"name": "note", "physicalType": "VARCHAR"},
    ]
    return shop.contract("sales", "books", columns)


def test_a_relationship_is_judged_against_what_the_other_port_serves(call, pointing, publish, file):
    said = call("contract", "test", "books/sales", "--file", file("(1, 1, 'x')"))
    assert (said.exit_code, "shop/things v1 has never been published" in said.stdout) == (1, True)
    publish("(1, 1, 'x')")
    publish("(1, 1, 'x')", "sales", "books")
    assert " ✔ relationships: id occurs as id in shop/things v1; found 0\n" in call.text("contract", "test", "books/sales")
    publish("(2, 1, 'x')")
    said = call("contract", "test", "books/sales")
    assert (said.exit_code, "✘ relationships: id occurs as id in shop/things v1" in said.stdout) == (1, True)
    assert "id = 1" in said.stdout


def test_a_contract_of_the_mesh_that_is_named_finds_the_others(call, pointing, publish):
    publish("(1, 1, 'x')")
    publish("(1, 1, 'x')", "sales", "books")
    assert call.json("contract", "test", "books/sales", "--contract", pointing)["ok"] is True


def test_a_pipeline_gets_one_case_for_each_rule(call, shop, file, tmp_path):
    call("contract", "test", "shop/things", "--file", file("(1, NULL, '<&]]>')"), "--junit", tmp_path / "test.xml")
    (suite,) = ElementTree.parse(tmp_path / "test.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("4", "1")
    (failure,) = suite.iter("failure")
    assert failure.get("message").startswith("required: price is never null; 1 of 1 row breaks it")


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "cannot be read"), (b"id,price\n1,2\n", "is not a Parquet file"), (b"PAR1 and no more", "is truncated")],
)
def test_a_file_that_is_no_parquet_is_refused(call, shop, tmp_path, content, words):
    path = tmp_path / "x.parquet"
    path.write_bytes(content)
    result = call("contract", "test", "shop/things", "--file", path)
    assert isinstance(result.exception, FileRefused)
    assert words in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (["shop/nothing"], UnknownPort, "There is no port shop/nothing"),
        (["things"], MeshError, "'things' is not a port address"),
        (["shop/things"], UnknownPort, "is not published yet"),
        (["shop/things", "--file", "nothing.parquet"], FileRefused, "nothing.parquet cannot be read"),
        (["shop/things", "--contract", "nothing.yaml"], ContractError, "nothing.yaml does not exist"),
    ],
)
def test_what_is_not_there_is_named(call, shop, arguments, error, words):
    result = call("contract", "test", *arguments)
    assert isinstance(result.exception, error)
    assert words in str(result.exception)


def test_a_version_and_files_are_two_sets_of_data(call, shop):
    result = call("contract", "test", "shop/things", "--file", "a", "--version", 1)
    assert result.exit_code == 2
    assert "--file and --version" in result.stderr


def test_a_rule_that_cannot_be_evaluated_has_a_verdict_beside_the_others(call, shop, parquet, tmp_path):
    rules = [
        {"name": "many", "type": "sql", "query": "select id from ${object}", "mustBe": 1},
        {"name": "nothing", "type": "sql", "query": "select max(id) from ${object} where id > 9", "mustBe": 1},
        {"name": "rows", "metric": "rowCount", "mustBe": 2},
    ]
    shop.contract("things", "shop", [{"name": "id", "physicalType": "INTEGER"}], quality=rules)
    path = parquet("SELECT unnest([1, 2])::INTEGER AS id", tmp_path / "two.parquet")
    result = call("contract", "test", "shop/things", "--file", path)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert any("✘ many: " in line and "failed to evaluate: its query returns more than 1 row" in line for line in lines)
    assert any("✘ nothing: " in line and "failed to evaluate: its query returns NULL" in line for line in lines)
    assert any("✔ rows: " in line for line in lines)
    assert lines[-1].endswith("2 of 4 rules broken")


@pytest.fixture
def volume(shop):
    """The contract compares the number of rows with the version before."""
    rule = {"name": "volume", "metric": "rowCount", "unit": "percent", "mustBeBetween": [-50, 100]}
    path = shop.root / "domains/shop/contracts/things.v1.odcs.yaml"
    contract = yaml.safe_load(path.read_text(encoding="utf-8"))
    contract["schema"][0]["quality"] = [{**rule, "arguments": {"comparedWith": "previousVersion"}}]
    path.write_text(yaml.safe_dump(contract), encoding="utf-8")


def test_a_version_is_compared_with_the_one_before_and_a_file_with_the_newest(call, volume, publish, file):
    publish("(1, 1, 'x')")
    publish("(1, 1, 'x'), (2, 2, 'y')", rows=2)
    publish("(1, 1, 'x'), (2, 2, 'y'), (3, 3, 'z'), (4, 4, 'z'), (5, 5, 'z')", rows=5)
    assert "1 row, compared with no version" in call.text("contract", "test", "shop/things", "--version", 0)
    assert "found +100.0 %, 2 rows after 1" in call.text("contract", "test", "shop/things", "--version", 1)
    assert "found +150.0 %, 5 rows after 2" in call("contract", "test", "shop/things").stdout
    assert "found -80.0 %, 1 row after 5" in call("contract", "test", "shop/things", "--file", file("(1, 1, 'x')")).stdout
