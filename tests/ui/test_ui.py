"""What a visitor of the Dagster UI sees of the mesh, and what the buttons do, in a real headless Chromium."""

import time

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.ui

BOXES = """() => [...document.querySelectorAll('foreignObject')].map(box => ({
    name: box.textContent.match(/^[a-z]*/)[0],
    left: box.x.baseVal.value, right: box.x.baseVal.value + box.width.baseVal.value,
    top: box.y.baseVal.value, bottom: box.y.baseVal.value + box.height.baseVal.value}))"""
ARROWS = """() => [...document.querySelectorAll('svg path')].map(path => path.getAttribute('d'))
    .filter(drawn => /^M[-0-9.]+,[-0-9.]+C/.test(drawn || ''))"""


def test_the_global_lineage_shows_four_domains_and_the_arrows_between_them(ui, page):
    page.goto(f"{ui.address}/asset-groups")
    page.wait_for_function(f"() => ({ARROWS})().length >= 6")
    boxes = {box["name"]: box for box in page.evaluate(BOXES)}
    assert set(boxes) == {"sales", "marketing", "finance", "governance"}
    assert boxes["sales"]["left"] < boxes["marketing"]["left"] < boxes["finance"]["left"] < boxes["governance"]["left"]

    def box_at(x: float, y: float, side: str) -> str:
        fits = [n for n, box in boxes.items() if abs(box[side] - x) < 25 and box["top"] - 25 < y < box["bottom"] + 25]
        assert len(fits) == 1, (x, y, side, boxes)
        return fits[0]

    arrows = set()
    for drawn in page.evaluate(ARROWS):
        numbers = [float(part) for part in drawn[1:].replace("C", ",").split(",")]
        arrows.add((box_at(*numbers[:2], "right"), box_at(*numbers[-2:], "left")))
    described = {(domain, "governance") for domain in ("sales", "marketing", "finance")}
    assert arrows == {("sales", "marketing"), ("marketing", "finance"), ("sales", "finance")} | described


def test_a_port_in_the_middle_shows_its_producers_and_its_consumers(ui, page):
    page.goto(f"{ui.address}/assets/marketing/channel_performance?view=lineage&lineageScope=neighbors")
    ports = ["orders", "order_items", "leads", "channel_return"]
    # Dagster draws a box with its latest event where there is room, else with its name only.
    page.wait_for_function(
        """ports => { const boxes = [...document.querySelectorAll('foreignObject')].map(box => box.textContent);
            return ports.every(port => boxes.some(text => text === port || text.startsWith(port + 'Latest event'))) }""",
        arg=ports,
    )
    shown = page.evaluate("() => [...document.querySelectorAll('foreignObject')].map(box => box.textContent)")
    for group in ("sales", "marketing", "finance"):
        assert group in shown


def text_with(page, expected) -> str:
    """The text of the page once it holds all that is expected, or after half a minute: each part of it loads by itself."""
    for _ in range(60):
        text = page.inner_text("body")
        if all(one in text for one in expected):
            break
        page.wait_for_timeout(500)
    return text


def test_a_port_says_who_owns_it_what_a_row_is_and_which_contract_holds(ui, page):
    page.goto(f"{ui.address}/assets/finance/daily_revenue")
    expected = (
        "Latest check results",
        "item_revenue",
        "Owners\nfinance",
        "Code location\nfinance",
        "Delta Lake",
        "dbt",
        "Grain. One row per day and currency",
        "Contract. finance.daily_revenue.v1, version 1.0.1",
        "domains/finance/contracts/daily_revenue.v1.odcs.yaml",
        "Freshness policy\nPassing",
        "DECIMAL(14,2)",
        "primary key",
        "finance_consumption",
    )
    text = text_with(page, expected)
    assert [one for one in expected if one not in text] == [], text


def test_a_materialisation_says_rows_version_and_the_versions_of_its_inputs(ui, mesh):
    question = """query($key: AssetKeyInput!) { assetOrError(assetKey: $key) { ... on Asset {
        assetMaterializations(limit: 1) { metadataEntries { label
            ... on IntMetadataEntry { intValue }
            ... on TextMetadataEntry { text }
            ... on JsonMetadataEntry { jsonString } } } } } }"""
    (event,) = ui.ask(question, key={"path": ["finance", "channel_return"]})["assetOrError"]["assetMaterializations"]
    shown = {entry["label"]: entry for entry in event["metadataEntries"]}
    newest = mesh.json("history", "finance/channel_return")[0]
    assert shown["version"]["intValue"] == newest["version"]
    assert shown["dagster/row_count"]["intValue"] == newest["rows"]
    assert shown["contract"]["text"] == "finance.channel_return.v1 1.0.1"
    for port, number in newest["inputs"].items():
        assert f'"{port}": "version {number}"' in shown["inputs"]["jsonString"]


def test_the_rules_of_a_contract_are_the_checks_of_its_port(ui, page):
    page.goto(f"{ui.address}/assets/sales/orders?view=checks")
    checks = ("schema", "primary_key", "required", "values", "has_rows", "known_status", "dbt_tests")
    text = text_with(page, checks)
    assert [check for check in checks if check not in text] == [], text


def materialize(ui, page, group: str) -> None:
    """What a visitor does: opens the domain's group and presses the button; where a port has days, chooses all of them."""
    page.goto(f"{ui.address}/locations/__repository__@{group}/asset-groups/{group}/lineage")
    page.get_by_role("button", name="Materialize all").first.click()
    if group == "sales":
        every, launch = page.get_by_role("button", name="All", exact=True), page.get_by_role("button", name="Launch backfill")
        # The days come a moment after the dialog; before they are there, All means none.
        for _ in range(30):
            every.click()
            page.wait_for_timeout(500)
            if launch.is_enabled():
                break
        launch.click()
        page.wait_for_selector("text=Created backfill")
    else:
        page.wait_for_selector("text=Launched run")


def test_materialising_sales_starts_its_consumers_finance_only_once_and_governance_last(ui, page, mesh):
    before, moment = mesh.versions(), time.time()
    materialize(ui, page, "sales")
    runs = ui.settled(moment)
    assert {run["status"] for run in runs} == {"SUCCESS"}
    # Three of sales: its sources, the days of its port that grows, its other ports.
    last, *others = sorted(runs, key=lambda run: -run["creationTime"])
    assert sorted(run["location"] for run in others) == ["finance", "marketing", "sales", "sales", "sales"]
    assert last["location"] == "governance"
    moved = {port for port, version in mesh.versions().items() if version == before[port] + 1}
    assert moved == {port for port in before if port.startswith(("sales/", "governance/"))} | {
        "marketing/customer_segments",
        "marketing/channel_performance",
        "finance/daily_revenue",
        "finance/daily_order_flow",
        "finance/order_reconciliation",
        "finance/channel_return",
    }
    assert not any(port["remarks"] for port in mesh.json("status"))


def test_materialising_all_three_domains_at_once_ends_with_everything_up_to_date(ui, page, mesh):
    before, moment = mesh.versions(), time.time()
    for group in ("finance", "marketing", "sales"):
        materialize(ui, page, group)
    runs = ui.settled(moment)
    assert {run["status"] for run in runs} == {"SUCCESS"}
    after = mesh.versions()
    assert all(after[port] > before[port] for port in before)
    assert not any(port["remarks"] for port in mesh.json("status"))


def test_a_check_run_alone_judges_what_is_served(ui):
    moment = time.time()
    launch = """mutation($run: ExecutionParams!) { launchRun(executionParams: $run) { __typename } }"""
    selector = {
        "repositoryName": "__repository__",
        "repositoryLocationName": "sales",
        "pipelineName": "__ASSET_JOB",
        "assetSelection": [],
        "assetCheckSelection": [{"assetKey": {"path": ["sales", "orders"]}, "name": "required"}],
    }
    run = {"mode": "default", "runConfigData": {}, "selector": selector}
    assert ui.ask(launch, run=run)["launchRun"]["__typename"] == "LaunchRunSuccess"
    assert [run["status"] for run in ui.settled(moment, quiet=3)] == ["SUCCESS"]


def test_a_port_tells_the_ui_which_columns_of_other_ports_it_is_made_of(ui):
    question = """query($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
        assetMaterializations(limit: 1) { metadataEntries { __typename ... on TableColumnLineageMetadataEntry {
            lineage { columnName columnDeps { assetKey { path } columnName } } } } } } } }"""
    node = ui.ask(question, key={"path": ["finance", "daily_revenue"]})["assetNodeOrError"]
    entries = node["assetMaterializations"][0]["metadataEntries"]
    (lineage,) = (entry["lineage"] for entry in entries if entry["__typename"] == "TableColumnLineageMetadataEntry")
    made_of = {
        one["columnName"]: {("/".join(dep["assetKey"]["path"]), dep["columnName"]) for dep in one["columnDeps"]}
        for one in lineage
    }
    # The days are generated, so what selects them is among their values.
    assert made_of["day"] == {("sales/orders", "purchased_at"), ("finance/raw_exchange_rates", "day")}
    assert ("sales/order_items", "price") in made_of["revenue"]


def test_mesh_ui_serves_the_portal_beside_dagster(ui, browser):
    page = browser.new_page()
    # On the port above the UI's, unless somebody has that.
    page.goto(f"http://127.0.0.1:{int(ui.address.rpartition(':')[2]) + 1}/")
    expect(page.locator("h1")).to_have_text("Data products of this mesh")
    page.close()
