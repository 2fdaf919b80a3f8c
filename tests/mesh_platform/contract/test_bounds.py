"""The comparisons of quality rules: which measured value still passes, up to the very edge."""

import datetime
from decimal import Decimal

import pytest

from mesh_isolation.bounds import Bound
from mesh_platform.contract.rule import bound_of
from mesh_platform.errors import ContractError


@pytest.mark.parametrize(
    ("operator", "operand", "passing", "failing"),
    [
        ("mustBe", 0, [0, 0.0, Decimal("0.00")], [1, -1, 0.001]),
        ("mustBe", "open", ["open"], ["Open", "", "shut"]),
        ("mustBe", True, [True], [False]),
        ("mustNotBe", 0, [1, -1], [0, Decimal(0)]),
        ("mustBeGreaterThan", 5, [6, 5.0001], [5, 4, -6]),
        ("mustBeGreaterOrEqualTo", 5, [5, 6], [4, 4.9999]),
        ("mustBeLessThan", 5, [4, 4.9999, -5], [5, 6]),
        ("mustBeLessOrEqualTo", 5, [5, 4], [6, 5.0001]),
        ("mustBeBetween", [1, 3], [1, 2, 3], [0, 0.9999, 3.0001, 4]),
        ("mustNotBeBetween", [1, 3], [0, 0.9999, 3.0001, 4], [1, 2, 3]),
    ],
)
def test_a_comparison_allows_what_it_says(operator, operand, passing, failing):
    bound = bound_of({"metric": "rowCount", operator: operand})
    assert [value for value in passing if not bound.allows(value)] == []
    assert [value for value in failing if bound.allows(value)] == []


@pytest.mark.parametrize(
    ("operator", "operand", "value"),
    [
        ("mustBe", 0.3, Decimal("0.30")),
        ("mustBeGreaterOrEqualTo", 0.1, Decimal("0.10")),
        ("mustBeLessOrEqualTo", 0.7, Decimal("0.70")),
        ("mustBeBetween", [0.1, 0.7], Decimal("0.1")),
        ("mustBeBetween", [0.1, 0.7], Decimal("0.7")),
    ],
)
def test_an_exact_decimal_meets_the_same_number_in_a_contract(operator, operand, value):
    assert bound_of({operator: operand}).allows(value)


@pytest.mark.parametrize("operator", ["mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeLessThan"])
def test_nothing_measured_passes_nothing(operator):
    assert not bound_of({operator: 0}).allows(None)
    assert not bound_of({"mustNotBeBetween": [0, 1]}).allows(None)


def test_no_comparison_is_refused():
    with pytest.raises(ContractError, match="states none"):
        bound_of({"metric": "rowCount"})


def test_two_comparisons_are_refused_and_both_named():
    with pytest.raises(ContractError, match="states mustBe, mustBeLessThan"):
        bound_of({"mustBe": 0, "mustBeLessThan": 5})


def test_zero_is_a_comparison():
    assert bound_of({"mustBe": 0}) == Bound("mustBe", 0)


def test_an_unknown_comparison_is_refused():
    with pytest.raises(ContractError, match="states none"):
        bound_of({"mustBeNice": 0})
    with pytest.raises(KeyError, match="mustBeNice"):
        Bound("mustBeNice", 0).allows(0)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"mustBe": 0}, "is 0"),
        ({"mustBeGreaterOrEqualTo": 5}, "is at least 5"),
        ({"mustBeBetween": [1, 3]}, "is between 1 and 3"),
        ({"mustNotBeBetween": [1, 3]}, "is not between 1 and 3"),
        ({"mustNotBe": "open"}, "is not open"),
    ],
)
def test_a_comparison_reads_as_words(rule, words):
    assert str(bound_of(rule)) == words


def test_days_can_be_compared():
    assert Bound("mustBeLessThan", datetime.date(2018, 1, 2)).allows(datetime.date(2018, 1, 1))


ODD = ["0", "no", True, False, [9], {"a": 9}, ["0", "9"], float("inf")]


@pytest.mark.parametrize("operand", ODD)
@pytest.mark.parametrize("operator", ["mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeBetween", "mustNotBeBetween"])
def test_a_metric_is_compared_with_numbers_and_never_passes_for_lack_of_one(operator, operand):
    with pytest.raises(ContractError, match=f"{operator} says"):
        bound_of({operator: operand}, of_numbers=True)


@pytest.mark.parametrize("operand", [[9], {"a": 9}, [1, 2]])
def test_a_comparison_with_one_value_names_no_list(operand):
    with pytest.raises(ContractError, match="it compares with (one value|a number)"):
        bound_of({"mustNotBe": operand})


@pytest.mark.parametrize("operand", [5, "ab", [1], [1, 2, 3], [1, "a"], [[1], [2]]])
def test_a_range_has_two_ends_of_one_kind(operand):
    with pytest.raises(ContractError, match="mustBeBetween says"):
        bound_of({"mustBeBetween": operand})


@pytest.mark.parametrize(
    ("operand", "value", "passes"), [(True, True, True), (True, False, False), (1, True, True), (0, True, False)]
)
def test_a_query_may_return_a_boolean(operand, value, passes):
    bound = bound_of({"mustBe": operand})
    assert bound.incomparable(value) is None and bound.allows(value) == passes


def test_a_number_is_not_compared_with_a_boolean_and_a_text_not_with_a_number():
    assert "is compared with a boolean" in Bound("mustNotBe", True).incomparable(5)
    assert "is compared with a text" in Bound("mustNotBe", "0").incomparable(9)
