"""Editing a descriptor in place: what was asked for changes, and every other character stays."""

import pytest
import yaml

from mesh_capabilities.errors import LifecycleRefused
from mesh_capabilities.lifecycle.editing import with_property, with_status, without_property

HEAD = "# What it is.\nid: shop.things\nstatus: active   # since March\nteam: {name: shop}  # asks\n"
BLOCK = (
    f"{HEAD}customProperties:\n  # how good it is\n  - property: tier\n    value: gold # agreed\n\n# the end\nversion: 1.0.0\n"
)
FLAT = f"{HEAD}customProperties:\n- {{property: tier, value: gold}}\n"
FLOW = f"{HEAD}customProperties: [{{property: tier, value: gold}}]  # how good\nversion: 1.0.0\n"


def properties(text):
    return {entry["property"]: entry["value"] for entry in yaml.safe_load(text).get("customProperties") or []}


@pytest.mark.parametrize("quoted", ["active", "'active'", '"active"'])
def test_the_status_changes_and_nothing_else(quoted):
    text = HEAD.replace("status: active", f"status: {quoted}")
    assert with_status(text, "deprecated") == HEAD.replace("status: active", "status: deprecated")


def test_a_first_property_goes_to_the_end():
    assert with_property(HEAD, "successor", "shop/goods") == (
        f"{HEAD}\ncustomProperties:\n  - property: successor\n    value: shop/goods\n"
    )


def test_a_further_property_goes_below_the_others_in_their_style():
    expected = BLOCK.replace("# agreed\n", "# agreed\n  - property: successor\n    value: shop/goods\n")
    assert with_property(BLOCK, "successor", "shop/goods") == expected
    assert with_property(FLAT, "successor", "shop/goods") == f"{FLAT}- property: successor\n  value: shop/goods\n"
    assert with_property(FLOW, "successor", "shop/goods") == FLOW.replace(
        "gold}]", "gold}, {property: successor, value: shop/goods}]"
    )


@pytest.mark.parametrize("text", [HEAD, BLOCK, FLAT])
def test_what_was_put_in_can_be_taken_out_again(text):
    full = with_property(with_property(text, "successor", "shop/goods"), "endsOn", "2026-12-31")
    assert without_property(without_property(full, "endsOn"), "successor") == text


def test_a_property_that_is_there_gets_the_new_value():
    twice = with_property(with_property(BLOCK, "successor", "shop/goods"), "successor", "shop/parts")
    assert properties(twice) == {"tier": "gold", "successor": "shop/parts"}
    assert "# how good it is" in twice


def test_a_property_that_is_not_there_needs_no_taking_out():
    assert without_property(BLOCK, "successor") == BLOCK


def test_a_long_text_below_a_property_is_not_cut():
    text = f"{HEAD}customProperties:\n  - property: note\n    value: |\n      One.\n      Two.\n# the end\n"
    edited = with_property(text, "successor", "shop/goods")
    assert properties(edited) == {"note": "One.\nTwo.\n", "successor": "shop/goods"}
    assert without_property(edited, "successor") == text


@pytest.mark.parametrize(
    "text",
    [
        "{status: active, customProperties: [{property: successor, value: a}, {property: tier, value: b}]}\n",
        f"{HEAD}customProperties: &here\n  - {{property: tier, value: gold}}\nother: *here\n",
    ],
)
def test_what_cannot_be_edited_line_by_line_is_left_alone(text):
    with pytest.raises(LifecycleRefused, match="cannot be edited line by line"):
        with_property(text, "successor", "shop/goods")


def test_a_descriptor_without_a_status_is_refused():
    with pytest.raises(LifecycleRefused, match="has no status"):
        with_status("id: shop.things\n", "active")
