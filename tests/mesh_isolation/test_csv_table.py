"""Texts of a CSV file as values: a text is a value only if the value, written back, is the text."""

import math
import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mesh_isolation.csv_file import survey
from mesh_isolation.csv_table import Form, load, shape
from mesh_isolation.time_text import TimeText

NOON = datetime(2018, 1, 31, 12, 30)
KEY = UUID("550e8400-e29b-41d4-a716-446655440000")

READ = {
    "SMALLINT": {"32767": 32767, "-32768": -32768},
    "INTEGER": {"0": 0, "7": 7, "-7": -7, "007": 7, "-007": -7, "30.0": 30, "30.000": 30, "2147483647": 2147483647},
    "BIGINT": {"9223372036854775807": 2**63 - 1, "-9223372036854775808.0": -(2**63), "0" * 40 + "1": 1},
    "HUGEINT": {"170141183460469231731687303715884105727": 2**127 - 1},
    "UBIGINT": {"18446744073709551615": 2**64 - 1},
    "DECIMAL(12,2)": {
        **dict.fromkeys(["1.5", "1.50", "01.50", "1.500", "1.5" + "0" * 60, "0" * 60 + "1.5"], Decimal("1.50")),
        "-0.07": Decimal("-0.07"),
        "9999999999.99": Decimal("9999999999.99"),
        "12": Decimal("12.00"),
        "12.": None,
        "0.00": Decimal("0.00"),
    },
    "DECIMAL(5,0)": {"12": Decimal(12), "12.0": Decimal(12)},
    "DECIMAL(38,2)": {"123456789012345678901234567890123456.78": Decimal("123456789012345678901234567890123456.78")},
    "DOUBLE": {
        "2.5": 2.5,
        "1": 1.0,
        "1.10": 1.1,
        "0.1": 0.1,
        "1e3": 1000.0,
        "1.5E-7": 1.5e-7,
        "-0.0": -0.0,
        "1.7976931348623157e+308": 1.7976931348623157e308,
        "5e-324": 5e-324,
        "0.0000001": 1e-7,
        "0e5": 0.0,
    },
    "FLOAT": {"0.5": 0.5, "123456": 123456.0},
    "BOOLEAN": {"true": True, "True": True, "FALSE": False},
    "DATE": {"2016-02-29": date(2016, 2, 29), "0001-01-01": date(1, 1, 1), "9999-12-31": date(9999, 12, 31)},
    "TIME": {"12:30:00": time(12, 30), "12:30:00.5": time(12, 30, 0, 500_000)},
    "TIMESTAMP": {"2018-01-31 12:30:00": NOON},
    "TIMESTAMPTZ": {"2018-01-31 12:30:00": NOON.replace(tzinfo=UTC)},
    "UUID": {str(KEY): KEY, str(KEY).upper(): KEY},
    "VARCHAR": {" x ": " x ", "NULL": "NULL", "nan": "nan"},
}
del READ["DECIMAL(12,2)"]["12."]

ASIDE = {
    "SMALLINT": ["32768"],
    "INTEGER": [
        "1.00001",
        "1_000",
        "1,000",
        "1e3",
        "+1",
        " 1",
        "1 ",
        "1.",
        ".0",
        "-0",
        "--1",
        "0x10",
        "2147483648",
        "²",
        "١",
        "1.0.0",
    ],
    "UINTEGER": ["-1", "4294967296"],
    "BIGINT": ["9223372036854775808", "1e18"],
    "DECIMAL(12,2)": [
        "9.9999999",
        "1.005",
        "1_0.5",
        "1e-7",
        "1_000",
        "1e2",
        ".5",
        "5.",
        "+1.5",
        "-0.00",
        " 1",
        "10000000000",
        "1,5",
        "nan",
        "inf",
        "€5",
    ],
    "DECIMAL(5,0)": ["1.5", "123456", "0.4"],
    "DOUBLE": [
        "1e400",
        "-1e400",
        "1e-400",
        "nan",
        "NaN",
        "inf",
        "-Infinity",
        "1_000",
        " 1",
        "1,5",
        "+1",
        ".5",
        "5.",
        "0x1p3",
        "1e",
        "123456789012345678",
        "0.1000000000000000055",
    ],
    "FLOAT": ["1e39", "123456789", "nan"],
    "BOOLEAN": ["t", "f", "1", "0", "yes", "no", "on", " true", "truee"],
    "DATE": [
        "2017-01-05x",
        "2017-01-09_or_so",
        "2017-01-06 (BC)",
        "2017-01-05 23:59:59",
        "2017-1-5",
        "2017/01/05",
        "05.01.2017",
        "2017-02-30",
        "infinity",
        "-infinity",
        "epoch",
        "today",
        "10000-01-01",
        "2017-01-05 ",
        "20170105",
        "17-01-05",
        "2017-01-05T00:00:00",
        "0000-01-01",
    ],
    "TIME": ["12:30", "24:30:00", "12:30:00+01", "12:30:00.0", "noon"],
    **dict.fromkeys(
        ("TIMESTAMP", "TIMESTAMPTZ"),
        [
            "infinity",
            "-infinity",
            "epoch",
            "now",
            "2018-01-31",
            "2018-01-31T12:30:00",
            "2018-01-31 12:30",
            "2018-01-31 12:30:00Z",
            "2018-01-31 12:30:00+02",
            "2018-01-31 12:30+01",
            "2018-01-31 12:30:00.0",
            "2018-01-31 12:30:00 UTC",
            "2018-1-31 12:30:000",
            "2018-02-30 12:30:00",
            "2018-01-31 24:00:00",
            "2018-01-31 12:30:60",
            "31-01-2018 12:30:00",
            "2018-01-31 12:30:00 (BC)",
        ],
    ),
    "UUID": ["{" + str(KEY) + "}", KEY.hex, f"urn:uuid:{KEY}", f" {KEY}", str(KEY)[:-1], "550e8400e29b-41d4-a716-446655440000"],
}


@pytest.fixture
def values(tmp_path):
    """Reads texts as values of a type, in quotes; returns the values and the reasons of those that were set aside."""

    def values_of(kind, texts, **options):
        lines = "".join('"{}"\n'.format(text.replace('"', '""')) for text in texts)
        path = tmp_path / "things.csv"
        path.write_text(f"a\n{lines}", encoding="utf-8", newline="")
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            aside = load(survey(path, 1), Form({"a": kind}, **options), "t", connection)
            return [value for (value,) in connection.execute("FROM t").fetchall()], aside

    return values_of


@pytest.mark.parametrize("kind", READ)
def test_a_text_that_its_value_gives_back_is_read(kind, values):
    found, aside = values(kind, READ[kind])
    assert aside == []
    # As texts: -0.0 equals 0.0, and 1.5 equals 1.50.
    assert list(map(str, found)) == list(map(str, READ[kind].values()))


@pytest.mark.parametrize("kind", ASIDE)
def test_a_text_that_its_value_does_not_give_back_is_set_aside_without_it(kind, values):
    found, aside = values(kind, ASIDE[kind])
    assert found == []
    form = " in the format %Y-%m-%d %H:%M:%S" if "STAMP" in kind else ""
    assert [row.reason for row in aside] == [
        f'column "a": a text like {shape(text)} is no {kind}{form}' for text in ASIDE[kind]
    ]
    assert [row.line for row in aside] == [*range(2, 2 + len(ASIDE[kind]))]


FORMATS = {
    "%d/%m/%Y %H:%M": ("31/01/2018 12:30", ["31/1/2018 12:30", "31/01/2018 12:30:00", "01/31/2018 12:30", "infinity"]),
    "%Y-%m-%dT%H:%M:%SZ": ("2018-01-31T12:30:00Z", ["2018-01-31T12:30:00", "2018-01-31T12:30:00+00"]),
    "%Y-%m-%d %H:%M:%S.%f": ("2018-01-31 12:30:00.000000", ["2018-01-31 12:30:00", "2018-01-31 12:30:00.0"]),
    "%Y-%m-%d %H:%M:%S%z": ("2018-01-31 14:30:00+02:00", ["2018-01-31 14:30:00", "2018-1-31 14:30:00+02", "infinity", "epoch"]),
}


@pytest.mark.parametrize("kind", ["TIMESTAMP", "TIMESTAMPTZ"])
@pytest.mark.parametrize("format", FORMATS)
def test_times_are_read_in_the_declared_format_and_in_no_other(format, kind, values):
    good, bad = FORMATS[format]
    found, aside = values(kind, [good, *bad], timestamp_format=format)
    assert found == [NOON.replace(tzinfo=UTC if kind == "TIMESTAMPTZ" else None)]
    assert [row.text for row in aside] == [f'"{text}"' for text in bad]


HOURS, MINUTES = st.integers(0, 99), st.integers(0, 99)
OFFSETS = st.tuples(st.sampled_from("+-"), HOURS, st.sampled_from(["", ":"]), MINUTES | st.none())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(offsets=st.lists(OFFSETS, min_size=1, max_size=20))
def test_an_offset_that_no_clock_has_is_set_aside_and_any_other_is_read(offsets, values):
    texts, moments, bad = [], [], []
    for sign, hours, between, minutes in offsets:
        offset = f"{sign}{hours:02}" + ("" if minutes is None else f"{between}{minutes:02}")
        texts.append(f"2018-01-31 12:30:00{offset}")
        if hours > 15 or (minutes or 0) > 59:
            bad.append(f'"{texts[-1]}"')
        else:
            late = timedelta(hours=hours, minutes=minutes or 0)
            moments.append(NOON.replace(tzinfo=UTC) + (late if sign == "-" else -late))
    found, aside = values("TIMESTAMPTZ", texts, timestamp_format="%Y-%m-%d %H:%M:%S%z")
    assert (found, [row.text for row in aside]) == (moments, bad)
    zone = TimeText("yyyy-MM-dd HH:mm:ssX")
    rows = ", ".join(f"('{text}')" for text in texts)
    broken = duckdb.execute(f"SELECT text FROM (VALUES {rows}) AS texts(text) WHERE {zone.breaks('text')}").fetchall()
    short = {text for text, (*_, minutes) in zip(texts, offsets) if minutes is None}  # X has minutes
    assert {f'"{text}"' for (text,) in broken if text not in short} == {text for text in bad if text.strip('"') not in short}


def decimals(width, scale):
    return st.integers(-(10**width) + 1, 10**width - 1).map(lambda number: Decimal(f"{number}e-{scale}"))


def written(value):
    return format(value, "f") if isinstance(value, Decimal) else str(value)


days = st.dates()
moments = st.datetimes().map(lambda moment: moment.replace(microsecond=0))
VALUES = {
    "INTEGER": st.integers(-(2**31), 2**31 - 1),
    "BIGINT": st.integers(-(2**63), 2**63 - 1),
    "DECIMAL(12,2)": decimals(12, 2),
    "DECIMAL(38,10)": decimals(38, 10),
    "DOUBLE": st.floats(allow_nan=False, allow_infinity=False),
    "DATE": days,
    "TIMESTAMP": moments.filter(lambda moment: moment.year >= 1000),
    "UUID": st.uuids(),
}
ROUND = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("kind", VALUES)
@ROUND
@given(data=st.data())
def test_every_value_that_is_written_in_its_form_is_read_back(kind, values, data):
    sent = data.draw(st.lists(VALUES[kind], min_size=1, max_size=200))
    found, aside = values(kind, map(written, sent))
    assert aside == []
    assert list(map(str, found)) == list(map(str, sent))


ODD = st.text("0123456789.-+eE_ ,xnaif:/TZ", max_size=12)
LIKE = {
    "INTEGER": st.from_regex(r"[-+]?0*[0-9]{0,12}(\.[0-9]*)?", fullmatch=True),
    "DECIMAL(12,2)": st.from_regex(r"[-+]?0*[0-9]{0,11}(\.[0-9]{0,6})?(e[0-9])?", fullmatch=True),
    "DOUBLE": st.from_regex(r"-?[0-9]{1,19}(\.[0-9]{0,19})?(e[-+]?[0-9]{1,3})?", fullmatch=True),
    "DATE": st.from_regex(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}[ x]?", fullmatch=True),
    "TIMESTAMP": st.from_regex(r"20[0-9]{2}-[0-9]{2}-[0-3][0-9][ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?(\.0|Z|\+01)?", fullmatch=True),
}


def canonical(text):
    """A text of a number without its leading zeros, and without the zeros at the end of its fraction."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, _, fraction = digits.partition(".")
    return f"{sign}{whole.lstrip('0') or '0'}.{fraction.rstrip('0')}"


@pytest.mark.parametrize("kind", LIKE)
@ROUND
@given(data=st.data())
def test_every_text_that_is_read_is_what_its_value_gives_back(kind, values, data):
    texts = data.draw(st.lists(st.one_of(ODD, LIKE[kind]).filter(bool), min_size=1, max_size=200))
    found, aside = values(kind, texts)
    refused = {row.line for row in aside}
    read = [text for line, text in enumerate(texts, 2) if line not in refused]
    assert len(read) == len(found)
    for text, value in zip(read, found):
        if kind == "DOUBLE":
            assert re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text) and math.isfinite(value)
            exact = Decimal(text)
            assert Decimal(repr(value)) == exact, text
        elif isinstance(value, (int, Decimal)):
            assert canonical(written(value)) == canonical(text)
        else:
            assert written(value) == text


def test_a_text_that_means_unknown_is_no_value(values):
    found, aside = values("DECIMAL(12,2)", ["N/A", "", "1"], null="N/A")
    assert (found, aside) == ([None, None, Decimal("1.00")], [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2017-01-05x", "9999-99-99a"),
        ("São Paulo", "aaa aaaaa"),
        ("x" * 41, "a" * 40 + "…"),
        ("1\x1b\u202e2", "9\\x1b\\u202e9"),
        ("", ""),
    ],
)
def test_the_shape_of_a_text_has_neither_its_letters_nor_its_digits(text, expected):
    assert shape(text) == expected
