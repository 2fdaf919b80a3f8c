"""The relations between products: producers, consumers and everything downstream."""

from mesh_capabilities.portal.portal_facts import DownstreamProduct, Relations


def test_downstream_products_are_listed_the_nearest_first(shop):
    relations = Relations(shop.facts())
    assert relations.downstream("sales/orders") == [
        DownstreamProduct("finance/revenue", 1),
        DownstreamProduct("marketing/segments", 1),
    ]
    assert relations.downstream("finance/revenue") == []


def test_a_cycle_of_products_ends_and_no_product_is_downstream_of_itself(paper):
    for name in ("a/one", "a/two", "a/three"):
        paper.product(name)
    for consumer, port in (("a/two", "a/one"), ("a/three", "a/two"), ("a/one", "a/three"), ("a/one", "a/one")):
        paper.reads(consumer, port)
    assert Relations(paper.facts()).downstream("a/one") == [DownstreamProduct("a/two", 1), DownstreamProduct("a/three", 2)]


def test_an_input_of_the_own_domain_is_an_arrow_too(paper):
    paper.product("a/one")
    paper.product("a/two")
    paper.add("inputs_used", port="a/two", product="a/two", input="a/one", domain="a", input_domain="a")
    assert Relations(paper.facts()).arrows == {("a/one", "a/two"): ("a/one",)}


def test_an_input_that_no_product_publishes_is_unknown(shop):
    shop.reads("finance/revenue", "gone/away")
    relations = Relations(shop.facts())
    assert [row["input"] for row in relations.unknown_inputs("finance/revenue")] == ["gone/away"]
    assert "gone/away" not in str(relations.arrows)
