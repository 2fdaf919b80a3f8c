"""Drafts from dbt: what its yml says becomes a promise where a contract can say the same, and a comment everywhere else."""

from pathlib import Path

import pytest
import yaml

from mesh_capabilities.contract_exchange.drafting import draft_from_dbt, draft_from_parquet, draft_text, parse_folder
from mesh_capabilities.contract_lint.lint import lint_file
from mesh_platform.contract.document import contract_in, read_document
from mesh_platform.errors import FileRefused, TransformationError

MODELS = """
models:
  - name: things
    description: The
      things.
    constraints:
      - {type: primary_key, columns: [id, part]}
    columns:
      - {name: id, data_type: integer, description: Identifies the thing.}
      - {name: part, data_type: varchar, constraints: [{type: not_null}, {type: check, expression: "part <> ''"}]}
      - name: code
        data_type: text
        data_tests:
          - unique
          - not_null: {config: {where: "part = 'a'"}}
      - name: kind
        data_type: varchar
        data_tests:
          - accepted_values: {arguments: {values: [new, "it's old"]}}
          - accepted_values: {name: nearly, arguments: {values: [new]}, config: {severity: warn}}
      - name: maker
        data_type: bigint
        data_tests:
          - not_null: {config: {severity: warn}}
          - relationships: {arguments: {to: ref('makers'), field: id}}
          - of_shop
    data_tests:
      - of_shop
  - name: makers
  - name: untyped
    columns: [{name: a}, {name: b, data_type: date}]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dbt")
    (folder / "models").mkdir()
    (folder / "macros").mkdir()
    (folder / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    (folder / "profiles.yml").write_text("shop: {target: t, outputs: {t: {type: duckdb, path: ':memory:'}}}\n")
    (folder / "models/things.yml").write_text(MODELS)
    for name in ("things", "makers", "untyped"):
        (folder / f"models/{name}.sql").write_text("select 1 as a\n")
    (folder / "macros/of_shop.sql").write_text(
        "{% test of_shop(model, column_name=none) %}select 1 from {{ model }} where false{% endtest %}"
    )
    return folder


@pytest.fixture(scope="module")
def manifest(project):
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    made = parse_folder(project)
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before, "it leaves a trace"
    return made


@pytest.fixture
def text(manifest) -> str:
    return draft_text(draft_from_dbt(manifest, "things"), "shop", "things")


@pytest.fixture
def columns(text) -> dict[str, dict]:
    (table,) = yaml.safe_load(text)["schema"]
    return {column["name"]: column for column in table["properties"]}


def test_the_draft_is_a_valid_contract(text, tmp_path):
    path = tmp_path / "things.odcs.yaml"
    path.write_text(text, encoding="utf-8")
    assert lint_file(path).good
    assert len(contract_in(read_document(path), path, None).columns) == 5
    said = yaml.safe_load(text)
    assert (said["apiVersion"], said["status"], said["schema"][0]["description"]) == ("v3.1.0", "draft", "The things.")


def test_types_descriptions_and_constraints_are_taken_over(columns):
    assert {name: said["physicalType"] for name, said in columns.items()} == {
        "id": "INTEGER",
        "part": "VARCHAR",
        "code": "VARCHAR",
        "kind": "VARCHAR",
        "maker": "BIGINT",
    }
    assert columns["id"]["description"] == "Identifies the thing."
    assert [name for name, said in columns.items() if said.get("primaryKey")] == ["id", "part"]
    assert [name for name, said in columns.items() if said.get("required")] == ["id", "part"]


def test_a_test_that_a_contract_can_say_becomes_a_promise(columns):
    assert columns["code"]["unique"] is True
    sure, nearly = columns["kind"]["quality"]
    assert (sure["metric"], sure["arguments"], sure["mustBe"]) == ("invalidValues", {"validValues": ["new", "it's old"]}, 0)
    assert "severity" not in sure
    assert nearly["severity"] == "warning"
    assert columns["maker"]["quality"] == [{"metric": "nullValues", "mustBe": 0, "severity": "warning"}]


def test_a_test_that_no_contract_can_say_becomes_a_comment(text):
    comments = [line.strip() for line in text.splitlines() if line.strip().startswith("# dbt also")]
    assert sorted(comments) == [
        "# dbt also constrains it: check part <> ''",
        "# dbt also tests of code: not_null, where part = 'a'",
        "# dbt also tests of maker: of_shop",
        """# dbt also tests of maker: relationships {'to': "ref('makers')", 'field': 'id'}""",
        "# dbt also tests: of_shop",
    ]


def test_the_data_know_the_types_that_dbt_does_not(manifest, parquet):
    found = draft_from_parquet([parquet("SELECT 1::INTEGER AS a, NULL::DATE AS b")])
    draft = draft_from_dbt(manifest, "untyped", found)
    assert [(column.name, column.type, column.required) for column in draft.columns] == [
        ("a", "INTEGER", True),
        ("b", "DATE", False),
    ]


def test_a_column_that_the_data_do_not_have_is_told(manifest, parquet):
    draft = draft_from_dbt(manifest, "things", draft_from_parquet([parquet("SELECT 1 AS id")]))
    assert [column.name for column in draft.columns] == ["id"]
    assert "dbt lists a column maker, which is not in the data." in draft.notes


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("nothing", "has no model 'nothing'"),
        ("untyped", "'untyped' says no data_type of a"),
        ("makers", "'makers' lists no columns"),
    ],
)
def test_what_dbt_does_not_know_is_not_invented(manifest, model, words):
    with pytest.raises(FileRefused, match=words):
        draft_from_dbt(manifest, model)


def test_a_folder_without_a_project_is_refused(tmp_path):
    with pytest.raises(FileRefused, match=r"has no dbt_project\.yml"):
        parse_folder(tmp_path)


def test_a_project_that_dbt_cannot_read_is_refused(tmp_path):
    (tmp_path / "dbt_project.yml").write_text("name: [not a name]\n")
    with pytest.raises(TransformationError, match="dbt cannot parse"):
        parse_folder(tmp_path)
