"""An expectation of a consumer becomes a rule of the producer's audit, with the consumer's name."""

import pytest

from mesh_platform.contract import rule
from mesh_platform.contract.audit import audit
from mesh_platform.errors import ContractError, ProjectError
from mesh_platform.product.offer import load_offer

KEY = {"name": "id", "logicalType": "integer", "physicalType": "INTEGER", "primaryKey": True}
PRICE = {"name": "price", "logicalType": "number", "physicalType": "DECIMAL(9,2)"}
AT = {"name": "sold_at", "logicalType": "timestamp", "physicalType": "TIMESTAMPTZ"}
ROWS = (
    "SELECT i::INTEGER AS id, (i - 1)::DECIMAL(9,2) AS price, now() - to_hours(i::INTEGER * 10) AS sold_at FROM range(10) t(i)"
)


@pytest.fixture(autouse=True)
def failing_engine(monkeypatch):
    monkeypatch.setitem(rule._registered, "fails", lambda *_: 1 / 0)


@pytest.fixture
def relied_on(company, parquet):
    """Audits ten rows of shop/things with these expectations of the product books/ledger, and returns the verdicts."""

    def relied_on(*expectations, policy=None):
        company.contract(columns=[KEY, PRICE, AT])
        company.product()
        shop = company.domain(broken_expectations=policy)
        consumer(company, expectations)
        contract = load_offer(shop).contracts["things"]
        return audit(contract, [parquet(ROWS)]).of_check("relied_on_by_books_ledger")

    return relied_on


def consumer(company, expectations, **changes):
    stated = [{"property": "expectations", "value": list(expectations)}]
    port = {"name": "shop/things", "version": "1.0.0", "contractId": "shop.things.v1", "customProperties": stated}
    company.domain("books")
    company.contract("ledger", domain="books")
    return company.product("ledger", domain="books", inputPorts=[port], **changes)


MET = {
    "columns": {"columns": ["id", "price"]},
    "a range": {"column": "price", "logicalTypeOptions": {"minimum": -1}},
    "a volume": {"metric": "rowCount", "mustBeBetween": [5, 20]},
    "freshness": {"column": "sold_at", "notOlderThan": 1, "unit": "h"},
    "a metric": {"column": "price", "metric": "nullValues", "mustBe": 0},
    "a query": {"type": "sql", "query": "SELECT max(price) FROM ${object}", "mustBeLessThan": 9},
}
BROKEN = {
    "columns": ({"columns": ["id", "margin"]}, "the contract does not promise margin"),
    "a column": ({"column": "margin", "metric": "nullValues", "mustBe": 0}, "the contract does not promise margin"),
    "a range": ({"column": "price", "logicalTypeOptions": {"minimum": 0}}, "1 of 10 rows"),
    "a volume": ({"metric": "rowCount", "mustBeGreaterThan": 10}, "found 10"),
    "a metric": ({"column": "id", "metric": "duplicateValues", "mustBeGreaterThan": 0}, "found 0 of 10 rows"),
    "a query": (
        {"type": "sql", "query": "SELECT max(margin) FROM ${object}", "mustBe": 0},
        "failed to evaluate: its query cannot be",
    ),
    "a text": ({"type": "sql", "query": "SELECT 'a' FROM ${object} LIMIT 1", "mustBeLessThan": 1}, "its query returns a text"),
    "an engine": ({"type": "custom", "engine": "fails", "implementation": ""}, "failed to evaluate: ZeroDivisionError"),
}


@pytest.mark.parametrize("name", MET)
def test_an_expectation_that_is_met_passes(relied_on, name):
    verdicts = relied_on(MET[name])
    assert [verdict.passed for verdict in verdicts] == [True]


@pytest.mark.parametrize("policy", ["block", "warn"])
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_one_names_the_consumer_and_its_owner_and_blocks_if_the_producer_says_so(relied_on, name, policy):
    expectation, measured = BROKEN[name]
    (verdict,) = relied_on(expectation, policy=policy)
    assert not verdict.passed
    assert "books/ledger of books relies on it (domains/books/products/ledger.odps.yaml)" in str(verdict)
    assert measured in str(verdict)
    assert verdict.rule.blocks is (policy == "block")


def test_data_that_is_too_old_for_a_consumer_is_measured_in_its_unit(company, parquet, relied_on):
    (fresh,) = relied_on({"column": "sold_at", "notOlderThan": 2, "unit": "min"})
    assert fresh.passed
    contract = load_offer(company.domain()).contracts["things"]
    old = parquet(f"SELECT * REPLACE (sold_at - INTERVAL 3 MINUTE AS sold_at) FROM ({ROWS})")
    (verdict,) = audit(contract, [old]).of_check("relied_on_by_books_ledger")
    assert not verdict.passed
    assert 3 <= float(verdict.found) < 4


def test_data_from_the_future_are_not_fresh_for_a_consumer(company, parquet, relied_on):
    relied_on({"column": "sold_at", "notOlderThan": 2, "unit": "min"})
    contract = load_offer(company.domain()).contracts["things"]
    ahead = parquet(f"SELECT * REPLACE (sold_at + INTERVAL 10 MINUTE AS sold_at) FROM ({ROWS})")
    (verdict,) = audit(contract, [ahead]).of_check("relied_on_by_books_ledger")
    assert not verdict.passed


def test_a_producer_that_says_nothing_warns(relied_on):
    (verdict,) = relied_on({"metric": "rowCount", "mustBe": 0})
    assert not verdict.rule.blocks


def test_another_policy_than_block_or_warn_is_refused(company):
    with pytest.raises(ProjectError, match="broken_expectations: 'maybe'"):
        company.domain(broken_expectations="maybe")


@pytest.mark.parametrize(
    "expectation",
    [
        {"metric": "rowCount"},
        {"metric": "mood", "mustBe": 0},
        {"column": "sold_at", "notOlderThan": "a while"},
        {"column": "sold_at", "notOlderThan": 1, "unit": "fortnight"},
        {"type": "custom", "engine": "soda", "mustBe": 0},
    ],
)
def test_an_expectation_that_is_no_rule_is_the_consumers_error_and_not_the_producers(company, relied_on, expectation):
    assert relied_on(expectation, policy="block") == []
    with pytest.raises(ContractError, match="ledger.odps.yaml has an expectation of shop/things that cannot be executed"):
        load_offer(company.domain("books"))


def test_a_consumer_whose_descriptor_is_broken_does_not_stop_the_producer(company, relied_on):
    relied_on(MET["columns"])
    company.write("domains/books/products/ledger.odps.yaml", "name: [")
    assert not any(rule.asked_by for rule in load_offer(company.domain()).contracts["things"].rules)


def test_expectations_on_another_major_are_not_this_contracts_business(company, relied_on):
    relied_on(MET["columns"])
    stated = [{"property": "expectations", "value": [MET["columns"]]}]
    port = {"name": "shop/things", "version": "2.0.0", "contractId": "shop.things.v2", "customProperties": stated}
    company.product("ledger", domain="books", inputPorts=[port])
    assert not any(rule.asked_by for rule in load_offer(company.domain()).contracts["things"].rules)
