"""Reading contracts: what is valid becomes a promise, what is not is refused by the name of its file."""

import hashlib
from datetime import timedelta

import pytest

from mesh_platform.contract.column import Column
from mesh_platform.contract.document import load_contract
from mesh_platform.errors import ContractError
from mesh_platform.names import PortAddress

FILE = r"things\.v1\.odcs\.yaml"


def column(name="id", kind="INTEGER", **entry):
    return {"name": name, "physicalType": kind, **entry}


def test_a_valid_contract_says_what_it_promises(load, company):
    contract = load(
        columns=[
            column("id", "VARCHAR", primaryKey=True, description="Identifies\n  the thing.", classification="internal"),
            column("price", "decimal(10, 2)", required=True, logicalType="number", logicalTypeOptions={"minimum": 0}),
            {"name": "made_at", "logicalType": "timestamp", "unique": True},
        ],
        version="1.4.2",
        slaProperties=[{"property": "frequency", "value": 1, "unit": "d"}],
    )
    assert (contract.id, contract.version, contract.major) == ("shop.things.v1", "1.4.2", 1)
    assert contract.address == PortAddress("shop", "things")
    assert contract.product == "things"
    assert (contract.description, contract.grain) == ("The things.", "One row per thing.")
    assert contract.columns == (
        Column("id", "VARCHAR", "Identifies the thing.", classification="internal"),
        Column("price", "DECIMAL(10,2)", required=True, options={"minimum": 0}, logical="number"),
        Column("made_at", "TIMESTAMP WITH TIME ZONE", unique=True, logical="timestamp"),
    )
    assert contract.column_names == ["id", "price", "made_at"]
    assert contract.primary_key == ("id",)
    assert contract.freshness == timedelta(days=1)
    assert contract.file == "domains/shop/contracts/things.v1.odcs.yaml"
    assert contract.digest == hashlib.sha256((company.root / contract.file).read_bytes()).hexdigest()


@pytest.mark.parametrize(
    "label", ["personal", "sensitive-personal", " Personal ", "PII", "personl", "internl", "restricted", "-"]
)
def test_every_label_but_the_three_that_are_known_to_be_harmless_hides_the_values(load, label):
    columns = [column("id", "VARCHAR", classification=label), column("n"), column("m", classification=" Public ")]
    assert load(columns=columns).personal == ("id",)


@pytest.mark.parametrize("version", ["v3.0.0", "v3.0.1", "v3.0.2", "v3.1.0", "v3.2.0"])
def test_every_version_of_the_standard_from_3_0_to_3_2_is_read(load, version):
    assert load(apiVersion=version).column_names == ["id"]


def test_a_violation_that_two_branches_of_the_schema_report_is_named_once(load):
    with pytest.raises(ContractError) as refused:
        load(columns=[column(requred=True)])
    place = "schema[things].properties[id].requred: the key 'requred' is not allowed here (similar: required)"
    assert str(refused.value).count("requred") == place.count("requred")
    assert place in str(refused.value)


def test_a_violation_is_placed_by_the_names_of_table_and_column(load):
    with pytest.raises(ContractError, match=r"schema\[things\]\.properties\[price\]\.logicalType: 'strng' is not one of"):
        load(columns=[column(), column("price", logicalType="strng")])


def test_a_composite_key_is_in_the_order_of_its_positions(load):
    columns = [
        column("line", primaryKey=True, primaryKeyPosition=2),
        column("note"),
        column("order", primaryKey=True, primaryKeyPosition=1),
    ]
    assert load(columns=columns).primary_key == ("order", "line")


def test_a_key_without_positions_is_in_the_order_of_the_columns(load):
    columns = [column("order", primaryKey=True), column("line", primaryKey=True)]
    assert load(columns=columns).primary_key == ("order", "line")


def test_checks_are_named_once_in_the_order_of_the_rules(load):
    contract = load(
        columns=[column("a", required=True), column("b", required=True, unique=True)],
        quality=[{"name": "has rows!", "metric": "rowCount", "mustBeGreaterThan": 0}],
    )
    assert contract.checks == ["schema", "required", "unique", "has_rows_"]


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (30, "m", timedelta(minutes=30)),
        (12, "h", timedelta(hours=12)),
        (2, "d", timedelta(days=2)),
        (1, "w", timedelta(weeks=1)),
        ("1.5", "d", timedelta(hours=36)),
    ],
)
def test_the_promised_frequency_is_a_duration(load, value, unit, expected):
    assert load(slaProperties=[{"property": "frequency", "value": value, "unit": unit}]).freshness == expected


def test_no_frequency_is_no_promise(load):
    assert load().freshness is None
    assert load(slaProperties=[{"property": "retention", "value": 3, "unit": "y"}]).freshness is None


def test_a_quality_rule_in_words_is_for_people_only(load):
    plain = load().rules
    assert load(quality=[{"type": "text", "name": "nice", "description": "The things are nice."}]).rules == plain


def test_the_digest_changes_with_any_character_of_the_file(load):
    assert load().digest == load().digest
    assert load().digest != load(version="1.0.1").digest


@pytest.mark.parametrize(
    "text",
    ["apiVersion: [v3.1.0", "- a list", "", "kind: DataContract\n\tid: x", "just words"],
    ids=["unclosed", "a list", "empty", "tab", "words"],
)
def test_a_file_that_is_no_yaml_mapping_is_named(company, text):
    path = company.write("domains/shop/contracts/things.v1.odcs.yaml", text)
    with pytest.raises(ContractError, match=FILE):
        load_contract(path, company.root)


def test_a_missing_file_is_named(company):
    with pytest.raises(ContractError, match=rf"{FILE} does not exist"):
        load_contract(company.root / "domains/shop/contracts/things.v1.odcs.yaml", company.root)


@pytest.mark.parametrize("version", [None, "v2.2.2", "3.1.0", "v9.0.0", 3, ["v3.1.0"]])
def test_an_unknown_version_of_the_standard_is_answered_with_the_known_ones(load, version):
    with pytest.raises(ContractError, match=rf"{FILE} declares apiVersion .*v3\.1\.0"):
        load(apiVersion=version)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "Contract"}, "kind"),
        ({"kind": None}, "kind"),
        ({"id": None}, "'id' is a required property"),
        ({"status": None}, "'status' is a required property"),
        ({"version": None}, "'version' is a required property"),
        ({"version": 1}, "version: 1 is not of type 'string'"),
        ({"invented": True}, "invented"),
        ({"schema": "things"}, "schema"),
        ({"schema": [{"name": "things", "properties": [{"physicalType": "INTEGER"}]}]}, "name"),
        ({"team": 7}, "team"),
    ],
)
def test_what_the_standard_s_schema_refuses_is_refused_with_its_reason(load, change, message):
    with pytest.raises(ContractError, match=rf"{FILE} is not valid ODCS v3\.1\.0") as refusal:
        load(**change)
    assert message in str(refusal.value)


def test_every_disagreement_with_the_standard_is_listed(load):
    with pytest.raises(ContractError) as refusal:
        load(kind=None, status=None, id=None)
    assert all(f"'{key}' is a required property" in str(refusal.value) for key in ("kind", "status", "id"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": []}, "describes 0"),
        ({"schema": None}, "describes 0"),
        ({"schema": [{"name": "things"}, {"name": "others"}]}, "describes 2"),
        ({"schema": [{"name": "things"}]}, "promises no column"),
        ({"schema": [{"name": "things", "properties": []}]}, "promises no column"),
        ({"columns": [column(kind="UUID")]}, "column 'id'.*cannot store physicalType 'UUID'"),
        ({"columns": [{"name": "id", "logicalType": "object"}]}, "column 'id'.*logicalType 'object' does not imply one"),
        ({"columns": [{"name": "id"}]}, "column 'id'.*no physicalType"),
        ({"file": "thing.v1.odcs.yaml"}, r"its file is called things\.v1\.odcs\.yaml"),
        ({"file": "things.v2.odcs.yaml"}, r"its file is called things\.v1\.odcs\.yaml"),
        ({"version": "2.0.0"}, r"its file is called things\.v2\.odcs\.yaml"),
        ({"version": "1.0"}, "not of the form major.minor.patch"),
        ({"version": "1.0.0-rc1"}, "not of the form major.minor.patch"),
        ({"version": "one"}, "not of the form major.minor.patch"),
        ({"id": "shop.things.v2"}, r"its id is 'shop\.things\.v2', but its place says shop\.things\.v1"),
        ({"id": "53581432-6c55-4ba2-a65f-72344a91553a"}, r"its place says shop\.things\.v1"),
        ({"slaProperties": [{"property": "frequency", "value": 1, "unit": "fortnight"}]}, "unit 'fortnight'"),
        ({"quality": [{"type": "custom", "engine": "soda", "implementation": "x", "name": "odd"}]}, "'odd'.*'custom'"),
        ({"quality": [{"metric": "nullValues", "mustBe": 0}]}, "'nullValues' judges a column"),
        ({"columns": [column(quality=[{"metric": "invalidValues", "mustBe": 0}])]}, "validValues or pattern"),
    ],
)
def test_what_no_port_can_promise_is_refused_by_the_name_of_its_file(load, change, message):
    with pytest.raises(ContractError, match=message) as refusal:
        load(**change)
    assert ".odcs.yaml" in str(refusal.value)


def test_a_contract_in_another_domain_s_folder_is_refused(company):
    path = company.contract()
    moved = company.root / "domains/books/contracts" / path.name
    moved.parent.mkdir(parents=True)
    path.rename(moved)
    with pytest.raises(ContractError, match=rf"{FILE}.*its place says books\.things\.v1"):
        load_contract(moved, company.root)
    company.contract(domain="books", **{"id": "books.things.v1"})
    moved.write_text(moved.read_text().replace("domain: books", "domain: shop"))
    with pytest.raises(ContractError, match=rf"{FILE}.*says domain 'shop', but stands in the folder of 'books'"):
        load_contract(moved, company.root)


def test_a_column_that_is_promised_twice_is_refused(load):
    with pytest.raises(ContractError, match=FILE):
        load(columns=[column("id"), column("id")])


def test_a_frequency_that_is_no_number_is_refused(load):
    with pytest.raises(ContractError, match=FILE):
        load(slaProperties=[{"property": "frequency", "value": "often", "unit": "d"}])


@pytest.mark.parametrize("version", ["v3.0.2", "v3.1.0", "v3.2.0"])
@pytest.mark.parametrize("comparisons", [{}, {"mustBe": 0, "mustBeLessThan": 3}], ids=["none", "two"])
def test_a_quality_rule_states_exactly_one_comparison(load, version, comparisons):
    rule = {"rule" if version.startswith("v3.0") else "metric": "rowCount", **comparisons}
    with pytest.raises(ContractError, match=FILE):
        load(apiVersion=version, quality=[rule])


@pytest.mark.parametrize(
    "rule", [{"rule": "madeUp", "mustBe": 0}, {"type": "sql", "mustBe": 0}, {"type": "nonsense", "mustBe": 0}]
)
def test_a_quality_rule_that_the_platform_cannot_execute_is_refused(load, rule):
    with pytest.raises(ContractError, match=FILE):
        load(apiVersion="v3.0.2", columns=[column(quality=[rule])])


def test_duplicates_of_nothing_are_refused(load):
    duplicates = {"metric": "duplicateValues", "mustBe": 0}
    assert load(columns=[column(primaryKey=True)], quality=[duplicates]).rules[-1].check == "duplicateValues"
    with pytest.raises(ContractError, match=FILE):
        load(columns=[column()], quality=[duplicates])
