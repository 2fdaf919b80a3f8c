"""Which sellers, products, leads and deals have something wrong with them: every so many, from a first one on."""

from typing import NamedTuple


class Every(NamedTuple):
    """Numbers `first`, `first + step`, `first + 2 * step` …"""

    step: int
    first: int

    def count(self, among: int) -> int:
        """How many of the numbers below `among` these are."""
        return len(range(self.first, among, self.step))

    @property
    def sql(self) -> str:
        """The condition on a column `number`."""
        return f"number % {self.step} = {self.first}"


# Each name becomes a macro in SQL that tells whether a number is one of these; no product is of two kinds.
WRONG = {
    "seller_with_comma_in_city": Every(500, 7),
    "product_without_category": Every(54, 7),
    "product_of_first_untranslated_category": Every(300, 11),
    "product_of_second_untranslated_category": Every(300, 12),
    "product_without_measures": Every(1200, 20),
    "lead_without_origin": Every(133, 13),
    "deal_won_before_first_contact": Every(500, 3),
}
