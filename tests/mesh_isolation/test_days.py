"""Days in arguments, in file paths and in messages."""

from datetime import date
from pathlib import Path

import pytest

from mesh_isolation.days import DayRange, day_of, in_words, ranges


def days(*texts):
    return [date.fromisoformat(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "first", "last", "count"),
    [
        ("2017-01-01..2017-03-31", "2017-01-01", "2017-03-31", 90),
        ("2017-01-01", "2017-01-01", "2017-01-01", 1),
        ("2016-02-28..2016-03-01", "2016-02-28", "2016-03-01", 3),
        (" 2017-12-31..2018-01-01 ", "2017-12-31", "2018-01-01", 2),
    ],
)
def test_a_range_holds_both_of_its_ends(text, first, last, count):
    part = DayRange.parse(text)
    assert [part.first, part.last] == days(first, last)
    assert len(part) == len(list(part)) == count
    assert list(part)[0] in part and list(part)[-1] in part
    assert DayRange.parse(str(part)) == part


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is neither a range like"),
        ("2017", "is neither a range like"),
        ("2017-01-01..", "is neither a range like"),
        ("..2017-01-01", "is neither a range like"),
        ("2017-01-01...2017-01-02", "is neither a range like"),
        ("2017-01-01:2017-01-02", "is neither a range like"),
        ("01.01.2017", "is neither a range like"),
        ("2017-1-1", "is neither a range like"),
        ("2017-02-29", "a day that does not exist"),
        ("2017-01-01..2017-13-01", "a day that does not exist"),
        ("2017-01-02..2017-01-01", "ends before it begins"),
        ("2017-01-01'; DROP TABLE x", "is neither a range like"),
    ],
)
def test_a_text_that_is_not_a_range_is_refused_with_the_reason(text, message):
    with pytest.raises(ValueError, match=message):
        DayRange.parse(text)


def test_days_become_the_fewest_ranges_in_order():
    parts = ranges(days("2017-01-03", "2016-12-31", "2017-01-01", "2017-01-05", "2017-01-01"))
    assert [str(part) for part in parts] == ["2016-12-31..2017-01-01", "2017-01-03", "2017-01-05"]
    assert ranges([]) == []


def test_few_ranges_are_listed_in_full_and_many_by_their_ends():
    assert in_words([]) == "no day"
    assert in_words(days("2017-01-01", "2017-01-02", "2017-01-09")) == "2017-01-01..2017-01-02, 2017-01-09"
    many = days("2017-01-01", "2017-01-03", "2017-01-05", "2017-01-07")
    assert in_words(many) == "4 days from 2017-01-01 to 2017-01-07"


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("v1/day=2017-01-01/part-a.parquet", date(2017, 1, 1)),
        ("v1/on a day=2017-01-01/part.parquet", date(2017, 1, 1)),
        ("v1/part-a.parquet", None),
        ("v1/day=__HIVE_DEFAULT_PARTITION__/part.parquet", None),
        ("day=2017-01-01/v1/part.parquet", None),
    ],
)
def test_a_file_is_of_the_day_that_its_folder_names(path, day):
    assert day_of(Path(path)) == day
