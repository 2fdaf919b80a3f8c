"""A comparison takes effort in proportion to the size of the contracts: the steps that take long are counted."""

from collections import Counter
from difflib import SequenceMatcher

import pytest

from mesh_capabilities.contract_change import promises, rules
from mesh_capabilities.contract_change.compare import COMPARED, compare_documents
from mesh_isolation import sql

FEW, MANY = 20, 60


def document(columns, quality=()):
    table = {"name": "things", "properties": columns, "quality": list(quality)}
    return {"id": "shop.things.v1", "version": "1.0.0", "status": "active", "schema": [table]}


def columns(number, word):
    kind = {"logicalType": "string", "physicalType": "VARCHAR", "required": True}
    return [
        {"name": f"{word}_{at}", "description": f"Attribute {at} of {word} customer, as stated.", **kind}
        for at in range(number)
    ]


def queries(number, word):
    query = f"select count(*) from ${{object}} where n > {word} + "
    return [{"name": f"rule {at}", "type": "sql", "query": f"{query}{number}{at}", "mustBe": 0} for at in range(number)]


def pair(kind, number):
    if kind == "renamed":
        return document(columns(number, "a")), document(columns(number, "the"))
    one = [{"name": "n", "logicalType": "integer", "physicalType": "INTEGER"}]
    return document(one, queries(number, 1)), document(one, queries(number, 2))


@pytest.fixture
def steps(monkeypatch):
    counted = Counter()

    def counting(owner, name):
        whole = getattr(owner, name)

        def one_more(*arguments):
            counted[name] += 1
            return whole(*arguments)

        monkeypatch.setattr(owner, name, one_more)

    counting(SequenceMatcher, "ratio")
    for module in (promises, rules):
        counting(module, "ensures")
    return counted


@pytest.mark.parametrize("kind", ["renamed", "queries"])
def test_three_times_as_many_columns_or_rules_take_three_times_as_many_steps(kind, steps):
    effort = []
    for number in (FEW, MANY):
        steps.clear()
        sorts = {change.sort for change in compare_documents(*pair(kind, number))}
        assert sorts == ({"column renamed", "wording changed"} if kind == "renamed" else {"rule replaced"})
        effort.append(steps.copy())
    for step, number in effort[1].items():
        assert number <= MANY * COMPARED
        assert number <= 4 * max(effort[0][step], FEW)


def test_each_query_is_parsed_once():
    before = sql._parsed.cache_info()
    compare_documents(*pair("queries", FEW))
    assert sql._parsed.cache_info().misses - before.misses <= 2 * FEW + 10


def test_equal_descriptions_are_found_however_far_apart():
    number = 4 * COMPARED
    old, new = columns(number, "a"), [{**entry, "name": f"new_{entry['name']}"} for entry in columns(number, "a")]
    changes = compare_documents(document(old), document(new[::-1]))
    renamed = {change.place: change.sentence for change in changes if change.sort == "column renamed"}
    assert len(renamed) == number
    assert all(sentence.endswith(f"renamed to new_{name}") for name, sentence in renamed.items())
