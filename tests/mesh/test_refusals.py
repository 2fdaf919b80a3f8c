"""Breaking things on purpose: what a contract, a declaration or a name forbids does not happen, and the message helps."""

from contextlib import ExitStack

import pytest

FIRST_ORDER_STATUS = "    order_status as status,"


def published(mesh, port: str) -> int:
    return mesh.versions()[port]


def test_a_candidate_that_breaks_its_contract_never_becomes_visible(mesh):
    before = mesh.versions()
    model = "dbt_projects/sales/models/ports/orders.sql"
    wrong = "    case when customer_unique_id < '3' then 'lost' else status end as status,\n    purchased_at"
    with mesh.changed(model, ("    status,\n    purchased_at", wrong)):
        said = mesh.run("run", "sales", "marketing", code=1).stdout
    assert "sales/orders breaks its contract sales.orders.v1 1.1.0 and was not published" in said
    assert "known_status: The status is one of the eight that the shop knows; " in said
    assert "of 1,000 rows break it" in said
    assert said.count("status = lost") == 3
    assert "domains/sales/contracts/orders.v1.odcs.yaml" in said
    after = mesh.versions()
    assert after["sales/orders"] == before["sales/orders"]
    # Both ports of the product speak of the same moment.
    assert after["sales/order_items"] == before["sales/order_items"]
    # What reads it does not run; what does not, does.
    assert after["marketing/channel_performance"] == before["marketing/channel_performance"]
    assert after["marketing/leads"] == before["marketing/leads"] + 1
    assert "marketing/customer_segments: Not run, because sales/order_items was not published" in said
    status = {port["port"]: port for port in mesh.json("status")}
    assert status["marketing/customer_segments"]["refused"]["by"] == "sales/order_items was not published"
    assert "s ago, was refused: sales/order_items was not published" in mesh.run("status").stdout


def test_a_row_that_points_to_nothing_is_refused_by_what_is_about_to_be_published_with_it(mesh):
    before = published(mesh, "sales/order_items")
    model = "dbt_projects/sales/models/ports/order_items.sql"
    with mesh.changed(model, ("    order_id,\n    item_number", "    'x' || order_id as order_id,\n    item_number")):
        said = mesh.run("run", "sales/orders", "sales/order_items", code=1).stdout
    assert "relationships: order_id occurs as order_id in sales/orders v1; " in said
    assert "sales/orders was not published, because sales/order_items was not" in said
    assert published(mesh, "sales/order_items") == before


def test_a_failed_check_is_in_dagster_with_its_rows(mesh):
    from dagster import AssetCheckKey, AssetKey, DagsterInstance

    model = "dbt_projects/sales/models/ports/sellers.sql"
    with mesh.changed(model, ("    seller_id,", "    case when state = 'SP' then null else seller_id end as seller_id,")):
        said = mesh.run("run", "sales/sellers", code=1).stdout
    assert "seller_id is never null" in said
    with DagsterInstance.from_config(str(mesh.home / "dagster")) as instance:
        key = AssetCheckKey(AssetKey(["sales", "sellers"]), "required")
        (record,) = instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
        evaluation = record.evaluation
    assert not evaluation.passed
    assert "seller_id = NULL" in evaluation.metadata["broken"].value


@pytest.mark.parametrize(
    ("model", "rows"),
    [("models/ports/catalog.sql", "from translated"), ("models/staging/stg_products.sql", "from source")],
    ids=["in the port's model", "in staging"],
)
def test_a_failing_dbt_test_forbids_to_publish(mesh, model, rows):
    before = published(mesh, "sales/catalog")
    with mesh.changed(f"dbt_projects/sales/{model}", (rows, f"{rows} limit 10")):
        said = mesh.run("run", "sales/catalog", code=1).stdout
    assert "the test keeps_every_row_catalog" in said
    assert published(mesh, "sales/catalog") == before


def test_a_failing_unit_test_of_dbt_is_named(mesh):
    before = published(mesh, "sales/sellers")
    unit_test = """
unit_tests:
  - name: sellers_keep_their_state
    model: sellers
    given:
      - input: ref('stg_sellers')
        rows: [{seller_id: a, state: SP}]
    expect:
      rows: [{seller_id: a, state: RJ}]
"""
    with mesh.changed("dbt_projects/sales/models/ports/sellers.yml", ("models:", f"{unit_test.strip()}\n\nmodels:")):
        said = mesh.run("run", "sales/sellers", code=1).stdout
    assert "the test sellers_keep_their_state ended with fail" in said
    assert published(mesh, "sales/sellers") == before


def test_reading_a_port_that_is_not_declared_is_refused(mesh):
    product = "domains/marketing/products/customer_segments.odps.yaml"
    declared = "  - name: sales/order_items\n    version: 1.0.0\n    contractId: sales.order_items.v1\n"
    with mesh.changed(product, (declared, "")):
        said = mesh.run("run", "marketing", code=1).stdout
    assert "marketing/customer_segments reads sales/order_items, which its product 'customer_segments' has not declared" in said
    assert said.splitlines()[-1] == "✘ nothing was run"
    assert product in said


def test_reaching_past_source_for_a_port_that_is_not_declared_is_refused(mesh):
    model = "dbt_projects/marketing/models/ports/leads.sql"
    text = (mesh.root / model).read_text(encoding="utf-8").rstrip()
    with mesh.changed(model, (text, f"{text}\nwhere 0 < (select count(*) from sales.sellers)")):
        said = mesh.run("run", "marketing/leads", code=1).stdout
    assert f"because of {model}: the model leads reads sales.sellers without ref() or source()" in said


def test_an_input_that_is_no_longer_declared_cannot_be_read_from_an_earlier_run(mesh):
    product = "domains/marketing/products/customer_segments.odps.yaml"
    declared = "  - name: sales/order_items\n    version: 1.0.0\n    contractId: sales.order_items.v1\n"
    model = "dbt_projects/marketing/models/ports/customer_segments.sql"
    with (
        mesh.changed(product, (declared, "")),
        mesh.changed(model, ("{{ source('sales', 'order_items') }}", "sales.order_items")),
    ):
        said = mesh.run("run", "marketing/customer_segments", code=1).stdout
    assert f"because of {model}: the model customer_segments reads sales.order_items without ref() or source()" in said


def test_reading_a_column_that_the_contract_does_not_promise_is_refused(mesh):
    model = "dbt_projects/finance/models/ports/daily_revenue.sql"
    text = (mesh.root / model).read_text(encoding="utf-8")
    start = text.index("select * from {{ source('sales', 'orders') }}")
    line = text[start : text.index("\n", start)]
    with mesh.changed(model, (line, line.replace("*", "*, margin"))):
        said = mesh.run("run", "finance/daily_revenue", code=1).stdout
    assert f"{model} reads a column 'margin', which is in none of the contracts that it reads" in said
    assert "domains/sales/contracts/orders.v1.odcs.yaml" in said


def test_a_contract_that_is_not_valid_odcs(mesh):
    contract = "domains/sales/contracts/sellers.v1.odcs.yaml"
    with mesh.changed(contract, ("kind: DataContract", "kind: Handshake")):
        said = mesh.run("run", "sales", code=1).stdout
    assert contract in said
    assert "is not valid ODCS v3.1.0: kind: 'Handshake' is not one of ['DataContract']" in said


def test_a_port_without_a_contract(mesh):
    with mesh.without_file("domains/sales/contracts/sellers.v1.odcs.yaml"):
        said = mesh.run("run", "sales", code=1).stdout
    assert "publishes 'sellers', a port without a contract" in said
    assert "Write domains/sales/contracts/sellers.v1.odcs.yaml" in said


def test_a_model_that_makes_a_port_nobody_contracted(mesh):
    with mesh.with_file("dbt_projects/sales/models/ports/extra.sql", "select 1 as n"):
        said = mesh.run("run", "sales", code=1).stdout
    assert "dbt_projects/sales/models/ports/extra.sql builds 'extra', a port without a contract" in said


def test_a_contract_without_a_port(mesh):
    text = (mesh.root / "domains/sales/contracts/sellers.v1.odcs.yaml").read_text(encoding="utf-8")
    text = text.replace("sales.sellers.v1", "sales.buyers.v1").replace("name: sellers", "name: buyers")
    with mesh.with_file("domains/sales/contracts/buyers.v1.odcs.yaml", text):
        said = mesh.run("run", "sales", code=1).stdout
    assert "domains/sales/contracts/buyers.v1.odcs.yaml is a contract without a port" in said


def test_a_contract_whose_model_is_gone(mesh):
    with (
        mesh.without_file("dbt_projects/sales/models/ports/sellers.sql"),
        mesh.without_file("dbt_projects/sales/models/ports/sellers.yml"),
    ):
        said = mesh.run("run", "sales", code=1).stdout
    assert "domains/sales/contracts/sellers.v1.odcs.yaml is a contract without a port: no model builds 'sellers'" in said


def test_a_port_that_its_model_materialises_in_another_way(mesh):
    file = "dbt_projects/sales/models/ports/sellers.sql"
    sql = (mesh.root / file).read_text(encoding="utf-8")
    with mesh.without_file(file), mesh.with_file(file, f"{{{{ config(materialized='incremental') }}}}\n{sql}"):
        said = mesh.run("run", "sales", code=1).stdout
    assert f"a contract without a port: {file} has another materialisation than port" in said
    assert "Remove its materialisation from the model: a run builds a port as a whole." in said


def test_a_port_whose_model_lies_in_another_folder_is_told_where_it_belongs(mesh):
    file = "dbt_projects/sales/models/ports/sellers.sql"
    sql = (mesh.root / file).read_text(encoding="utf-8")
    with mesh.without_file(file), mesh.with_file("dbt_projects/sales/models/sellers.sql", sql):
        said = mesh.run("run", "sales", code=1).stdout
    assert "dbt_projects/sales/models/sellers.sql has another materialisation than port" in said
    assert "Move it to models/ports/: a run builds a port as a whole." in said


def test_a_port_that_asks_whether_it_is_incremental(mesh):
    file = "dbt_projects/sales/models/ports/sellers.sql"
    sql = (mesh.root / file).read_text(encoding="utf-8")
    with mesh.without_file(file), mesh.with_file(file, f"{sql}\n{{% if is_incremental() %}} where false {{% endif %}}"):
        said = mesh.run("run", "sales", code=1).stdout
    assert f"{file} asks is_incremental(), which is never true: a run builds a port as a whole." in said
    assert "a private incremental model, or a snapshot, that the port selects from" in said


def test_a_folder_that_claims_the_name_of_a_domain_stops_nobody(mesh):
    yaml = (mesh.root / "domains/sales/domain.yaml").read_text(encoding="utf-8")
    before = mesh.versions()["sales/sellers"]
    with mesh.with_file("domains/shop/domain.yaml", yaml):
        mesh.run("run", "sales/sellers")
        doctor, status = mesh.run("doctor", code=1).stdout, mesh.run("status", code=1)
    assert "domain shop: domains/shop exists, and workspace.yaml does not register it" in doctor
    assert "1 domain does not load: shop. The others: " in status.stdout
    assert "! domains/shop exists, and workspace.yaml does not register it" in status.stderr
    assert mesh.versions()["sales/sellers"] == before + 1


def test_two_code_locations_that_claim_one_name(mesh):
    entry = "  - python_module: {module_name: sales.definitions, location_name: sales}\n"
    with mesh.changed("workspace.yaml", (entry, entry * 2)):
        said = mesh.run("run", code=1).stderr
    assert "Two code locations in workspace.yaml have the name 'sales'" in said


def test_a_domain_that_does_not_load_stops_nobody_else(mesh):
    before = mesh.versions()
    with mesh.changed("domains/marketing/marketing/ingestion.py", ("from mesh_platform import", "from mesh_platforms import")):
        said = mesh.run("run", "marketing", "finance", code=1).stdout
    assert "marketing does not load: domains/marketing/marketing/ingestion.py, line 3, ModuleNotFoundError" in said
    assert "finance/channel_return: Not run, because marketing/channel_performance was not published" in said
    after = mesh.versions()
    assert after["finance/payments"] == before["finance/payments"] + 1
    assert after["finance/channel_return"] == before["finance/channel_return"]


UNLOADABLE = {
    "python": (
        "domains/marketing/marketing/ingestion.py",
        ("from mesh_platform import", "from mesh_platforms import"),
        "The code location marketing does not load: domains/marketing/marketing/ingestion.py, line 3, ModuleNotFoundError",
    ),
    "dbt": (
        "dbt_projects/marketing/models/ports/leads.sql",
        ("select", "{{ ref('nothing') }} select"),
        "dbt cannot parse dbt_projects/marketing: Compilation Error Model 'model.marketing.leads' (models/ports/leads.sql)",
    ),
}


@pytest.mark.parametrize(("file", "change", "sentence"), UNLOADABLE.values(), ids=UNLOADABLE)
def test_status_products_and_doctor_name_a_domain_that_does_not_load(mesh, file, change, sentence):
    before = mesh.versions()
    with mesh.changed(file, change):
        status, products = mesh.run("status", code=1), mesh.run("products", code=1)
        doctor = {symptom["subject"]: symptom for symptom in mesh.json("doctor", code=1)["symptoms"]}
    for done in (status, products):
        assert sentence in done.stderr
        assert done.stdout.splitlines()[-1].startswith("✘ 1 domain does not load: marketing. Listed: ")
    assert sentence in doctor["domain marketing"]["found"] and doctor["domain sales"]["state"] == "good"
    assert mesh.versions() == before


def test_status_tells_of_a_refused_publish_until_the_next_one(mesh):
    def sellers():
        return next(port for port in mesh.json("status") if port["port"] == "sales/sellers")

    contract = ("metric: rowCount\n        mustBeGreaterThan: 0", "metric: rowCount\n        mustBeGreaterThan: 100000")
    product = ("    version: 1.0.0", "    version: 1.1.0")
    with ExitStack() as changes:
        changes.enter_context(
            mesh.changed("domains/sales/contracts/sellers.v1.odcs.yaml", contract, ("version: 1.0.0", "version: 1.1.0"))
        )
        changes.enter_context(mesh.changed("domains/sales/products/sellers.odps.yaml", product))
        mesh.run("run", "sales/sellers", code=1)
        refused = sellers()
        assert "has_rows: There is at least one row; found" in refused["refused"]["by"]
        assert any("was refused: has_rows" in remark for remark in refused["remarks"])
        assert "was refused: has_rows" in mesh.run("status").stdout
    mesh.run("run", "sales/sellers")
    assert sellers()["refused"] is None
    assert not (mesh.home / "refused/sales/sellers.json").exists()


def test_status_tells_why_a_port_was_not_reached(mesh):
    with mesh.changed("domains/marketing/marketing/ingestion.py", ("from mesh_platform import", "from mesh_platforms import")):
        mesh.run("run", "marketing", "finance/channel_return", code=1)
    remarks = {port["port"]: port["remarks"] for port in mesh.json("status")}
    assert "was refused: marketing/channel_performance was not published" in "; ".join(remarks["finance/channel_return"])
    mesh.run("run", "marketing", "finance/channel_return")


def test_one_message_says_all_that_must_go_with_a_capability(mesh):
    with mesh.changed("mesh.toml", ('    "governance",', "    #")):
        first = mesh.run("doctor", code=1).stderr
    needed = ["review in mesh.toml", "portal in mesh.toml", "governance in workspace.yaml", "domains/governance"]
    assert "requires governance, which mesh.toml does not list" in first
    assert [thing for thing in (*needed, "dbt_projects/governance") if thing not in first] == []
    entry = "  - python_module: {module_name: governance.definitions, location_name: governance}\n"
    away = mesh.root / "away"
    unlisted = [(f'    "{name}",', "    #") for name in ("governance", "review", "portal")]
    with mesh.changed("mesh.toml", *unlisted), mesh.changed("workspace.yaml", (entry, "")):
        away.mkdir()
        for folder in ("domains", "dbt_projects"):
            (mesh.root / folder / "governance").rename(away / folder)
        try:
            doctor = mesh.json("doctor")
            mesh.run("status")
            mesh.run("run", "sales/sellers")
        finally:
            for folder in ("domains", "dbt_projects"):
                (away / folder).rename(mesh.root / folder / "governance")
            away.rmdir()
    assert doctor["ok"], "one round is enough"


@pytest.mark.parametrize("target", ["logistics", "sales/invoices", "sales/Orders;"])
def test_a_target_that_does_not_exist_is_named(mesh, target):
    assert target.partition("/")[2] in mesh.run("run", target, code=1).stderr


def test_a_contract_that_broke_its_promise_is_refused_before_anything_is_built(mesh):
    before = mesh.versions()
    with mesh.changed("domains/sales/contracts/sellers.v1.odcs.yaml", ("    value: 1\n", "    value: 9\n")):
        said = mesh.run("run", "sales/sellers", code=1).stdout
    assert "sales/sellers was not published, because its contract changed" in said
    assert "a new version was promised every 1 day and is promised every 9 days" in said
    assert "new major version, 2.0.0" in said
    assert mesh.versions() == before


def test_a_contract_does_not_ask_a_port_that_its_product_has_not_declared(mesh):
    """A relationship shows which rows have no match, so it would answer which keys the other port holds."""
    contract, before = "domains/finance/contracts/daily_revenue.v1.odcs.yaml", mesh.versions()
    column = "      - name: currency\n"
    to = "../../sales/contracts/customers.v1.odcs.yaml#/schema/customers/properties/city"
    with mesh.changed(contract, (column, f"{column}        relationships:\n          - to: {to}\n")):
        for command in (
            ["run", "finance/daily_revenue"],
            ["check", "finance"],
            ["dev", "finance/daily_revenue", "--once"],
            ["contract", "lint", "finance/daily_revenue"],
            ["contract", "test", "finance/daily_revenue"],
        ):
            done = mesh.run(*command, code=1)
            said = " ".join(f"{done.stdout} {done.stderr}".split())
            assert "domains/finance/products/daily_revenue.odps.yaml does not declare" in said, command
            assert "sales/customers v1" in said
    assert mesh.versions() == before
    assert mesh.json("quarantine", "list", "finance/daily_revenue") == []
