"""Access: undeclared inputs and columns outside the contract are refused with the name of the file to change."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import duckdb
import pytest

from mesh_platform.build.port_graph import PortModel
from mesh_platform.errors import AccessRefused, ContractError, ProjectError
from mesh_platform.ingestion.source import CsvSource
from mesh_platform.names import PortAddress
from mesh_platform.port.version import PortVersion, Provenance
from mesh_platform.product.offer import load_offer
from mesh_platform.publish.loading import check_days, check_inputs, check_port_models, check_sources, explain_missing

ORDERS = PortAddress("sales", "orders")


def port_model(name="things", inputs=(), ports=()):
    return PortModel(name, f"models/ports/{name}.sql", (name,), (), (), tuple(inputs), tuple(ports))


@pytest.fixture
def offer(company):
    """shop/things, whose product declares that it reads sales/orders."""
    domain = company.domain()
    company.product("things", inputPorts=[{"name": "orders", "version": "1.0.0", "contractId": "sales.orders.v1"}])
    company.contract("things")
    return load_offer(domain)


def test_a_port_with_model_contract_and_declared_inputs_is_fine(offer):
    graph = {"things": port_model(inputs=[ORDERS])}
    check_port_models(offer, graph)
    check_inputs(offer, graph)


def test_an_input_may_be_declared_and_not_read(offer):
    check_inputs(offer, {"things": port_model()})


def test_a_model_without_a_contract_is_told_which_file_to_write(offer):
    with pytest.raises(
        ContractError, match="dbt_projects/shop/models/ports/parts.sql builds 'parts', a port without a contract"
    ) as refusal:
        check_port_models(offer, {"things": port_model(), "parts": port_model("parts")})
    assert "domains/shop/contracts/parts.v1.odcs.yaml" in str(refusal.value)


def test_a_contract_without_a_model_is_told_which_file_to_write(offer):
    with pytest.raises(
        ContractError, match=r"domains/shop/contracts/things\.v1\.odcs\.yaml is a contract without a port"
    ) as refusal:
        check_port_models(offer, {})
    assert "dbt_projects/shop/models/ports/things.sql" in str(refusal.value)


def test_a_model_that_is_no_port_is_named(offer):
    file = offer.domain.dbt_project / "models/marts/things.sql"
    file.parent.mkdir(parents=True)
    file.write_text("{{ config(materialized='incremental') }} select 1 as id", encoding="utf-8")
    with pytest.raises(ContractError, match=r"without a port: dbt_projects/shop/models/marts/things\.sql has another"):
        check_port_models(offer, {})


def test_a_port_is_never_incremental(offer):
    asking = replace(port_model(), asks_incremental=True)
    with pytest.raises(ProjectError, match=r"things\.sql asks is_incremental\(\), which is never true"):
        check_port_models(offer, {"things": asking})


@pytest.mark.parametrize("address", [PortAddress("sales", "customers"), PortAddress("marketing", "orders")])
def test_an_undeclared_input_is_refused_with_the_descriptor_to_change(offer, address):
    with pytest.raises(
        AccessRefused, match=f"shop/things reads {address}, which its product 'things' has not declared"
    ) as refusal:
        check_inputs(offer, {"things": port_model(inputs=[ORDERS, address])})
    assert f"Declare {address} under inputPorts in domains/shop/products/things.odps.yaml" in str(refusal.value)


def test_a_port_with_the_name_of_a_source_s_asset_is_refused(offer):
    graph = {"raw_goods": PortModel("raw_goods", "models/ports/raw_goods.sql", ("raw_goods",), (), (), (), ())}
    with pytest.raises(ContractError, match="The port shop/raw_goods has the name of a source's asset. Rename the port, or"):
        check_sources(offer.domain, graph, [CsvSource("goods", "goods.csv", {"id": "INTEGER"}, "Rows.")])


def test_a_source_table_that_no_source_declares_is_refused_with_its_model(offer):
    graph = {"things": PortModel("things", "models/ports/things.sql", ("things",), (), ("goods", "parts"), (), ())}
    goods, parts = (CsvSource(name, f"{name}.csv", {"id": "INTEGER"}, "Rows.") for name in ("goods", "parts"))
    check_sources(offer.domain, graph, [goods, parts])
    with pytest.raises(ContractError, match="models/ports/things.sql reads the source table 'parts', which no source declares"):
        check_sources(offer.domain, graph, [goods])


def test_what_another_product_of_the_domain_has_declared_does_not_count(company, offer):
    company.product("parts")
    company.contract("parts")
    graph = {"things": port_model(inputs=[ORDERS]), "parts": port_model("parts", inputs=[ORDERS])}
    with pytest.raises(AccessRefused, match=r"shop/parts reads sales/orders.*parts\.odps\.yaml"):
        check_inputs(load_offer(offer.domain), graph)


@pytest.fixture(scope="module")
def warehouse():
    """The warehouse of a consumer: its input sales.orders, and a staging model of its own."""
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA sales")
        connection.execute("CREATE VIEW sales.orders AS SELECT 1 AS order_id, 'open' AS status")
        connection.execute("CREATE VIEW stg_things AS SELECT 1 AS order_id")
        yield connection


def complaint(warehouse, sql):
    """DuckDB's error for a query, on one line, as dbt reports it."""
    with pytest.raises(duckdb.Error) as problem:
        warehouse.execute(sql)
    return f"Runtime Error in model things (models/ports/things.sql) {' '.join(str(problem.value).split())}"


def pinned(address=ORDERS):
    file = f"domains/{address.domain}/contracts/{address.port}.v1.odcs.yaml"
    provenance = Provenance(f"{address.domain}.{address.port}.v1", "1.0.0", file, "", 1, 1)
    return PortVersion(address, 3, datetime.now(UTC), provenance)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT margin FROM sales.orders",
        "SELECT orders.margin FROM sales.orders AS orders",
        "SELECT sum(o.margin) FROM sales.orders AS o GROUP BY o.status",
        "SELECT status FROM sales.orders WHERE margin > 0",
        "SELECT status FROM sales.orders ORDER BY margin",
        "SELECT t.order_id FROM stg_things t JOIN sales.orders o ON t.order_id = o.margin",
        "SELECT order_id FROM stg_things JOIN sales.orders USING (margin)",
        "WITH orders AS (SELECT * FROM sales.orders) SELECT orders.margin FROM orders",
        "SELECT * EXCLUDE (margin) FROM sales.orders",
    ],
)
def test_a_column_that_no_contract_promises_is_explained_however_it_was_read(warehouse, offer, sql):
    inputs = [pinned(), pinned(PortAddress("marketing", "leads"))]
    refusal = explain_missing(complaint(warehouse, sql), "models/ports/things.sql", offer.domain, inputs)
    assert isinstance(refusal, AccessRefused)
    assert "dbt_projects/shop/models/ports/things.sql reads a column 'margin'" in str(refusal)
    assert "sales/orders (domains/sales/contracts/orders.v1.odcs.yaml)" in str(refusal)
    assert "marketing/leads (domains/marketing/contracts/leads.v1.odcs.yaml)" in str(refusal)


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ("SELECT * FROM sales.customers", "customers"),
        ("SELECT * FROM marketing.leads", "leads"),
        ("SELECT * FROM leads", "leads"),
        ("SELECT * FROM stg_things JOIN marketing.leads USING (order_id)", "leads"),
    ],
)
def test_a_table_that_is_no_declared_input_is_explained_however_it_was_named(warehouse, offer, sql, table):
    refusal = explain_missing(complaint(warehouse, sql), "models/ports/things.sql", offer.domain, [pinned()])
    assert isinstance(refusal, AccessRefused)
    assert re.search(f"dbt_projects/shop/models/ports/things.sql reads '[^']*{table}'", str(refusal))
    assert "inputPorts" in str(refusal)


@pytest.mark.parametrize("sql", ["SELECT CAST('x' AS INTEGER)", "SELECT error('no')", "SELEC 1", "SELECT nothing(1)"])
def test_any_other_complaint_is_not_about_access(warehouse, offer, sql):
    assert explain_missing(complaint(warehouse, sql), "models/ports/things.sql", offer.domain, [pinned()]) is None


def test_a_missing_column_is_not_about_access_where_no_port_is_read(warehouse, offer):
    message = complaint(warehouse, "SELECT margin FROM stg_things")
    assert explain_missing(message, "models/ports/things.sql", offer.domain, []) is None


DAY = {
    "name": "day",
    "logicalType": "date",
    "physicalType": "DATE",
    "partitioned": True,
    "primaryKey": True,
    "required": True,
    "logicalTypeOptions": {"minimum": "2017-01-01"},
}


def reads(days=None):
    cut = {"customProperties": [{"property": "latestDays", "value": days}]} if days else {}
    return [{"name": "events", "version": "1.0.0", "contractId": "sales.events.v1", **cut}]


@pytest.mark.parametrize(("days", "other_days"), [(28, 7), (28, None), (None, 1)])
def test_products_of_a_domain_that_read_other_days_of_one_port_are_refused(company, days, other_days):
    domain = company.domain()
    for name, latest in (("things", days), ("parts", other_days)):
        company.product(name, inputPorts=reads(latest))
        company.contract(name)
    message = "products/parts.odps.yaml and .*products/things.odps.yaml read different days of sales/events"
    with pytest.raises(ContractError, match=message):
        check_days(load_offer(domain), {})


def test_products_of_a_domain_may_read_the_same_days(company):
    domain = company.domain()
    for name in ("things", "parts"):
        company.product(name, inputPorts=reads(28))
        company.contract(name)
    check_days(load_offer(domain), {})


def test_a_port_of_the_same_domain_that_grows_is_not_read(company):
    domain = company.domain()
    for name, columns in (("things", [DAY]), ("parts", [{"name": "id", "physicalType": "INTEGER"}])):
        company.product(name)
        company.contract(name, columns=columns)
    offer = load_offer(domain)
    check_days(offer, {"things": port_model(), "parts": port_model("parts")})
    with pytest.raises(ContractError, match="models/ports/parts.sql reads 'things' of its own domain, which is partitioned"):
        check_days(offer, {"things": port_model(), "parts": port_model("parts", ports=["things"])})


@pytest.mark.parametrize(
    ("message", "named", "way_out"),
    [
        ('Cannot access file "{ports}/sales/orders/v1/part-1.parquet" - disabled', "a file of sales/orders", "inputPorts"),
        ('Cannot access file "{ports}/sales/*/v1/part-1.parquet" - disabled', "a file of sales/*", "inputPorts"),
        ('Cannot access file "/etc/passwd" - disabled', "opens /etc/passwd", "Declare the file as a source"),
        (
            "The build of a domain may not execute a statement of type COPY: copy t to 'x'",
            "type COPY: copy t",
            "its own warehouse",
        ),
        ("Env var required but not provided: 'TOKEN'", "variable TOKEN", "`TOKEN: env`"),
    ],
)
def test_what_the_engine_refuses_is_explained_with_the_declaration_that_is_missing(offer, message, named, way_out):
    message = message.format(ports=offer.domain.home.ports)
    refusal = explain_missing(message, "models/ports/things.sql", offer.domain, [])
    assert isinstance(refusal, AccessRefused)
    assert named in refusal.found
    assert way_out in refusal.way_out
