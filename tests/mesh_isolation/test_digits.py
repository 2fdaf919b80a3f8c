"""The digits of numbers: equal for equal numbers of any two types, and for no others."""

from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesh_isolation.number_types import digits_of

TYPES = ("TINYINT", "BIGINT", "HUGEINT", "DECIMAL(3,1)", "DECIMAL(38,0)", "DECIMAL(38,20)", "DECIMAL(38,38)", "FLOAT", "DOUBLE")
NUMBERS = [
    *("0", "-0.0", "1", "-1", "2.5", "3.5", "-2.5", "0.1", "0.10", "100", "1e20", "1e-5", "0.000015", "1.5e-30"),
    *("9007199254740992", "9007199254740993", "16777216", "16777217", "123456789", "123456790", "123456792"),
    *("9223372036854775807", "99999999999999999999999999999999999999", "-99999999999999999999999999999999999999"),
    *("0.99999999999999999999", "123456789012345678.00000000000000000001", "1e300", "1e38"),
]


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as connection:
        yield connection


def digits(connection, number, kind):
    """The digits of a number in a type; None if the type does not hold the number, or the nearest of a binary type."""
    held = f"TRY_CAST('{number}' AS {kind})"
    (text, decimal) = connection.execute(f"SELECT {digits_of('n')}, n::VARCHAR FROM (SELECT {held} AS n)").fetchone()
    if decimal is None or (kind not in ("FLOAT", "DOUBLE") and Decimal(decimal) != Decimal(number)):
        return None
    return text


def value_of(number, kind):
    """The number that a type holds, as the digits are to be read: an integer of a binary type is exact."""
    if kind not in ("FLOAT", "DOUBLE"):
        return Decimal(number)
    with duckdb.connect() as connection:
        text, binary = connection.execute(f"SELECT n::VARCHAR, n::DOUBLE FROM (SELECT '{number}'::{kind} AS n)").fetchone()
    return Decimal(binary) if binary.is_integer() else Decimal(text)


@pytest.mark.parametrize("one", TYPES)
def test_two_numbers_have_the_same_digits_if_they_are_equal(connection, one):
    held = [(kind, number, text) for kind in TYPES for number in NUMBERS if (text := digits(connection, number, kind))]
    values = {(kind, number): value_of(number, kind) for kind, number, _ in held}
    for kind, number, text in held:
        if kind == one:
            for other, its, its_text in held:
                assert (text == its_text) == (values[kind, number] == values[other, its]), (kind, number, other, its)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(units=st.integers(-(10**17), 10**17), scale=st.integers(0, 17), zeros=st.integers(0, 3))
def test_a_decimal_has_its_digits_at_every_scale(units, scale, zeros):
    with duckdb.connect() as connection:
        number = f"{Decimal(units).scaleb(-scale):f}"
        kinds = [f"DECIMAL(38,{scale})", f"DECIMAL(38,{scale + zeros})"]
        first, second = (
            connection.execute(f"SELECT {digits_of('n')} FROM (SELECT '{number}'::{kind} AS n)").fetchone()[0] for kind in kinds
        )
    assert first == second
    assert Decimal(first) == Decimal(number)


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_what_is_not_finite_equals_itself_in_both_binary_types(connection, number):
    assert len({digits(connection, number, kind) for kind in ("FLOAT", "DOUBLE")}) == 1
