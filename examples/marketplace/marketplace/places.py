"""What happens to an order: its place among a thousand decides it, so that every count follows by arithmetic."""

from collections.abc import Callable
from dataclasses import dataclass, replace

ROUND = 1000
STRIDE = 619
"""Order i is at place i * STRIDE % ROUND. The two are coprime, so each round visits every place once, in scattered order."""


@dataclass(frozen=True)
class Place:
    """What happens to the orders at one place; the defaults hold for nearly all places."""

    status: str = "delivered"
    steps: int = 3
    """The last step of the order: 0 purchased, 1 approved, 2 handed to the carrier, 3 delivered."""
    swapped_steps: int = 0
    """1: handed to the carrier before it was approved; 2: delivered before it was handed to the carrier."""
    items: int = 1
    listed: bool = True
    """Whether the items are in the items file."""
    payments: int = 1
    """The number of payments that the amount is split into; 0 if it is not paid."""
    surcharge: int = 0
    """The amount paid in addition to items and freight, in cents."""
    worthless: str = ""
    """The type of an additional payment of 0.00; empty if there is none."""
    reviewed: bool = True
    shares_review: bool = False
    """Whether the review has the id of the previous order's review: one review of two orders."""


_UNUSUAL: tuple[tuple[range, dict], ...] = (
    # Statuses other than delivered: 31 in a thousand.
    (range(101, 102), {"status": "created", "steps": 0}),
    (range(102, 103), {"status": "approved", "steps": 1}),
    (range(103, 106), {"status": "invoiced", "steps": 1}),
    (range(106, 109), {"status": "processing", "steps": 1}),
    (range(109, 120), {"status": "shipped", "steps": 2}),
    (range(120, 126), {"status": "unavailable", "steps": 1, "listed": False}),
    (range(126, 127), {"status": "canceled", "steps": 2}),
    (range(127, 130), {"status": "canceled", "steps": 1}),
    (range(130, 131), {"status": "canceled", "steps": 0, "listed": False}),
    (range(131, 132), {"status": "canceled", "steps": 0, "listed": False, "payments": 0, "worthless": "not_defined"}),
    # Delivered, but with an error. A cent is a rounding difference, and 7.50 is interest.
    (range(141, 154), {"swapped_steps": 1}),
    (range(154, 155), {"swapped_steps": 2}),
    (range(155, 156), {"payments": 0}),
    (range(156, 159), {"surcharge": 750}),
    (range(159, 162), {"surcharge": 1}),
    (range(162, 163), {"worthless": "voucher"}),
    (range(163, 164), {"shares_review": True}),
    # Correct but less usual: partial payment by voucher, orders without a review.
    (range(880, 900), {"payments": 2}),
    (range(900, 910), {"payments": 3}),
    (range(940, 950), {"reviewed": False}),
)


def _basket(place: int) -> int:
    """The number of items: of 100 orders, 90 have one item, 7 have two, 2 have three, 1 has four; 1.14 on average."""
    return (*[1] * 90, *[2] * 7, *[3] * 2, 4)[place % 100]


def _thousand() -> tuple[Place, ...]:
    places = [Place(items=_basket(number)) for number in range(ROUND)]
    for numbers, changes in _UNUSUAL:
        for number in numbers:
            places[number] = replace(places[number], **changes)
    return tuple(places)


PLACES = _thousand()


def place_of(order: int) -> Place:
    """The place of the order with this number, counted from 0."""
    return PLACES[order * STRIDE % ROUND]


def total(orders: int, value: Callable[[Place], int]) -> int:
    """The sum of a value over the first `orders` orders, without visiting each order."""
    rounds, rest = divmod(orders, ROUND)
    return rounds * sum(value(place) for place in PLACES) + sum(value(place_of(order)) for order in range(rest))
