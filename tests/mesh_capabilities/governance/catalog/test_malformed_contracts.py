"""A contract of any shape costs its own port: policies, gates and portal judge and show the others."""

import copy
import json

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

OWN = "domains/shop/contracts/things.v1.odcs.yaml"
ODD = [5, True, None, "hello", [1], ["a", {"b": 1}], {"a": 1}, [None], -1.5, ""]
"""Values of another type than most keys of a contract have."""
GIVEN = [
    (("schema", 0, "quality", 0, "metric"), ["rowCount"]),
    (("slaProperties",), 4),
    (("schema", 0, "properties", 2, "physicalType"), [1, 2]),
    (("schema", 0, "properties", 2, "physicalType"), 5),
    (("schema", 0, "properties", 2, "logicalType"), ["string"]),
    (("schema", 0, "properties", 2, "name"), 5),
    (("schema", 0, "quality"), 7),
    (("schema", 0, "properties"), {"a": 1}),
    (("schema",), "hello"),
    (("schema", 0, "properties", 2, "logicalTypeOptions"), 4),
    (("schema", 0, "properties", 2, "description"), [4]),
    (("support",), 4),
]


@pytest.fixture
def capabilities():
    return ("contract_change", "contract_lint", "columns", "governance", "portal")


@pytest.fixture
def mesh(small_mesh, monkeypatch):
    """The small mesh, with both ports of the shop published; the contract of things uses most of what ODCS has."""
    columns = [
        {"name": "at", "logicalType": "timestamp", "physicalType": "TIMESTAMP"},
        {"name": "id", "logicalType": "integer", "physicalType": "INTEGER", "primaryKey": True, "tags": ["a"]},
        {
            "name": "price",
            "logicalType": "number",
            "physicalType": "DECIMAL(12,2)",
            "classification": "internal",
            "logicalTypeOptions": {"minimum": 0},
            "customProperties": [{"property": "unit", "value": "EUR"}],
        },
    ]
    small_mesh.company.contract(
        columns=columns,
        quality=[{"name": "has_rows", "metric": "rowCount", "mustBeGreaterThan": 0}],
        slaProperties=[{"property": "latency", "value": 1, "unit": "d", "element": "things.at"}],
        support=[{"channel": "#shop"}],
        description={"purpose": "To have things."},
        team={"name": "shop"},
    )
    small_mesh.publish("shop/things")
    small_mesh.publish("shop/sellers")
    monkeypatch.chdir(small_mesh.root)
    return small_mesh


def places(document, at=()):
    """The place of every part of a document."""
    if at:
        yield at
    entries = document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    for key, part in entries:
        yield from places(part, (*at, key))


def changed(document, place, value):
    document = part = copy.deepcopy(document)
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = value
    return document


def judge(mesh, call, document):
    (mesh.root / OWN).write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    # It judges all policies, too.
    built = json.loads(call("portal", "build", "--to", mesh.root / "site", "--json").stdout)
    assert (mesh.root / "site/products/shop/sellers.html").is_file()
    return built["problems"]


@pytest.mark.parametrize(("place", "value"), GIVEN)
def test_a_malformed_contract_stops_neither_policies_nor_the_portal(mesh, call, place, value):
    intact = yaml.safe_load((mesh.root / OWN).read_text())
    problems = judge(mesh, call, changed(intact, place, value))
    assert any("things.v1.odcs.yaml" in problem for problem in problems)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_contract_with_any_value_in_any_place_stops_neither(mesh, call, data):
    intact = yaml.safe_load((mesh.root / OWN).read_text())
    place = data.draw(st.sampled_from([*places(intact)]))
    try:
        judge(mesh, call, changed(intact, place, data.draw(st.sampled_from(ODD))))
    finally:
        (mesh.root / OWN).write_text(yaml.safe_dump(intact, sort_keys=False), encoding="utf-8")
