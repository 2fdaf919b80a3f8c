"""Operands of quality rules that are not what their comparison needs: compared as they are written, never with an exception."""

import itertools

import pytest

from mesh_capabilities.contract_change.compare import compare_documents
from mesh_isolation.bounds import COMPARISONS

OPERANDS = [34, "34", True, [9], [1, 2], {"a": 9}, None, float("inf"), [1, "a"]]
QUERY = "select count(*) from ${object} where id > 5"


def contract(*rules):
    columns = [{"name": "id", "logicalType": "integer", "physicalType": "INTEGER"}]
    table = {"name": "things", "properties": columns, "quality": [{"name": f"r{n}", **rule} for n, rule in enumerate(rules)]}
    return {"id": "shop.things.v1", "version": "1.0.0", "status": "active", "schema": [table]}


@pytest.mark.parametrize("operator", COMPARISONS)
@pytest.mark.parametrize("rule", [{"metric": "rowCount"}, {"type": "sql", "query": QUERY}], ids=["a metric", "a query"])
def test_any_two_operands_are_compared_without_an_exception(rule, operator):
    beside = {**rule, "mustBeGreaterThan": 0}
    for old, new in itertools.product(OPERANDS, repeat=2):
        changes = compare_documents(contract(beside, {**rule, operator: old}), contract(beside, {**rule, "mustBe": new}))
        assert all(change.sentence for change in changes)


@pytest.mark.parametrize("operand", ["34", True, "2018-01-01"])
@pytest.mark.parametrize("rule", [{"metric": "rowCount"}, {"type": "sql", "query": QUERY}], ids=["a metric", "a query"])
def test_a_rule_that_no_number_keeps_beside_another_is_a_change(rule, operand):
    beside = {**rule, "mustBeGreaterThan": 0}
    old, new = contract(beside, {**rule, "mustNotBeBetween": [1, 2]}), contract(beside, {**rule, "mustBe": operand})
    assert compare_documents(old, new) and compare_documents(new, old)


def test_a_text_in_place_of_a_number_is_a_change():
    for rule in ({"metric": "rowCount"}, {"type": "sql", "query": QUERY}):
        for old, new in ((34, "34"), ("34", 34), (True, 1), (1, True)):
            assert compare_documents(contract({**rule, "mustNotBe": old}), contract({**rule, "mustNotBe": new})), (
                rule,
                old,
                new,
            )
