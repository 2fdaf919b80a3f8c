"""Relationships: every known key occurs in the table it points to, however the reference is written."""

import pytest

from mesh_platform.contract.audit import audit
from mesh_platform.contract.rule import Referenced
from mesh_platform.errors import ContractError
from mesh_platform.names import PortAddress

OWNERS = Referenced(PortAddress("shop", "owners"), 1)
KEY = {"logicalType": "integer", "physicalType": "INTEGER"}
FILE = "owners.v1.odcs.yaml#/schema"


@pytest.fixture
def load_related(load, company):
    """The contract of shop/things, whose column `owner` points to shop/owners in the ways that are given."""

    def make(*to, table=(), domain="shop", **contract):
        parts = [
            {"name": "country", **KEY, "id": "land"},
            {"name": "number", **KEY},
            {"name": "label", "logicalType": "string"},
        ]
        company.contract("owners", domain, columns=parts)
        owner = {"name": "owner", **KEY} | ({"relationships": [{"to": target} for target in to]} if to else {})
        columns = [{"name": "id", **KEY}, owner, {"name": "land", **KEY}]
        schema = {"name": "things", "properties": columns} | ({"relationships": list(table)} if table else {})
        return load(schema=[schema], **contract)

    return make


@pytest.fixture
def judge_related(parquet, tmp_path):
    def judge(contract, things, owners=None):
        rows = parquet(f"SELECT a::INTEGER AS id, b::INTEGER AS owner, c::INTEGER AS land FROM (VALUES {things}) t(a, b, c)")
        if owners is None:
            return audit(contract, [rows])
        held = f"SELECT a::INTEGER AS country, b::INTEGER AS number, '' AS label FROM (VALUES {owners}) t(a, b)"
        return audit(contract, [rows], {OWNERS: [parquet(held, tmp_path / "owners.parquet")]})

    return judge


@pytest.mark.parametrize("to", [f"{FILE}/owners/properties/number", "./owners.v1.odcs.yaml#schema/owners/properties/number"])
def test_every_known_key_occurs_in_the_other_port(load_related, judge_related, to):
    contract = load_related(to)
    assert contract.references == (OWNERS,)
    assert judge_related(contract, "(1, 7, 1), (2, 7, 1), (3, NULL, 1)", "(1, 7), (1, NULL)").broken == []
    (verdict,) = judge_related(contract, "(1, 7, 1), (2, 8, 1), (3, NULL, 1)", "(1, 7), (1, NULL)").broken
    assert verdict.rule.check == "relationships"
    assert verdict.rule.sentence == "owner occurs as number in shop/owners v1"
    assert verdict.found == "1 of 3 rows breaks it"
    assert verdict.examples == ({"owner": 8},)


def test_no_rows_point_nowhere_and_nothing_can_be_pointed_to_where_there_are_none(load_related, judge_related):
    contract = load_related(f"{FILE}/owners/properties/number")
    assert judge_related(contract, "(1, NULL, 1)", "(NULL, NULL)").broken == []
    (verdict,) = judge_related(contract, "(1, 7, 1)", "(NULL, NULL)").broken
    assert verdict.found == "1 of 1 row breaks it"


def test_an_element_is_found_by_its_id_where_it_has_one(load_related, judge_related):
    contract = load_related(f"{FILE}/owners/properties/land")
    assert judge_related(contract, "(1, 7, 1)", "(7, 1)").broken == []
    assert len(judge_related(contract, "(1, 7, 1)", "(1, 7)").broken) == 1
    with pytest.raises(ContractError, match="names the column 'country', which does not exist"):
        load_related(f"{FILE}/owners/properties/country")


COMPOSITE = {
    "from": ["things.land", "schema/things/properties/owner"],
    "to": [f"{FILE}/owners/properties/land", f"{FILE}/owners/properties/number"],
}


def test_a_composite_key_points_as_a_whole(load_related, judge_related):
    contract = load_related(table=[COMPOSITE])
    owners = "(1, 7), (2, 8)"
    assert judge_related(contract, "(1, 7, 1), (2, 8, 2), (3, NULL, 5), (4, 9, NULL)", owners).broken == []
    (verdict,) = judge_related(contract, "(1, 7, 2), (2, 8, 2)", owners).broken
    assert verdict.rule.sentence == "(land, owner) occurs as (country, number) in shop/owners v1"
    assert verdict.examples == ({"land": 2, "owner": 7},)


@pytest.mark.parametrize("to", ["things.id", "schema/things/properties/id", "/schema/things/properties/id"])
def test_a_table_may_point_to_itself(load_related, judge_related, to):
    contract = load_related(to)
    assert contract.references == ()
    assert judge_related(contract, "(1, NULL, 1), (2, 1, 1), (3, 2, 1)").broken == []
    (verdict,) = judge_related(contract, "(1, NULL, 1), (2, 9, 1)").broken
    assert (verdict.rule.sentence, verdict.found) == ("owner occurs as id in things", "1 of 2 rows breaks it")


def test_a_port_that_was_never_published_is_named_and_blocks(load_related, judge_related):
    (verdict,) = judge_related(load_related(f"{FILE}/owners/properties/number"), "(1, NULL, 1)").broken
    assert verdict.found == "nothing to judge it by, because shop/owners v1 has never been published"


@pytest.mark.parametrize("owners", [None, "(1, 8)"])
def test_a_relationship_of_severity_warning_shows_and_does_not_block(load_related, judge_related, owners):
    mild = {"from": "things.owner", "to": f"{FILE}/owners/properties/number"}
    mild["customProperties"] = [{"property": "severity", "value": "warning"}]
    result = judge_related(load_related(table=[mild]), "(1, 7, 1)", owners)
    assert [verdict.passed for verdict in result.of_check("relationships")] == [False]
    assert result.broken == []


ELSEWHERE = "../../books/contracts/owners.v1.odcs.yaml#/schema/owners/properties/number"


def inputs(*ids):
    return [{"name": "books/owners", "version": "1.0.0", "contractId": contract_id} for contract_id in ids]


def test_another_domain_s_port_is_found_by_the_relative_path_of_its_contract(load_related, company):
    company.product(inputPorts=inputs("books.owners.v1"))
    contract = load_related(ELSEWHERE, domain="books")
    assert contract.references == (Referenced(PortAddress("books", "owners"), 1),)


@pytest.mark.parametrize("declared", [(), ("books.owners.v2",), ("books.others.v1",), ("shop.owners.v1",)])
@pytest.mark.parametrize("written", ["column", "table"])
def test_another_domain_s_port_is_a_declared_input_of_the_product_in_the_same_major(load_related, company, declared, written):
    company.product(inputPorts=inputs(*declared))
    with pytest.raises(ContractError) as refusal:
        if written == "column":
            load_related(ELSEWHERE, domain="books")
        else:
            load_related(table=[{"from": "things.owner", "to": ELSEWHERE}], domain="books")
    assert "things.v1.odcs.yaml: a relationship leads to books/owners v1, a port of another domain" in refusal.value.found
    assert "domains/shop/products/things.odps.yaml does not declare" in refusal.value.found
    assert "contractId books.owners.v1" in refusal.value.way_out
    assert refusal.value.place[-2:] == ("relationships", 0)


def test_the_descriptor_of_another_product_declares_nothing(load_related, company):
    company.product()
    company.product("ledger", inputPorts=inputs("books.owners.v1"))
    company.product("borrowed", "books", inputPorts=inputs("books.owners.v1"))
    for product, message in (
        ("things", "does not declare"),
        ("../../books/products/borrowed", "borrowed.odps.yaml does not exist"),
        (None, "does not exist"),
    ):
        with pytest.raises(ContractError, match=message):
            load_related(ELSEWHERE, domain="books", dataProduct=product)


@pytest.mark.parametrize("odd", ["inputPorts: 5", "inputPorts: [5, {}, {contractId: [1]}]", "[]", "inputPorts: {a: 1}"])
def test_a_descriptor_of_any_content_declares_nothing(load_related, company, odd):
    company.write("domains/shop/products/things.odps.yaml", odd)
    with pytest.raises(ContractError, match=r"things\.odps\.yaml"):
        load_related(ELSEWHERE, domain="books")


def test_a_port_of_its_own_domain_needs_no_declaration(load_related):
    assert load_related(f"{FILE}/owners/properties/number").references == (OWNERS,)


@pytest.mark.parametrize("name", ["../../books/owners", "owners"])
def test_the_name_of_a_contract_s_file_is_that_of_its_port(load_related, company, name):
    columns = [{"name": "number", **KEY}]
    company.contract(name, "shop", columns=columns, file="decoy.v1.odcs.yaml")
    with pytest.raises(ContractError, match=r"decoy\.v1\.odcs\.yaml, which describes no port"):
        load_related("decoy.v1.odcs.yaml#/schema/owners/properties/number")


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("gone.v1.odcs.yaml#/schema/gone/properties/id", r"gone\.v1\.odcs\.yaml does not exist"),
        (f"{FILE}/owners/properties/gone", "names the column 'gone', which does not exist"),
        (f"{FILE}/gone/properties/number", "names the object 'gone', but the contract describes 'owners'"),
        (f"{FILE}/owners/properties/label", "'owner' is INTEGER and points to 'label', which is VARCHAR"),
        (f"{FILE}/owners/properties/number/properties/part", "a key has no parts here"),
        (f"{FILE}/owners", "names no column of a table"),
        ("owners.v1.odcs.yaml#/quality/owners/properties/number", r"not of the form schema/<object>/properties/<property>"),
        ("owners.number", r"names the object 'owners', but the contract describes 'things'.*<file>#"),
        ("things.gone", "names the column 'gone'"),
        ("https://example.com/owners.v1.odcs.yaml#/schema/owners/properties/number", "to another site"),
        ("../../../../elsewhere.yaml#/schema/owners/properties/number", "where no contract of this mesh stands"),
        ("../domain.yaml#/schema/owners/properties/number", "where no contract of this mesh stands"),
        (["things.id", "things.land"], "leads from 1 to 2 columns"),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused_when_the_contract_is_read(load_related, to, message):
    with pytest.raises(ContractError, match=message) as refusal:
        load_related(to)
    assert "things.v1.odcs.yaml" in str(refusal.value)


@pytest.mark.parametrize(
    ("relationship", "message"),
    [
        ({"from": ["things.id", "things.owner"], "to": ["things.id"]}, "leads from 2 to 1 column:"),
        (
            {"from": ["things.id", "things.owner"], "to": ["things.id", f"{FILE}/owners/properties/number"]},
            "to one table, and this",
        ),
        ({"from": f"{FILE}/owners/properties/number", "to": "things.id"}, "a relationship of another contract"),
        ({"from": "things.gone", "to": "things.id"}, "names the column 'gone'"),
    ],
)
def test_a_relationship_of_a_table_leads_from_its_columns_to_as_many_of_one_table(load_related, relationship, message):
    with pytest.raises(ContractError, match=message):
        load_related(table=[relationship])


def test_a_contract_that_describes_no_port_cannot_be_pointed_to(load, company):
    owner = {"name": "owner", **KEY, "relationships": [{"to": f"{FILE}/owners/properties/number"}]}
    for text in ("schema: []\nversion: 1.0.0\n", "schema: [5]\nversion: 1.0.0\n", "schema: [{name: owners}]\nversion: one\n"):
        company.write("domains/shop/contracts/owners.v1.odcs.yaml", text)
        with pytest.raises(ContractError, match="which describes no port"):
            load(columns=[owner])


@pytest.mark.parametrize(
    ("referenced", "value", "kept"),
    [
        ("9007199254740992::DOUBLE", "9007199254740993::BIGINT", False),
        ("16777216::FLOAT", "16777217::INTEGER", False),
        ("9007199254740993::BIGINT", "9007199254740992::DOUBLE", False),
        ("9007199254740992::DOUBLE", "9007199254740992::BIGINT", True),
        ("3::FLOAT", "3::DECIMAL(5,2)", True),
        ("7::SMALLINT", "7::BIGINT", True),
        ("2.5::DECIMAL(3,1)", "2.5::DOUBLE", True),
        ("0.1::DOUBLE", "0.1::DECIMAL(38,20)", True),
        ("99999999999999999999999999999999999999::DECIMAL(38,0)", "1.5::DECIMAL(38,20)", False),
        ("1.5::DECIMAL(38,20)", "99999999999999999999999999999999999999::DECIMAL(38,0)", False),
        ("123456789012345678::DECIMAL(38,0)", "123456789012345678.00000000000000000001::DECIMAL(38,20)", False),
        ("123456789012345678::DECIMAL(38,0)", "123456789012345678::DECIMAL(38,20)", True),
        ("9223372036854775807::BIGINT", "0.00000000000000000001::DECIMAL(38,20)", False),
        ("1e300::DOUBLE", "99999999999999999999999999999999999999::DECIMAL(38,0)", False),
        ("1e37::DOUBLE", "9999999999999999538762658202121142272::DECIMAL(38,0)", True),
        ("1e37::DOUBLE", "10000000000000000000000000000000000000::DECIMAL(38,0)", False),
    ],
)
def test_two_numbers_of_different_open_types_are_equal_only_if_they_are_one(load, parquet, referenced, value, kept):
    columns = [
        {"name": "a", "logicalType": "number"},
        {"name": "b", "logicalType": "number", "relationships": [{"to": "things.a"}]},
    ]
    audited = audit(load(columns=columns), [parquet(f"SELECT {referenced} AS a, {value} AS b")])
    assert [verdict.rule.check for verdict in audited.broken] == ([] if kept else ["relationships"])
