"""A property of an open list that is nearly one that is read is an error; every name that is read is listed, once."""

import ast
from pathlib import Path

import pytest

from mesh_platform.contract.document import load_contract
from mesh_platform.contract.open_names import CUSTOM_PROPERTIES, SERVICE_LEVELS, check_open_names, stated
from mesh_platform.errors import ContractError
from mesh_platform.product.descriptor import load_product

PLATFORM = Path(__file__).parents[3] / "platform"
COLUMN = {"name": "id", "logicalType": "integer", "physicalType": "INTEGER"}


def entry(name):
    return [{"property": name, "value": 1}]


def misspelt(name):
    """The name in three ways that nobody sees at a glance."""
    return {name[:-2] + name[-1], name[:1].swapcase() + name[1:], name[:-2] + name[-1] + name[-2]} - {name}


PLACES = {
    "the contract": ("customProperties", lambda part: {"customProperties": part}),
    "a column": (
        "schema[things].properties[id].customProperties",
        lambda part: {"columns": [COLUMN | {"customProperties": part}]},
    ),
    "a rule": (
        "schema[things].quality[rows].customProperties",
        lambda part: {"quality": [{"name": "rows", "metric": "rowCount", "mustBeGreaterThan": 0, "customProperties": part}]},
    ),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", CUSTOM_PROPERTIES)
def test_a_misspelt_property_is_an_error_wherever_it_stands(company, place, name):
    where, changes = PLACES[place]
    for wrong in misspelt(name) - {*CUSTOM_PROPERTIES}:
        path = company.contract(**changes(entry(wrong)))
        with pytest.raises(ContractError) as refusal:
            load_contract(path, company.root)
        assert f"{path}: {where} has the property '{wrong}'" in str(refusal.value)
        assert name in refusal.value.way_out
        assert refusal.value.place[-2:] == ("customProperties", 0)


@pytest.mark.parametrize("name", [name for name in SERVICE_LEVELS if len(name) > 2])
def test_a_misspelt_service_level_is_an_error(company, name):
    path = company.contract(slaProperties=[{"property": name[:-2] + name[-1], "value": 1, "unit": "d"}])
    with pytest.raises(ContractError, match=f"slaProperties has the property .*Did you mean.*{name}"):
        load_contract(path, company.root)


def test_the_spellings_that_are_read_and_the_names_of_others_are_no_error(company):
    levels = [
        "Frequency",
        "LATENCY",
        "FY",
        "availability",
        "errorRate",
        "throughput",
        "generalAvailability",
        "th",
        "er",
        "mine",
    ]
    check_open_names({"slaProperties": [{"property": name} for name in levels]})
    own = ["steward", "note", "costCenter", "predecessor", "purpose", "Mine", "", "title"]
    check_open_names({"customProperties": [{"property": name} for name in own]})
    load_contract(company.contract(customProperties=[{"property": name, "value": 1} for name in own]), company.root)


@pytest.mark.parametrize("wrong", ["expectation", "Expectations", "latestDay", "latest_days"])
def test_a_misspelt_property_of_an_input_port_is_an_error_of_the_descriptor(company, wrong):
    port = {"name": "books/sales", "version": "1.0.0", "contractId": "books.sales.v1", "customProperties": entry(wrong)}
    path = company.product(inputPorts=[port])
    with pytest.raises(ContractError) as refusal:
        load_product(path, company.root)
    assert str(refusal.value).startswith(f"{path}: inputPorts[books/sales].customProperties has the property '{wrong}'")


@pytest.mark.parametrize("wrong", ["endOn", "succesor", "teir"])
def test_a_misspelt_property_of_a_product_is_an_error_of_the_descriptor(company, wrong):
    with pytest.raises(ContractError, match=f"customProperties has the property '{wrong}'.*Did you mean"):
        load_product(company.product(customProperties=entry(wrong)), company.root)


ELSEWHERE = {
    "latestDays": ({"customProperties": None}, {"outputPorts": [{"name": "x", "customProperties": None}]}),
    "expectations": ({"customProperties": None}, {"inputPorts": [{"x": {"customProperties": None}}]}),
    "endsOn": ({"outputPorts": [{"customProperties": None}]}, {"team": {"customProperties": None}}),
    "completeDays": ({"schema": [{"customProperties": None}]}, {"schema": [{"properties": [{"customProperties": None}]}]}),
    "servedFrom": ({"schema": [{"customProperties": None}]},),
    "versionRetention": ({"servers": [{"customProperties": None}]}, {"schema": [{"customProperties": None}]}),
}
"""Documents with the place, None, of a property that is not read there."""


def with_entry(document, name):
    if isinstance(document, list):
        return [with_entry(part, name) for part in document]
    if isinstance(document, dict):
        return {key: with_entry(part, name) for key, part in document.items()}
    return document if document is not None else entry(name)


@pytest.mark.parametrize(("name", "document"), [(name, one) for name, forms in ELSEWHERE.items() for one in forms])
def test_a_property_at_a_place_where_it_is_not_read_is_an_error_that_says_where_it_is(name, document):
    with pytest.raises(ContractError, match=f"has the property '{name}', which is not read there") as refusal:
        check_open_names(with_entry(document, name))
    right = "an entry of inputPorts" if name in ("expectations", "latestDays") else "the document itself"
    assert refusal.value.way_out == f"State it for {right}."


# Every name that is read is listed.


def constants(tree):
    """The texts that the names of a module stand for: those of assignments, and of loops over texts."""
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        source = getattr(node, "value", None) or getattr(node, "iter", None)
        parts = source.elts if isinstance(source, (ast.Tuple, ast.List)) else [source]
        texts = {part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)}
        for target in targets:
            for name in ast.walk(target) if isinstance(target, ast.AST) and texts else ():
                if isinstance(name, ast.Name):
                    yield name.id, texts


READERS = {"stated", "_property", "own_property", "with_property"}
"""The functions that get the name of a custom property as their second argument."""


def read_names(path):
    """The names of properties that a module reads: arguments of readers, and what `property` is compared with."""
    tree, known = ast.parse(path.read_text(encoding="utf-8")), {}
    for name, texts in constants(tree):
        known.setdefault(name, set()).update(texts)
    for loop in (node for node in ast.walk(tree) if isinstance(node, ast.For) and isinstance(node.iter, ast.Name)):
        known.setdefault(getattr(loop.target, "id", ""), set()).update(known.get(loop.iter.id, ()))

    def texts(node):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return {node.value}
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            return set().union(*map(texts, node.elts)) if node.elts else set()
        return known.get(node.id, set()) if isinstance(node, ast.Name) else set()

    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in READERS and len(node.args) > 1:
            yield from texts(node.args[1])
        if isinstance(node, ast.Compare) and ast.unparse(node.left).endswith((".get('property')", "['property']")):
            yield from set().union(*map(texts, node.comparators))


def test_every_name_that_is_read_is_listed():
    files = [*PLATFORM.rglob("*.py")]
    found = {name: path.relative_to(PLATFORM).as_posix() for path in files for name in read_names(path)}
    assert {"versionRetention", "expectations", "masking", "noticePeriod", "unit", "setAside", "endOfLife"} <= found.keys()
    assert {name: path for name, path in found.items() if name not in (*CUSTOM_PROPERTIES, *SERVICE_LEVELS)} == {}


def test_no_other_name_can_be_read():
    assert stated({"customProperties": entry("tier")}, "tier") == [1]
    with pytest.raises(AssertionError, match="nowhere is read, and is not listed"):
        stated({"customProperties": []}, "nowhere")
