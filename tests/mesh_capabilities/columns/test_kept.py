"""What is kept of derivations: asked once, asked again when something has changed, and never trusted when damaged."""

import pytest

from mesh_capabilities.columns import kept
from mesh_capabilities.columns.derivation import Origin, Relation
from mesh_capabilities.columns.kept import derived_ports
from mesh_platform.build.dbt import CompiledModel
from mesh_platform.errors import MeshError

PROMISED = {Relation("books", "sales"): ("id", "price"), Relation("shop", "things"): ("id", "price")}
THINGS = CompiledModel("things", "main", "things.sql", "port", 'select * from "shop"."books"."sales"', "things")


@pytest.fixture
def shop(company):
    return company.domain("shop")


@pytest.fixture
def parsed(monkeypatch):
    """How often the parser was asked."""
    asked = []

    class Counted(kept.DomainColumns):
        def of_port(self, port):
            asked.append(port)
            return super().of_port(port)

    monkeypatch.setattr(kept, "DomainColumns", Counted)
    return asked


def test_what_was_derived_once_is_the_same_when_it_is_read_back(shop, parsed):
    first, second = (derived_ports(shop, [THINGS], PROMISED) for _ in range(2))
    assert first == second
    assert first["things"].values["price"] == {Origin(Relation("books", "sales"), "price")}
    assert parsed == ["things"]


def test_a_problem_is_kept_like_an_answer(shop, parsed):
    odd = CompiledModel("things", "main", "things.py", "port", "def model(dbt, session): return dbt.ref('x')", "things")
    first, second = (derived_ports(shop, [odd], PROMISED)["things"] for _ in range(2))
    assert isinstance(second, MeshError)
    assert (first.found, parsed) == (second.found, ["things"])
    assert "dbt_projects/shop/things.py" in first.found


def test_another_promise_of_what_is_read_is_derived_anew_and_one_of_something_else_is_not(shop, parsed):
    derived_ports(shop, [THINGS], PROMISED)
    derived_ports(shop, [THINGS], {**PROMISED, Relation("books", "authors"): ("name",)})
    assert parsed == ["things"]
    more = derived_ports(shop, [THINGS], {**PROMISED, Relation("books", "sales"): ("id", "price", "tax")})
    assert "tax" in more["things"].values
    assert parsed == ["things", "things"]


@pytest.mark.parametrize("garbage", ["", "{", "[]", '{"digest": "x"}'])
def test_damaged_answers_are_derived_anew(shop, parsed, garbage):
    first = derived_ports(shop, [THINGS], PROMISED)
    (shop.home.dbt("shop") / "columns.json").write_text(garbage, encoding="utf-8")
    assert derived_ports(shop, [THINGS], PROMISED) == first
    assert len(parsed) == 2


def test_a_snapshot_is_followed_to_what_it_remembers_and_its_times_to_what_begins_a_row(shop):
    added = {"dbt_valid_from": ["id", "price"]}
    remembered = CompiledModel(
        "history", "main_snapshots", "history.sql", "snapshot", "select id, price from books.sales", "history", added
    )
    port = CompiledModel("things", "main", "things.sql", "port", "select id, dbt_valid_from from main_snapshots.history")
    found = derived_ports(shop, [remembered, port], PROMISED)["things"]
    sales = Relation("books", "sales")
    assert found.values == {"id": {Origin(sales, "id")}, "dbt_valid_from": {Origin(sales, "id"), Origin(sales, "price")}}


def test_a_port_of_the_same_domain_is_found_in_the_warehouse_though_its_model_is_not_there(shop):
    port = CompiledModel("sums", "main", "sums.sql", "port", 'select t.* from "shop"."main"."things" as t', "sums")
    found = derived_ports(shop, [port], PROMISED)["sums"]
    assert found.values["price"] == {Origin(Relation("shop", "things"), "price")}
