"""Sample source files: a marketplace of any size, byte-identical on every machine, with known amounts of dirt."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from marketplace.exchange_rates import NAME as _EXCHANGE_RATES
from marketplace.exchange_rates import write_exchange_rates
from marketplace.files import TRANSLATION, shop_files, write, write_translation
from marketplace.known import known_amounts
from marketplace.scale import Scale
from marketplace.shop import open_shop

__all__ = ["generate"]


def generate(
    folder: Path,
    orders: int = 10_000,
    seed: int = 42,
    progress: Callable[[str, int], None] | None = None,
) -> dict:
    """Writes the source files of the sample company below `folder`: ten in `olist/`, one in `ecb_fx/`.

    Existing files of the same names are replaced, each when its successor is complete. The same `orders` and `seed` give
    the same bytes on every machine; another seed gives other bytes.

    Args:
        folder: the parent of the two folders, which are created if necessary.
        orders: the number of rows of the orders file; all other files are in proportion. From 1000 orders on, there is
            dirt of every kind.
        seed: any integer.
        progress: called repeatedly with the name of the current file below `folder` and its number of rows so far.

    Returns:
        The known amounts, as JSON types: `orders`, `seed`, `rows` per file, `orders_by_status`, `people` (distinct
        customers), `sellers_won_by_marketing` (who then sold), `payments_total` in Brazilian real (text, two decimals),
        and the amount of each kind of `dirt`.

    Raises:
        ValueError: `orders` is not an integer of 1 or more, or `seed` is not an integer.
    """
    _check("orders", orders, least=1)
    _check("seed", seed)
    report = progress or (lambda file_name, rows: None)
    folder = Path(folder)
    for name in ("olist", "ecb_fx"):
        (folder / name).mkdir(parents=True, exist_ok=True)

    scale = Scale(orders)
    with open_shop(scale, seed) as shop:
        known = known_amounts(scale, seed, shop, working=lambda: report(TRANSLATION, 0))
        report(TRANSLATION, write_translation(folder, shop))
        for file in shop_files(scale):
            write(file, folder, shop, partial(report, file.name))
    report(_EXCHANGE_RATES, write_exchange_rates(folder, seed))
    return known


def _check(name: str, value: object, least: int | None = None) -> None:
    # In Python, True and False are integers.
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{name} is {value!r}; it must be an integer.")
    if least is not None and value < least:
        raise ValueError(f"{name} is {value}; it must be {least} or more.")
