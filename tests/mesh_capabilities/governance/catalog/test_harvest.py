"""The tables of the catalog, of intact meshes and of meshes in which something is broken."""

import os

import pytest

from mesh_capabilities.governance.catalog import harvest_observed
from mesh_capabilities.governance.catalog.tables import TABLES
from mesh_isolation.sql import COMPUTED
from support.company import COLUMNS


def by(rows, key):
    return {row[key]: row for row in rows}


def test_every_table_has_the_columns_that_are_declared(small_mesh):
    catalog = small_mesh.open()
    for name, table in TABLES.items():
        found = catalog.connection().execute(f'DESCRIBE mesh."{name}"').fetchall()
        assert {column: kind for column, kind, *_ in found} == {column: kind for column, (kind, _) in table.columns.items()}


def test_declarations_are_in_the_tables(small_mesh):
    catalog = small_mesh.open()
    assert by(catalog.rows("domains"), "domain")["shop"]["state"] == "loaded"
    assert [row["product"] for row in catalog.rows("products")] == ["books/sales", "shop/sellers", "shop/things"]
    assert [row["port"] for row in catalog.rows("ports")] == ["books/sales", "shop/sellers", "shop/things"]
    assert all(row["valid"] for row in catalog.rows("contracts"))
    price = next(row for row in catalog.rows("columns") if row["contract"] == "shop.things.v1" and row["column"] == "price")
    assert (price["type"], price["position"], price["classification"]) == ("DECIMAL(12,2)", 2, "internal")
    said = (small_mesh.root / "domains/shop/contracts/things.v1.odcs.yaml").read_text().splitlines()
    assert "name: price" in said[price["line"] - 1]
    assert by(catalog.rows("owners"), "owner")["shop"]["ports"] == 2


@pytest.mark.parametrize("element", [None, "things.opened_at", "opened_at", "things.opened_at, things.closed_at"])
def test_a_retention_of_rows_is_that_of_the_personal_data_in_them(small_mesh, element):
    times = [{"name": name, "logicalType": "timestamp", "physicalType": "TIMESTAMP"} for name in ("opened_at", "closed_at")]
    price = {"name": "price", "logicalType": "number", "physicalType": "DECIMAL(12,2)"}
    email = {"name": "email", "logicalType": "string", "physicalType": "VARCHAR", "classification": "personal"}
    level = {"property": "retention", "value": 2, "unit": "y", **({"element": element} if element else {})}
    small_mesh.company.contract(columns=[*COLUMNS, price, email, *times], slaProperties=[level])
    kept = {row["column"]: row["retention"] for row in small_mesh.open().rows("columns") if row["contract"] == "shop.things.v1"}
    assert kept["email"] == "2 y"
    assert kept["price"] is None
    assert kept["opened_at"] == ("2 y" if element else None)


def test_an_expectation_is_a_rule_of_the_upstream_contract(small_mesh):
    (rule,) = [row for row in small_mesh.open().rows("rules") if row["kind"] == "expectation"]
    assert (rule["contract"], rule["source"], rule["columns"]) == ("shop.things.v1", "books/sales", [])
    assert rule["sentence"].startswith("has the columns id, price")


def test_declared_and_used_inputs_are_both_in_the_tables(small_mesh):
    catalog = small_mesh.open()
    (declared,), (used,) = catalog.rows("inputs_declared"), catalog.rows("inputs_used")
    assert (declared["product"], declared["input"]) == (used["product"], used["input"]) == ("books/sales", "shop/things")
    lineage = {
        (row["from_port"], row["from_column"], row["kind"])
        for row in catalog.rows("column_lineage")
        if row["port"] == "books/sales"
    }
    assert lineage == {
        ("shop/things", "id", "value"),
        ("shop/things", "price", "value"),
        ("shop/things", "id", "rows"),
    }


def test_versions_have_the_versions_of_their_inputs(small_mesh):
    small_mesh.publish("shop/things")
    small_mesh.publish("shop/things")
    small_mesh.publish("books/sales", {"shop/things": 1})
    catalog = small_mesh.open()
    assert [(row["version"], row["current"]) for row in catalog.rows("versions") if row["port"] == "shop/things"] == [
        (0, False),
        (1, True),
    ]
    ports = by(catalog.rows("ports"), "port")
    assert (ports["shop/things"]["served_version"], ports["shop/things"]["rows"]) == (1, 1)
    assert ports["shop/things"]["last_read_at"] == ports["books/sales"]["committed_at"]
    assert not ports["shop/sellers"]["published"]
    (read,) = catalog.rows("version_inputs")
    assert (read["port"], read["input"], read["input_version"]) == ("books/sales", "shop/things", 1)


def test_a_broken_domain_file_is_a_row_and_hides_no_other_domain(small_mesh):
    small_mesh.company.write("domains/shop/domain.yaml", "name: [shop\n")
    catalog = small_mesh.open()
    domains = by(catalog.rows("domains"), "domain")
    assert domains["shop"]["state"] == "broken"
    assert domains["shop"]["problem"].startswith("domains/shop/domain.yaml is not YAML")
    assert domains["books"]["state"] == "loaded"
    assert len(catalog.rows("products")) == 3


@pytest.mark.parametrize(
    ("text", "problem", "line"),
    [
        ("id: [\n", "it is not YAML", 2),
        ("apiVersion: v9.9.9\n", "declares apiVersion 'v9.9.9'", 1),
        (
            "apiVersion: v3.1.0\nkind: DataContract\nid: x\nstatus: active\nversion: 1.0.0\nschema: 3\n",
            "schema: 3 is not of type",
            6,
        ),
        ("", "the file is empty", 1),
    ],
)
def test_a_broken_contract_is_a_row_with_its_line_and_hides_no_other(small_mesh, text, problem, line):
    small_mesh.company.write("domains/shop/contracts/things.v1.odcs.yaml", text)
    catalog = small_mesh.open()
    contracts = by(catalog.rows("contracts"), "contract")
    broken = contracts["shop.things.v1"]
    assert (broken["valid"], broken["line"]) == (False, line)
    assert problem in broken["problem"]
    assert contracts["shop.sellers.v1"]["valid"]
    domains = by(catalog.rows("domains"), "domain")
    assert (domains["shop"]["state"], domains["books"]["state"]) == ("broken", "loaded")
    assert domains["shop"]["problem"] == broken["problem"]


def test_a_broken_descriptor_is_a_row_and_hides_no_other(small_mesh):
    small_mesh.company.write("domains/shop/products/things.odps.yaml", "apiVersion: v1.0.0\nname: things\n")
    products = by(small_mesh.open().rows("products"), "product")
    assert "is not valid ODPS" in products["shop/things"]["problem"]
    assert products["shop/sellers"]["problem"] is None


def test_a_dbt_project_that_cannot_be_read_breaks_its_domain_and_no_other(small_mesh):
    small_mesh.models["shop"].clear()
    domains = by(small_mesh.open().rows("domains"), "domain")
    assert domains["shop"]["problem"] == "dbt cannot parse dbt_projects/shop: a bracket is open. Close it."
    assert domains["books"]["state"] == "loaded"


def test_of_a_project_that_cannot_be_read_no_port_is_followed(small_mesh):
    small_mesh.models["shop"].clear()
    catalog = small_mesh.open()
    lost = by(catalog.rows("unfollowed"), "port")
    assert lost.keys() == {"shop/things", "shop/sellers"}
    assert all(row["everything"] and "a bracket is open" in row["problem"] for row in lost.values())
    assert {row["port"] for row in catalog.rows("column_lineage")} == {"books/sales"}


def test_of_a_domain_whose_file_cannot_be_read_no_port_is_followed(small_mesh):
    (small_mesh.root / "domains/shop/domain.yaml").write_text("owner: [")
    ports = {row["port"] for row in small_mesh.open().rows("ports") if row["port"].startswith("shop/")}
    assert ports <= {row["port"] for row in small_mesh.open().rows("unfollowed")}


def test_a_port_whose_lineage_cannot_be_harvested_is_not_followed(small_mesh, monkeypatch):
    monkeypatch.setattr(harvest_observed.DomainColumns, "of_port", lambda self, port: 1 / 0)
    assert len(small_mesh.open().rows("unfollowed")) == 3


@pytest.mark.parametrize("read", ["main.stg", "main_deep.things", "shop_x.things", "pg_catalog.pg_description", "nowhere"])
def test_a_table_that_nothing_explains_is_not_followed(small_mesh, read):
    small_mesh.model("books", "sales", f"select id, other.price from shop.things join {read} as other using (id)")
    (unfollowed,) = small_mesh.open().rows("unfollowed")
    assert (unfollowed["port"], unfollowed["everything"]) == ("books/sales", True)
    assert "no port of the mesh" in unfollowed["problem"]


def test_a_port_without_a_contract_breaks_its_domain(small_mesh):
    (small_mesh.root / "domains/shop/contracts/things.v1.odcs.yaml").unlink()
    assert "a port without a contract" in by(small_mesh.open().rows("domains"), "domain")["shop"]["problem"]


@pytest.mark.parametrize("status", ["proposed", "retired"])
def test_a_proposed_or_retired_product_needs_no_contract(small_mesh, status):
    small_mesh.company.product("gone", status=status, customProperties=[{"property": "successor", "value": "shop/things"}])
    catalog = small_mesh.open()
    assert by(catalog.rows("domains"), "domain")["shop"]["state"] == "loaded"
    product, port = by(catalog.rows("products"), "product")["shop/gone"], by(catalog.rows("ports"), "port")["shop/gone"]
    assert (product["status"], product["successor"], port["product"], port["published"]) == (
        status,
        "shop/things",
        "shop/gone",
        False,
    )


def test_a_contract_without_a_port_breaks_its_domain(small_mesh):
    small_mesh.company.contract("nobody", columns=({"name": "id", "logicalType": "integer"},))
    assert "is a contract without a port" in by(small_mesh.open().rows("domains"), "domain")["shop"]["problem"]


def test_a_port_whose_sql_cannot_be_followed_keeps_its_inputs(small_mesh):
    small_mesh.model("books", "sales", "select from where ((( shop.things")
    catalog = small_mesh.open()
    (unfollowed,) = catalog.rows("unfollowed")
    assert unfollowed["port"] == "books/sales"
    assert unfollowed["file"] == "dbt_projects/books/models/ports/sales.sql"
    assert [row["input"] for row in catalog.rows("inputs_used")] == ["shop/things"]
    assert {row["port"] for row in catalog.rows("column_lineage")} == {"shop/things", "shop/sellers"}


@pytest.mark.parametrize(
    ("read", "why"),
    [
        ("shop.sellers", "a published port that no product of books declares"),
        ("shop.stg_things", "past the published ports of shop"),
        ("elsewhere.things", "neither a model, a source nor a published port"),
        ("read_csv('/etc/passwd')", "neither a model, a source nor a published port"),
    ],
)
def test_a_relation_that_a_model_may_not_read_is_marked(small_mesh, read, why):
    small_mesh.model("books", "sales", f"select 1 as id, 2 as price from {read}")
    (reach,) = [row for row in small_mesh.open().rows("relations_read") if row["domain"] == "books"]
    assert (reach["allowed"], reach["why"]) == (False, why)


CALLS = {
    "unnest": "unnest([1, 2])",
    "range": "range(1, 60)",
    "generate_series": "generate_series(1, 60)",
    "repeat": "repeat(1, 60)",
    "repeat_row": "repeat_row(1, num_rows := 60)",
    "json_each": "json_each('[1]')",
    "json_tree": "json_tree('[1]')",
}


@pytest.mark.parametrize("function", sorted(COMPUTED))
def test_a_function_whose_rows_are_made_of_its_arguments_is_no_relation(small_mesh, function):
    read = f"{CALLS[function]} as one, {CALLS[function].upper()} as other, lateral (from {CALLS[function]})"
    small_mesh.model("books", "sales", f"select 1 as id, 2 as price from shop.things, {read}")
    assert [row["relation"] for row in small_mesh.open().rows("relations_read") if row["domain"] == "books"] == ["things"]


@pytest.mark.parametrize("read", ["main.range(1, 60)", "range((select max(id) from shop.sellers))", "ranges(1)", "glob('*')"])
def test_what_only_looks_like_such_a_function_is_a_relation(small_mesh, read):
    small_mesh.model("books", "sales", f"select 1 as id, 2 as price from {read}")
    assert [row["allowed"] for row in small_mesh.open().rows("relations_read") if row["domain"] == "books"] == [False]


def test_lifecycle_transitions_are_in_the_tables(small_mesh):
    step = "{from: active, to: deprecated, at: '2026-03-01T10:00:00Z', by: 'team:shop', why: Old., ends: '2026-09-01'}"
    small_mesh.company.write("domains/shop/products/things.lifecycle.yaml", f"transitions:\n  - {step}\n")
    catalog = small_mesh.open()
    (step,) = catalog.rows("transitions")
    assert (step["product"], step["to_status"], str(step["ends_on"])) == ("shop/things", "deprecated", "2026-09-01")
    assert str(by(catalog.rows("products"), "product")["shop/things"]["deprecated_from"]) == "2026-03-01"


def test_a_published_port_without_a_descriptor_stays_in_the_tables(small_mesh):
    small_mesh.publish("shop/sellers")
    (small_mesh.root / "domains/shop/contracts/sellers.v1.odcs.yaml").unlink()
    (small_mesh.root / "domains/shop/products/sellers.odps.yaml").unlink()
    port = by(small_mesh.open().rows("ports"), "port")["shop/sellers"]
    assert (port["product"], port["served_version"]) == (None, 0)


def test_a_damaged_port_has_its_versions_and_serves_none(small_mesh):
    small_mesh.publish("shop/things")
    (part,) = small_mesh.root.glob(".mesh/ports/shop/things/v1/*.parquet")
    part.unlink()
    catalog = small_mesh.open()
    assert not by(catalog.rows("ports"), "port")["shop/things"]["published"]
    (version,) = catalog.rows("versions")
    assert (version["current"], version["readable"]) == (False, False)


def test_a_file_whose_name_is_not_utf_8_is_ignored_and_hides_no_other(small_mesh):
    rows = small_mesh.open().rows("contracts")
    with open(os.fsencode(small_mesh.root / "domains/shop/contracts") + b"/th\xffings.v1.odcs.yaml", "w") as file:  # noqa: PTH123
        file.write("id: x\n")
    assert small_mesh.open().rows("contracts") == rows


def test_a_nul_character_in_a_text_is_kept_as_it_is(small_mesh):
    file = small_mesh.root / "domains/shop/domain.yaml"
    file.write_text(file.read_text().replace("description: ", 'description: "a\\0b" # '))
    catalog = small_mesh.open()
    assert by(catalog.rows("domains"), "domain")["shop"]["description"] == "a\0b"
    assert catalog.rows("policy_results")
