"""`mesh contract` over the whole mesh: its own contracts, its own data, its own dbt projects."""

import json

import duckdb
from deltalake import DeltaTable
from jsonschema import Draft202012Validator


def served(mesh, port):
    """The files of a port's served version."""
    return DeltaTable(mesh.home / "ports" / port / "v1").file_uris()


def test_every_contract_of_the_mesh_is_valid_and_says_nothing_that_nobody_executes(mesh):
    said = mesh.json("contract", "lint")
    assert len(said["contracts"]) == len(mesh.versions())
    assert {finding["level"] for one in said["contracts"] for finding in one["findings"]} == {"note"}


def test_what_is_served_keeps_its_contract(mesh, tmp_path):
    said = mesh.json("contract", "test", "finance/payments", "--junit", tmp_path / "test.xml")
    assert said["ok"] is True
    assert {rule["verdict"] for rule in said["rules"]} == {"kept", "warned"}
    assert (tmp_path / "test.xml").exists()


def test_the_rows_of_a_port_are_what_its_exports_say(mesh, tmp_path):
    port = "sales/order_items"
    schema = json.loads(mesh.run("contract", "export", port, "--format", "jsonschema").stdout)
    statements = mesh.run("contract", "export", port, "--format", "sql").stdout
    validator, rows = Draft202012Validator(schema), tmp_path / "rows.json"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (FROM read_parquet({served(mesh, port)}) LIMIT 200) TO '{rows}'")
        connection.execute(statements)
        connection.execute(f"INSERT INTO order_items FROM read_parquet({served(mesh, port)})")
        (held,) = connection.execute("SELECT count(*) FROM order_items").fetchone()
    read = [json.loads(line) for line in rows.read_text(encoding="utf-8").splitlines()]
    assert len(read) == 200
    assert [error.message for row in read for error in validator.iter_errors(row)] == []
    assert not validator.is_valid({**read[0], "price": -1})
    assert held == mesh.json("contract", "test", port)["rows"]


def test_a_draft_of_a_model_and_its_data_is_kept_by_the_data_it_is_drafted_from(mesh, tmp_path):
    (file,) = served(mesh, "sales/orders")
    draft = tmp_path / "orders.v1.odcs.yaml"
    mesh.run("contract", "import", "orders", "--dbt", mesh.root / "dbt_projects/sales", "--parquet", file, "--to", draft)
    assert mesh.json("contract", "lint", draft)["ok"] is True
    assert mesh.json("contract", "test", "sales/orders", "--contract", draft)["ok"] is True
    assert "already" in mesh.run("contract", "import", "--parquet", file, "--to", draft, code=1).stderr
