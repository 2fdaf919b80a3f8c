"""What the policies say of a product: whose a result is, and which state counts."""

import pytest

from mesh_capabilities.portal.judgement import Judgement


@pytest.mark.parametrize(
    "subject",
    ["sales/orders", "sales.orders.v1", "sales.orders.v1.order_id", "sales/orders.order_id", "sales.orders.v1#city"],
)
def test_a_result_about_a_part_of_a_product_is_laid_at_its_door(shop, subject):
    assert Judgement(shop.facts()).product_behind(subject) == "sales/orders"


@pytest.mark.parametrize("subject", ["sales", "nobody/knows", "", None, "...", "sales/orders2"])
def test_what_is_no_part_of_a_product_is_nobodys(shop, subject):
    assert Judgement(shop.facts()).product_behind(subject) is None


def test_the_gravest_result_of_a_policy_is_its_state(shop):
    shop.policy("columns_described")
    for column, state in (("order_id", "passed"), ("city", "warned")):
        shop.result("columns_described", f"sales.orders.v1.{column}", state)
    judgement = Judgement(shop.facts())
    assert judgement.state("sales/orders", "columns_described") == "warned"
    assert judgement.counts("sales/orders") == {"passed": 1, "warned": 1}


def test_waived_is_never_counted_as_passed(shop):
    judgement = Judgement(shop.facts())
    assert judgement.counts("finance/revenue") == {"waived": 1}
    assert judgement.counts() == {"passed": 1, "violated": 1, "waived": 1}


def test_a_mesh_without_policies_is_not_judged(paper):
    assert not Judgement(paper.facts()).known
