"""`mesh contract export` and `import`: on standard output, into a file, and never over one that somebody wrote."""

import json

import pytest
import yaml

from mesh_platform.errors import ContractError, FileRefused

BEGINS = {"dbt": "# shop.things.v1", "jsonschema": "{", "sql": "-- shop.things.v1", "html": "<!doctype html>"}


@pytest.mark.parametrize("format_name", BEGINS)
def test_an_export_is_all_there_is_on_standard_output(call, shop, format_name):
    result = call("contract", "export", "shop/things", "--format", format_name)
    assert result.exit_code == 0
    assert result.stdout.startswith(BEGINS[format_name])
    assert "✔" not in result.stdout


def test_an_export_into_a_file_says_so_and_may_be_repeated(call, shop, tmp_path):
    path = tmp_path / "a folder/things.sql"
    refused = call("contract", "export", "shop/things", "--format", "sql", "--to", path)
    assert (refused.exit_code, path.parent.exists()) == (1, False)
    assert str(refused.exception) == f"There is no folder {path.parent}. Name a file in a folder that exists, with --to."
    path.parent.mkdir()
    for _ in range(2):
        said = call("contract", "export", "shop/things", "--format", "sql", "--to", path).stdout
        assert said.startswith("✔ shop.things.v1 1.0.0 exported to ")
    assert path.read_text().startswith("-- shop.things.v1")


def test_an_export_as_a_document_holds_the_text(call, shop):
    said = call.json("contract", "export", "shop/things", "--format", "jsonschema")
    assert (said["contract"], said["format"]) == ("shop.things.v1 1.0.0", "jsonschema")
    assert list(json.loads(said["text"])["properties"]) == ["id", "price", "note"]


def test_a_file_is_exported_wherever_it_stands(call, company, tmp_path, monkeypatch):
    path = company.contract(id="anything")
    path = path.rename(tmp_path / "any.yaml")
    monkeypatch.chdir(tmp_path)
    assert call("contract", "export", "any.yaml", "--format", "html").stdout.startswith("<!doctype html>")


@pytest.mark.parametrize("arguments", [["shop/things"], ["shop/things", "--format", "excel"], ["--format", "sql"]])
def test_an_export_without_a_known_format_is_not_understood(call, shop, arguments):
    assert call("contract", "export", *arguments).exit_code == 2


def test_a_file_that_is_no_contract_is_not_exported(call, tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("a: 1\n")
    assert isinstance(call("contract", "export", path, "--format", "sql").exception, ContractError)


@pytest.fixture
def file(parquet, tmp_path):
    return parquet("SELECT 1::INTEGER AS id, 'x' AS note", tmp_path / "New Things.parquet")


def test_a_draft_passes_lint_in_the_place_it_is_written_to(call, shop, file):
    place = "domains/shop/contracts/novelties.v2.odcs.yaml"
    said = call.text("contract", "import", "--parquet", file, "--to", place)
    assert said == f"✔ a draft of shop.novelties.v2, 2 columns, written to {place}\n"
    assert call.json("contract", "lint", place)["ok"] is True
    assert yaml.safe_load((shop.root / place).read_text())["version"] == "2.0.0"


def test_a_draft_is_called_by_the_file_or_as_it_is_told(call, shop, file):
    assert yaml.safe_load(call("contract", "import", "--parquet", file).stdout)["id"] == "draft.new_things.v1"
    said = call.json("contract", "import", "--parquet", file, "--output-port", "books/novelties")
    assert (said["contract"], said["columns"]) == ("books.novelties.v1", ["id", "note"])


def test_nothing_is_overwritten(call, shop, file):
    place = shop.root / "domains/shop/contracts/things.v1.odcs.yaml"
    before = place.read_bytes()
    result = call("contract", "import", "--parquet", file, "--to", place)
    assert isinstance(result.exception, FileRefused)
    assert "exists already and is not overwritten" in str(result.exception)
    assert place.read_bytes() == before


@pytest.mark.parametrize("arguments", [[], ["--dbt", "x"], ["orders"], ["orders", "--parquet", "x"]])
def test_half_of_what_is_needed_is_not_understood(call, shop, arguments):
    assert call("contract", "import", *arguments).exit_code == 2


def test_a_file_that_is_no_parquet_is_refused(call, shop):
    result = call("contract", "import", "--parquet", "workspace.yaml")
    assert isinstance(result.exception, FileRefused)


def test_a_delta_table_is_drafted_from_its_newest_version(call, shop, publish, tmp_path):
    for _ in range(2):
        publish("(1, 2.00, 'a'), (2, 3.00, 'b')")
    table = shop.root / ".mesh/ports/shop/things/v1"
    assert len(list(table.rglob("*.parquet"))) == 2
    draft = call.text("contract", "import", "--parquet", table, "--output-port", "shop/things")
    assert "2 rows" in draft and "4 rows" not in draft
