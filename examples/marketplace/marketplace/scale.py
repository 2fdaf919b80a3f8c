"""How many of everything a shop with so many orders has."""

from dataclasses import dataclass

_SELLERS = range(20, 30_000)
_PRODUCTS = range(50, 330_000)
_LEADS = range(50, 80_000)


@dataclass(frozen=True)
class Scale:
    """The size of the shop; everything follows from the number of orders, in the proportions of the Olist data set.

    Sellers, products and leads have a floor, so that a tiny shop is still a shop, and a ceiling, since a shop with
    many millions of orders sells more of the same.
    """

    orders: int

    @property
    def orphans(self) -> int:
        """Paid orders that have no order row. They are numbered on from `orders`."""
        return self.orders // 500

    @property
    def sellers(self) -> int:
        return _within(self.orders * 3 // 100, _SELLERS)

    @property
    def products(self) -> int:
        """Product p is sold by seller p % sellers, and by nobody else."""
        return _within(self.orders * 33 // 100, _PRODUCTS)

    @property
    def leads(self) -> int:
        return _within(self.orders * 8 // 100, _LEADS)

    @property
    def deals(self) -> int:
        return self.leads * 105 // 1000

    @property
    def newcomers(self) -> int:
        """Deals whose seller went on to sell: 3 in 5 of the earliest three quarters, 45 % of all.

        Newcomer k comes of deal ⌈5k/3⌉ and is seller 7k + 6.
        """
        earliest = self.deals * 3 // 4
        return (earliest * 3 + 2) // 5

    @property
    def first_sale_step(self) -> int:
        """Counting orders from the last one back, every so many the next newcomer surely sells; all in the last sixth."""
        return max(2, self.orders // (6 * self.newcomers))

    @property
    def people(self) -> int:
        """Customers who are different people: the 33rd of every 33 orders is placed by somebody who ordered before."""
        return self.orders - self.orders // 33


def _within(count: int, bounds: range) -> int:
    return min(max(count, bounds.start), bounds.stop)
