"""The shop's payments, and the reference rates of the European Central Bank, reshaped from a sheet into a table."""

from typing import TYPE_CHECKING

from mesh_platform import CsvSource, Reshape

if TYPE_CHECKING:
    import pandas

PAYMENTS = CsvSource(
    "payments",
    "olist/olist_order_payments_dataset.csv",
    description="One row per payment; an order may be paid in several.",
    columns={
        "order_id": "VARCHAR",
        "payment_sequential": "INTEGER",
        "payment_type": "VARCHAR",
        "payment_installments": "INTEGER",
        "payment_value": "DECIMAL(12,2)",
    },
)

# The columns of the bank's sheet after the day, as it writes them. Some of these currencies no longer exist.
_CODES = (
    "USD JPY BGN CYP CZK DKK EEK GBP HUF LTL LVL MTL PLN ROL RON SEK SIT SKK CHF ISK NOK "
    "HRK RUB TRL TRY AUD BRL CAD CNY HKD IDR ILS INR KRW MXN MYR NZD PHP SGD THB ZAR"
)
CURRENCIES = _CODES.split()


def one_row_a_rate(sheet: "pandas.DataFrame") -> "pandas.DataFrame":
    """One column per currency becomes one row per rate; a currency not quoted on a day has no row for it."""
    rates = sheet.melt(id_vars="Date", value_vars=CURRENCIES, var_name="currency", value_name="rate")
    return rates.rename(columns={"Date": "day"}).dropna(subset=["rate"])


EXCHANGE_RATES = CsvSource(
    "exchange_rates",
    "ecb_fx/eurofxref-hist.csv",
    description="One row per banking day and currency: units of that currency for 1 euro (European Central Bank).",
    columns={"Date": "DATE"} | dict.fromkeys(CURRENCIES, "DOUBLE"),
    null="N/A",
    trailing_comma=True,
    reshape=Reshape(one_row_a_rate, {"day": "DATE", "currency": "VARCHAR", "rate": "DECIMAL(18,6)"}),
)

SOURCES = [PAYMENTS, EXCHANGE_RATES]
