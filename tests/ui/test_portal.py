"""The portal in a real headless Chromium: every page, every link, the search, the keyboard, both themes, three widths."""

from collections import deque
from urllib.parse import urldefrag

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Request, expect

pytestmark = pytest.mark.ui

WIDTHS = (390, 820, 1440)
KINDS = (
    "index.html",
    "products/sales/orders.html",
    "domains/sales.html",
    "governance.html",
    "glossary.html",
    "owners.html",
    "lineage.html#finance/channel_return.commission",
)


@pytest.fixture(scope="module")
def portal(mesh, tmp_path_factory) -> str:
    """The address of the built portal's folder, on the disk."""
    folder = tmp_path_factory.mktemp("portal") / "site"
    mesh.run("portal", "build", "--to", folder)
    return folder.as_uri()


@pytest.fixture
def visit(browser, portal):
    """Opens pages of the portal in a browser that fails on whatever complains, and on whatever asks anybody else."""
    problems, contexts = [], []

    def open_(width: int = 1440, **options) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda message: message.type in ("error", "warning") and problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: request.url.startswith(portal) or problems.append(f"asked for {request.url}"))
        page.on(
            "requestfailed", lambda request: problems.append(f"{request.url} {request.failure}") if _failed(request) else None
        )
        return page

    yield open_
    for context in contexts:
        context.close()
    assert problems == []


def _failed(request: Request) -> bool:
    """Whether the file could not be had; what was still under way when the test went on to another page was not refused."""
    return request.failure != "net::ERR_ABORTED"


def test_every_link_of_every_page_can_be_followed(visit, portal):
    page, ahead, seen = visit(), deque([f"{portal}/index.html"]), set()
    while ahead:
        address = ahead.popleft()
        if address in seen:
            continue
        seen.add(address)
        page.goto(address)
        expect(page.locator("h1")).to_have_count(1)
        for link in page.eval_on_selector_all("a[href]", "links => links.map(link => link.href?.baseVal ?? link.href)"):
            target = urldefrag(page.evaluate("link => new URL(link, location.href).href", link)).url
            if target.endswith(".html"):
                assert target.startswith(portal)
                ahead.append(target)
    names = {address.removeprefix(f"{portal}/") for address in seen}
    assert {name.partition("#")[0] for name in KINDS} <= names
    assert len([name for name in names if name.startswith("products/")]) > 10


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_the_window(visit, portal, width):
    page = visit(width)
    for name in KINDS:
        page.goto(f"{portal}/{name}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_against_wcag_aa(visit, portal, theme):
    page, found = visit(color_scheme=theme, bypass_csp=True), []
    # Without preload: axe would fetch the style sheets, which a page from disk may not.
    options = {"preload": False, "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
    for name in KINDS:
        page.goto(f"{portal}/{name}")
        page.wait_for_load_state("load")
        answer = Axe().run(page, options=options).response
        assert any(rule["id"] == "color-contrast" for rule in answer["passes"])  # it has looked
        found += [(name, rule["id"], rule["nodes"][0]["html"][:200]) for rule in answer["violations"]]
    assert found == []


def test_the_search_finds_as_one_types_and_goes_there_by_keyboard(visit, portal):
    page = visit()
    page.goto(f"{portal}/index.html")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("daily_rev")
    first = page.locator("#found li").first
    expect(first).to_contain_text("finance/daily_revenue")
    expect(first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url("**/products/finance/daily_revenue.html")
    page.keyboard.press("/")
    page.keyboard.type("orders purchased")
    expect(page.locator("#found li").first).to_contain_text("purchased_at")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/products/sales/orders.html#orders--purchased_at")
    expect(page.locator("#orders--purchased_at")).to_be_in_viewport()


@pytest.mark.parametrize(
    ("words", "found"),
    [("seller_id", "column"), ("source-aligned", "tag"), ("finance", "domain"), ("what was ordered", "product")],
)
def test_the_search_finds_columns_tags_domains_and_what_products_are_for(visit, portal, words, found):
    page = visit()
    page.goto(f"{portal}/products/sales/orders.html")
    page.fill("#search", words)
    expect(page.locator("#found li").first.locator(".kind")).to_have_text(found)


def test_the_search_says_when_nothing_is_found_and_takes_what_is_typed_as_text(visit, portal):
    page = visit()
    page.goto(f"{portal}/index.html")
    page.fill("#search", "<img src=x onerror=alert(1)>")
    expect(page.locator("#found")).to_contain_text("No result for “<img src=x onerror=alert(1)>”.")
    page.keyboard.press("Escape")
    expect(page.locator("#found")).to_be_hidden()


def test_the_first_thing_that_tab_reaches_leads_to_the_content(visit, portal):
    page = visit()
    page.goto(f"{portal}/products/sales/orders.html")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_theme_is_the_system_s_until_one_chooses_and_is_remembered(visit, portal):
    page = visit(color_scheme="dark")
    page.goto(f"{portal}/index.html")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.click("#theme")
    expect(page.locator("#theme")).to_have_attribute("aria-label", "Theme: light")
    light = page.evaluate(ground)
    assert dark != light
    page.goto(f"{portal}/domains/sales.html")
    assert page.evaluate(ground) == light
    page.click("#theme")
    assert page.evaluate(ground) == dark


def test_ways_to_read_are_tabs_that_the_keyboard_moves_on_all_ports_at_once(visit, portal):
    page = visit()
    page.goto(f"{portal}/products/sales/orders.html")
    first = page.locator("[role=tablist]").first
    first.get_by_role("tab", name="SQL").focus()
    page.keyboard.press("ArrowRight")
    expect(first.get_by_role("tab", name="Python")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#orders--python")).to_be_visible()
    expect(page.locator("#order_items--python")).to_be_visible()
    expect(page.locator("#orders--sql")).to_be_hidden()


def test_lineage_can_be_walked_from_column_to_column_back_to_the_sources(visit, portal):
    page = visit()
    page.goto(f"{portal}/lineage.html#finance/channel_return.commission")
    expect(page.locator("#walk-says")).to_contain_text("finance/channel_return.commission")
    page.locator('.station[data-port="sales/order_items"] button', has_text="price").click()
    expect(page.locator("#pick-port")).to_have_value("sales/order_items")
    expect(page.locator("#pick-column")).to_have_value("price")
    assert page.url.endswith("#sales%2Forder_items.price")
    expect(page.locator(".station.focus header")).to_have_text("sales/order_items")
    expect(page.locator("#paths")).to_contain_text("sales/raw_order_items.price")
    expect(page.locator("#paths")).to_contain_text("finance/daily_revenue")
    page.go_back()
    expect(page.locator("#pick-port")).to_have_value("finance/channel_return")


def test_pointing_at_a_product_lights_up_what_it_stands_on_and_what_stands_on_it(visit, portal):
    page = visit()
    page.goto(f"{portal}/index.html")
    page.locator('.mesh .node[data-key="marketing/leads"]').hover()
    lit = page.eval_on_selector_all(".mesh .node.lit", "nodes => nodes.map(node => node.dataset.key).sort()")
    assert {"marketing/leads", "marketing/channel_performance", "finance/channel_return"} <= set(lit)
    assert "sales/sellers" not in lit
    page.locator('.mesh .node[data-key="marketing/leads"]').click()
    page.wait_for_url("**/products/marketing/leads.html")
