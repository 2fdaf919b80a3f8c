"""Which sellers, products, leads and deals have errors: every n-th of them, from a first one on."""

from typing import NamedTuple


class Every(NamedTuple):
    """Numbers `first`, `first + step`, `first + 2 * step` …"""

    step: int
    first: int

    def count(self, among: int) -> int:
        """The number of these numbers below `among`."""
        return len(range(self.first, among, self.step))

    @property
    def sql(self) -> str:
        """The condition on a column `number`."""
        return f"number % {self.step} = {self.first}"


# Each name becomes a SQL macro that tests whether a number is one of these; no product has two kinds of errors.
WRONG = {
    "seller_with_comma_in_city": Every(500, 7),
    "product_without_category": Every(54, 7),
    "product_of_first_untranslated_category": Every(300, 11),
    "product_of_second_untranslated_category": Every(300, 12),
    "product_without_measures": Every(1200, 20),
    "lead_without_origin": Every(133, 13),
    "deal_won_before_first_contact": Every(500, 3),
}
