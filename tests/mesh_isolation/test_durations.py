"""Durations as people state them."""

from datetime import timedelta
from decimal import Decimal

import pytest

from mesh_isolation.durations import duration_of


@pytest.mark.parametrize(
    ("value", "unit", "months", "time"),
    [
        ("P1Y6M", None, 18, timedelta()),
        ("P1Y", None, 12, timedelta()),
        ("P1Y2M3DT4H5M6S", None, 14, timedelta(days=3, hours=4, minutes=5, seconds=6)),
        ("P1W", None, 0, timedelta(weeks=1)),
        ("PT0.5H", None, 0, timedelta(minutes=30)),
        ("P0,5Y", None, 6, timedelta()),
        (1.5, "years", 18, timedelta()),
        ("1.5", "mo", 1, timedelta(days=15)),
        (0.1, "d", 0, timedelta(seconds=8_640)),
        (90, "m", 0, timedelta(minutes=90)),
    ],
)
def test_a_duration_is_months_and_a_time(value, unit, months, time):
    duration = duration_of(value, unit)
    assert (duration.months, duration.time) == (months, time)


@pytest.mark.parametrize(
    "same",
    [
        [("P1Y", None), ("P12M", None), (1, "y"), (12, "months"), (0.5, "y", 2)],
        [("P1Y6M", None), ("P18M", None), (18, "mo"), (1.5, "y")],
        [("P1W", None), ("P7D", None), ("PT168H", None), (1, "w"), (7, "d"), (168, "h")],
        [("PT1M", None), ("PT60S", None), (1, "m"), (60, "s")],
    ],
)
def test_one_duration_in_other_words_is_the_same(same):
    first, *others = [duration_of(value, unit) for value, unit, *_ in same if not _]
    assert all(other == first for other in others)


def test_a_longer_duration_has_a_longer_length():
    lengths = [duration_of(f"P{months}M", None).length for months in range(1, 60)]
    assert lengths == sorted(set(lengths))
    assert duration_of("P12M", None).length == duration_of("P1Y", None).length == timedelta(days=365)


@pytest.mark.parametrize(
    ("value", "unit", "message"),
    [
        ("P", None, "is 'P', which is no duration of ISO 8601; write one like P1Y6M"),
        ("PT", None, "no duration of ISO 8601"),
        ("P1YT", None, "no duration of ISO 8601"),
        ("P6M1Y", None, "no duration of ISO 8601"),
        ("P1H", None, "no duration of ISO 8601"),
        ("-P1D", None, "has the unit None; write one of s, "),
        (5, None, "has the unit None; write one of s, "),
        ("P1D", "d", "which is no number of days"),
        (True, "d", "which is no number of days"),
        ("nan", "d", "which is no number of days"),
        ("inf", "d", "which is no number of days"),
        (-1, "d", "which is no number of days"),
        ("1/0", "d", "which is no number of days"),
        (1_000_000, "d", "which is no number of days"),
        ("P9999Y", None, "which no calendar reaches"),
        (999_999, "y", "which no calendar reaches"),
    ],
)
def test_what_is_no_duration_is_refused(value, unit, message):
    with pytest.raises(ValueError, match=message):
        duration_of(value, unit)


ENORMOUS = {
    "an exponent": "1e999999999",
    "a negative exponent": "1e-999999999",
    "a decimal": Decimal("1E+99999999"),
    "a small decimal": Decimal("1E-99999999"),
    "a binary number": 1e300,
    "an integer": 10**5_000,
    "digits": "9" * 9_000,
    "no number": "sNaN",
}


@pytest.mark.parametrize("name", ENORMOUS)
def test_a_number_of_any_size_is_refused_at_once_and_briefly(name):
    with pytest.raises(ValueError, match="which is no number of months") as refused:
        duration_of(ENORMOUS[name], "months")
    assert len(str(refused.value)) < 300


def test_a_long_text_of_iso_8601_is_refused_briefly():
    with pytest.raises(ValueError, match="which is no duration") as refused:
        duration_of("P" + "9" * 9_000 + "Y", None)
    assert len(str(refused.value)) < 300
