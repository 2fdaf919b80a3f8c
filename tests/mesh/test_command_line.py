"""The reading commands of `mesh`, as their users meet them."""

import subprocess
from pathlib import Path

import deltalake
import pytest


def test_show_says_what_a_port_promises_and_serves(mesh):
    said = mesh.run("show", "sales/orders", "--rows", 2).stdout
    assert "One row per order. Product orders of sales" in said
    assert "1,000 rows" in said
    assert "customer_unique_id" in said
    assert "key, Identifies the order." in said


def test_show_as_json_has_the_columns_of_the_contract_and_rows_with_them(mesh):
    said = mesh.json("show", "marketing/channel_performance", "--rows", 3)
    assert [column["name"] for column in said["columns"]] == list(said["sample"][0])
    assert said["grain"].startswith("One row")
    assert set(said["inputs"]) >= {"marketing/leads", "sales/orders"}


def test_products_lists_what_each_product_consumes(mesh):
    products = {product["product"]: product for product in mesh.json("products")}
    assert len(products) == 19
    assert set(products["sales/orders"]["output_ports"]) == {"sales/orders", "sales/order_items"}
    assert "marketing/channel_performance" in products["finance/channel_return"]["input_ports"]


def test_query_joins_ports_of_different_domains(mesh):
    (row,) = mesh.json("query", "select count(*) as n from sales.orders join finance.order_reconciliation using (order_id)")
    assert row["n"] == 1_000


@pytest.mark.parametrize(
    "sql",
    [
        "delete from sales.orders",
        "create table t as select 1",
        "select 1; select 2",
        "select * from read_text('/etc/hostname')",
        "copy sales.orders to 'stolen.csv'",
        "attach 'x.duckdb'",
        "set enable_external_access = true",
        "select * from sales.nothing",
        "selec 1",
        "",
    ],
)
def test_query_refuses_what_is_not_one_select_over_ports(mesh, sql):
    assert mesh.run("query", sql, code=1).stderr.startswith("✘ ")


def test_status_tells_which_input_has_moved(mesh):
    mesh.run("run", "sales/customers")
    remarks = {port["port"]: port["remarks"] for port in mesh.json("status")}
    assert any("sales/customers has moved" in remark for remark in remarks["marketing/customer_segments"])
    mesh.run("run", "marketing/customer_segments")
    remarks = {port["port"]: port["remarks"] for port in mesh.json("status")}
    assert not any("sales/customers" in remark for remark in remarks["marketing/customer_segments"])


def test_rollback_serves_the_earlier_data_as_a_new_version(mesh):
    mesh.run("run", "sales/sellers")
    versions = mesh.json("history", "sales/sellers")
    newest, earliest = versions[0]["version"], versions[-1]["version"]
    said = mesh.run("rollback", "sales/sellers", "--to", earliest).stdout
    assert f"serves the data of version {earliest} again, as version {newest + 1}" in said
    assert mesh.versions()["sales/sellers"] == newest + 1
    table = deltalake.DeltaTable(mesh.home / "ports/sales/sellers/v1")
    assert table.file_uris() == deltalake.DeltaTable(mesh.home / "ports/sales/sellers/v1", version=earliest).file_uris()


STATE = "logicalTypeOptions: {minLength: 2, maxLength: 2}"


def test_rollback_refuses_what_breaks_the_contract_of_today_and_its_way_out_serves_it(mesh):
    contract, product = "domains/sales/contracts/sellers.v1.odcs.yaml", "domains/sales/products/sellers.odps.yaml"
    before = mesh.versions()["sales/sellers"]
    stricter = ("version: 1.0.0", "version: 1.1.0"), (STATE, STATE.replace("}", ', pattern: "^X"}'))
    with mesh.changed(contract, *stricter), mesh.changed(product, ("    version: 1.0.0", "    version: 1.1.0")):
        refused = mesh.run("rollback", "sales/sellers", "--to", 0, code=1).stderr
        document = mesh.json("rollback", "sales/sellers", "--to", 0, code=1)["error"]
        assert mesh.versions()["sales/sellers"] == before
    assert "sales/sellers version 0 breaks the contract sales.sellers.v1 1.1.0 of today" in refused
    assert "state matches ^X" in refused and "`mesh run sales/sellers`" in refused
    kept = Path(refused.split("1.0.0: ")[-1].strip().removesuffix("."))
    assert kept.read_text(encoding="utf-8") == (mesh.root / contract).read_text(encoding="utf-8")
    assert document["kind"] == "ContractViolation"
    mesh.run("run", "sales/sellers")
    assert mesh.json("rollback", "sales/sellers", "--to", 0)["rolled_back_to"] == 0


def test_rollback_asks_the_policies_that_a_publish_asks(mesh):
    mesh.run("run", "sales/sellers")
    before = mesh.versions()["sales/sellers"]
    policy = mesh.root / "domains/finance/policies/no_personal_data.sql"
    text = (
        policy.read_text(encoding="utf-8")
        .replace("finance", "sales")
        .replace("classifications.personal", "\"column\" = 'city'")
    )
    with mesh.with_file("domains/sales/policies/no_personal_data.sql", text):
        refused = mesh.run("rollback", "sales/sellers", "--to", 0, code=1).stderr
        assert mesh.versions()["sales/sellers"] == before
    assert "sales/sellers breaks a policy of the domain sales and was" in refused and "sales.no_personal_data" in refused


def test_rollback_is_told_to_dagster_so_that_consumers_run(mesh):
    from dagster import AssetKey, DagsterInstance

    mesh.run("run", "sales/catalog")
    earliest = mesh.json("history", "sales/catalog")[-1]["version"]
    version = mesh.json("rollback", "sales/catalog", "--to", earliest)["version"]
    with DagsterInstance.from_config(str(mesh.home / "dagster")) as instance:
        event = instance.get_latest_materialization_event(AssetKey(["sales", "catalog"]))
    assert event.asset_materialization.metadata["version"].value == version


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["show", "sales/invoices"], "There is no port sales/invoices"),
        (["show", "orders"], "'orders' is not a port address"),
        (["show", "sales/orders", "--version", "99"], "sales/orders has no version 99"),
        (["history", "sales/invoices"], "There is no port sales/invoices."),
        (["rollback", "sales/orders", "--to", "99"], "sales/orders has no version 99"),
    ],
)
def test_what_does_not_exist_is_named_with_a_way_out(mesh, arguments, sentence):
    said = mesh.run(*arguments, code=1).stderr
    assert sentence in said
    assert len(said.strip()) > len(sentence) + 10


@pytest.mark.parametrize("arguments", [["products", "--json"], ["show", "sales/invoices"], ["run", "--dais", "2017"]])
def test_a_command_forked_from_a_loaded_process_is_the_plain_command(mesh, arguments):
    plain = subprocess.run(mesh.command(*arguments), cwd=mesh.root, env=mesh.environment, capture_output=True, text=True)
    forked = mesh.run(*arguments, code=plain.returncode)
    assert (forked.stdout, forked.stderr) == (plain.stdout, plain.stderr)


def test_outside_a_mesh_the_command_says_so(mesh, tmp_path):
    done = subprocess.run(mesh.command("status"), cwd=tmp_path, env=mesh.environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "There is no workspace.yaml" in done.stderr
