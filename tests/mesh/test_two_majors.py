"""Two majors of one port at once: a consumer of the old one reads it as a view over the new one, and is told when it ends."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

V1, V2 = (f"domains/sales/contracts/orders.v{major}.odcs.yaml" for major in (1, 2))
MODEL, PRODUCT = "dbt_projects/sales/models/ports/orders.sql", "domains/sales/products/orders.odps.yaml"
OUTPUT = "    version: 1.1.0\n    contractId: sales.orders.v1\n"
END = "\nslaProperties:\n  - property: endOfLife\n    value: 2099-01-31\n"


@contextmanager
def two_majors(mesh, mapping: str = "state") -> Iterator[None]:
    """Within it, sales promises `state` where it promised `status`, and the old promise as a view over the new one."""
    text = (mesh.root / V1).read_text(encoding="utf-8")
    new = text.replace("sales.orders.v1", "sales.orders.v2").replace("version: 1.1.0", "version: 2.0.0")
    new = new.replace("- name: status", "- name: state")
    custom = "\ncustomProperties:\n"
    served = f"{custom}  - property: servedFrom\n    value: sales.orders.v2\n"
    older, newer = OUTPUT.replace("1.1.0", "1.2.0"), OUTPUT.replace("1.1.0", "2.0.0").replace("v1", "v2")
    second = f"{older}  - name: orders\n    type: delta\n{newer}"
    with ExitStack() as changes:
        changes.enter_context(mesh.with_file(V2, new))
        changes.enter_context(mesh.changed(MODEL, ("    status,\n", "    status as state,\n")))
        changes.enter_context(mesh.changed(PRODUCT, (OUTPUT, second)))
        changes.enter_context(
            mesh.changed(
                V1,
                ("version: 1.1.0", "version: 1.2.0"),
                ("status: active", "status: deprecated"),
                ("\nslaProperties:\n", END),
                (custom, served),
                ("      - name: status\n", f"      - name: status\n        transformLogic: {mapping}\n"),
            )
        )
        yield


@pytest.fixture(scope="module")
def seen(mesh):
    """What the mesh says while both are served; afterwards it is as it was."""
    with two_majors(mesh):
        mesh.run("run", "sales/orders", "sales/order_items", "finance/channel_return")
        said = {
            "status": {port["port"]: port for port in mesh.json("status")},
            "products": {product["product"]: product for product in mesh.json("products")},
            "history": mesh.json("history", "finance/channel_return")[0],
            "affected": mesh.json("impact", "sales/orders.state")["affected"],
            "up": mesh.json("lineage", "finance/channel_return.delivered_revenue", "--up")["up"],
            "orders": mesh.json("query", "select state, count(*) as n from sales.orders group by all order by n desc limit 1"),
            "return": mesh.json("query", "select sum(delivered_revenue) as earned from finance.channel_return"),
        }
        said["column"] = breaking_v1(mesh)
    before = mesh.versions()
    said["refused"] = mesh.run("run", "sales/orders", "sales/order_items", code=1).stdout
    said["unchanged"] = before == mesh.versions()
    said["back"] = {port["port"]: port for port in mesh.json("status")}["sales/orders"]
    said["portal"] = readers(mesh)
    said["policies"] = mesh.json("policy", "check", code=1)
    said["withdrawn"] = mesh.json("ports", "withdraw", "sales/orders", "--major", 2)
    said["served"] = mesh.json("query", "select status, count(*) as n from sales.orders group by all order by n desc limit 1")
    mesh.run("run", "sales/orders", "sales/order_items", "finance/channel_return")
    said["end"] = {port["port"]: port for port in mesh.json("status")}["sales/orders"]
    said["end portal"] = readers(mesh)
    return said


def breaking_v1(mesh) -> str:
    """What a run says of the first major without a column that it promised."""
    text = (mesh.root / V1).read_text(encoding="utf-8")
    start = text.index("      - name: status\n")
    column = text[start : text.index("\n      - name: ", start) + 1]
    raised = ("version: 1.2.0", "version: 1.3.0")
    with mesh.changed(V1, (column, ""), raised), mesh.changed(PRODUCT, raised):
        return mesh.run("run", "sales/orders", "sales/order_items", code=1).stdout


def readers(mesh) -> list[str]:
    """The products that the portal shows as readers of sales/orders."""
    mesh.run("portal", "build")
    text = (mesh.home / "portal/index.html").read_text(encoding="utf-8")
    return re.findall(r"sales/orders: [^<]*Read by ([^<.]*)", text)


def test_a_column_that_the_old_one_promised_is_missed_before_anything_is_built(seen):
    assert "sales.orders.v1 1.2.0 breaks its promise within the major version: the column status is gone" in seen["column"]


def test_a_major_that_was_taken_back_stops_the_port_and_is_shown(seen):
    sentence = "v2 is published, and the newest contract is that of v1"
    assert f"sales/orders cannot be published: {sentence}" in seen["refused"]
    assert seen["unchanged"]
    assert sentence in seen["back"]["remarks"]
    found = {one["subject"]: one["message"] for one in seen["policies"]["findings"] if one["state"] == "violated"}
    assert found["sales/orders"] == "v2 is published, and no contract declares it"


def test_a_withdrawn_major_is_served_nowhere(seen):
    assert (seen["withdrawn"]["served"], seen["served"][0]["status"]) == (1, "delivered")
    assert (seen["end"]["contract"], seen["end"]["remarks"]) == ("sales.orders.v1 1.1.0", [])
    assert seen["portal"] == seen["end portal"] != []


def test_the_new_major_is_what_the_model_makes(seen):
    assert seen["orders"][0]["state"] == "delivered"
    assert seen["status"]["sales/orders"]["contract"] == "sales.orders.v2 2.0.0"


def test_the_consumer_of_the_old_one_finds_the_same_rows_under_the_old_name(seen, mesh):
    earned = mesh.json("query", "select sum(delivered_revenue) as earned from finance.channel_return")
    assert seen["return"] == earned
    assert float(earned[0]["earned"]) > 0


def test_lineage_leads_from_the_old_name_to_the_new_one_and_on(seen):
    assert "finance/channel_return" in {port["port"] for port in seen["affected"]}
    (orders,) = (port for port in seen["up"] if port["port"] == "sales/orders")
    assert {"state", "status"} <= {*orders["values"], *orders["rows"]}
    (raw,) = (port for port in orders["below"] if port["port"] == "sales/raw_orders")
    assert "order_status" in {*raw["values"], *raw["rows"]}


def test_its_commit_says_which_version_of_which_major_it_read(seen):
    assert seen["history"]["inputs"]["sales/orders"] == 0
    assert seen["history"]["majors"]["sales/orders"] == 1


def test_the_consumer_is_told_when_the_old_one_ends(seen):
    assert seen["status"]["finance/channel_return"]["notes"] == ["reads sales.orders.v1, deprecated, ends 2099-01-31"]
    assert seen["status"]["finance/channel_return"]["remarks"] == []


def test_reads_are_counted_by_major(seen):
    reads = seen["products"]["sales/orders"]["reads"]["sales/orders"]
    assert (reads["v1"] > 0, reads["v2"]) == (True, 0)


def test_a_candidate_that_breaks_the_old_promise_is_not_published(mesh):
    with two_majors(mesh, mapping="upper(state)"):
        said = mesh.run("run", "sales/orders", "sales/order_items", code=1).stdout
    assert "sales/orders breaks its contract sales.orders.v1 1.2.0 and was not published" in said
    assert "The status is one of the eight that the shop knows" in said
    assert not (mesh.home / "ports/sales/orders/v2").exists()


SEGMENTS = "domains/marketing/contracts/customer_segments.v{}.odcs.yaml"
LETTERS = "domains/marketing/products/customer_segments.odps.yaml"
KEY = "      - name: customer_unique_id\n"


@contextmanager
def two_majors_of_segments(mesh, column: str = "") -> Iterator[None]:
    """Within it, marketing/customer_segments has a second major; the first is a view over it with `column`."""
    text = (mesh.root / SEGMENTS.format(1)).read_text(encoding="utf-8")
    new = text.replace("customer_segments.v1\n", "customer_segments.v2\n")
    new = new.replace("version: 1.1.0", "version: 2.0.0")
    older = "    type: delta\n    version: 1.2.0\n    contractId: marketing.customer_segments.v1\n"
    newer = older.replace("1.2.0", "2.0.0").replace("v1", "v2")
    served = "customProperties:\n  - property: servedFrom\n    value: marketing.customer_segments.v2\n"
    level = "\nslaProperties:\n"
    with ExitStack() as changes:
        changes.enter_context(mesh.with_file(SEGMENTS.format(2), new))
        changes.enter_context(
            mesh.changed(LETTERS, (older.replace("1.2.0", "1.1.0"), f"{older}  - name: customer_segments\n{newer}"))
        )
        changes.enter_context(
            mesh.changed(
                SEGMENTS.format(1),
                ("version: 1.1.0", "version: 1.2.0"),
                ("status: active", "status: deprecated"),
                (level, END),
                ("\ncustomProperties:\n", f"\n{served}"),
                (KEY, column + KEY),
            )
        )
        yield


def test_a_new_column_of_the_old_one_is_as_sensitive_as_what_makes_it(mesh):
    note = "      - name: note\n        description: A note.\n        logicalType: string\n        physicalType: VARCHAR\n"
    note += "        classification: public\n        transformLogic: \"'person ' || customer_unique_id\"\n"
    before = mesh.versions()
    with two_majors_of_segments(mesh, note):
        said = mesh.run("run", "marketing/customer_segments", code=1).stdout
    assert "marketing.customer_segments.v1.note: it is public, but derived from marketing/customer_segments." in said
    assert "customer_unique_id, which is personal" in said
    assert "person " not in said.replace("person_", "").replace("personal", "")
    assert mesh.versions() == before


def test_a_relationship_of_the_old_one_is_judged_by_the_input_that_it_refers_to(mesh):
    with two_majors_of_segments(mesh):
        said = mesh.run("run", "marketing/customer_segments").stdout
    assert "never been published" not in said
    assert mesh.json("ports", "withdraw", "marketing/customer_segments", "--major", 2)
