"""Numbers are decimal from the text of a contract to the verdict: no digit is lost on the way, at any precision."""

import math
import operator
from decimal import Context, Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mesh_isolation.column_types import WHOLE
from mesh_isolation.value_text import finite
from mesh_platform.contract.audit import audit
from mesh_platform.contract.document import load_contract
from mesh_platform.contract.rule import bound_of
from mesh_platform.contract.values import representable, typed
from mesh_platform.errors import ContractError

HEAD = """\
apiVersion: v3.1.0
kind: DataContract
id: shop.things.v1
version: 1.0.0
status: active
domain: shop
dataProduct: things
schema:
  - name: things
"""
BOUNDED = settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
COMPARED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
WIDE = Context(prec=200)


@pytest.fixture
def held(company, parquet):
    """Audits the rows of a query under a contract that is written as text, as its owner writes it."""

    def held(properties: str, sql: str, quality: str = "") -> dict[str, bool]:
        text = f"{HEAD}    properties:\n{properties}" + (f"    quality:\n{quality}" if quality else "")
        path = Path(company.root, "domains/shop/contracts/things.v1.odcs.yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        verdicts = audit(load_contract(path, company.root), [parquet(sql)]).verdicts
        assert verdicts[0].passed, str(verdicts[0])
        return {verdict.rule.sentence: verdict.passed for verdict in verdicts[1:]}

    return held


def column(kind, options, logical="number"):
    return f"      - {{name: a, physicalType: '{kind}', logicalType: {logical}, logicalTypeOptions: {{{options}}}}}\n"


@pytest.mark.parametrize(
    ("kind", "options", "kept", "broken"),
    [
        ("DECIMAL(20,2)", "maximum: 12345678901234567.89", "12345678901234567.89", "12345678901234567.90"),
        ("DECIMAL(20,2)", "exclusiveMaximum: 12345678901234567.89", "12345678901234567.88", "12345678901234567.89"),
        (
            "DECIMAL(38,10)",
            "minimum: 1234567890123456789012345678.0123456789",
            "1234567890123456789012345678.0123456789",
            "1234567890123456789012345678.0123456788",
        ),
        (
            "DECIMAL(38,0)",
            "minimum: 99999999999999999999999999999999999998",
            "99999999999999999999999999999999999998",
            "99999999999999999999999999999999999997",
        ),
        ("DECIMAL(4,2)", "maximum: 0.0199999999999999999999999999999999999999999", "0.01", "0.02"),
        ("DECIMAL(4,2)", "exclusiveMinimum: 0.0100000000000000000000000000000000000001", "0.02", "0.01"),
        ("BIGINT", "maximum: 9007199254740993.5", "9007199254740993", "9007199254740994"),
        ("BIGINT", "minimum: 9223372036854775807", "9223372036854775807", "9223372036854775806"),
        ("DOUBLE", "maximum: 0.1", "0.1", "0.10000000000000002"),
        ("FLOAT", "maximum: 0.1", "0.1", "0.10000001"),
        ("DOUBLE", "minimum: 0", "0", "'nan'"),
        ("DOUBLE", "minimum: 0", "1e308", "'inf'"),
        ("FLOAT", "maximum: 0", "-1", "'-inf'"),
        ("DOUBLE", "maximum: 1.0e+400", "1.7976931348623157e308", "'inf'"),
        ("DOUBLE", "minimum: -1.0e+399", "-1.7976931348623157e308", "'nan'"),
        (
            "DECIMAL(38,2)",
            "multipleOf: 0.05",
            "100000000000000000000000000000000000.05",
            "100000000000000000000000000000000000.01",
        ),
        ("FLOAT", "multipleOf: 0.1", "0.3", "0.35"),
    ],
)
def test_a_limit_holds_to_the_last_digit(held, kind, options, kept, broken):
    assert list(held(column(kind, options), f"SELECT CAST({kept} AS {kind}) AS a").values()) == [True]
    assert list(held(column(kind, options), f"SELECT CAST({broken} AS {kind}) AS a").values()) == [False]


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9) | st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent, WIDE), st.integers(-(10**42), 10**42), st.integers(-45, 3)
)


@pytest.fixture(scope="module")
def engine():
    with duckdb.connect() as connection:
        yield connection


@st.composite
def exact_types(draw):
    """A type, a value of it as text, and its value as a decimal."""
    if draw(st.booleans()):
        kind = draw(st.sampled_from([*WHOLE]))
        value = draw(st.integers(-(2 ** (WHOLE[kind] - 1)), 2 ** (WHOLE[kind] - 1) - 1))
        return kind, Decimal(value)
    precision = draw(st.integers(1, 38))
    scale = draw(st.integers(0, precision))
    digits = draw(st.integers(-(10**precision) + 1, 10**precision - 1))
    return f"DECIMAL({precision},{scale})", Decimal(digits).scaleb(-scale, WIDE)


@BOUNDED
@given(exact_types(), NUMBERS, st.integers(-2, 2), st.booleans())
def test_every_limit_breaks_exactly_the_values_that_arithmetic_says(engine, of_type, limit, nudge, near):
    kind, value = of_type
    if near:  # a limit that is almost the value
        limit = WIDE.add(value, Decimal(nudge).scaleb(-40))
    shown = f"'{value:f}'::{kind}"
    broken = [f"{shown} {' '.join(representable(breaks, limit, kind))}" for breaks in COMPARED]
    found = engine.execute(f"SELECT {', '.join(broken)}").fetchone()
    assert found == tuple(holds(value, limit) for holds in COMPARED.values())


@BOUNDED
@given(st.sampled_from(["FLOAT", "DOUBLE"]), st.floats(width=32), st.floats(allow_nan=False, allow_infinity=False, width=32))
@example("FLOAT", 3.4028234663852886e38, 3.4028234663852886e38)
@example("DOUBLE", 1.7976931348623157e308, 1.7976931348623157e308)
def test_a_limit_of_a_binary_type_is_its_nearest_number_and_breaks_what_is_not_finite(engine, kind, value, limit):
    shown = f"'{value!r}'::{kind}"
    broken = [f"{shown} {' '.join(representable(breaks, Decimal(repr(limit)), kind))}" for breaks in COMPARED]
    flags = [finite(shown, each, allowed) for each in broken for allowed in (False, True)]
    found = engine.execute(f"SELECT {', '.join(flags)}").fetchone()
    odd = not math.isfinite(value)
    expected = [flag for holds in COMPARED.values() for flag in (odd or holds(value, limit), not odd and holds(value, limit))]
    assert list(found) == expected


@BOUNDED
@given(exact_types(), NUMBERS, st.booleans())
def test_a_valid_value_is_the_same_number_or_is_refused(engine, of_type, listed, same):
    kind, value = of_type
    listed = value if same else listed
    try:
        literal = typed(listed, kind)
    except ContractError:
        assert not same, "the type can hold it"
        return
    (equal,) = engine.execute(f"SELECT '{value:f}'::{kind} = {literal}").fetchone()
    assert equal == (value == listed)


@pytest.mark.parametrize("number", [Decimal("1e400"), Decimal("-1e309"), 10**400])
def test_a_number_beyond_a_binary_type_is_no_valid_value(number):
    with pytest.raises(ContractError, match="no value of the type DOUBLE"):
        typed(number, "DOUBLE")


LISTED = "      - name: a\n        physicalType: {kind}\n        quality:\n"
LISTED += "          - metric: invalidValues\n            mustBe: 0\n"
LISTED += "            arguments: {{validValues: [{values}]}}\n"


@pytest.mark.parametrize(
    ("kind", "values", "kept", "broken"),
    [
        ("DECIMAL(20,2)", "12345678901234567.89", ["12345678901234567.89"], ["12345678901234567.90", "12345678901234567.88"]),
        ("DOUBLE", "0.1, 2", ["0.1", "2"], ["0.10000000000000002", "'nan'", "'inf'"]),
        ("FLOAT", "3.4028234663852886e+38", ["3.4028234663852886e+38"], ["3.4028233e+38"]),
        ("DOUBLE", "'NaN', 2", ["'nan'", "2"], ["'inf'", "1"]),
        ("DOUBLE", "'Infinity'", ["'inf'"], ["'-inf'", "'nan'"]),
        (
            "VARCHAR",
            "010, 1_000, 12:30, 1.10, 7",
            ["'010'", "'1_000'", "'12:30'", "'1.10'", "'7'"],
            ["'8'", "'1000'", "'750'", "'1.1'"],
        ),
        ("VARCHAR", "2017-01-05, 'NO'", ["'2017-01-05'", "'NO'"], ["'false'"]),
        ("VARCHAR", r'"a\0b"', ["'a' || chr(0) || 'b'"], ["'ab'"]),
    ],
)
def test_valid_values_are_the_values_that_are_written(held, kind, values, kept, broken):
    properties = LISTED.format(kind=kind, values=values)
    rows = " UNION ALL ".join(f"SELECT CAST({value} AS {kind}) AS a" for value in [*kept, "NULL"])
    assert list(held(properties, rows).values()) == [True]
    for value in broken:
        assert list(held(properties, f"SELECT CAST({value} AS {kind}) AS a").values()) == [False], value


@pytest.mark.parametrize("values", ["NO", "yes", "true", "Off"])
@pytest.mark.parametrize("where", ["validValues", "missingValues"])
def test_a_boolean_is_no_value_of_a_text(held, values, where):
    properties = LISTED.format(kind="VARCHAR", values=f"DE, {values}").replace("{validValues", f"{{{where}")
    properties = properties.replace("invalidValues", "missingValues" if where == "missingValues" else "invalidValues")
    with pytest.raises(ContractError, match=r"YAML reads yes, no, on, off, true and false as booleans. Put the text in") as met:
        held(properties, "SELECT 'NO' AS a")
    assert met.value.place[-2:] == (where, 1)


def test_a_contract_may_allow_what_is_not_finite(held):
    allowed = column("DOUBLE", "minimum: 0, multipleOf: 0.5").replace(
        "}}", "}, customProperties: [{property: nonFinite, value: allowed}]}"
    )
    rows = "SELECT unnest(['nan', 'inf', '-inf', '1.5'])::DOUBLE AS a"
    assert set(held(allowed, rows).values()) == {True}
    assert set(held(allowed, "SELECT '-1.2'::DOUBLE AS a").values()) == {False}
    assert set(held(column("DOUBLE", "minimum: 0, multipleOf: 0.5"), rows).values()) == {False}


QUERY = "      - {{type: sql, name: asked, query: '{query}', {bound}}}\n"


@pytest.mark.parametrize(
    ("query", "bound", "passes"),
    [
        ("select 12345678901234567.89::decimal(20,2) from ${object}", "mustBe: 12345678901234567.89", True),
        ("select 12345678901234567.90::decimal(20,2) from ${object}", "mustBe: 12345678901234567.89", False),
        (
            "select 170141183460469231731687303715884105727::hugeint from ${object}",
            "mustBeLessThan: 170141183460469231731687303715884105727.5",
            True,
        ),
        (
            "select 170141183460469231731687303715884105727::hugeint from ${object}",
            "mustBeLessThan: 170141183460469231731687303715884105727",
            False,
        ),
        ("select 0.1::double + 0.2::double from ${object}", "mustBe: 0.3", False),
        ("select 0.3::double from ${object}", "mustBe: 0.3", True),
        ("select 0.1::float from ${object}", "mustBe: 0.1", True),
        ("select 0.1::float from ${object}", "mustBeGreaterThan: 0.1", False),
        ("select 0.10000001::float from ${object}", "mustBe: 0.1", False),
        ("select ''nan''::float from ${object}", "mustNotBe: 0", False),
        ("select ''nan''::double from ${object}", "mustNotBe: 0", False),
        ("select ''inf''::double from ${object}", "mustBeGreaterThan: 0", False),
        ("select date ''2017-01-05'' from ${object}", "mustBe: 2017-01-05", True),
        ("select date ''20000-01-01'' from ${object}", "mustBe: ''9999-12-31''", False),
        ("select ''infinity''::date from ${object}", "mustBe: '9999-12-31'", False),
    ],
)
def test_the_result_of_a_query_is_compared_as_it_is(held, query, bound, passes):
    properties = "      - {name: a, physicalType: INTEGER}\n"
    asked = QUERY.format(query=query, bound=bound.replace("''", "'"))
    (passed,) = held(properties, "SELECT 1 AS a", asked).values()
    assert passed == passes


@BOUNDED
@given(NUMBERS, NUMBERS, st.integers(-1, 1))
def test_a_threshold_is_compared_exactly(measured, threshold, nudge):
    threshold = threshold if nudge else measured
    for name, holds in {"mustBe": operator.eq, "mustBeLessThan": operator.lt, "mustBeGreaterOrEqualTo": operator.ge}.items():
        assert bound_of({name: threshold}).allows(measured) == holds(measured, threshold)


@pytest.mark.parametrize("written", ["0100", "0x10", "1_000", "12:30", "1:30.5"])
def test_a_number_that_readers_of_yaml_take_for_two_is_refused_with_its_place(held, written):
    with pytest.raises(ContractError, match=rf"minimum: {written} is \d+.* to some readers of YAML"):
        held(column("DECIMAL(12,4)", f"minimum: {written}"), "SELECT 1::DECIMAL(12,4) AS a")
    with pytest.raises(ContractError, match=rf"validValues\[0\]: {written} is \d+"):
        held(LISTED.format(kind="INTEGER", values=written), "SELECT 1 AS a")


def test_numbers_are_shown_as_they_are_written(held):
    quality = "      - {metric: rowCount, mustBeBetween: [0.50, 10.0]}\n"
    sentences = held(
        column("DECIMAL(12,4)", "minimum: 0.10, maximum: 1.0e+3, multipleOf: .0001"), "SELECT 1::DECIMAL(12,4) AS a", quality
    )
    assert list(sentences) == [
        "a is at least 0.10",
        "a is at most 1.0e+3",
        "a is a multiple of .0001",
        "the number of rows is between 0.50 and 10.0",
    ]


LARGE = {
    "DECIMAL(38,0)": ("99999999999999999999999999999999999999", "99999999999999999999999999999999999998"),
    "DECIMAL(38,20)": ("999999999999999999.99999999999999999999", "999999999999999999.99999999999999999998"),
    "DOUBLE": ("1.0e+300", "9.999999999999999e+299"),
    "BIGINT": ("9223372036854775807", "9223372036854775806"),
}
"""Of each type of an open number two neighbours, the larger first."""


@pytest.mark.parametrize(
    ("kind", "logical"),
    [*((kind, "number") for kind in LARGE), ("DECIMAL(38,0)", "integer"), ("BIGINT", "integer")],
)
def test_every_rule_judges_the_largest_numbers_of_an_open_type_exactly(held, kind, logical):
    largest, less = LARGE[kind]
    both = f"SELECT unnest([{largest}::{kind}, {less}::{kind}]) AS a"

    def kept(properties, rows=both, values=None):
        rule = f"{{metric: invalidValues, mustBe: 0, arguments: {{validValues: [{values}]}}}}"
        quality = f", quality: [{rule}]" if values else ""
        return all(held(f"      - {{name: a, logicalType: {logical}{properties}{quality}}}\n", rows).values())

    assert kept(f", logicalTypeOptions: {{maximum: {largest}, minimum: {less}}}")
    assert not kept(f", logicalTypeOptions: {{maximum: {less}}}")
    assert not kept(f", logicalTypeOptions: {{exclusiveMaximum: {largest}}}")
    assert not kept(f", logicalTypeOptions: {{minimum: {largest}}}")
    assert kept(", unique: true")
    assert not kept(", unique: true", f"{both} UNION ALL {both}")
    assert kept("", values=f"{largest}, {less}")
    assert not kept("", values=less)
