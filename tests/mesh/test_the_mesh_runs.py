"""The whole mesh on generated files: what goes in comes out, and others can read it."""

import re
from decimal import Decimal

import deltalake
import pytest


def rows_of(mesh, port: str) -> int:
    """Counted by delta-rs alone, as a consumer without the platform would."""
    table = deltalake.DeltaTable(mesh.home / "ports" / port / "v1")
    batches = deltalake.QueryBuilder().register("port", table).execute("select count(*) as n from port").read_all()
    return batches["n"][0].as_py()


def test_all_thirty_three_ports_are_published(mesh):
    assert len(mesh.versions()) == 33
    assert None not in mesh.versions().values()


@pytest.mark.parametrize(
    ("port", "file"),
    [
        ("sales/orders", "olist/olist_orders_dataset.csv"),
        ("sales/order_items", "olist/olist_order_items_dataset.csv"),
        ("sales/sellers", "olist/olist_sellers_dataset.csv"),
        ("sales/catalog", "olist/olist_products_dataset.csv"),
        ("marketing/leads", "olist/olist_marketing_qualified_leads_dataset.csv"),
        ("finance/payments", "olist/olist_order_payments_dataset.csv"),
    ],
)
def test_an_independent_reader_sees_every_row_of_the_source_file(mesh, port, file):
    assert rows_of(mesh, port) == mesh.known["rows"][file]


def test_one_row_a_person_comes_out_however_often_the_person_ordered(mesh):
    assert rows_of(mesh, "sales/customers") == mesh.known["people"] == rows_of(mesh, "marketing/customer_segments")


def test_no_cent_of_the_payments_is_lost(mesh):
    (row,) = mesh.json("query", "select sum(amount) as total from finance.payments")
    assert Decimal(row["total"]) == Decimal(mesh.known["payments_total"])


def test_every_known_dirt_of_the_orders_is_found_by_the_reconciliation(mesh):
    answer = mesh.json("query", "select verdict, count(*) as n from finance.order_reconciliation group by all")
    found = {row["verdict"]: row["n"] for row in answer}
    dirt = mesh.known["dirt"]
    assert found["unknown_order"] == dirt["paid_orders_without_order"]
    assert found["unpaid"] == dirt["orders_without_payment"]
    assert found["no_items"] == dirt["orders_without_items"]
    assert found["differs"] == dirt["orders_paid_more_than_a_cent_off"]
    assert sum(found.values()) == mesh.known["rows"]["olist/olist_orders_dataset.csv"] + found["unknown_order"]


def test_revenue_of_all_days_is_what_the_items_sum_to(mesh):
    (days,) = mesh.json("query", "select sum(revenue) as total from finance.daily_revenue where currency = 'BRL'")
    (items,) = mesh.json("query", "select sum(price + freight) as total from sales.order_items")
    assert days == items


def test_rates_are_carried_over_weekends(mesh):
    (row,) = mesh.json(
        "query",
        "select count(*) as days, count(*) filter (where quoted_on = day) as on_the_day, "
        "max(day - quoted_on) as oldest from finance.daily_revenue "
        "where currency = 'EUR' and dayofweek(day) in (0, 6)",
    )
    assert row["days"] > 0
    assert row["on_the_day"] == 0
    assert row["oldest"] <= 4


def test_a_port_that_reads_others_keeps_in_its_commit_which_versions_it_read(mesh):
    newest = mesh.json("history", "finance/channel_return")[0]
    assert set(newest["inputs"]) == {
        "marketing/channel_performance",
        "marketing/leads",
        "sales/order_items",
        "sales/orders",
    }
    assert all(isinstance(number, int) for number in newest["inputs"].values())


def test_a_commit_keeps_the_hash_of_the_source_file_it_came_from(mesh):
    import hashlib

    newest = mesh.json("history", "sales/sellers")[0]
    content = (mesh.sources / "olist/olist_sellers_dataset.csv").read_bytes()
    assert newest["source"] == {"sellers": hashlib.sha256(content).hexdigest()}


def test_json_is_one_document_that_says_what_was_published(mesh):
    said = mesh.json("run", "sales/sellers")
    assert said["ok"]
    assert [port["port"] for port in said["published"]] == ["sales/sellers"]
    assert said["published"][0]["rows"] == mesh.known["rows"]["olist/olist_sellers_dataset.csv"]
    assert [source["file"] for source in said["sources"]] == ["olist/olist_sellers_dataset.csv"]


def test_running_one_port_leaves_the_others_at_their_version(mesh):
    before = mesh.versions()
    mesh.run("run", "sales/catalog")
    after = mesh.versions()
    assert after.pop("sales/catalog") == before.pop("sales/catalog") + 1
    assert after == before


def test_a_port_made_of_another_port_of_its_domain_reads_the_served_one(mesh):
    mesh.run("run", "finance/order_reconciliation")
    newest = mesh.json("history", "finance/order_reconciliation")[0]
    assert newest["inputs"]["finance/payments"] == mesh.versions()["finance/payments"]


def test_producers_run_before_their_consumers(mesh):
    said = mesh.json("run", "finance", "marketing")
    order = [port["port"].partition("/")[0] for port in said["published"]]
    assert order == ["marketing"] * 3 + ["finance"] * 5


def test_a_run_is_in_the_instance_that_the_ui_shows_under_its_code_location(mesh):
    from dagster import DagsterInstance
    from dagster._core.storage.dagster_run import RunsFilter

    said = mesh.json("run", "marketing/leads")
    with DagsterInstance.from_config(str(mesh.home / "dagster")) as instance:
        (run,) = instance.get_runs(RunsFilter(tags={"mesh/run": said["run"]}))
    assert run.is_success
    assert run.run_id == said["dagster_runs"]["marketing"]
    assert run.remote_job_origin.location_name == "marketing"


def test_state_stays_in_the_home(mesh):
    beside = {path.name for path in mesh.root.iterdir()}
    assert beside == {"domains", "dbt_projects", "platform", "workspace.yaml", "mesh.toml", "sources", "state"}
    assert not list((mesh.root / "dbt_projects").rglob("target")) + list((mesh.root / "dbt_projects").rglob("logs"))


def test_every_line_of_a_run_in_a_pipe_is_plain_and_the_last_is_the_verdict(mesh):
    lines = mesh.run("run", "sales/sellers").stdout.splitlines()
    assert not any("\x1b" in line for line in lines)
    assert re.fullmatch(r"✔ 1 of 1 port published in \d+\.\d s", lines[-1])
