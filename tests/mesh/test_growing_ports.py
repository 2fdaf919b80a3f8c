"""Ports that grow in a whole mesh: late events, chosen days, history that is kept, a past that is given up."""

import csv
import io
import shutil
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path

import deltalake
import pytest
from filelock import FileLock

ORDERS, CUSTOMERS = "olist/olist_orders_dataset.csv", "olist/olist_customers_dataset.csv"
EVENTS, HISTORY, FLOW = "sales/order_events", "sales/customer_history", "finance/daily_order_flow"


def edited(mesh, folder: Path, file: str, change) -> Path:
    """A copy of the sources in which `change` was called with every row of `file`."""
    rows = list(csv.DictReader((mesh.sources / file).open(encoding="utf-8")))
    for number, row in enumerate(rows):
        change(number, row)
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return mesh.sources_with(folder, file, text.getvalue().encode())


@pytest.fixture(scope="module", autouse=True)
def own_sources(mesh):
    """The mesh reads its own sources again afterwards, and serves what follows from them."""
    yield
    mesh.run("run", EVENTS, HISTORY, "sales/customers", FLOW, "--source", mesh.sources)


def newest(mesh, port: str) -> dict:
    return mesh.json("history", port)[0]


def alone(mesh, port: str, sql: str) -> list[tuple]:
    """What delta-rs alone reads, as a consumer without the platform would."""
    table = deltalake.DeltaTable(mesh.home / "ports" / port / "v1")
    answer = deltalake.QueryBuilder().register("port", table).execute(sql).read_all()
    return list(zip(*(answer.column(name).to_pylist() for name in answer.column_names)))


def test_every_time_of_every_order_is_an_event(mesh):
    rows = list(csv.DictReader((mesh.sources / ORDERS).open(encoding="utf-8")))
    steps = {
        "purchased": "order_purchase_timestamp",
        "approved": "order_approved_at",
        "shipped": "order_delivered_carrier_date",
        "delivered": "order_delivered_customer_date",
    }
    known = {event: sum(bool(row[step]) for row in rows) for event, step in steps.items()}
    known["cancelled"] = sum(row["order_status"] == "canceled" for row in rows)
    counted = dict(alone(mesh, EVENTS, "select event, count(*) as n from port group by event"))
    assert counted == known
    (answer,) = mesh.json("query", "select count(*) as n, count(distinct day) as days from sales.order_events")
    assert answer["n"] == sum(counted.values()) == newest(mesh, EVENTS)["rows"]
    assert answer["days"] == len(list((mesh.home / "ports" / EVENTS / "v1").glob("day=*")))


def test_a_late_event_replaces_its_day_and_the_consumer_sees_it(mesh, tmp_path):
    before = mesh.json("query", "select max(day) as day from sales.order_events")[0]["day"]
    late = date.fromisoformat(before) + timedelta(days=1)

    def deliver(number, row):
        if not number:
            row["order_delivered_customer_date"] = f"{late} 10:00:00"

    rows = list(csv.DictReader((mesh.sources / ORDERS).open(encoding="utf-8")))
    was = rows[0]["order_delivered_customer_date"][:10]
    sources = edited(mesh, tmp_path / "late", ORDERS, deliver)
    said = mesh.json("run", EVENTS, FLOW, "--source", sources)
    assert [port["port"] for port in said["published"]] == [EVENTS, FLOW]
    assert said["published"][0]["days"] == sorted({was, str(late)} - {""})
    consumed = newest(mesh, FLOW)
    assert consumed["inputs"] == {EVENTS: said["published"][0]["version"]}
    read = consumed["days_read"][EVENTS]
    assert read[-1].endswith(str(late))
    assert date.fromisoformat(read[0][:10]) >= late - timedelta(days=27)
    assert alone(mesh, FLOW, "select max(day) as day, min(day) as first from port")[0][0] == late


def test_chosen_days_are_published_and_the_rest_waits(mesh, tmp_path):
    def in_the_last_second(_, row):
        row["order_purchase_timestamp"] = row["order_purchase_timestamp"][:17] + "59"

    sources = edited(mesh, tmp_path / "other", ORDERS, in_the_last_second)
    (chosen,) = mesh.json("run", "--days", "2017-11-01..2017-11-30", "--source", sources)["published"]
    assert chosen["port"] == EVENTS
    assert chosen["days"]
    assert all(day[:10] >= "2017-11-01" and day[-10:] <= "2017-11-30" for day in chosen["days"])
    query = "select strftime(day, '%Y-%m') as month, avg((second(happened_at) = 59)::int) as share "
    found = mesh.json("query", query + "from sales.order_events where event = 'purchased' group by month")
    share = {row["month"]: row["share"] for row in found}
    assert share.pop("2017-11") == 1
    assert max(share.values()) < 0.5


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("sales/orders", "--days", "2017-01-01"), 1, "sales/orders is not partitioned by day"),
        ((EVENTS, "--days", "2017-02-30"), 2, "contains a day that does not exist"),
    ],
)
def test_days_that_cannot_be_run_are_refused_before_anything_runs(mesh, arguments, code, said):
    done = mesh.run("run", *arguments, code=code)
    assert said in " ".join((done.stdout + done.stderr).replace("│", " ").split())


def test_dagster_knows_the_days_that_were_published(mesh):
    from dagster import AssetKey, DagsterInstance

    days = mesh.json("query", "select distinct day from sales.order_events")
    with DagsterInstance.from_config(str(mesh.home / "dagster")) as instance:
        told = instance.get_materialized_partitions(AssetKey(EVENTS.split("/")))
    assert {row["day"] for row in days} <= told


def test_who_moves_has_two_addresses_and_what_was_refused_before_is_forgotten(mesh, tmp_path):
    person = mesh.json("query", "select customer_unique_id as id, city from sales.customers where order_count = 1 limit 1")[0]
    before = newest(mesh, HISTORY)

    def spoil(_, row):
        row["customer_state"] = "nowhere"

    def move(_, row):
        if row["customer_unique_id"] == person["id"]:
            row["customer_city"] = "nova cidade"

    spoiled, moved = (edited(mesh, tmp_path / change.__name__, CUSTOMERS, change) for change in (spoil, move))
    said = mesh.run("run", "sales/customers", HISTORY, "--source", spoiled, code=1).stdout
    assert "sales/customers breaks its contract" in said
    assert newest(mesh, HISTORY) == before
    mesh.run("quarantine", "drop", *(entry["id"] for entry in mesh.json("quarantine", "list", "sales/customers")))
    mesh.run("run", "sales/customers", HISTORY, "--source", moved)
    found = mesh.json(
        "query",
        "select city, current, valid_to, lead(valid_from) over (order by valid_from) as next from sales.customer_history "
        f"where customer_unique_id = '{person['id']}' order by valid_from",
    )
    assert [(row["city"], row["current"]) for row in found] == [(person["city"], False), ("nova cidade", True)]
    assert found[0]["valid_to"] == found[0]["next"]
    assert found[1]["valid_to"] is None
    assert newest(mesh, HISTORY)["rows"] == before["rows"] + 1


@contextmanager
def as_it_was(folder: Path, aside: Path):
    """After it, the folder is what it was before; meanwhile a copy of it lies aside."""
    shutil.copytree(folder, aside)
    try:
        yield
    finally:
        shutil.rmtree(folder)
        shutil.move(aside, folder)


def test_a_vacuum_gives_up_what_no_contract_and_no_consumer_needs(mesh, tmp_path):
    consumed = {newest(mesh, port)["inputs"]["sales/customers"] for port in ("marketing/customer_segments", HISTORY)}
    entry, listed = "{property: versionRetention, value: 1 version}", "\ncustomProperties:\n"
    kept = {
        "sellers": ("\nteam:", f"\ncustomProperties: [{entry}]\n\nteam:"),
        "customers": (listed, f"{listed}  - {entry}\n"),
    }
    with ExitStack() as put_back:
        for port in kept:
            put_back.enter_context(as_it_was(mesh.home / "ports/sales" / port, tmp_path / port))
        mesh.run("run", "sales/sellers", "sales/customers")
        for port, before, after in (("sellers", "1.0.0", "1.0.1"), ("customers", "1.1.0", "1.1.1")):
            output = "    version: {}\n    contractId: sales." + port + ".v1\n"
            for file, *changes in (
                (
                    f"domains/sales/contracts/{port}.v1.odcs.yaml",
                    kept[port],
                    (f"\nversion: {before}\n", f"\nversion: {after}\n"),
                ),
                (f"domains/sales/products/{port}.odps.yaml", (output.format(before), output.format(after))),
            ):
                put_back.enter_context(mesh.changed(file, *changes))
        served = mesh.versions()
        looked = {port["port"]: port for port in mesh.json("ports", "vacuum", "sales", "--dry-run")["ports"]}
        last = mesh.run("ports", "vacuum", "sales").stdout.splitlines()[-1]
        assert looked["sales/sellers"]["readable"] == [served["sales/sellers"]]
        assert set(looked["sales/customers"]["readable"]) == {served["sales/customers"], *consumed}
        gone = looked["sales/sellers"]["given_up"]
        number = len(gone) + len(looked["sales/customers"]["given_up"])
        removed = "versions of 7 ports were removed" if number > 1 else "version of 7 ports was removed"
        assert last.startswith(f"✔ {number} {removed}")
        readable = [version["version"] for version in mesh.json("history", "sales/sellers") if version["readable"]]
        assert readable == looked["sales/sellers"]["readable"]
        assert "vacuumed, no longer readable" in mesh.run("history", "sales/sellers").stdout
        for ask in (("rollback", "sales/sellers", "--to", gone[0]), ("show", "sales/sellers", "--version", gone[0])):
            assert f"Version {gone[0]} of sales/sellers can no longer be read" in mesh.run(*ask, code=1).stderr
        assert mesh.json("show", "sales/customers", "--version", min(consumed))["rows"]


def test_a_vacuum_of_something_unknown_or_while_somebody_runs_is_refused(mesh):
    assert "There is no port sales/nothing." in mesh.run("ports", "vacuum", "sales/nothing", code=1).stderr
    with FileLock(mesh.home / "locks" / "finance.lock"):
        assert "The domain finance is being run" in mesh.run("ports", "vacuum", "sales/catalog", code=1).stderr
