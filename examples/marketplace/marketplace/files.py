"""The CSV files of the shop, and how their rows are written from SQL."""

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
    """One file and the table macro that generates its rows.

    Args:
        table: the macro's name; the file is named `olist/<table>_dataset.csv`.
        numbers: the macro generates the rows for the numbers 0 to `numbers` - 1.
        as_is: the macro returns the text as it is written, quotes included; otherwise fields are quoted where necessary.
    """

    table: str
    numbers: int
    as_is: bool = False

    @property
    def name(self) -> str:
        return f"olist/{self.table}_dataset.csv"


def shop_files(scale: Scale) -> tuple[ShopFile, ...]:
    """All files except the translation, which has a fixed size."""
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
    """The numbers below `numbers`, in batches (start, stop) for one query each.

    A batch is large enough that planning the query costs nothing in comparison, and small enough for little memory and a
    progress report every second.
    """
    size = 200_000
    for start in range(0, numbers, size):
        yield start, min(start + size, numbers)


def write(file: ShopFile, folder: Path, shop: "duckdb.DuckDBPyConnection", report: Callable[[int], None]) -> None:
    """Writes the file below `folder`, and calls `report` with the number of rows after every batch."""
    path = folder / file.name
    piece = path.with_name(f"{path.name}.piece")
    # With an empty QUOTE, DuckDB writes text unchanged.
    options = "FORMAT csv, QUOTE '', ESCAPE ''" if file.as_is else "FORMAT csv"
    rows = 0
    with whole_file(path) as whole:
        try:
            for start, stop in pieces(file.numbers):
                result = shop.execute(f"""
                    COPY (FROM {file.table}({start}, {stop})) TO {literal(piece)} ({options}, HEADER {start == 0})
                """)
                rows += result.fetchone()[0]
                with piece.open("rb") as batch:
                    shutil.copyfileobj(batch, whole)
                report(rows)
        finally:
            piece.unlink(missing_ok=True)


def write_translation(folder: Path, shop: "duckdb.DuckDBPyConnection") -> int:
    """Writes the names of the categories in both languages, and returns the number of rows.

    Unlike the other files, it begins with a byte-order mark, has Windows line endings, and no line ending at its end.
    """
    rows = shop.execute("SELECT portuguese, english FROM categories ORDER BY rowid").fetchall()
    lines = [("product_category_name", "product_category_name_english"), *rows]
    with whole_file(folder / TRANSLATION) as file:
        file.write("\r\n".join(map(",".join, lines)).encode("utf-8-sig"))
    return len(rows)
