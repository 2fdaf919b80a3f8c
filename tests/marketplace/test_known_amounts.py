"""Every known amount is really in the files: counted there, against what the rules said."""

import csv

import pytest

from marketplace.exchange_rates import NAME as EXCHANGE_RATES

# What each kind of dirt is, as somebody who only has the files would ask for it.
DIRT = {
    "paid_orders_without_order": """
        SELECT count(DISTINCT order_id) FROM order_payments ANTI JOIN orders USING (order_id)
    """,
    "orders_without_payment": """
        SELECT count(*) FROM orders ANTI JOIN order_payments USING (order_id)
    """,
    "orders_without_items": """
        SELECT count(*) FROM orders ANTI JOIN order_items USING (order_id)
    """,
    "orders_paid_more_than_a_cent_off": """
        SELECT count(*) FROM amounts WHERE abs(paid - sold) > 0.01
    """,
    "orders_paid_a_cent_off": """
        SELECT count(*) FROM amounts WHERE abs(paid - sold) = 0.01
    """,
    "payments_of_zero": """
        SELECT count(*) FROM order_payments WHERE payment_value = '0.00'
    """,
    "payments_not_defined": """
        SELECT count(*) FROM order_payments WHERE payment_type = 'not_defined'
    """,
    "orders_shipped_before_approval": """
        SELECT count(*) FROM orders WHERE order_delivered_carrier_date < order_approved_at
    """,
    "orders_delivered_before_shipped": """
        SELECT count(*) FROM orders WHERE order_delivered_customer_date < order_delivered_carrier_date
    """,
    "reviews_with_id_of_another": """
        SELECT count(*) - count(DISTINCT review_id) FROM order_reviews
    """,
    "products_without_category": """
        SELECT count(*) FROM products WHERE product_category_name IS NULL
    """,
    "products_without_measures": """
        SELECT count(*) FROM products WHERE product_weight_g IS NULL
    """,
    "products_in_untranslated_categories": """
        SELECT count(*) FROM products ANTI JOIN product_category_name_translation USING (product_category_name)
        WHERE product_category_name IS NOT NULL
    """,
    "categories_without_translation": """
        SELECT count(DISTINCT product_category_name)
        FROM products ANTI JOIN product_category_name_translation USING (product_category_name)
    """,
    "sellers_with_comma_in_city": """
        SELECT count(*) FROM sellers WHERE contains(seller_city, ',')
    """,
    "leads_without_origin": """
        SELECT count(*) FROM marketing_qualified_leads WHERE origin IS NULL
    """,
    "deals_won_before_first_contact": """
        SELECT count(*) FROM closed_deals JOIN marketing_qualified_leads USING (mql_id) WHERE won_date < first_contact_date
    """,
    "deals_with_unknown_seller": """
        SELECT count(*) FROM closed_deals ANTI JOIN sellers USING (seller_id)
    """,
}

AMOUNTS = """
    WITH
        sold AS (
            SELECT order_id, sum(price::DECIMAL(12, 2) + freight_value::DECIMAL(12, 2)) AS sold FROM order_items GROUP BY ALL
        ),
        paid AS (
            SELECT order_id, sum(payment_value::DECIMAL(12, 2)) AS paid FROM order_payments GROUP BY ALL
        ),
        amounts AS (
            SELECT * FROM orders JOIN sold USING (order_id) JOIN paid USING (order_id)
        )
"""


@pytest.mark.parametrize("kind", DIRT)
def test_the_files_hold_the_known_amount_of_dirt(sample, kind):
    assert sample.number(AMOUNTS + DIRT[kind]) == sample.known["dirt"][kind]


def test_there_is_dirt_of_every_kind_and_each_kind_is_checked(sample):
    assert set(DIRT) == set(sample.known["dirt"])
    assert all(count > 0 for count in sample.known["dirt"].values())


def test_every_file_has_the_known_number_of_rows(sample):
    found = {}
    for path in sample.folder.glob("*/*"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            found[path.relative_to(sample.folder).as_posix()] = sum(1 for _ in csv.reader(file)) - 1
    assert found == sample.known["rows"]
    assert found[EXCHANGE_RATES] == 5_160


def test_the_payments_add_up_to_the_known_total(sample):
    ((total,),) = sample.sql("SELECT sum(payment_value::DECIMAL(12, 2))::VARCHAR FROM order_payments")
    assert total == sample.known["payments_total"]


def test_the_known_number_of_orders_has_each_status(sample):
    found = dict(sample.sql("SELECT order_status, count(*) FROM orders GROUP BY ALL"))
    assert found == sample.known["orders_by_status"]


def test_the_customers_are_the_known_number_of_people(sample):
    assert sample.number("SELECT count(DISTINCT customer_unique_id) FROM customers") == sample.known["people"]


def test_three_thousand_orders_have_three_times_the_dirt_of_a_thousand_places(sample):
    """By hand, from the table in places.py."""
    dirt = sample.known["dirt"]
    assert dirt["orders_shipped_before_approval"] == 3 * 13
    assert dirt["orders_without_items"] == 3 * (6 + 1 + 1)
    assert dirt["orders_paid_more_than_a_cent_off"] == 3 * 3
    assert dirt["paid_orders_without_order"] == 3_000 // 500
    assert dirt["products_without_category"] == len(range(7, 990, 54)) == 19
