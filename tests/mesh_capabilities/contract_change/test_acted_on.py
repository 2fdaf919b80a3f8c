"""What the platform acts on is never a label: custom properties and service levels of which the code or lint knows a use."""

import re
from pathlib import Path

import pytest

import mesh_capabilities
import mesh_platform
from mesh_capabilities.contract_change.compare import compare_documents
from mesh_capabilities.contract_lint.executed import TABLE
from mesh_capabilities.contract_lint.key_use import Use
from mesh_platform.contract.column import SET_ASIDE_PROPERTY
from mesh_platform.contract.contract import COMPLETE_PROPERTY, RETENTION_PROPERTY

VALUES = {
    "versionRetention": ("30 d", "7 d"),
    "completeDays": (False, True),
    "setAside": ("1 %", "2 %"),
    "nonFinite": ("refused", "allowed"),
    "severity": ("error", "warning"),
    "limits": ({"seconds": 100}, {"seconds": 200}),
    "declassified": (None, {"by": "anna"}),
}
"""Two values of a property that the platform tells apart; of any other property, two texts."""

NO_PART_OF_A_CONTRACT = {"successor", "endsOn", "latestDays", "expectations"}
"""Custom properties of a product's descriptor."""

SERVICE = {"frequency": "d", "latency": "d", "retention": "d", "noticePeriod": "d", "endOfSupport": None, "endOfLife": None}
NUMBER = {"name": "amount", "logicalType": "number", "physicalType": "DOUBLE", "required": True}


def read_in_code():
    """The names of all custom properties that the platform's code reads."""
    names = set()
    for package in (mesh_platform, mesh_capabilities):
        for file in Path(package.__file__).parent.rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            names |= set(re.findall(r"""\bstated\([\w.]+, (?:"([^"]+)"|(\w+))\)""", text))
            if "def _property(document" in text:
                names |= {(name, "") for name in re.findall(r"""\b_property\(\w+, "([^"]+)"\)""", text)}
    known = {"RETENTION_PROPERTY": RETENTION_PROPERTY, "COMPLETE_PROPERTY": COMPLETE_PROPERTY, "word": "unit"}
    parameters = {"name", "key"}
    found = {quoted or known[variable] for quoted, variable in names if variable not in parameters}
    return found | {SET_ASIDE_PROPERTY, "currency"}


PROPERTIES = sorted(read_in_code() - NO_PART_OF_A_CONTRACT)
LISTED = {
    match[1] for key in TABLE if key.use is Use.EXECUTED and (match := re.search(r"customProperties\[(\w+)\]$", key.path))
}


def document(amount, rule, relationship, table, contract, levels=()):
    column = {
        **NUMBER,
        "customProperties": amount,
        "logicalTypeOptions": {"minimum": 0},
        "relationships": [{"to": "things.amount", "customProperties": relationship}],
    }
    query = {"type": "sql", "query": "select count(*) from ${object}", "mustBe": 0, "customProperties": rule}
    return {
        "id": "shop.things.v1",
        "version": "1.0.0",
        "customProperties": contract,
        "slaProperties": list(levels),
        "schema": [{"name": "things", "properties": [column], "quality": [query], "customProperties": table}],
    }


PLACES = ("amount", "rule", "relationship", "table", "contract")
ACTS_IN = {
    **dict.fromkeys(("versionRetention", "completeDays", "servedFrom"), ("contract",)),
    **dict.fromkeys(("processingPurpose", "legalBasis"), ("contract", "amount")),
    "setAside": ("amount",),
    **{"severity": ("relationship",), "limits": ("rule",)},
}
"""Where a property has an effect; any other in a column."""


def changes(name, place, values):
    old, new = (
        document(**{at: [{"property": name, "value": value}] if at == place and value is not None else [] for at in PLACES})
        for value in values
    )
    return {change.sort for change in compare_documents(old, new)}


def test_the_code_reads_the_properties_that_lint_lists_as_executed():
    assert LISTED
    assert set(PROPERTIES) >= LISTED


@pytest.mark.parametrize("name", PROPERTIES)
def test_a_property_that_the_platform_acts_on_is_no_label(name):
    for place in ACTS_IN.get(name, ("amount",)):
        sorts = changes(name, place, VALUES.get(name, ("one", "other")))
        assert "label changed" not in sorts
        assert sorts or name == "limits"  # what a query may cost


@pytest.mark.parametrize("name", PROPERTIES)
@pytest.mark.parametrize("place", PLACES)
def test_a_property_with_the_same_value_is_no_change(name, place):
    assert changes(name, place, VALUES.get(name, ("one", "other"))[1:] * 2) == set()


@pytest.mark.parametrize("first", ["30 d", "10 versions"])
def test_of_a_property_that_is_stated_twice_the_first_counts_as_for_the_platform(first):
    def stated(*values):
        return document([], [], [], [], [{"property": "versionRetention", "value": value} for value in values])

    assert {change.sort for change in compare_documents(stated(first, "1 d"), stated(first, "9 d"))} == set()
    assert {change.sort for change in compare_documents(stated(first, "1 d"), stated("1 d", first))} == {
        "service reduced" if first == "30 d" else "service replaced"
    }


@pytest.mark.parametrize(("name", "unit"), SERVICE.items())
def test_a_service_level_that_the_platform_acts_on_is_no_label(name, unit):
    values = ("2030-01-31", "2029-01-31") if unit is None else (90, 40)
    old, new = (
        document([], [], [], [], [], [{"property": name, "value": value} | ({"unit": unit} if unit else {})])
        for value in values
    )
    both = [change.sort for change in compare_documents(old, new)]
    assert both and "label changed" not in both
    gone = [change.sort for change in compare_documents(old, document([], [], [], [], []))]
    assert gone and "label changed" not in gone
