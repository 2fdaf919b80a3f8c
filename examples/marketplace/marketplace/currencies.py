"""The currencies of the exchange rate sheet: when each was quoted, and at which approximate rate."""

from datetime import date
from typing import NamedTuple

FIRST_DAY = date(1999, 1, 4)
LAST_DAY = date(2018, 12, 31)


class Currency(NamedTuple):
    """One column of the sheet. Rates are units of the currency for one euro."""

    code: str
    first_rate: float
    last_rate: float
    decimals: int = 4
    daily_swing: float = 0.004
    """The maximum change of the rate in a day, as a fraction of the rate; 0 for a currency pegged to the euro."""
    quoted_from: date = FIRST_DAY
    quoted_until: date = LAST_DAY


CURRENCIES = (
    Currency("USD", 1.18, 1.15),
    Currency("JPY", 133, 126, decimals=2),
    Currency("BGN", 1.9558, 1.9558, daily_swing=0, quoted_from=date(2000, 7, 19)),
    Currency("CYP", 0.582, 0.585, decimals=5, daily_swing=0.0005, quoted_until=date(2007, 12, 31)),
    Currency("CZK", 35, 25.7, decimals=3, daily_swing=0.002),
    Currency("DKK", 7.45, 7.46, daily_swing=0.00005),
    Currency("EEK", 15.6466, 15.6466, daily_swing=0, quoted_until=date(2010, 12, 31)),
    Currency("GBP", 0.71, 0.9, decimals=5),
    Currency("HUF", 251, 321, decimals=2),
    Currency("LTL", 4.7, 3.45, daily_swing=0.001, quoted_until=date(2014, 12, 31)),
    Currency("LVL", 0.667, 0.703, daily_swing=0.001, quoted_until=date(2013, 12, 31)),
    Currency("MTL", 0.443, 0.429, daily_swing=0.0005, quoted_until=date(2007, 12, 31)),
    Currency("PLN", 4.07, 4.3),
    Currency("ROL", 13100, 36000, decimals=0, quoted_until=date(2005, 6, 30)),
    Currency("RON", 3.6, 4.66, quoted_from=date(2005, 7, 1)),
    Currency("SEK", 9.5, 10.25),
    Currency("SIT", 189, 239.64, daily_swing=0.0005, quoted_until=date(2006, 12, 29)),
    Currency("SKK", 43, 30.1, decimals=3, daily_swing=0.001, quoted_until=date(2008, 12, 31)),
    Currency("CHF", 1.62, 1.13, daily_swing=0.002),
    Currency("ISK", 81, 290, decimals=2, quoted_until=date(2008, 12, 9)),
    Currency("NOK", 8.85, 9.95),
    Currency("HRK", 7.42, 7.41, daily_swing=0.001, quoted_from=date(2005, 4, 1)),
    Currency("RUB", 36, 79.7, daily_swing=0.006, quoted_from=date(2005, 4, 1)),
    Currency("TRL", 372000, 1836000, decimals=0, daily_swing=0.006, quoted_until=date(2004, 12, 31)),
    Currency("TRY", 1.82, 6.06, daily_swing=0.006, quoted_from=date(2005, 1, 3)),
    Currency("AUD", 1.91, 1.62),
    Currency("BRL", 2.6, 4.44, quoted_from=date(2008, 1, 2)),
    Currency("CAD", 1.8, 1.56),
    Currency("CNY", 10.7, 7.88, quoted_from=date(2005, 4, 1)),
    Currency("HKD", 9.13, 8.97),
    Currency("IDR", 12270, 16500, decimals=2, quoted_from=date(2005, 4, 1)),
    Currency("ILS", 4.73, 4.3, quoted_from=date(2011, 1, 3)),
    Currency("INR", 67, 79.7, quoted_from=date(2009, 1, 2)),
    Currency("KRW", 1399, 1278, decimals=2),
    Currency("MXN", 16, 22.5, quoted_from=date(2008, 1, 2)),
    Currency("MYR", 4.92, 4.73, quoted_from=date(2005, 4, 1)),
    Currency("NZD", 2.22, 1.71),
    Currency("PHP", 71, 60.1, decimals=3, quoted_from=date(2005, 4, 1)),
    Currency("SGD", 1.96, 1.56),
    Currency("THB", 50.7, 37, decimals=3, quoted_from=date(2005, 4, 1)),
    Currency("ZAR", 6.94, 16.5, daily_swing=0.006),
)
