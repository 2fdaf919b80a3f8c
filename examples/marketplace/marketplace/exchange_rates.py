"""The exchange rate sheet of the European Central Bank: one row per banking day, one column per currency."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

from marketplace.currencies import CURRENCIES, FIRST_DAY, LAST_DAY, Currency
from marketplace.whole_file import whole_file

NAME = "ecb_fx/eurofxref-hist.csv"

_CLOSED = {(1, 1), (5, 1), (12, 25), (12, 26)}
"""(month, day) of holidays without rates; Easter is left out for simplicity."""

_MEMORY = 0.995
"""The fraction of yesterday's distance from the long-term line that remains today; it keeps the walk near the line."""


def write_exchange_rates(folder: Path, seed: int) -> int:
    """Writes the sheet below `folder`, newest day first, and returns the number of days."""
    days = banking_days()
    columns = [_column(currency, days, seed) for currency in CURRENCIES]
    rows = [("Date", *(currency.code for currency in CURRENCIES)), *reversed(list(zip(map(str, days), *columns)))]
    with whole_file(folder / NAME) as file:
        # The bank's file has a trailing comma in every line.
        file.writelines(f"{','.join(row)},\n".encode() for row in rows)
    return len(days)


def banking_days() -> list[date]:
    """The days on which rates are set, oldest first."""
    all_days = (FIRST_DAY + timedelta(days=number) for number in range((LAST_DAY - FIRST_DAY).days + 1))
    return [day for day in all_days if day.weekday() < 5 and (day.month, day.day) not in _CLOSED]


def _column(currency: Currency, days: list[date], seed: int) -> list[str]:
    """The texts of one column, one per day."""
    quoted = [day for day in days if currency.quoted_from <= day <= currency.quoted_until]
    rates = dict(zip(quoted, _walk(currency, len(quoted), seed)))
    return [_text(rates[day], currency.decimals) if day in rates else "N/A" for day in days]


def _walk(currency: Currency, days: int, seed: int) -> Iterator[float]:
    """A random walk along the straight line from the first rate to the last.

    It uses only random() and the four arithmetic operations, which give the same digits on every machine and Python.
    """
    generator = Random(f"{seed} {currency.code}")
    distance = 0.0
    for day in range(days):
        line = currency.first_rate + (currency.last_rate - currency.first_rate) * day / (days - 1)
        yield line * (1 + distance)
        distance = distance * _MEMORY + (generator.random() * 2 - 1) * currency.daily_swing


def _text(rate: float, decimals: int) -> str:
    """A rate as the bank writes it, without trailing zeros."""
    text = f"{rate:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text
