"""The files fit together as those of the marketplace do: what refers to something finds it."""

import pytest


@pytest.mark.parametrize(
    "referring, key, referred",
    [
        ("orders", "customer_id", "customers"),
        ("customers", "customer_id", "orders"),
        ("order_items", "order_id", "orders"),
        ("order_items", "product_id", "products"),
        ("order_items", "seller_id", "sellers"),
        ("order_reviews", "order_id", "orders"),
        ("closed_deals", "mql_id", "marketing_qualified_leads"),
    ],
)
def test_every_reference_finds_its_row(sample, referring, key, referred):
    assert sample.number(f"SELECT count(*) FROM {referring} ANTI JOIN {referred} USING ({key})") == 0


@pytest.mark.parametrize(
    "table, key",
    [
        ("orders", "order_id"),
        ("order_items", "(order_id, order_item_id)"),
        ("order_payments", "(order_id, payment_sequential)"),
        ("order_reviews", "order_id"),
        ("customers", "customer_id"),
        ("products", "product_id"),
        ("sellers", "seller_id"),
        ("marketing_qualified_leads", "mql_id"),
        ("closed_deals", "mql_id"),
        ("closed_deals", "seller_id"),
    ],
)
def test_keys_identify_one_row(sample, table, key):
    assert sample.number(f"SELECT count(*) - count(DISTINCT {key}) FROM {table}") == 0


def test_every_seller_won_by_marketing_who_is_a_seller_sold_and_only_after_that(sample):
    assert sample.number("SELECT count(*) FROM closed_deals SEMI JOIN sellers USING (seller_id)") == 11
    sold = "FROM closed_deals JOIN order_items USING (seller_id) JOIN orders USING (order_id)"
    assert sample.number(f"SELECT count(DISTINCT seller_id) {sold}") == sample.known["sellers_won_by_marketing"] == 11
    assert sample.number(f"SELECT count(*) {sold} WHERE order_purchase_timestamp <= won_date") == 0


def test_a_product_has_one_seller_and_at_most_two_prices(sample):
    products = (
        "SELECT count(DISTINCT seller_id) AS sellers, count(DISTINCT price) AS prices FROM order_items GROUP BY product_id"
    )
    assert sample.sql(f"SELECT max(sellers), max(prices) FROM ({products})") == [(1, 2)]


def test_orders_are_numbered_in_time_from_september_2016_to_october_2018(sample):
    times = [time for (time,) in sample.sql("SELECT order_purchase_timestamp FROM orders")]
    assert times == sorted(times)
    assert (times[0][:7], times[-1][:7]) == ("2016-09", "2018-10")


def test_an_order_has_the_times_of_the_steps_it_came_through(sample):
    steps = """
        SELECT DISTINCT
            order_status,
            (order_approved_at IS NOT NULL)::INT
            + (order_delivered_carrier_date IS NOT NULL)::INT
            + (order_delivered_customer_date IS NOT NULL)::INT
        FROM orders WHERE order_status <> 'canceled' ORDER BY ALL
    """
    assert sample.sql(steps) == [
        ("approved", 1),
        ("created", 0),
        ("delivered", 3),
        ("invoiced", 1),
        ("processing", 1),
        ("shipped", 2),
        ("unavailable", 1),
    ]


def test_somebody_who_returns_may_have_moved(sample):
    cities = "SELECT count(DISTINCT customer_city) AS cities FROM customers GROUP BY customer_unique_id"
    assert sample.number(f"SELECT max(cities) FROM ({cities})") == 2
