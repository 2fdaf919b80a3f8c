"""The CSV files of the shop: which there are, and how their rows get from SQL into them."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from marketplace.scale import Scale
from marketplace.whole_file import whole_file
from mesh_platform.names import literal

if TYPE_CHECKING:
    import duckdb

TRANSLATION = "olist/product_category_name_translation.csv"


@dataclass(frozen=True)
class ShopFile:
    """One file and the table macro that makes its rows.

    Args:
        table: the macro's name; the file is called `olist/<table>_dataset.csv`.
        numbers: the macro is asked for the rows of the numbers 0 to `numbers` - 1.
        as_is: the macro gives the text as it is to be written, quotes included; otherwise a field is quoted where it must be.
    """

    table: str
    numbers: int
    as_is: bool = False

    @property
    def name(self) -> str:
        return f"olist/{self.table}_dataset.csv"


def shop_files(scale: Scale) -> tuple[ShopFile, ...]:
    """All but the translation, which is a list of words and knows no scale."""
    return (
        ShopFile("olist_sellers", scale.sellers, as_is=True),
        ShopFile("olist_products", scale.products, as_is=True),
        ShopFile("olist_customers", scale.orders),
        ShopFile("olist_orders", scale.orders),
        ShopFile("olist_order_items", scale.orders),
        ShopFile("olist_order_payments", scale.orders + scale.orphans),
        ShopFile("olist_order_reviews", scale.orders),
        ShopFile("olist_marketing_qualified_leads", scale.leads),
        ShopFile("olist_closed_deals", scale.deals),
    )


def pieces(numbers: int) -> Iterator[tuple[int, int]]:
    """The numbers below `numbers`, as many at a time as one query should go through, as (start, stop).

    Enough at once that planning the query does not count; few enough for little memory and a sign of life each second.
    """
    at_once = 200_000
    for start in range(0, numbers, at_once):
        yield start, min(start + at_once, numbers)


def write(file: ShopFile, folder: Path, shop: "duckdb.DuckDBPyConnection", report: Callable[[int], None]) -> None:
    """Writes the file below `folder`; tells `report` from time to time how many rows it has so far."""
    path = folder / file.name
    piece = path.with_name(f"{path.name}.piece")
    # An empty QUOTE is how DuckDB is told to write text as it is.
    options = "FORMAT csv, QUOTE '', ESCAPE ''" if file.as_is else "FORMAT csv"
    rows = 0
    with whole_file(path) as whole:
        try:
            for start, stop in pieces(file.numbers):
                copied = shop.execute(f"""
                    COPY (FROM {file.table}({start}, {stop})) TO {literal(piece)} ({options}, HEADER {start == 0})
                """)
                rows += copied.fetchone()[0]
                with piece.open("rb") as more:
                    shutil.copyfileobj(more, whole)
                report(rows)
        finally:
            piece.unlink(missing_ok=True)


def write_translation(folder: Path, shop: "duckdb.DuckDBPyConnection") -> int:
    """Writes the names of the categories in both languages; gives the number of rows.

    The file is the odd one out: it begins with a byte-order mark, has the line ends of Windows, and none at its end.
    """
    rows = shop.execute("SELECT portuguese, english FROM categories ORDER BY rowid").fetchall()
    lines = [("product_category_name", "product_category_name_english"), *rows]
    with whole_file(folder / TRANSLATION) as file:
        file.write("\r\n".join(map(",".join, lines)).encode("utf-8-sig"))
    return len(rows)
