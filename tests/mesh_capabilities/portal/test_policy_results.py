"""The policy results of a product: which results belong to it, and which state counts."""

import pytest

from mesh_capabilities.portal.portal_facts import PolicyResults


@pytest.mark.parametrize(
    "subject",
    ["sales/orders", "sales.orders.v1", "sales.orders.v1.order_id", "sales/orders.order_id", "sales.orders.v1#city"],
)
def test_a_result_about_a_part_of_a_product_belongs_to_the_product(shop, subject):
    assert PolicyResults(shop.facts()).product_of(subject) == "sales/orders"


@pytest.mark.parametrize("subject", ["sales", "nobody/knows", "", None, "...", "sales/orders2"])
def test_other_subjects_belong_to_no_product(shop, subject):
    assert PolicyResults(shop.facts()).product_of(subject) is None


def test_the_worst_result_of_a_policy_is_its_state(shop):
    shop.policy("columns_described")
    for column, state in (("order_id", "passed"), ("city", "warned")):
        shop.result("columns_described", f"sales.orders.v1.{column}", state)
    policy_results = PolicyResults(shop.facts())
    assert policy_results.state("sales/orders", "columns_described") == "warned"
    assert policy_results.counts("sales/orders") == {"passed": 1, "warned": 1}


def test_waived_is_never_counted_as_passed(shop):
    policy_results = PolicyResults(shop.facts())
    assert policy_results.counts("finance/revenue") == {"waived": 1}
    assert policy_results.counts() == {"passed": 1, "violated": 1, "waived": 1}


def test_without_policies_no_results_are_known(paper):
    assert not PolicyResults(paper.facts()).known
