"""`mesh contract show`: the whole promise in plain words."""

import pytest

from mesh_platform.errors import UnknownPort


@pytest.fixture
def promising(shop):
    """The port shop/things with everything that a contract can tell people."""
    columns = [
        {"name": "id", "physicalType": "INTEGER", "primaryKey": True, "description": "Identifies the thing."},
        {"name": "price", "physicalType": "DECIMAL(10,2)", "required": True, "classification": "internal"},
        {
            "name": "code",
            "logicalType": "string",
            "physicalType": "VARCHAR",
            "unique": True,
            "logicalTypeOptions": {"format": "password"},
        },
        {"name": "seen", "logicalType": "timestamp"},
    ]
    quality = [
        {"name": "many", "metric": "rowCount", "mustBeGreaterThan": 9, "severity": "warning", "description": "There are ten."},
        {"name": "nice", "type": "text", "description": "The things are nice."},
    ]
    levels = [
        {"property": "frequency", "value": 1, "unit": "d", "description": "Every day."},
        {"property": "availability", "value": 99, "unit": "percent"},
        {"property": "retention", "value": 3, "unit": "y", "element": "things.seen"},
    ]
    purpose = {"purpose": "To have things.", "limitations": "No other things.", "usage": "Look at them."}
    shop.contract("things", "shop", columns, quality=quality, slaProperties=levels, description=purpose)
    return shop


def test_the_promise_is_told_in_plain_words(call, promising):
    said = [line.strip() for line in call.text("contract", "show", "shop/things").splitlines()]
    for line in (
        "shop/things The things. One row per thing.",
        "shop.things.v1 1.0.0, active, in domains/shop/contracts/things.v1.odcs.yaml",
        "Owner shop, questions to #data-shop.",
        "Purpose: To have things.",
        "Limitations: No other things.",
        "id INTEGER key Identifies the thing.",
        "price DECIMAL(10,2) never null internal",
        "code VARCHAR unique",
        "· many: There are ten. (warns, does not block)",
        "· The things are nice.",
        "· code is of the format password.",
        "· service_levels: no seen is older than 3 y",
        "· availability: 99 percent",
        "· frequency: 1 day (Every day)",
        "· retention: 3 years, of things.seen",
        "· books/sales, owner books",
    ):
        assert line in said
    assert said[-1] == "✔ shop/things promises 4 columns and 7 rules to 1 consuming product"


def test_the_document_says_the_same(call, promising):
    said = call.json("contract", "show", "shop/things")
    assert said["columns"][1] == {
        "name": "price",
        "type": "DECIMAL(10,2)",
        "promises": ["never null"],
        "classification": "internal",
        "description": "",
    }
    assert (said["primary_key"], said["owner"], said["status"]) == (["id"], "shop", "active")
    assert said["consumers"] == [{"product": "books/sales", "owner": "books"}]
    assert said["in_words"] == ["The things are nice.", "code is of the format password."]
    assert said["rules"][-1] == {"check": "many", "sentence": "There are ten.", "blocks": False}


def test_nothing_has_to_be_published(call, shop):
    assert "to 0 consuming products" in call.text("contract", "show", "books/sales")


def test_a_port_that_nobody_promises_is_named(call, shop):
    assert isinstance(call("contract", "show", "shop/nothing").exception, UnknownPort)
