"""The bound within which bad rows are set aside: how it is written, and where exactly it ends."""

import pytest

from mesh_platform.contract.column import stated_bound
from mesh_platform.errors import ContractError

PATTERN = {"name": "code", "physicalType": "VARCHAR", "logicalType": "string", "logicalTypeOptions": {"pattern": "^[a-z]+$"}}


def properties(value):
    return [{"property": "setAside", "value": value}]


def test_nothing_stated_is_no_bound():
    assert stated_bound(None) is None
    assert stated_bound([{"property": "colour", "value": "1 %"}]) is None


@pytest.mark.parametrize(
    ("stated", "rows", "allowed", "refused"),
    [
        ("1 %", 200, 2, 3),
        ("0.5%", 200, 1, 2),
        ("33.3 %", 3, 0, 1),
        ("20 rows", 1_000, 20, 21),
        ("1 row", 10, 1, 2),
        ("5 rows", 5, 4, 5),
        ("0 rows", 10, 0, 1),
    ],
)
def test_a_bound_ends_exactly_where_it_says_and_never_lets_everything_go(stated, rows, allowed, refused):
    bound = stated_bound(properties(stated))
    assert bound.allows(allowed, rows)
    assert not bound.allows(refused, rows)


@pytest.mark.parametrize("stated", ["some", "5", 5, "-1 %", "100 %", "1.5 rows", "", None, "1 % of rows"])
def test_another_form_is_refused(stated):
    with pytest.raises(ContractError, match="setAside is "):
        stated_bound(properties(stated))


def test_a_bound_stated_twice_is_refused():
    with pytest.raises(ContractError):
        stated_bound(properties("1 %") + properties("2 %"))


def test_a_rule_for_which_no_single_row_is_to_blame_has_none_to_set_aside(load):
    rule = {"metric": "rowCount", "mustBeGreaterThan": 0, "customProperties": properties("1 %")}
    with pytest.raises(ContractError, match="no single row is to blame"):
        load(quality=[rule])


def test_the_sentence_of_a_rule_tells_its_bound(load):
    contract = load(columns=[{**PATTERN, "customProperties": properties("2 %")}])
    (rule,) = [rule for rule in contract.rules if rule.check == "values"]
    assert rule.sentence == "code matches ^[a-z]+$; up to 2 % that break it are set aside"
