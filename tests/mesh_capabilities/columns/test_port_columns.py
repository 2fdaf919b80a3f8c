"""The cache of derivations: parsed once, parsed again after a change, and ignored when damaged."""

import pytest

from mesh_capabilities.columns import port_columns
from mesh_capabilities.columns.derivation import Origin, Relation
from mesh_capabilities.columns.port_columns import derived_ports
from mesh_platform.build.dbt import CompiledModel
from mesh_platform.errors import MeshError

PROMISED = {Relation("books", "sales"): ("id", "price"), Relation("shop", "things"): ("id", "price")}
THINGS = CompiledModel("things", "main", "things.sql", "port", 'select * from "shop"."books"."sales"', "things")


@pytest.fixture
def shop(company):
    return company.domain("shop")


@pytest.fixture
def parsed(monkeypatch):
    """The ports whose SQL was parsed, in order."""
    ports = []

    class Counted(port_columns.DomainColumns):
        def of_port(self, port):
            ports.append(port)
            return super().of_port(port)

    monkeypatch.setattr(port_columns, "DomainColumns", Counted)
    return ports


def test_a_cached_derivation_equals_the_parsed_one(shop, parsed):
    first, second = (derived_ports(shop, [THINGS], PROMISED) for _ in range(2))
    assert first == second
    assert first["things"].values["price"] == {Origin(Relation("books", "sales"), "price")}
    assert parsed == ["things"]


def test_a_problem_is_cached_like_a_derivation(shop, parsed):
    odd = CompiledModel("things", "main", "things.py", "port", "def model(dbt, session): return dbt.ref('x')", "things")
    first, second = (derived_ports(shop, [odd], PROMISED)["things"] for _ in range(2))
    assert isinstance(second, MeshError)
    assert (first.found, parsed) == (second.found, ["things"])
    assert "dbt_projects/shop/things.py" in first.found


def test_only_a_changed_contract_of_an_input_invalidates_the_cache(shop, parsed):
    derived_ports(shop, [THINGS], PROMISED)
    derived_ports(shop, [THINGS], {**PROMISED, Relation("books", "authors"): ("name",)})
    assert parsed == ["things"]
    more = derived_ports(shop, [THINGS], {**PROMISED, Relation("books", "sales"): ("id", "price", "tax")})
    assert "tax" in more["things"].values
    assert parsed == ["things", "things"]


@pytest.mark.parametrize("garbage", ["", "{", "[]", '{"digest": "x"}'])
def test_a_damaged_cache_is_rebuilt(shop, parsed, garbage):
    first = derived_ports(shop, [THINGS], PROMISED)
    (shop.home.dbt("shop") / "columns.json").write_text(garbage, encoding="utf-8")
    assert derived_ports(shop, [THINGS], PROMISED) == first
    assert len(parsed) == 2


def test_a_snapshot_is_followed_to_its_query_and_its_times_to_the_columns_that_start_a_row(shop):
    added = {"dbt_valid_from": ["id", "price"]}
    snapshot = CompiledModel(
        "history", "main_snapshots", "history.sql", "snapshot", "select id, price from books.sales", "history", added
    )
    port = CompiledModel(
        "things", "main", "things.sql", "port", "select id, dbt_valid_from from main_snapshots.history", "things"
    )
    derivation = derived_ports(shop, [snapshot, port], PROMISED)["things"]
    sales = Relation("books", "sales")
    assert derivation.values == {"id": {Origin(sales, "id")}, "dbt_valid_from": {Origin(sales, "id"), Origin(sales, "price")}}


def test_a_port_of_the_same_domain_is_found_in_the_warehouse_without_its_model(shop):
    port = CompiledModel("sums", "main", "sums.sql", "port", 'select t.* from "shop"."main"."things" as t', "sums")
    derivation = derived_ports(shop, [port], PROMISED)["sums"]
    assert derivation.values["price"] == {Origin(Relation("shop", "things"), "price")}


def private(name, schema="main", sql='select * from "books"."sales"', **more):
    return CompiledModel(name, schema, f"{name}.sql", "view", sql, name, **more)


UNKNOWN = {
    "a table of the warehouse": ("main.hidden", []),
    "a table of the warehouse, without its schema": ("hidden", []),
    "a table of another schema": ("main_staging.hidden", []),
    "a table of another schema, named as a port of the domain": ("main_staging.things", []),
    "a table named as a port that is elsewhere": (
        "main.other",
        [CompiledModel("other", "main_ports", "other.sql", "port", "select 1 as id", "other")],
    ),
    "a table of no domain": ("nowhere.sales", []),
    "a table that is no port": ("books.stg_sales", []),
    "the failures of a test": ("main_dbt_test__audit.failing", []),
    "the catalog": ("pg_catalog.pg_description", []),
    "a table that a private model reads": ("main.known", [private("known", sql="select * from main_staging.hidden")]),
    "a table that selects rows": ("books.sales where id in (select id from main.hidden)", []),
    "the seed of a model that is not read": ("main.kinds2", [private("known", seeds=[["main", "kinds"]])]),
}
"""Where a port reads from, and the other models of its project."""


@pytest.mark.parametrize("read", UNKNOWN)
def test_a_table_that_nothing_explains_leaves_the_port_not_followed(shop, read):
    source, models = UNKNOWN[read]
    port = CompiledModel("sums", "main", "sums.sql", "port", f"select id, 1 as price from {source}", "sums")
    derived = derived_ports(shop, [port, *models], {**PROMISED, Relation("shop", "sums"): ("id", "price")})["sums"]
    assert isinstance(derived, MeshError), derived
    assert "no port of the mesh" in derived.found


KNOWN = {
    "a port of another domain": ("books.sales", []),
    "a port in another case": ('"BOOKS"."Sales"', []),
    "a port of the domain": ("main.things", []),
    "a source table": ("raw.sales", []),
    "a source table in another case": ("RAW.sales", []),
    "a private model": ("main_staging.hidden", [private("hidden", "main_staging")]),
    "a private model under a port's name": ("main_staging.things", [private("things", "main_staging")]),
    "a seed": ("main.kinds", [private("known", seeds=[["main", "Kinds"]])]),
    "rows without a table": ("(values (1)) as one(id)", []),
    "rows of a function": ("range(1, 5) as one(id)", []),
}


@pytest.mark.parametrize("read", KNOWN)
def test_a_table_that_is_known_is_followed(shop, read):
    source, models = KNOWN[read]
    port = CompiledModel("sums", "main", "sums.sql", "port", f"select id from {source}", "sums")
    derived = derived_ports(shop, [port, *models], PROMISED)["sums"]
    assert not isinstance(derived, MeshError), derived


def major(company, number, columns):
    properties = "".join(
        f"      - name: {name}\n" + (f"        transformLogic: {logic}\n" if logic else "") for name, logic in columns
    )
    text = f"schema:\n  - name: sales\n    properties:\n{properties}"
    company.write(f"domains/books/contracts/sales.v{number}.odcs.yaml", text)


@pytest.mark.parametrize(
    ("logic", "made_of"),
    [
        ("pieces", ["pieces"]),
        ("'\"Net\" * 1.19 + PIECES'", ["net", "pieces"]),
        ("'no expression)('", ["id", "net", "pieces"]),
        ("1", []),
    ],
)
def test_a_column_of_an_earlier_major_is_also_made_of_what_its_view_names(shop, company, logic, made_of):
    major(company, 1, [("id", None), ("quantity", logic)])
    major(company, 2, [("id", None), ("quantity", "pieces"), ("net", None)])
    major(company, 3, [("id", None), ("net", None), ("pieces", None)])
    relation = Relation("books", "sales")
    promised = {**PROMISED, relation: ("id", "quantity", "net", "pieces")}
    things = CompiledModel("things", "main", "things.sql", "port", 'select id, quantity as n from "books"."sales"', "things")
    derivation = derived_ports(shop, [things], promised)["things"]
    assert derivation.values["n"] == {Origin(relation, name) for name in {"quantity", "pieces", *made_of}}
    assert derivation.values["id"] == {Origin(relation, "id")}


@pytest.mark.parametrize(
    ("logic", "made_of"),
    [
        ("cents // 100", ["cents"]),
        ("CENTS", ["cents"]),
        ("home.city", ["home"]),
        ("concat(newest)", ["id", "home", "cents"]),
        ("concat(cents, ", ["id", "home", "cents"]),
        ("'all'", []),
        (None, ["id"]),
    ],
)
def test_a_column_of_an_earlier_major_is_made_of_what_its_expression_can_read(company, logic, made_of):
    company.domain()
    column = {"name": "ID", "physicalType": "VARCHAR"} | ({"transformLogic": logic} if logic else {})
    company.contract("things", columns=[column])
    newest = [{"name": name, "physicalType": "INTEGER"} for name in ("id", "home", "cents")]
    company.contract("things", columns=newest, version="2.0.0", id="shop.things.v2", file="things.v2.odcs.yaml")
    things = Relation("shop", "things")
    assert list(port_columns.columns_of_views(company.root, things)) == [(1, "ID", made_of)]
    assert port_columns.earlier_columns(company.root, [things]) == {things: {"ID": tuple(made_of)}}


@pytest.mark.parametrize("seed", ["main.letters", '"shop"."main"."Letters"', '"shop"."main_seeds"."letters"'])
def test_the_rows_of_a_seed_tell_what_selects_them(shop, seed):
    sql = f'select l.sign as note from "shop"."books"."sales" as s join {seed} as l on l.code = s.price'
    seeds = [("main", "letters"), ("main_seeds", "letters")]
    model = CompiledModel("things", "main", "things.sql", "port", sql, "things", seeds=seeds)
    note = derived_ports(shop, [model], {**PROMISED, Relation("shop", "things"): ("note",)})["things"].values["note"]
    assert Origin(Relation("books", "sales"), "price") in note
    assert {origin.column for origin in note} == {"price", "sign", "code"}
