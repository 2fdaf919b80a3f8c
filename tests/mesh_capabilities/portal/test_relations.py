"""Who consumes whom, and who is hurt."""

from mesh_capabilities.portal.relations import Hurt, Relations


def test_who_is_hurt_is_everybody_downstream_the_nearest_first(shop):
    relations = Relations(shop.facts())
    assert relations.hurt_by("sales/orders") == [Hurt("finance/revenue", 1), Hurt("marketing/segments", 1)]
    assert relations.hurt_by("finance/revenue") == []


def test_a_circle_of_products_ends_and_nobody_hurts_itself(paper):
    for name in ("a/one", "a/two", "a/three"):
        paper.product(name)
    for consumer, port in (("a/two", "a/one"), ("a/three", "a/two"), ("a/one", "a/three"), ("a/one", "a/one")):
        paper.reads(consumer, port)
    assert Relations(paper.facts()).hurt_by("a/one") == [Hurt("a/two", 1), Hurt("a/three", 2)]


def test_what_a_model_reads_in_its_own_domain_is_an_arrow_too(paper):
    paper.product("a/one")
    paper.product("a/two")
    paper.add("inputs_used", port="a/two", product="a/two", input="a/one", domain="a", input_domain="a")
    assert Relations(paper.facts()).arrows == {("a/one", "a/two"): ("a/one",)}


def test_an_input_that_nobody_publishes_is_told_apart(shop):
    shop.reads("finance/revenue", "gone/away")
    relations = Relations(shop.facts())
    assert [row["input"] for row in relations.unknown_inputs("finance/revenue")] == ["gone/away"]
    assert "gone/away" not in str(relations.arrows)
