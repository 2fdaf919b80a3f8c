"""dbt model yml: a real project with it parses, builds good data, and refuses bad data."""

from pathlib import Path

import pytest
import yaml

from mesh_capabilities.contract_exchange.dbt import dbt_model
from mesh_platform.errors import ContractError
from mesh_platform.names import identifier


@pytest.fixture
def project(tmp_path) -> Path:
    """A dbt project without a model."""
    (tmp_path / "models").mkdir()
    (tmp_path / "dbt_project.yml").write_text("name: shop\nprofile: shop\nmodels: {+materialized: table}\n")
    profile = {"shop": {"target": "t", "outputs": {"t": {"type": "duckdb", "path": str(tmp_path / "warehouse.duckdb")}}}}
    (tmp_path / "profiles.yml").write_text(yaml.safe_dump(profile))
    return tmp_path


def build(project: Path) -> dict[str, str]:
    """The status of every model and test."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    flags = ["--project-dir", project, "--profiles-dir", project, "--target-path", project / "t", "--log-path", project / "t"]
    quiet = ["--quiet", "--log-level-file", "none", "--no-send-anonymous-usage-stats"]
    try:
        result = dbtRunner().invoke(["build", *map(str, flags), *quiet])
    finally:
        DuckDBConnectionManager.close_all_connections()
    assert result.exception is None, result.exception
    return {one.node.name: str(one.status) for one in result.result}


def select(promise, values: str) -> str:
    """A model of these rows. What dbt would render is told to be left alone."""
    columns = promise.contract.fitted().columns
    names = ", ".join(identifier(column.name) for column in columns)
    typed = ", ".join(f"{identifier(column.name)}::{column.type} AS {identifier(column.name)}" for column in columns)
    sql = f"SELECT {typed} FROM (VALUES {values}) t({names})"
    return "{{ " + repr(sql) + " }}"


def test_a_project_with_the_export_builds_good_data_and_refuses_bad(project, things, hostile_but, good_rows):
    hostile = hostile_but('"')
    for promise in (things, hostile):
        (project / f"models/{promise.contract.address.port}.yml").write_text(dbt_model(promise))
    row = ", ".join(["'x'"] * len(hostile.contract.columns))
    (project / "models/hostile.sql").write_text(select(hostile, f"({row})"))
    (project / "models/things.sql").write_text(select(things, good_rows))
    statuses = build(project)
    assert {name: status for name, status in statuses.items() if status not in ("pass", "success")} == {
        next(name for name in statuses if "mood" in name): "warn"
    }
    assert len(statuses) == 18

    (project / "models/hostile.sql").unlink()
    (project / "models/hostile.yml").unlink()
    (project / "models/things.sql").write_text(
        select(things, f"{good_rows}, (3, 'a', 'ZZ', 1, 'other', 'x', NULL, NULL, NULL)")
    )
    failed = [name for name, status in build(project).items() if status == "fail"]
    assert [name.startswith("accepted_values_things_kind") for name in failed] == [True]


def test_a_name_that_dbt_cannot_quote_is_refused(hostile):
    with pytest.raises(ContractError, match="has the column 'a \"quoted\" name'"):
        dbt_model(hostile)


def test_what_dbt_cannot_say_stands_in_a_comment(things):
    comments = [line for line in dbt_model(things).splitlines() if line.startswith("#")]
    assert comments == [
        "# shop.things.v1 1.0.0, exported from domains/shop/contracts/things.v1.odcs.yaml",
        "# Not checked by dbt:",
        "#   code matches ^[A-Z]{2}$",
        "#   price is at least 0",
        "#   price is less than 1000",
        "#   There is a row.",
        "#   The things are nice.",
    ]


def test_every_column_has_its_type_and_its_constraints(things):
    (model,) = yaml.safe_load(dbt_model(things))["models"]
    said = {column["name"]: column for column in model["columns"]}
    assert {name: column["data_type"] for name, column in said.items()} == {c.name: c.type for c in things.contract.columns}
    assert said["price"]["constraints"] == [{"type": "not_null"}]
    assert said["code"]["constraints"] == [{"type": "unique"}]
    assert model["constraints"] == [{"type": "primary_key", "columns": ["id", "part"]}]


def test_a_pattern_beside_valid_values_is_not_forgotten(promise):
    arguments = {"validValues": ["a", "b"], "pattern": "a"}
    rule = {"name": "both", "metric": "invalidValues", "arguments": arguments, "mustBe": 0, "description": "An a, no b."}
    said = promise(columns=[{"name": "x", "logicalType": "string", "quality": [rule]}])
    assert "# Not checked by dbt:\n#   An a, no b.\n" in dbt_model(said)


def test_a_project_tests_enumerations_and_relationships_and_needs_no_source_for_those_that_lead_elsewhere(
    project, company, promise
):
    company.contract("owners", "books")
    company.product(inputPorts=[{"name": "books/owners", "version": "1.0.0", "contractId": "books.owners.v1"}])
    elsewhere = "../../books/contracts/owners.v1.odcs.yaml#/schema/owners/properties/id"
    said = promise(
        apiVersion="v3.2.0",
        columns=[
            {"name": "id", "logicalType": "integer", "primaryKey": True},
            {"name": "parent of", "logicalType": "integer", "relationships": [{"to": "things.id"}]},
            {"name": "owner", "logicalType": "integer", "physicalType": "INTEGER", "relationships": [{"to": elsewhere}]},
            {"name": "size", "logicalType": "integer", "enum": [{"value": 0}, {"value": 2}]},
            {"name": "tags", "logicalType": "array", "physicalType": "VARCHAR[]", "items": {"logicalType": "string"}},
        ],
    )
    (project / "models/things.yml").write_text(dbt_model(said))
    (project / "models/things.sql").write_text(select(said, "(1, 1, 7, 0, ['x']), (2, 1, 7, NULL, NULL)"))
    statuses = build(project)
    assert set(statuses.values()) == {"pass", "success"}
    assert [name for name in statuses if "owner" in name] == []  # dbt leaves it out, because there is no such source
    (project / "models/things.sql").write_text(select(said, "(1, 3, 7, 1, [])"))
    failed = sorted(name for name, status in build(project).items() if status == "fail")
    assert [name.partition("_things_")[0] for name in failed] == ["accepted_values", "relationships"]
