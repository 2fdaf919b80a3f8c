"""An entry of any shape is a rule or an error of the platform: expectations of consumers and quality rules of contracts."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from mesh_platform.contract.contract import Contract
from mesh_platform.contract.document import contract_in
from mesh_platform.contract.rule import Rule
from mesh_platform.errors import ContractError, MeshError
from mesh_platform.product.expectations import Expectation, _executed, with_expectations
from mesh_platform.standards import check_against

COLUMNS = {
    "id": {"logicalType": "integer", "physicalType": "INTEGER", "primaryKey": True},
    "price": {"logicalType": "number", "physicalType": "DECIMAL(9,2)"},
    "share": {"logicalType": "number", "physicalType": "DOUBLE"},
    "name": {"logicalType": "string", "physicalType": "VARCHAR"},
    "sold_at": {"logicalType": "timestamp", "physicalType": "TIMESTAMPTZ"},
    "day": {"logicalType": "date", "physicalType": "VARCHAR"},
    "tags": {"logicalType": "array", "physicalType": "VARCHAR[]", "items": {"logicalType": "string"}},
    "plain": {"physicalType": "VARCHAR"},
}
METRICS = ["nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount", "validValues", "duplicateCount"]
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.just(10**400), st.floats(), st.text(max_size=6), st.binary(max_size=3)
) | st.sampled_from(
    [*COLUMNS, *METRICS, "rows", "percent", "h", "sql", "custom", "i64", "u8", "f32", "(", "yyyy", "1e9", "1 %"]
)
ANY = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SCALARS.filter(lambda key: key == key), inner, max_size=3),
    max_leaves=6,
)
NUMBERS = st.integers(-9, 9) | st.floats(-9, 9)


def mostly(likely: st.SearchStrategy) -> st.SearchStrategy:
    """A value of the right type three times out of four, so that an entry gets past its first key."""
    return st.one_of(likely, likely, likely, ANY)


PROPERTY = st.fixed_dictionaries({"property": mostly(st.sampled_from(["setAside", "limits"])), "value": ANY})
OPTIONS = ["minimum", "maximum", "exclusiveMinimum", "multipleOf", "format", "pattern", "minLength", "maxItems", "timezone"]
OPTIONS += ["defaultTimezone", "uniqueItems", "required", "dimensions"]
QUALITY = {
    "type": mostly(st.sampled_from(["library", "sql", "custom", "text"])),
    "name": mostly(st.text(min_size=1, max_size=5)),
    "description": mostly(st.text(max_size=5)),
    "metric": mostly(st.sampled_from(METRICS)),
    "rule": mostly(st.sampled_from(METRICS)),
    "unit": mostly(st.sampled_from(["rows", "percent"])),
    "severity": ANY,
    "validValues": mostly(st.lists(ANY, max_size=3)),
    "arguments": mostly(
        st.fixed_dictionaries(
            {},
            optional={
                "properties": mostly(st.lists(st.sampled_from([*COLUMNS]), max_size=3)),
                "validValues": mostly(st.lists(ANY, max_size=3)),
                "missingValues": mostly(st.lists(ANY, max_size=3)),
                "pattern": mostly(st.text(max_size=6)),
            },
        )
    ),
    "query": mostly(st.sampled_from(["SELECT count(*) FROM ${object}", "SELECT", "SELECT max({column}) FROM {table}"])),
    "engine": ANY,
    "implementation": ANY,
    "customProperties": mostly(st.lists(PROPERTY, max_size=2)),
    "mustBe": ANY,
    "mustNotBe": ANY,
    "mustBeGreaterThan": mostly(NUMBERS),
    "mustBeLessOrEqualTo": mostly(NUMBERS),
    "mustBeBetween": mostly(st.lists(NUMBERS, min_size=2, max_size=2)),
}
FORMS = {
    "column": mostly(st.sampled_from([*COLUMNS])),
    "columns": mostly(st.lists(st.sampled_from([*COLUMNS, "none"]), max_size=3)),
    "notOlderThan": mostly(NUMBERS),
    "logicalTypeOptions": mostly(st.dictionaries(st.sampled_from(OPTIONS), ANY, max_size=2)),
}
BOUNDED = settings(max_examples=1_500, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def entries(keys: dict[str, st.SearchStrategy], most: int = 5) -> st.SearchStrategy:
    """Mappings with a few of the keys."""
    chosen = st.lists(st.sampled_from([*keys]), unique=True, max_size=most)
    return chosen.flatmap(lambda names: st.fixed_dictionaries({name: keys[name] for name in names}))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    file = tmp_path_factory.mktemp("contracts") / "things.v1.odcs.yaml"
    file.write_text("the text of a contract, of which only the digest is taken")
    return file


def document(version="v3.1.0", quality=(), **of_columns):
    columns = [
        {"name": name, **entry, **({"quality": of_columns[name]} if name in of_columns else {})}
        for name, entry in COLUMNS.items()
    ]
    table = {"name": "things", "properties": columns, "quality": list(quality)}
    return {
        "apiVersion": version, "kind": "DataContract", "id": "shop.things.v1", "version": "1.0.0", "status": "active",
        "domain": "shop", "schema": [table],
    }  # fmt: skip


def judge(rules):
    """Compares what any rule of a contract measures: its operand is of any type, too."""
    for rule in rules:
        assert isinstance(rule, Rule)
        for measured in (None, 0, 1.5, "text"):
            try:
                rule.bound.allows(measured)
            except (MeshError, TypeError):
                assert not isinstance(measured, (int, float)), "a number can be compared with every operand"


@seed(1)
@BOUNDED
@given(entries({**QUALITY, **FORMS}))
def test_an_expectation_of_any_shape_is_rules_or_the_consumers_error(path, entry):
    contract = contract_in(document(), path, None)
    try:
        rules = list(_executed(entry, contract))
    except MeshError as problem:
        rules = []
        assert isinstance(problem, ContractError)
    judge(rules)
    stated = Expectation(contract.id, "books/ledger", "books", "ledger.odps.yaml", entry)
    producers = with_expectations(contract, [stated], True)
    assert isinstance(producers, Contract)
    assert len(producers.rules) == len(contract.rules) + len(rules)


@seed(2)
@BOUNDED
@given(st.sampled_from(["v3.0.2", "v3.1.0", "v3.2.0"]), entries(QUALITY, 4), st.sampled_from(["", *COLUMNS]))
def test_a_quality_rule_of_any_shape_is_a_rule_or_an_error_of_its_contract(path, version, entry, column):
    contract = document(version, **({column: [entry]} if column else {"quality": [entry]}))
    try:
        check_against(contract, Path("it"), "odcs")
        rules = contract_in(contract, path, None).rules
    except ContractError:
        return
    judge(rules)


@pytest.mark.parametrize(
    "entry",
    [
        {"columns": [["id"]]},
        {"column": "id", "notOlderThan": float("inf"), "unit": {"a": 1}},
        {"column": "id", "customProperties": "x", "metric": "rowCount", "mustBe": 1},
        {"column": ["id"], "metric": "rowCount", "mustBe": 1},
        {"column": "price", "logicalTypeOptions": ["minimum"]},
        {"metric": "rowCount", "mustBeBetween": 3},
        {"metric": "rowCount", "mustBeLessThan": float("nan")},
        {"metric": ["rowCount"], "mustBe": 1},
        {"metric": "rowCount", "mustBe": 0xFF << 30_000},
    ],
)
def test_these_expectations_are_refused_with_the_key_that_is_wrong(path, entry):
    with pytest.raises(ContractError, match="entry|JSON"):
        list(_executed(entry, contract_in(document(), path, None)))
