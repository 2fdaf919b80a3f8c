"""The shop: every row of its files is a function of the seed and the row's number, defined in SQL."""

from collections.abc import Iterator
from dataclasses import asdict
from importlib.resources import files
from typing import TYPE_CHECKING

from marketplace.dirt import WRONG
from marketplace.places import PLACES, ROUND, STRIDE
from marketplace.scale import Scale
from mesh_platform.names import identifier, literal

if TYPE_CHECKING:
    import duckdb

_SCRIPTS = (
    "draws",
    "words",
    "comments",
    "categories",
    "cities",
    "calendar",
    "sellers",
    "products",
    "leads",
    "deals",
    "orders",
    "customers",
    "order_items",
    "order_payments",
    "order_reviews",
)
"""The files in `sql/`; each uses only definitions of the files before it."""


def open_shop(scale: Scale, seed: int) -> "duckdb.DuckDBPyConnection":
    """An in-memory database with the table macros that generate the rows of the shop, such as `olist_orders(0, 100)`."""
    import duckdb

    connection = duckdb.connect(":memory:")
    for statement in _settings(scale, seed):
        connection.execute(statement)
    for name in _SCRIPTS:
        connection.execute(files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8"))
    for (question,) in connection.execute("SELECT DISTINCT question FROM words").fetchall():
        connection.execute(_choices(question))
    return connection


def _settings(scale: Scale, seed: int) -> Iterator[str]:
    """The statements that pass values from Python to SQL: the seed, the scale, the errors and the places."""
    yield f"SET VARIABLE seed = {literal(str(seed))}"
    for name in ("orders", "sellers", "products", "leads", "deals", "newcomers", "first_sale_step"):
        yield f"SET VARIABLE {name} = {literal(getattr(scale, name))}"
    for name, every in WRONG.items():
        yield f"CREATE MACRO {name}(number) AS {every.sql}"
    yield f"CREATE MACRO place_number(number) AS number * {STRIDE} % {ROUND}"
    yield f"SET VARIABLE places = [{', '.join(map(_struct, map(asdict, PLACES)))}]"


def _struct(fields: dict) -> str:
    return "{" + ", ".join(f"{name}: {literal(value)}" for name, value in fields.items()) + "}"


def _choices(question: str) -> str:
    """The statement that creates the list for `pick`, which contains each word as many times as its weight."""
    return f"""
        SET VARIABLE {identifier(question)} = (
            SELECT list(word ORDER BY words.rowid) FROM words, range(weight) WHERE question = {literal(question)}
        )
    """
