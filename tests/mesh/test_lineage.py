"""Lineage of a whole mesh: upstream and downstream columns, impact, provenance, a rebuild, and exported events."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

REVENUE = "dbt_projects/finance/models/ports/daily_revenue.sql"


def below(branches):
    """Every port of a tree, with its first entry."""
    found = {}
    for branch in branches:
        found.setdefault(branch["port"], branch)
        for port, one in below(branch["below"]).items():
            found.setdefault(port, one)
    return found


def test_a_price_is_followed_through_every_domain_and_back(mesh):
    said = mesh.json("lineage", "sales/order_items.price")
    assert {"marketing/channel_performance", "marketing/customer_segments", "finance/daily_revenue"} <= below(
        said["down"]
    ).keys()
    assert below(said["up"])["sales/raw_order_items"]["values"] == ["price"]
    assert (said["unfollowed"], said["cycles"]) == ({}, [])


def test_the_tree_is_printed_with_a_verdict(mesh):
    printed = mesh.run("lineage", "marketing/customer_segments.segment", "--up").stdout
    assert "sales/raw_orders" in printed
    assert printed.splitlines()[-1].startswith("✔ up: 3 ports and ")


def test_impact_lists_products_owners_columns_and_last_runs(mesh):
    found = {one["port"]: one for one in mesh.json("impact", "marketing/leads.is_won")["affected"]}
    assert list(found) == ["marketing/channel_performance", "finance/channel_return"]
    affected = found["finance/channel_return"]
    assert (affected["owner"], affected["channel"], affected["values"]) == ("team:finance", "#data-finance", ["deal_count"])
    assert affected["version"] is not None
    assert affected["last_ran"]


SEGMENTS = "dbt_projects/marketing/models/ports/customer_segments.sql"
SELLERS = "dbt_projects/sales/models/ports/sellers.sql"
STAGED_SELLERS = "dbt_projects/sales/models/staging/stg_sellers.sql"
OF_A_CITY = {
    "    cast(recency_days as integer) as recency_days,": "    length(code) as recency_days,",
    "    coalesce(order_count, 0) as order_count,": "    length(first(city) over by_segment) as order_count,",
    "    cast(coalesce(spent, 0) as decimal(12, 2)) as spent,": "    length(upper(trim(columns('^city$')))) as spent,",
    "    'BRL' as currency,": "    city.trim() as currency,",
    "    last_ordered_at,": "    list_filter([city], lambda c: c <> '')[1]::timestamp as last_ordered_at,",
}
"""Lines of the model → lines that make the same column of a city."""


def test_personal_data_are_found_in_a_column_however_its_sql_is_written(mesh):
    city = ("        people.customer_unique_id,\n", "        people.customer_unique_id,\n        people.city,\n")
    by_name = "(select '' as code, * from segmented union all by name select *, city as code from segmented) as segmented"
    source = ("from segmented\n", f"from {by_name}\nwindow by_segment as (partition by segment)\n")
    with mesh.changed(SEGMENTS, city, source, *OF_A_CITY.items()):
        found = mesh.run("policy", "check", "personal_data_propagates", code=1).stdout
        (affected,) = (
            one for one in mesh.json("impact", "sales/customers.city")["affected"] if one["port"].startswith("marketing")
        )
    columns = [line.rsplit(" as ", 1)[1].rstrip(",") for line in OF_A_CITY.values()]
    assert [column for column in columns if f"customer_segments.v1.{column}:" not in found] == []
    assert {*affected["values"]} >= {*columns}


def test_models_in_python_and_incremental_models_leave_the_lineage_of_their_domain_known(mesh):
    model = "def model(dbt, session):\n    return dbt.ref('stg_sellers').project('seller_id, upper(state) as region')\n"
    region = "(select any_value(region) from {{ ref('regions') }} as r where r.seller_id = sellers.seller_id) as state\n"
    city = "{% if is_incremental() %}upper(seller_state){% else %}seller_city{% endif %} as city"
    incremental = [
        ("with source", "{{ config(materialized='incremental', unique_key='seller_id') }}\nwith source"),
        ("seller_city as city", city),
        (
            "from source\n",
            "from source {% if is_incremental() %}where seller_id not in (select seller_id from {{ this }}){% endif %}\n",
        ),
    ]
    signature = "{property: declassified, value: {by: 'team:platform', 'on': '2026-11-25', why: It is a region.}}"
    signed = [
        ("version: 1.0.0", "version: 1.1.0"),
        ("minLength: 2, maxLength: 2}\n", f"minLength: 2, maxLength: 2}}\n        customProperties: [{signature}]\n"),
    ]
    with (
        mesh.changed("domains/sales/contracts/sellers.v1.odcs.yaml", *signed),
        mesh.changed("domains/sales/products/sellers.odps.yaml", ("1.0.0\n    contractId", "1.1.0\n    contractId")),
        mesh.with_file("dbt_projects/sales/models/staging/regions.py", model),
        mesh.with_file("dbt_projects/sales/tests/ids.sql", "select * from {{ ref('stg_sellers') }} where seller_id is null"),
        mesh.changed(STAGED_SELLERS, *incremental),
        mesh.changed(SELLERS, ("    state\n", f"    {region}")),
    ):
        before = mesh.versions()
        for number in (1, 2):
            mesh.run("run", "sales/sellers")
            assert mesh.versions() == before | {"sales/sellers": before["sales/sellers"] + number}
        shown = mesh.run("lineage", "sales/sellers.state").stdout
        ((raw,)) = mesh.json("lineage", "sales/sellers.city", "--up")["up"]
        counted = mesh.run("lineage", "coverage").stdout
        doubts = [doubt["sentence"] for doubt in mesh.json("trace", "sales/sellers")["doubts"]]
    mesh.run("rollback", "sales/sellers", "--to", before["sales/sellers"])
    assert "not followed seller_city, seller_id, seller_state, seller_zip_code_prefix" in shown
    assert raw["values"] == ["seller_city", "seller_state"]
    assert counted.endswith(", 1 not followed\n")
    assert doubts == [
        "regions is a Python model, whose environment is not recorded",
        "stg_sellers is incremental, and the rows of its earlier runs are not kept",
        "stg_sellers reads its own earlier rows, which may have another value",
    ]


def test_a_model_that_cannot_be_parsed_is_counted_and_known_by_its_inputs(mesh):
    broken = ("cast(unnest(generate_series(min(day), max(day), interval 1 day)) as date) as day", "unnest(+ as day")
    with mesh.changed(REVENUE, broken):
        said = mesh.json("lineage", "sales/orders", "--down")
        shown = mesh.run("lineage", "sales/orders.order_id", "--down")
    assert "daily_revenue.sql" in said["unfollowed"]["finance/daily_revenue"]
    assert below(said["down"])["finance/daily_revenue"]["columns_known"] is False
    assert below(said["down"])["finance/order_reconciliation"]["columns_known"] is True
    assert "The SQL of 1 of 33 ports cannot be parsed into columns." in shown.stderr
    assert "1 without known columns" in shown.stdout.splitlines()[-1]


def test_a_version_is_traced_to_the_hashes_of_its_source_files(mesh):
    said = mesh.json("trace", "finance/channel_return")
    assert (said["rebuild"], said["rebuild_from_sources"], said["doubts"]) == ("same", "same", [])
    leads = next(one for one in said["inputs"] if one["port"] == "marketing/channel_performance")["inputs"][0]
    assert leads["port"] == "marketing/leads"
    assert {source["table"]: source["state"] for source in leads["sources"]} == {
        "marketing/raw_deals": "same",
        "marketing/raw_leads": "same",
    }


def test_a_version_is_rebuilt_and_a_change_of_its_model_is_found_by_key(mesh):
    before = {path: path.stat().st_mtime_ns for path in (mesh.home / "warehouses").rglob("*")}
    versions = mesh.versions()
    same = mesh.json("reproduce", "finance/daily_revenue@0")
    assert (same["outcome"], same["remarks"]) == ("equal", [])
    with mesh.changed(REVENUE, ("round(freight /", "round(1.1 * freight /")):
        other = mesh.json("reproduce", "finance/daily_revenue@0", code=1)
    assert other["outcome"] == "differs"
    assert other["remarks"][0] == "the code of its models has changed"
    assert other["changed"] == other["changed_by_column"]["freight"] > 0
    assert (other["lost"], other["gained"], list(other["changed_by_column"])) == (0, 0, ["freight"])
    assert set(other["examples"][0]["key"]) == {"day", "currency"}
    assert mesh.versions() == versions
    assert {path: path.stat().st_mtime_ns for path in (mesh.home / "warehouses").rglob("*")} == before
    assert not (mesh.home / "scratch").exists()


def test_the_days_that_a_version_of_an_incremental_port_replaced_are_rebuilt(mesh):
    printed = mesh.run("reproduce", "sales/order_events@0").stdout
    assert printed.startswith("✔ a rebuild of the days that sales/order_events@0 replaced gives the same ")


def test_a_port_that_reads_snapshots_is_refused(mesh):
    said = mesh.json("reproduce", "sales/customer_history", code=1)
    assert said["outcome"] == "impossible"
    assert "main_snapshots.customer_addresses" in said["reason"]


def test_a_changed_source_file_prevents_a_rebuild(mesh):
    file = mesh.sources / "olist/olist_order_payments_dataset.csv"
    before = file.read_bytes()
    file.write_bytes(before + b"\n")
    try:
        said = mesh.run("reproduce", "finance/payments", code=1).stderr
    finally:
        file.write_bytes(before)
    assert "olist_order_payments_dataset.csv has changed since" in said


@pytest.fixture
def receiver():
    """A real HTTP server that accepts events up to a limit."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            accepted = len(server.events) < server.limit
            if accepted:
                server.events.append(json.loads(body))
            self.send_response(201 if accepted else 500)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.events, server.limit = [], 10_000
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_history_is_written_and_sent_as_events(mesh, receiver, check_event, tmp_path):
    file = tmp_path / "events.ndjson"
    address = f"http://127.0.0.1:{receiver.server_port}/api/v1/lineage"
    said = mesh.json("lineage", "export", "--to", file, "--url", address)
    written = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert receiver.events == written
    for event in written:
        check_event(event)
    assert said["events"] == len(written) == 2 * said["by_type"]["COMPLETE"]
    done = {event["job"]["name"]: event for event in written if event["eventType"] == "COMPLETE"}
    facets = done["finance/daily_revenue"]["outputs"][0]["facets"]
    price = {"namespace": "mesh", "name": "sales/order_items", "field": "price", "transformations": [{"type": "DIRECT"}]}
    assert price in facets["columnLineage"]["fields"]["revenue"]["inputFields"]
    served = mesh.versions()["finance/daily_revenue"]
    assert facets["version"]["datasetVersion"] == f"v1@{served}"
    audit = done["sales/orders.audit"]["inputs"][0]["inputFacets"]
    found = {one["assertion"]: one for one in audit["dataQualityAssertions"]["assertions"]}
    assert any(not one["success"] and one["severity"] == "warn" for one in found.values())
    assert audit["dataQualityMetrics"]["columnMetrics"]["order_id"] == {"nullCount": 0}
