"""The number of rows of a version is compared with that of the version before: `rowCount` with `comparedWith`."""

import pytest

from mesh_platform.contract.audit import audit
from mesh_platform.errors import ContractError
from mesh_platform.product.expectations import Expectation, with_expectations
from support.company import COLUMNS, DAY

COMPARED = {"metric": "rowCount", "arguments": {"comparedWith": "previousVersion"}, "unit": "percent"}
VOLUME = {"name": "volume", **COMPARED, "mustBeBetween": [-50, 100]}


def rows(number):
    return f"SELECT i::INTEGER AS id FROM range({number}) t(i)"


@pytest.mark.parametrize(
    ("before", "now", "kept", "found"),
    [
        (100, 50, True, "-50.0 %, 50 rows after 100"),
        (100, 49, False, "-51.0 %, 49 rows after 100 (`--accept-volume shop/things` accepts it)"),
        (100, 200, True, "+100.0 %, 200 rows after 100"),
        (100, 201, False, "+101.0 %, 201 rows after 100 (`--accept-volume shop/things` accepts it)"),
        (1, 0, False, "-100.0 %, 0 rows after 1 (`--accept-volume shop/things` accepts it)"),
        (None, 3, True, "3 rows, compared with no version"),
        (0, 3, True, "3 rows, compared with no version"),
    ],
)
def test_the_change_is_in_percent_of_the_version_before(load, parquet, before, now, kept, found):
    contract = load(quality=[VOLUME])
    (verdict,) = audit(contract, [parquet(rows(now))], before=before).of_check("volume")
    assert (verdict.passed, verdict.found) == (kept, found)


def test_the_change_is_compared_exactly(load, parquet):
    contract = load(quality=[{"name": "third", **COMPARED, "mustBeGreaterThan": -33.333333333}])
    assert audit(contract, [parquet(rows(2))], before=3).broken
    contract = load(quality=[{"name": "third", **COMPARED, "mustBeGreaterThan": -33.3333333334}])
    assert not audit(contract, [parquet(rows(2))], before=3).broken


def test_the_rule_says_what_it_compares_and_may_warn(load, parquet):
    contract = load(quality=[{**VOLUME, "severity": "warning"}])
    audited = audit(contract, [parquet(rows(1))], before=75_000)
    (verdict,) = audited.of_check("volume")
    assert str(verdict) == (
        "volume: the change of the number of rows since the previous version, in percent, is between -50 and 100; "
        "found -100.0 %, 1 row after 75,000"
    )
    assert not audited.broken


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({**VOLUME, "arguments": {"comparedWith": "yesterday"}}, "comparedWith is 'yesterday'"),
        ({**VOLUME, "arguments": {"comparedWith": ["previousVersion"]}}, "comparedWith is "),
        ({**VOLUME, "unit": "rows"}, "state unit: percent"),
        ({**VOLUME, "unit": None}, "state unit: percent"),
        ({**VOLUME, "arguments": {}}, "always 100"),
        ({**VOLUME, "mustBeBetween": [100, -50]}, "the smaller number comes first"),
        ({**VOLUME, "customProperties": [{"property": "setAside", "value": "1 %"}]}, "no single row is to blame"),
    ],
)
def test_a_comparison_of_another_form_is_refused(load, rule, message):
    with pytest.raises(ContractError) as refused:
        load(quality=[{key: value for key, value in rule.items() if value is not None}])
    assert message in str(refused.value)


def test_a_port_by_day_has_no_previous_version_to_compare_with(load):
    by_day = {"columns": [*COLUMNS, DAY]}
    with pytest.raises(ContractError, match=r"partitioned, and its rule 'volume' compares the number of rows"):
        load(**by_day, quality=[VOLUME])
    assert load(**by_day, quality=[{"metric": "rowCount", "mustBeGreaterThan": 0}]).partition


def test_a_consumer_may_rely_on_it_except_for_a_port_by_day(load, parquet):
    stated = [Expectation("shop.things.v1", "books/ledger", "books", "domains/books/products/ledger.odps.yaml", VOLUME)]
    contract = with_expectations(load(), stated, blocks=True)
    (verdict,) = audit(contract, [parquet(rows(1))], before=9).of_check("relied_on_by_books_ledger")
    assert not verdict.passed
    assert len(with_expectations(load(columns=[*COLUMNS, DAY]), stated, blocks=True).rules) == len(
        load(columns=[*COLUMNS, DAY]).rules
    )


@pytest.mark.parametrize(("value", "complete"), [(True, True), (False, False), (None, False)])
def test_a_contract_by_day_says_whether_a_build_holds_all_days(load, value, complete):
    stated = {"customProperties": [{"property": "completeDays", "value": value}]} if value is not None else {}
    contract = load(columns=[*COLUMNS, DAY], **stated)
    assert (contract.partition.complete, contract.whole) == (complete, complete)


@pytest.mark.parametrize(("columns", "value"), [([*COLUMNS, DAY], "yes"), ([*COLUMNS, DAY], 1.5), (COLUMNS, True)])
def test_all_days_are_stated_as_true_or_false_and_by_a_port_by_day(load, columns, value):
    with pytest.raises(ContractError, match="completeDays is stated once, as true or false"):
        load(columns=columns, customProperties=[{"property": "completeDays", "value": value}])


def test_a_port_without_days_needs_every_row(load):
    assert load().whole
