"""Chance is arithmetic that anybody can repeat, and every list of words is complete."""

import hashlib

import pytest

from marketplace.places import PLACES, ROUND, place_of, total
from marketplace.scale import Scale
from marketplace.shop import open_shop


@pytest.fixture(scope="module")
def shop():
    with open_shop(Scale(1_000), seed=42) as connection:
        yield connection


def draw(question: str, number: int, sides: int) -> int:
    """What draws.sql says, in Python."""
    mask = 2**32 - 1
    die = int(hashlib.md5(f"42 {question}".encode()).hexdigest()[:8], 16)
    x = (number * 2654435769 + die) & mask
    x ^= x >> 16
    x = x * 0x7FEB352D & mask
    x ^= x >> 15
    x = x * 0x846CA68B & mask
    x ^= x >> 16
    return x * sides >> 32


@pytest.mark.parametrize("question, number, sides", [("price", 0, 6), ("price", 1, 6), ("free", 123_456_789, 1_000_000_000)])
def test_a_draw_can_be_repeated_by_hand(shop, question, number, sides):
    assert shop.execute(f"SELECT draw('{question}', {number}, {sides})").fetchone() == (draw(question, number, sides),)


def test_an_identifier_is_the_md5_of_seed_kind_and_number(shop):
    assert shop.execute("SELECT identify('order', 7)").fetchone() == (hashlib.md5(b"42 order 7").hexdigest(),)


def test_a_die_is_fair(shop):
    faces = shop.execute(
        "SELECT draw('any', range, 6) AS face, count(*) FROM range(60_000) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    assert [face for face, _ in faces] == [0, 1, 2, 3, 4, 5]
    assert all(9_700 < count < 10_300 for _, count in faces)


def test_a_scale_is_read_between_its_marks(shop):
    shares = "[0, 250000, 500000, 750000, 999999]"
    scale = f"SELECT list_transform({shares}, lambda share: on_scale([10, 20, 100], share))"
    assert shop.execute(scale).fetchone() == ([10, 15, 20, 60, 99],)


@pytest.mark.parametrize(
    "weights",
    [
        "SELECT question, sum(weight) FROM words GROUP BY question",
        "SELECT 'customers', sum(customers) FROM cities",
        "SELECT 'sellers', sum(sellers) FROM cities",
        "SELECT 'months', sum(weight) FROM months",
    ],
)
def test_weights_add_up_to_a_thousand(shop, weights):
    assert {sum for _, sum in shop.execute(weights).fetchall()} == {1000}


def test_a_thousand_orders_in_a_row_visit_every_place_once():
    assert sorted(map(id, map(place_of, range(5_000, 5_000 + ROUND)))) == sorted(map(id, PLACES))


@pytest.mark.parametrize("orders", [1, 999, 1_000, 2_345])
def test_a_total_by_arithmetic_is_the_total_by_counting(orders):
    assert total(orders, lambda place: place.items) == sum(place_of(order).items for order in range(orders))


def test_a_shop_keeps_the_proportions_of_the_marketplace():
    small, large, huge = Scale(1), Scale(1_000_000), Scale(10_000_000)
    assert (small.sellers, small.products, small.leads, small.deals) == (20, 50, 50, 5)
    assert (large.sellers, large.products, large.leads, large.deals) == (30_000, 330_000, 80_000, 8_400)
    assert (huge.sellers, huge.products, huge.leads) == (30_000, 330_000, 80_000)
    assert large.newcomers / large.deals == 0.45


@pytest.mark.parametrize("orders", [1, 700, 1_000, 10_000, 123_456, 1_000_000])
def test_every_newcomer_is_a_seller_and_comes_of_an_early_deal(orders):
    scale = Scale(orders)
    last = scale.newcomers - 1
    assert 7 * last + 6 < scale.sellers
    assert (5 * last + 2) // 3 < scale.deals * 3 // 4
