"""The numbers of sellers, products, leads and deals of a shop, derived from its number of orders."""

from dataclasses import dataclass

_SELLERS = range(20, 30_000)
_PRODUCTS = range(50, 330_000)
_LEADS = range(50, 80_000)


@dataclass(frozen=True)
class Scale:
    """The size of the shop: everything follows from the number of orders, in the proportions of the Olist data set.

    Sellers, products and leads have a minimum, so that a tiny shop is still complete, and a maximum, because a shop with
    many millions of orders sells the same products more often.
    """

    orders: int

    @property
    def orphans(self) -> int:
        """Paid orders without an order row. Their numbers start at `orders`."""
        return self.orders // 500

    @property
    def sellers(self) -> int:
        return _within(self.orders * 3 // 100, _SELLERS)

    @property
    def products(self) -> int:
        """Product p is sold only by seller p % sellers."""
        return _within(self.orders * 33 // 100, _PRODUCTS)

    @property
    def leads(self) -> int:
        return _within(self.orders * 8 // 100, _LEADS)

    @property
    def deals(self) -> int:
        return self.leads * 105 // 1000

    @property
    def newcomers(self) -> int:
        """Deals whose seller then sold something: 3 in 5 of the earliest three quarters, 45 % of all.

        Newcomer k belongs to deal ⌈5k/3⌉ and is seller 7k + 6.
        """
        earliest = self.deals * 3 // 4
        return (earliest * 3 + 2) // 5

    @property
    def first_sale_step(self) -> int:
        """Counting back from the last order, the interval at which each newcomer sells; all within the last sixth."""
        return max(2, self.orders // (6 * self.newcomers))

    @property
    def people(self) -> int:
        """Distinct customers: the last of every 33 orders is placed by a returning customer."""
        return self.orders - self.orders // 33


def _within(count: int, bounds: range) -> int:
    return min(max(count, bounds.start), bounds.stop)
