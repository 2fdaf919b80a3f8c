"""A table that a pandas function makes of a file: a value is that of the file, or is set aside with row, column and reason."""

import csv
import io
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from uuid import UUID

import duckdb
import numpy
import pandas
import pytest

from mesh_isolation.csv_file import survey
from mesh_isolation.csv_table import Form, load
from mesh_isolation.frames import read_frame, write_frame, write_sheet
from mesh_isolation.reshaped_table import replace_by_result
from mesh_isolation.team_files import UnreadableFile

OWNER = "The reshape of things"


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture
def reshaped(connection, tmp_path):
    """Reads texts as a file with one column, passes them through a function, and returns the values and what was set aside."""

    def result_of(kind, texts, declared=None, function=lambda frame: frame):
        lines = io.StringIO()
        csv.writer(lines, quoting=csv.QUOTE_ALL).writerows([["a", "n"], *([text, str(n)] for n, text in enumerate(texts))])
        path = tmp_path / "things.csv"
        path.write_text(lines.getvalue().replace("\r\n", "\n"), encoding="utf-8", newline="")
        columns, result = {"a": kind, "n": "INTEGER"}, {"a": declared or kind, "n": "INTEGER"}
        assert load(survey(path, 2), Form(columns), "t", connection) == []
        before = rows(connection)
        write_sheet("t", columns, tmp_path / "sheet.parquet", connection)
        frame = function(read_frame(tmp_path / "sheet.parquet", columns, connection))
        write_frame(frame, result, tmp_path / "table.parquet", connection)
        aside = replace_by_result(tmp_path / "table.parquet", OWNER, result, "t", connection)
        return before, rows(connection), aside

    return result_of


@pytest.fixture
def returned(connection, tmp_path):
    """The values of a type that a column of pandas becomes, and what was set aside."""

    def result_of(values, kind, dtype=object):
        column = values if isinstance(values, pandas.Series) else pandas.Series(values, dtype=dtype)
        write_frame(pandas.DataFrame({"a": column}), {"a": kind}, tmp_path / "table.parquet", connection)
        aside = replace_by_result(tmp_path / "table.parquet", OWNER, {"a": kind}, "t", connection)
        return [value for (value,) in connection.execute("SELECT a::VARCHAR FROM t").fetchall()], aside

    return result_of


def rows(connection):
    return connection.execute("SELECT typeof(a), a::VARCHAR, n FROM t ORDER BY n").fetchall()


def integers(bits, signed=True):
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    odd = [number for number in (2**24 + 1, 2**53 + 1, 2**63 + 1) if number < high]
    return [str(number) for number in (low, low + 1, 0, 1, high - 1, high, *odd)]


MOMENTS = ["0001-01-01 00:00:00", "1000-02-03 04:05:06", "1970-01-01 00:00:00", "2024-02-29 23:59:59", "9999-12-31 23:59:59"]
NESTED_NUMBERS = "[123456789012345678.91, NULL, -0.10]"
EDGES = {
    "VARCHAR": [
        "01",
        "1e5",
        "NaN",
        "nan",
        "null",
        "None",
        "<NA>",
        " x ",
        "größe ☃ 💥",
        'a"b,c',
        "{",
        "[1]",
        "\\x00",
        "infinity",
        "NaT",
    ],
    "JSON": ['{"a": [1, 2.50]}', "null", "12345678901234567890123", '"x"'],
    "BOOLEAN": ["true", "false"],
    **{
        f"{sign}{name}": integers(bits, not sign)
        for sign in ("", "U")
        for name, bits in {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64, "HUGEINT": 128}.items()
    },
    "BIGNUM": ["123456789012345678901234567890123456789012345678901234567890", "-1", "0"],
    "DECIMAL(3,3)": ["0.500", "-0.001", "0.000"],
    "DECIMAL(4,1)": ["999.9", "-0.1"],
    "DECIMAL(18,6)": ["123456789012.123456", "0.000001", "-0.000001"],
    "DECIMAL(38,0)": ["9" * 38, "-" + "9" * 38, "9007199254740993"],
    "DECIMAL(38,2)": ["12345678901234567890123456789012345.67", "0.01", "-0.01"],
    "DECIMAL(38,38)": ["0." + "1234567890" * 3 + "12345678"],
    "FLOAT": ["0.1", "16777216.0", "3.40282e38", "1.17549e-37", "-2.5"],
    "DOUBLE": [
        "0.1",
        "9007199254740992.0",
        "1e300",
        "1e-300",
        "1.7976931348623157e+308",
        "0.30000000000000004",
        "-0.0",
        "1e-5",
    ],
    "DATE": ["0001-01-01", "1582-10-15", "1969-12-31", "2024-02-29", "9999-12-31"],
    "TIME": ["00:00:00", "23:59:59.999999", "10:11:12.5", "24:00:00"],
    "TIME_NS": ["00:00:00", "23:59:59.999999999"],
    "TIMETZ": ["12:00:00+00", "12:00:00.25+05:30", "00:00:00-11"],
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP_S", "TIMESTAMP_MS"), MOMENTS),
    "TIMESTAMP_NS": ["1700-01-01 00:00:00", "2018-01-01 00:00:00.123456789", "2262-01-01 00:00:00"],
    "INTERVAL": ["2 months", "1 day", "-1 day", "25:00:00", "1 year 2 months 3 days 04:05:06.000007", "30 days", "00:00:00"],
    "UUID": ["123e4567-e89b-12d3-a456-426614174000", "00000000-0000-0000-0000-000000000000"],
    "BLOB": ["a\\x00b", "\\xFF\\x5C\\x22", "plain"],
    "BIT": ["0101", "1"],
    "ENUM('a', '1')": ["a", "1"],
    "BIGINT[]": ["[9007199254740993, NULL]", "[]", "[-9223372036854775808]"],
    "HUGEINT[]": ["[123456789012345678901234567890]"],
    "DECIMAL(20,2)[]": [NESTED_NUMBERS, "[0.30]", "[]"],
    "DECIMAL(20,2)[3]": [NESTED_NUMBERS],
    "STRUCT(x BIGINT[2])": ["{'x': [9007199254740993, NULL]}"],
    "DOUBLE[]": ["[0.1, nan, inf, 1e-05, 1e+16, -0.0]"],
    "FLOAT[]": ["[0.1, nan, 16777216.0, 1e+16]"],
    "DATE[]": ["[2018-01-01, infinity, 0001-01-01]"],
    "TIMESTAMP[]": ["['2018-01-01 10:11:12.123', '0001-01-01 00:00:00', infinity]"],
    "TIMESTAMPTZ[]": ["['2018-01-01 10:11:12.5+00']"],
    "TIMESTAMP_NS[]": ["['2018-01-01 10:11:12.123456789']"],
    "VARCHAR[]": ["[a, NULL, 'NULL', 'b, c', '', NaN]"],
    "JSON[]": ["[1.5]", '["x"]', "[null]"],
    "BLOB[]": ["[a\\x00b]"],
    "INTERVAL[]": ["[2 months, -1 day]"],
    "BOOLEAN[][]": ["[[true, NULL], NULL, []]"],
    "STRUCT(x DECIMAL(20,2), y BIGINT[])": [
        "{'x': 123456789012345678.91, 'y': [9007199254740993, NULL]}",
        "{'x': NULL, 'y': NULL}",
    ],
    'STRUCT("it\'s {x}" BIGINT)': [],
    "STRUCT(x STRUCT(y DECIMAL(3,3)))": ["{'x': {'y': .500}}"],
    "MAP(VARCHAR, DECIMAL(20,2))": ["{a=123456789012345678.91, b=NULL}", "{}"],
    "MAP(BIGINT, DATE)": ["{9007199254740993=2018-01-01}"],
    "MAP(DECIMAL(20,2), UUID)": ["{123456789012345678.91=123e4567-e89b-12d3-a456-426614174000}"],
    "MAP(INTEGER[], BIGINT)": ["{[1, 2]=9007199254740993}"],
    "UNION(n BIGINT, s VARCHAR)": ["9007199254740993", "x"],
    "UNION(n BIGINT, s VARCHAR)[]": ["[9007199254740993]"],
    "GEOMETRY": ["POINT (1 2.5)"],
}
"""Texts of a file, of each type that a source can declare: its edges, and what binary numbers do not hold."""


@pytest.mark.parametrize("gap", [False, True], ids=["whole", "with a gap"])
@pytest.mark.parametrize("kind", EDGES)
def test_a_function_that_changes_nothing_makes_the_same_table(kind, gap, reshaped):
    before, after, aside = reshaped(kind, EDGES[kind] + [None] * gap)
    assert aside == []
    assert after == before


def test_no_type_that_a_source_can_declare_is_without_its_edges(connection):
    known = {str(connection.type(kind).id) for kind in EDGES}
    declared = {name for (name,) in connection.execute("SELECT DISTINCT logical_type FROM duckdb_types()").fetchall()}
    never = {"NULL", "INVALID", "POINTER", "TABLE", "LAMBDA", "ANY", "TYPE", "VARIANT", "UNKNOWN", "STRING_LITERAL"}
    assert {name.lower() for name in declared - never} - known == set()


TEXTS = {
    "INTEGER": ({"007": "7", "30.0": "30"}, ["1.5", "1_000", "1e3", " 1", "2147483648", "nan", ""]),
    "BIGINT": ({"-9007199254740993": "-9007199254740993"}, ["9.007199254740996e+15", "true"]),
    "DECIMAL(12,2)": ({"01.50": "1.50", "1.500": "1.50"}, ["0.125", "6.12345678901", "1e2", "Infinity", "NaN"]),
    "DOUBLE": ({"0.1": "0.1", "1e5": "100000.0"}, ["1_000", "nan", "inf", "1e400", "12345678901234567.89"]),
    "FLOAT": ({"0.1": "0.1"}, ["16777217", "1e39"]),
    "BOOLEAN": ({"True": "true", "false": "false"}, ["1", "0", "yes", "t"]),
    "DATE": (
        {"2017-01-05": "2017-01-05"},
        ["2018-12-31x", "epoch", "infinity", "2017-01-05 23:59:59", "2017-01-05 00:00:00", "10000-01-01", "20170105"],
    ),
    "TIMESTAMP": (
        {"2018-01-31 12:30:00": "2018-01-31 12:30:00", "2018-01-31 12:30:00.25": "2018-01-31 12:30:00.25"},
        ["2018-01-31", "infinity", "epoch", "2018-01-31 12:30:00+02", "2018-01-31 12:30:00 (BC)", "2018-01-31T12:30:00"],
    ),
    "TIMESTAMPTZ": ({"2018-01-31 12:30:00": "2018-01-31 12:30:00+00"}, ["2018-01-31 12:30:00+02", "infinity", "now"]),
    "TIME": ({"12:30:00": "12:30:00"}, ["12:30", "noon"]),
    "UUID": (
        {"550E8400-E29B-41D4-A716-446655440000": "550e8400-e29b-41d4-a716-446655440000"},
        ["550e8400e29b41d4a716446655440000"],
    ),
    "INTEGER[]": ({"[1, 2]": "[1, 2]"}, ["[1.5]", "[1,2]"]),
    "STRUCT(x DECIMAL(5,2))": ({"{'x': 1.50}": "{'x': 1.50}"}, ["{'x': 1.5}", "{'x': 1.555}", "x"]),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_a_text_becomes_a_value_by_the_rules_of_a_file(kind, returned):
    good, odd = TEXTS[kind]
    values, aside = returned([*good, *odd, None], kind)
    assert values == [*good.values(), None]
    assert [row.line for row in aside] == [*range(len(good) + 1, len(good) + 1 + len(odd))]


SAO_PAULO = timezone(timedelta(hours=-3))
KEY = UUID("123e4567-e89b-12d3-a456-426614174000")
MISSING = [None, pandas.NA, pandas.NaT, float("nan"), numpy.float64("nan"), Decimal("NaN"), numpy.datetime64("NaT")]


@pytest.mark.parametrize(
    "kind", ["DECIMAL(12,2)", "INTEGER", "DOUBLE", "DATE", "TIMESTAMPTZ", "VARCHAR", "BLOB", "INTEGER[]", "BOOLEAN"]
)
def test_everything_that_pandas_has_for_unknown_is_unknown(kind, returned):
    assert returned(MISSING, kind) == ([None] * len(MISSING), [])


class Size(StrEnum):
    SMALL = "s"


SAME = [
    ("DECIMAL(12,2)", [Decimal("1.5"), 2, 2.25, numpy.int64(3), numpy.float32(0.5), Decimal("-0.00"), "7.10"]),
    ("DECIMAL(12,2)", [Decimal("1E+3"), Decimal("1.500000"), IntEnum("Rank", ["ONE"]).ONE]),
    ("DECIMAL(3,3)", [Decimal("0.5"), Decimal("-0.001")]),
    ("BIGINT", [9007199254740993, Decimal("9007199254740995"), 2.0, numpy.uint8(1), "5"]),
    ("HUGEINT", [2**100 + 1, Decimal(2**100 + 1)]),
    ("DOUBLE", [1, 0.1, Decimal("0.1"), numpy.float32(0.5), 2**53, 1e300, 1e-300]),
    ("FLOAT", [numpy.float32(0.5), 0.5, 1]),
    ("BOOLEAN", [True, numpy.bool_(False), "true"]),
    (
        "DATE",
        [
            date(2018, 1, 31),
            datetime(2018, 1, 31),
            pandas.Timestamp("2018-01-31"),
            numpy.datetime64("2018-01-31"),
            "2018-01-31",
        ],
    ),
    ("TIMESTAMP", [date(2018, 1, 31), datetime(2018, 1, 31, 1, 2, 3, 500), datetime(2018, 1, 31, 9, tzinfo=SAO_PAULO)]),
    (
        "TIMESTAMPTZ",
        [datetime(2018, 1, 31, 9, tzinfo=SAO_PAULO), datetime(2018, 1, 31, 12), pandas.Timestamp("2018-01-31", tz="UTC")],
    ),
    ("TIME", [time(12, 30), time(12, 30, 0, 250_000)]),
    (
        "INTERVAL",
        [timedelta(days=1, hours=2), -timedelta(hours=22), pandas.Timedelta("1us"), timedelta(0), timedelta(2000), "2 months"],
    ),
    ("UUID", [KEY, str(KEY)]),
    ("BLOB", [b"a\x00\"'\\", bytearray(b"x"), memoryview(b"y")]),
    ("VARCHAR", ["x", 7, 2.5, Decimal("1.50"), True, date(2018, 1, 31), KEY, Size.SMALL]),
    ("DECIMAL(20,2)[]", [[Decimal("1.5"), 2, None], (0.25,), numpy.array([1.5]), []]),
    ("DOUBLE[]", [[1, float("nan")], numpy.array([0.1])]),
    ("STRUCT(x DECIMAL(5,2), y VARCHAR)", [{"x": Decimal("1.5"), "y": "a"}, {"y": None}]),
    ("MAP(BIGINT, DATE)", [{9007199254740993: date(2018, 1, 31)}]),
]
WRITTEN = [
    ["1.50", "2.00", "2.25", "3.00", "0.50", "0.00", "7.10"],
    ["1000.00", "1.50", "1.00"],
    [".500", "-.001"],
    ["9007199254740993", "9007199254740995", "2", "1", "5"],
    ["1267650600228229401496703205377", "1267650600228229401496703205377"],
    ["1.0", "0.1", "0.1", "0.5", "9007199254740992.0", "1e+300", "1e-300"],
    ["0.5", "0.5", "1.0"],
    ["true", "false", "true"],
    ["2018-01-31", "2018-01-31", "2018-01-31", "2018-01-31", "2018-01-31"],
    ["2018-01-31 00:00:00", "2018-01-31 01:02:03.0005", "2018-01-31 12:00:00"],
    ["2018-01-31 12:00:00+00", "2018-01-31 12:00:00+00", "2018-01-31 00:00:00+00"],
    ["12:30:00", "12:30:00.25"],
    ["1 day 02:00:00", "-22:00:00", "00:00:00.000001", "00:00:00", "2000 days", "2 months"],
    ["123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174000"],
    ["a\\x00\\x22\\x27\\x5C", "x", "y"],
    ["x", "7", "2.5", "1.50", "true", "2018-01-31", "123e4567-e89b-12d3-a456-426614174000", "s"],
    ["[1.50, 2.00, NULL]", "[0.25]", "[1.50]", "[]"],
    ["[1.0, nan]", "[0.1]"],
    ["{'x': 1.50, 'y': a}", "{'x': NULL, 'y': NULL}"],
    ["{9007199254740993=2018-01-31}"],
]
"""What DuckDB writes for the values of `SAME`."""


@pytest.mark.parametrize("number", range(len(SAME)), ids=[kind for kind, _ in SAME])
@pytest.mark.parametrize("dtype", [object, "category"])
def test_a_python_value_that_the_type_holds_is_kept(number, dtype, returned):
    kind, values = SAME[number]
    if dtype == "category" and any(isinstance(value, (list, tuple, dict, bytearray)) for value in values):
        return  # these are no categories
    assert returned(pandas.Series(values, dtype=dtype), kind) == (WRITTEN[number], [])


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (
            "DECIMAL(12,2)",
            [Decimal("0.125"), Decimal("Infinity"), 0.125, 2.0**53, float("inf"), "x", Decimal("1E+999999999"), 2**60],
        ),
        ("DECIMAL(12,2)", [Decimal(1) / 3, Decimal("1E-999999999"), numpy.float32(2**24)]),
        (
            "BIGINT",
            [9007199254740996.0, 2**63, 1.5, Decimal("1.5"), numpy.float32(2**24), float("inf"), True, date(2018, 1, 31)],
        ),
        ("DOUBLE", [2**53 + 1, float("inf"), Decimal("0.12345678901234567"), True, Decimal("Infinity"), 10**400]),
        ("FLOAT", [0.1, 1e300, 16777217.0, 16777217]),
        ("BOOLEAN", [1, 0, 1.0, Decimal(1), "yes"]),
        ("DATE", [datetime(2018, 1, 31, 23, 59, 59), pandas.Timestamp("2018-01-31 00:00:00.000000001"), 20180131]),
        ("DATE", [datetime(2018, 1, 31, tzinfo=SAO_PAULO)]),
        ("TIMESTAMP", [pandas.Timestamp("2018-01-31 00:00:00.000000001"), time(1), 0]),
        ("DECIMAL(20,2)[]", [[Decimal("0.125")], [0.125], ["x"], [2.0**53], [float("inf")]]),
        ("BIGINT[]", [[9007199254740996.0], [1.5], [True]]),
        ("STRUCT(x BIGINT)", [{"x": 1.5}]),
        ("MAP(BIGINT, BIGINT)", [{1.5: 1}, {1: 1.5}]),
    ],
)
def test_a_python_value_that_the_type_does_not_hold_is_set_aside_with_its_row(kind, values, returned):
    found, aside = returned([None, *values], kind)
    assert found == [None]
    assert [row.line for row in aside] == [*range(2, len(values) + 2)]
    assert all('column "a": a value like ' in row.reason and row.reason.endswith(f" is no {kind}") for row in aside)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *(("DECIMAL(12,2)", value) for value in ([1], {"a": 1}, b"1", 1j, Enum("Color", ["RED"]).RED, {1}, Fraction(1, 3))),
        *[
            ("VARCHAR", b"x"),
            ("VARCHAR", [1]),
            ("BLOB", 1),
            ("BIT", 101),
            ("BLOB", KEY),
            ("INTEGER[]", 1),
            ("INTEGER[]", {"a": 1}),
        ],
        *[("STRUCT(x INTEGER)", {"x": 1, "z": 2}), ("STRUCT(x INTEGER)", [1]), ("MAP(VARCHAR, INTEGER)", {1: 1, "1": 2})],
        *[("DATE", pandas.Period("2018-01-31", "D")), ("INTEGER", pandas.Interval(0, 1))],
    ],
)
def test_a_python_value_that_no_text_stands_for_is_refused_with_its_column(kind, value, returned):
    with pytest.raises(UnreadableFile) as refused:
        returned([value], kind)
    assert refused.value.found.startswith("It returns values ")
    assert f" in the column a, and declares {kind}" in refused.value.found


TYPED = {
    "float64": (
        [1.5, 2.0, 0.125, 9007199254740994.0, float("inf"), 1e-5, None],
        {"INTEGER": [2], "DECIMAL(12,2)": [1, 2], "DECIMAL(12,5)": [1, 2, 3, 6], "DOUBLE": [1, 2, 3, 4, 6], "BOOLEAN": None},
    ),
    "Float64": ([1.5, 2.0, None], {"INTEGER": [2], "DOUBLE": [1, 2]}),
    "float32": ([0.1, 2.0, 16777216.0], {"INTEGER": [2], "DECIMAL(12,2)": [1, 2], "FLOAT": [1, 2, 3], "DOUBLE": [1, 2, 3]}),
    "int64": (
        [9007199254740993, 1, 128, -1],
        {
            "DOUBLE": [2, 3, 4],
            "TINYINT": [2, 4],
            "UBIGINT": [1, 2, 3],
            "DECIMAL(3,2)": [2, 4],
            "FLOAT": [2, 3, 4],
            "BOOLEAN": None,
            "VARCHAR": [1, 2, 3, 4],
            "BLOB": None,
            "DATE": [],
            "BIT": None,
        },
    ),
    "Int64": ([9007199254740993, None], {"BIGINT": [1], "DOUBLE": [], "DECIMAL(38,2)": [1]}),
    "bool": ([True, False], {"BOOLEAN": [1, 2], "INTEGER": None, "DOUBLE": None, "VARCHAR": [1, 2]}),
    "boolean": ([True, None], {"BOOLEAN": [1], "INTEGER": None}),
    "datetime64[us]": (
        ["2018-01-31 23:59:59", "2018-01-31", "2018-01-31 00:00:00.000001", None],
        {"DATE": [2], "TIMESTAMP": [1, 2, 3], "TIMESTAMPTZ": [1, 2, 3], "TIMESTAMP_S": [1, 2], "TIME": [], "BIGINT": []},
    ),
    "datetime64[ns]": (
        ["2018-01-31", "2018-01-31 00:00:00.000000001"],
        {"DATE": [1], "TIMESTAMP": [1], "TIMESTAMP_NS": [1, 2]},
    ),
    "datetime64[s]": (["2018-01-31", "9999-12-31 23:59:59"], {"DATE": [1], "TIMESTAMP": [1, 2]}),
    "datetime64[us, America/Sao_Paulo]": (["2018-01-31", "2018-01-30 22:00:00"], {"DATE": [2], "TIMESTAMPTZ": [1, 2]}),
    "timedelta64[us]": (["1us", "26h"], {"INTERVAL": [1, 2], "INTEGER": []}),
    "string": (["1", "x", None], {"INTEGER": [1], "VARCHAR": [1, 2]}),
    "Sparse[float64]": ([1.5, 2.0], {"DOUBLE": [1, 2], "INTEGER": [2]}),
    "float16": ([1.5, 2.0], {"DOUBLE": [1, 2], "INTEGER": [2]}),
}


@pytest.mark.parametrize(("dtype", "kind"), [(dtype, kind) for dtype, (_, kinds) in TYPED.items() for kind in kinds])
def test_a_value_of_another_type_is_cast_only_if_it_is_cast_back_to_the_same(dtype, kind, returned):
    values, kept = TYPED[dtype][0], TYPED[dtype][1][kind]
    column = pandas.Series(values, dtype=dtype)
    if kept is None:
        with pytest.raises(UnreadableFile, match=f"returns values of the type .* in the column a, and declares {kind}"):
            returned(column, kind)
        return
    found, aside = returned(column, kind)
    assert [value for value in found if value is None] == [None for value in values if value is None]
    odd = [row for row, value in enumerate(values, 1) if value is not None and row not in kept]
    assert [row.line for row in aside] == odd


@pytest.mark.parametrize(
    "change", [lambda ids: ids.reindex(range(3)), lambda ids: ids.shift(-1), lambda ids: ids.where(ids > 1)]
)
def test_a_gap_that_a_function_makes_leaves_large_integers_as_they_are(change, reshaped):
    texts = ["1", "9007199254740995"]
    _, after, aside = reshaped("BIGINT", texts, function=lambda frame: pandas.DataFrame({"a": change(frame["a"]), "n": 0}))
    assert "9007199254740995" in [text for _, text, _ in after]
    assert aside == []


def test_an_integer_that_became_a_binary_number_is_set_aside_if_it_can_be_another(reshaped):
    def with_a_gap(frame):
        return pandas.DataFrame({"a": frame["a"].astype("int64").reindex(range(3)), "n": 0})

    _, after, aside = reshaped("BIGINT", ["1", "9007199254740995"], function=with_a_gap)
    assert ([text for _, text, _ in after], [row.line for row in aside]) == (["1", None], [2])
    assert aside[0].reason == 'in row 2 that the reshape returns, column "a": a value like 9999999999999999.9 is no BIGINT'


def test_a_column_that_is_missing_or_twice_is_named(connection, tmp_path):
    frame = pandas.DataFrame([[1, 2]], columns=["a", "a"])
    with pytest.raises(UnreadableFile, match="returns 2 columns a"):
        write_frame(frame, {"a": "INTEGER"}, tmp_path / "table.parquet", connection)
    with pytest.raises(UnreadableFile, match="returns no column b"):
        write_frame(frame, {"b": "INTEGER"}, tmp_path / "table.parquet", connection)
    with pytest.raises(UnreadableFile, match="returns a Series and no DataFrame"):
        write_frame(frame.iloc[0], {"b": "INTEGER"}, tmp_path / "table.parquet", connection)


RETURNED = [
    *("'x'", "1.5", "1e300", "true", "'\\xff'::BLOB", "[1]", "{a: 'x'}", "'{a=1, a=2}'", "MAP {'a': 1}", "NULL"),
    *("TIME '12:30:00'", "DATE '2018-01-31'"),
]
KINDS = [
    *("DATE", "TIMESTAMP", "TIMESTAMPTZ", "UUID", "BOOLEAN", "DOUBLE", "BLOB", "INTEGER", "INTEGER[]", "STRUCT(a INTEGER)"),
    *("MAP(VARCHAR, INTEGER)", "GEOMETRY", "TIME", "INTERVAL", "DECIMAL(12,2)", "JSON", "VARCHAR", "BIT", "ENUM('a')"),
]


@pytest.mark.parametrize("value", RETURNED)
def test_a_value_of_another_type_than_is_declared_is_converted_set_aside_or_refused_with_its_column(value, tmp_path):
    file = tmp_path / "table.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT {value} AS one) TO '{file}' (FORMAT parquet)")
        for kind in KINDS:
            try:
                aside = replace_by_result(file, OWNER, {"one": kind}, "t", connection)
            except UnreadableFile as refused:
                assert refused.found.startswith(f"{OWNER} returns ")
                assert " in the column one" in refused.found
            else:
                nulls, count = connection.execute("SELECT count(*) FILTER (one IS NULL), count(*) FROM t").fetchone()
                assert (nulls, count + len(aside)) == (value == "NULL", 1)
