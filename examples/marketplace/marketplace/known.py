"""The known amounts in the generated files, computed from the rules and not from the files, to verify any total."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from marketplace.dirt import WRONG
from marketplace.exchange_rates import NAME as EXCHANGE_RATES
from marketplace.exchange_rates import banking_days
from marketplace.files import TRANSLATION, pieces
from marketplace.places import PLACES, total
from marketplace.scale import Scale

if TYPE_CHECKING:
    import duckdb


def known_amounts(scale: Scale, seed: int, shop: "duckdb.DuckDBPyConnection", working: Callable[[], None]) -> dict:
    """The known amounts, as JSON types; `generate` lists them.

    Calls `working` from time to time, because adding up the payments of many orders is slow.
    """
    return {
        "orders": scale.orders,
        "seed": seed,
        "rows": _rows(scale, shop),
        "orders_by_status": _orders_by_status(scale.orders),
        "people": scale.people,
        "sellers_won_by_marketing": scale.newcomers,
        "payments_total": str(_payments_total(scale, shop, working)),
        "dirt": _dirt(scale),
    }


def _rows(scale: Scale, shop: "duckdb.DuckDBPyConnection") -> dict[str, int]:
    orders = scale.orders
    (categories,) = shop.execute("SELECT count(*) FROM categories").fetchone()
    return {
        "olist/olist_sellers_dataset.csv": scale.sellers,
        "olist/olist_products_dataset.csv": scale.products,
        "olist/olist_customers_dataset.csv": orders,
        "olist/olist_orders_dataset.csv": orders,
        "olist/olist_order_items_dataset.csv": total(orders, lambda place: place.items * place.listed),
        "olist/olist_order_payments_dataset.csv": scale.orphans
        + total(orders, lambda place: place.payments + bool(place.worthless)),
        "olist/olist_order_reviews_dataset.csv": total(orders, lambda place: place.reviewed),
        "olist/olist_marketing_qualified_leads_dataset.csv": scale.leads,
        "olist/olist_closed_deals_dataset.csv": scale.deals,
        TRANSLATION: categories,
        EXCHANGE_RATES: len(banking_days()),
    }


def _orders_by_status(orders: int) -> dict[str, int]:
    statuses = sorted({place.status for place in PLACES})
    return {status: total(orders, lambda place, status=status: place.status == status) for status in statuses}


def _payments_total(scale: Scale, shop: "duckdb.DuckDBPyConnection", working: Callable[[], None]) -> Decimal:
    """The total of all payments in Brazilian real, computed from the items sold and not from the payments."""
    cents = total(scale.orders, lambda place: place.surcharge)
    for start, stop in pieces(scale.orders + scale.orphans):
        (sold,) = shop.execute(
            f"SELECT coalesce(sum(price + freight), 0) FROM items_of({start}, {stop}) WHERE place.payments > 0"
        ).fetchone()
        cents += sold
        working()
    return Decimal(cents).scaleb(-2)


def _dirt(scale: Scale) -> dict[str, int]:
    orders = scale.orders
    untranslated = [
        WRONG["product_of_first_untranslated_category"].count(scale.products),
        WRONG["product_of_second_untranslated_category"].count(scale.products),
    ]
    return {
        "paid_orders_without_order": scale.orphans,
        "orders_without_payment": total(orders, lambda place: not place.payments and not place.worthless),
        "orders_without_items": total(orders, lambda place: not place.listed),
        # Only orders that have both items and payments.
        "orders_paid_more_than_a_cent_off": total(orders, lambda place: place.surcharge > 1),
        "orders_paid_a_cent_off": total(orders, lambda place: place.surcharge == 1),
        "payments_of_zero": total(orders, lambda place: bool(place.worthless)),
        "payments_not_defined": total(orders, lambda place: place.worthless == "not_defined"),
        "orders_shipped_before_approval": total(orders, lambda place: place.swapped_steps == 1),
        "orders_delivered_before_shipped": total(orders, lambda place: place.swapped_steps == 2),
        "reviews_with_id_of_another": total(orders, lambda place: place.shares_review),
        "products_without_category": WRONG["product_without_category"].count(scale.products),
        "products_without_measures": WRONG["product_without_measures"].count(scale.products),
        "products_in_untranslated_categories": sum(untranslated),
        "categories_without_translation": sum(map(bool, untranslated)),
        "sellers_with_comma_in_city": WRONG["seller_with_comma_in_city"].count(scale.sellers),
        "leads_without_origin": WRONG["lead_without_origin"].count(scale.leads),
        "deals_won_before_first_contact": WRONG["deal_won_before_first_contact"].count(scale.deals),
        "deals_with_unknown_seller": scale.deals - scale.newcomers,
    }
