"""The pages: their contents, working links, and names that cannot break them."""

import re
from posixpath import dirname, normpath
from urllib.parse import unquote

from mesh_capabilities.portal.portal_facts import read_facts
from mesh_capabilities.portal.site import build_site

EVIL = "<script>alert(1)</script>"


def test_every_kind_of_page_exists_and_every_link_works(site):
    pages = site.pages
    assert {"index.html", "governance.html", "lineage.html", "glossary.html", "owners.html"} < set(pages)
    assert {"domains/sales.html", "products/sales/orders.html"} < set(pages)
    anchors = {name: set(site.page(name).ids) for name in pages}
    broken = []
    for name in pages:
        for link in site.page(name).every("a"):
            path, _, anchor = link["href"].partition("#")
            target = normpath(f"{dirname(name)}/{path}").lstrip("/") if path else name
            if link["href"].startswith("mailto:") or target == "lineage.html":
                continue  # the anchor of the lineage is read by its script
            if not (site.root / target).is_file() or (anchor and unquote(anchor) not in anchors[target]):
                broken.append((name, link["href"]))
    assert broken == []


def test_no_page_loads_anything_from_outside_the_portal(site):
    for name in site.pages:
        page = site.page(name)
        for tag, attributes in page.elements:
            for key in ("src", "href", "srcset", "action", "data"):
                assert re.match(r"(?![a-z]+:|//|/)|mailto:", attributes.get(key) or ""), (name, tag, attributes)
            assert not [key for key in attributes if key.startswith("on") or key == "style"], (name, tag, attributes)
        policy = next(meta["content"] for meta in page.every("meta") if meta.get("http-equiv") == "Content-Security-Policy")
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'")


def test_every_page_is_usable_with_a_screen_reader_and_a_keyboard(site):
    titles = {}
    for name in site.pages:
        page = site.page(name)
        tags = [tag for tag, _ in page.elements]
        assert (tags.count("h1"), tags.count("main"), tags.count("header") > 0, tags.count("footer")) == (1, 1, True, 1), name
        assert page.every("html")[0]["lang"] == "en"
        assert len(page.ids) == len(set(page.ids)), name
        assert next(link for link in page.every("a"))["href"] == "#content"  # the first link skips the header
        labelled = {label["for"] for label in page.every("label") if "for" in label}
        assert all(field["id"] in labelled for field in page.every("input"))
        assert all(nav.get("aria-label") for nav in page.every("nav"))
        assert all(
            box.get("role") == "region" and box.get("aria-label")
            for tag, box in page.elements
            if box.get("tabindex") == "0" and tag == "div"
        ), name
        assert all(head.get("scope") for head in page.every("th")), name
        levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h[1-6]", tag)]
        assert all(after - before <= 1 for before, after in zip(levels, levels[1:])), (name, levels)
        titles[name] = re.search("<title>(.*?)</title>", page.raw, re.S)[1]
    assert len(set(titles.values())) == len(titles)


def test_a_product_page_shows_purpose_owner_consumers_and_affected_products(site):
    text = site.page("products/sales/orders.html").text
    for text_part in (
        "To know orders.",
        "data-sales@example.com",
        "Version 3, 30 rows in 3.0 kB, published 1 Mar 2026, 12:00 UTC.",
        "Affected by a change 2 downstream products of 2 owners: finance/revenue, marketing/segments",
        "A new version is published at least every day.",
        "1 passed",
    ):
        assert text_part in text, text_part


def test_a_column_lists_its_origins_as_links_to_their_pages(site):
    page = site.page("products/marketing/segments.html")
    assert "../../products/sales/orders.html#orders--city" in [link["href"] for link in page.every("a")]
    assert "order_idsales/raw_orders" in site.page("products/sales/orders.html").text


def test_a_deprecated_product_shows_its_end_and_its_successor(site):
    text = site.page("products/sales/returns.html").text
    assert "returns is deprecated and ends on 1 Sep 2026. Its successor is sales/orders." in text


def test_a_draft_is_called_in_development_and_its_transitions_are_listed(shop, built):
    shop.tables["products"][0]["status"] = "draft"
    step = {"from_status": "proposed", "to_status": "draft", "by": "team:sales", "why": "Somebody needs it."}
    shop.add("transitions", product="sales/orders", at=shop.tables["versions"][0]["committed_at"], **step)
    page = built(shop).page("products/sales/orders.html")
    assert "orders is in development." in page.text
    assert "proposed → in development 1 Mar 2026, 09:00 UTC, by team:salesSomebody needs it." in page.text
    assert [stage.get("aria-current") for stage in page.every("li") if "aria-current" in stage] == ["step"]


def test_a_waived_policy_is_shown_as_waived(site):
    text = site.page("products/finance/revenue.html").text
    assert "1 waived" in text and "passed" not in text.split("Policies")[-1].split("Lifecycle")[0]
    marks = re.findall(r'class="mark (\w+)"', site.page("governance.html").raw.split("</table>")[0])
    assert sorted(marks) == ["passed", "violated", "waived"]


def test_tables_that_were_not_harvested_are_shown_as_not_known_yet(shop, built, tmp_path):
    class Some:
        def rows(self, table):
            if table not in ("domains", "products", "ports", "contracts", "columns"):
                raise KeyError(table)
            return shop.rows(table)

    build_site(Some(), None, tmp_path / "some")
    text = (tmp_path / "some/products/sales/orders.html").read_text(encoding="utf-8")
    for sentence in ("Not known yet: no policy has been evaluated.", "No version has been published yet.", "Not known yet."):
        assert sentence in text
    assert "Not known yet" in (tmp_path / "some/governance.html").read_text(encoding="utf-8")


def test_a_broken_domain_is_shown_with_its_problem_and_hides_no_other(shop, built):
    shop.add("domains", domain="torn", state="broken", problem="domains/torn/domain.yaml says no title. Add it.")
    site = built(shop)
    assert "domains/torn/domain.yaml says no title. Add it." in site.page("domains/torn.html").text
    home = site.page("index.html").text
    assert "Does not load torn" in home and "To know orders." in home


def test_a_broken_contract_is_shown_on_the_page_of_its_port(shop, built):
    shop.tables["contracts"][0] |= {"valid": False, "problem": "x.odcs.yaml is not valid ODCS: no schema."}
    assert "x.odcs.yaml is not valid ODCS: no schema." in built(shop).page("products/sales/orders.html").text


HARMFUL = [EVIL, "../../../../tmp/out", "..", 'a"onload="x', "a/b/c", "&lt;", "\u202e\x00\ud800", "'); drop", "{{ 7 * 7 }}"]


def test_products_with_hostile_names_have_ordinary_pages(shop, built, tmp_path):
    values = {"purpose": EVIL, "owner": EVIL, "owner_address": "javascript:alert(1)", "tags": [EVIL]}
    shop.add("owners", owner=EVIL, domains=0, products=1, ports=1)
    shop.policy(EVIL, why=EVIL)
    for name in HARMFUL:
        shop.product(f"sales/{name}", [name, "id"], reads=["sales/orders"], **values)
        shop.edge(f"sales/{name}", name, "sales/orders", "city")
        shop.result(EVIL, f"sales/{name}", "violated", message=EVIL)
    site = built(shop)
    assert {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*")} == {"site"}
    assert len(site.pages) == 5 + 3 + 4 + len(HARMFUL)
    for page in map(site.page, site.pages):
        scripts = [script.get("src", "inline") for script in page.every("script")]
        assert all(re.fullmatch(r"(\.\./)*(assets|data)/[a-z/]+\.js", source) for source in scripts)
        assert not [attributes for _, attributes in page.elements if any(key.startswith("on") for key in attributes)]
        assert not [link for link in page.every("a") if link["href"].lower().startswith("javascript")]
        assert ">49<" not in page.raw
    home = site.page("index.html").text
    assert "To know orders." in home and EVIL in home  # as text


def test_an_owner_without_an_email_address_is_listed(shop, built):
    shop.tables["owners"][0]["owner"] = "platform team"
    assert "platform team no email address" in built(shop).page("owners.html").text


def test_a_table_that_cannot_be_read_hides_no_other():
    class Torn:
        def rows(self, table):
            if table == "products":
                return [{"product": "a/b", "domain": "a"}]
            raise KeyError(table)

    facts = read_facts(Torn())
    assert facts.known("products") and not facts.known("ports") and facts.rows("ports") == ()


def test_a_second_build_writes_only_what_has_changed(shop, built, tmp_path):
    site = built(shop)
    before = {path: path.stat().st_mtime_ns for path in site.root.rglob("*") if path.is_file()}
    shop.tables["products"][1]["purpose"] = "To know what came back."
    done = build_site(shop, None, site.root)
    touched = {path.relative_to(site.root).as_posix() for path, moment in before.items() if path.stat().st_mtime_ns != moment}
    assert {"products/sales/returns.html", "domains/sales.html", "index.html", "data/search.js", "catalog.json"} <= touched
    assert not {"products/finance/revenue.html", "governance.html", "assets/portal.css"} & touched
    assert done.written == len(touched - {".mesh-portal.json"})
