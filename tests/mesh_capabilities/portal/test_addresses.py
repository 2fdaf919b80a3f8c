"""Paths of pages: plain names are kept, and no name leads out of the folder."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_capabilities.portal.addresses import column_anchor, product_path, root_from, segment

ANY = st.text(st.characters(exclude_categories=()), max_size=60)


def test_a_plain_name_is_its_own_address():
    assert product_path("sales/order_items") == "products/sales/order_items.html"
    assert column_anchor("sales/orders", "order_id") == "orders--order_id"


@given(ANY)
def test_no_name_leads_out_of_the_folder_or_has_a_meaning_in_html_or_shells(name):
    assert re.fullmatch(r"[a-z0-9_-]+", segment(name))


@given(ANY, ANY)
def test_two_names_have_two_addresses(one, other):
    assert (segment(one) == segment(other)) == (one == other)


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/../../b", "sales/..", "/", "..", "", "sales/<script>", "x/\\..\\y"])
def test_a_product_named_like_a_path_has_a_page_below_the_products(name):
    parts = product_path(name).split("/")
    assert parts[0] == "products" and len(parts) == 3 and ".." not in parts and "" not in parts


def test_the_path_from_a_page_to_the_root():
    assert [root_from(page) for page in ("index.html", "domains/a.html", "products/a/b.html")] == ["", "../", "../../"]
