"""A domain that has others' ports read for it: by a relationship of its contract, or by an expectation of an input.

`shop/secrets` holds a personal column that books has not declared. `books/guess` crosses guessed keys, and hopes to learn from
the rows that break its contract which of them exist. Expectations hope for another port, or for all of the producer's time.
"""

import json

import pytest

from mesh_platform.contract.audit import audit
from mesh_platform.errors import MeshError
from mesh_platform.product.offer import load_offer
from mesh_platform.project import load_domain
from mesh_platform.publish.pinning import referenced_files


@pytest.fixture
def capabilities():
    return ("contract_change", "contract_lint", "governance", "columns", "review")


TO = "../../shop/contracts/secrets.v1.odcs.yaml#/schema/secrets/properties"
SECRET = [
    {"name": "id", "physicalType": "INTEGER", "primaryKey": True},
    {"name": "price", "physicalType": "DECIMAL(10,2)"},
    {"name": "note", "physicalType": "VARCHAR", "classification": "personal"},
]


def guess(shop, relationships, column=False, **changes):
    """The contract of books/sales with guessed keys."""
    columns = [dict(entry) for entry in SECRET]
    if column:
        columns[2]["relationships"] = relationships
    table = {"name": "sales", "properties": columns} | ({} if column else {"relationships": relationships})
    return shop.contract("sales", "books", schema=[table], **changes)


@pytest.fixture
def secrets(shop, publish_shop):
    """A port of shop with personal rows, which books has not declared."""
    shop.contract("secrets", "shop", SECRET)
    shop.product("secrets", "shop")
    publish_shop("(1, 1, 'planted')", "secrets")
    publish_shop("(1, 1, 'guessed'), (2, 1, 'planted')", "sales", "books")
    return shop


RELATIONSHIPS = {
    "of one column": ([{"to": f"{TO}/note"}], True),
    "of the table": ([{"from": "sales.note", "to": f"{TO}/note"}], False),
    "of several columns": ([{"from": ["sales.price", "sales.note"], "to": [f"{TO}/price", f"{TO}/note"]}], False),
    "that warns": ([{"to": f"{TO}/note", "customProperties": [{"property": "severity", "value": "warning"}]}], True),
    "behind a detour": ([{"to": f"../contracts/../../shop/contracts/{TO.rpartition('/contracts/')[2]}/note"}], True),
}
COMMANDS = (
    ("contract", "lint", "books/sales"),
    ("contract", "test", "books/sales"),
    ("dev", "books/sales", "--once"),
    ("rollback", "books/sales", "--to", "0"),
)


@pytest.mark.parametrize("attempt", RELATIONSHIPS)
def test_a_relationship_to_an_undeclared_port_is_refused_by_every_command(secrets, call, attempt):
    guess(secrets, *RELATIONSHIPS[attempt])
    for command in COMMANDS:
        result = call(*command)
        said = " ".join(f"{result.output} {result.exception}".split())
        assert result.exit_code != 0, command
        assert "does not declare" in said, (command, said)
        assert "guessed" not in said
    assert not list(secrets.root.glob(".mesh/quarantine/**/*.parquet"))
    found = json.loads(call("contract", "lint", "books/sales", "--json").stdout)["contracts"][0]["findings"]
    (error,) = [finding for finding in found if finding["level"] == "error"]
    assert error["line"] > 1
    assert "domains/books/products/sales.odps.yaml does not declare" in error["sentence"]


def declare(shop, contract_id, **changes):
    shop.product("sales", "books", inputPorts=[{"name": "i", "version": "1.0.0", "contractId": contract_id, **changes}])


@pytest.mark.parametrize("declared", ["shop.secrets.v2", "shop.things.v1", "books.secrets.v1"])
def test_another_input_or_another_major_is_no_declaration(secrets, declared):
    guess(secrets, [{"to": f"{TO}/note"}], column=True)
    declare(secrets, declared)
    with pytest.raises(MeshError, match="does not declare"):
        load_offer(load_domain(secrets.root, "books"))


def test_a_decoy_beside_the_contract_leads_to_no_other_port(secrets):
    for name in ("../../shop/secrets", "../../../.mesh/ports/shop/secrets"):
        secrets.contract(name, "books", SECRET, file="decoy.yaml")
        guess(secrets, [{"to": "decoy.yaml#/schema/decoy/properties/note"}], column=True)
        with pytest.raises(MeshError, match="describes no port|decoy.yaml is not read"):
            load_offer(load_domain(secrets.root, "books"))


def test_a_column_that_the_contract_does_not_promise_is_refused(secrets):
    guess(secrets, [{"to": f"{TO}/hidden"}], column=True)
    declare(secrets, "shop.secrets.v1")
    with pytest.raises(MeshError, match="names the column 'hidden', which does not exist"):
        load_offer(load_domain(secrets.root, "books"))


def test_control_a_declared_input_is_compared(secrets, call):
    guess(secrets, [{"to": f"{TO}/note"}], column=True)
    declare(secrets, "shop.secrets.v1")
    contract = load_offer(load_domain(secrets.root, "books")).contracts["sales"]
    assert len(referenced_files(contract.references, load_domain(secrets.root, "books").home)) == 1
    said = call("contract", "test", "books/sales").output
    assert "1 of 2 rows breaks it" in said
    assert "guessed" not in said


EXPECTATIONS = [
    {"column": "note", "relationships": [{"to": f"{TO}/note"}]},
    {"column": "note", "relationships": [{"to": f"{TO}/note"}], "metric": "nullValues", "mustBe": 0},
    {"type": "sql", "query": "SELECT count(*) FROM secrets", "mustBe": 0},
    {"type": "sql", "query": "SELECT count(*) FROM shop.secrets", "mustBe": 0},
    {"type": "sql", "query": 'SELECT count(*) FROM "shop/secrets v1 referenced"', "mustBe": 0},
    {"type": "sql", "query": "SELECT count(*) FROM read_parquet('.mesh/ports/shop/secrets/v1/*.parquet')", "mustBe": 0},
]


@pytest.mark.parametrize("expectation", EXPECTATIONS)
def test_an_expectation_refers_to_no_other_port(secrets, parquet, expectation):
    expect(secrets, {"sales": [expectation]})
    contract = load_offer(load_domain(secrets.root, "shop")).contracts["things"]
    assert contract.references == ()
    result = audit(contract, [parquet("SELECT 1 AS id, 1::DECIMAL(10,2) AS price, 'planted' AS note")])
    asked = [verdict for verdict in result.verdicts if verdict.rule.asked_by]
    assert all(not verdict.passed for verdict in asked if expectation.get("type") == "sql")
    assert all("1" not in verdict.found for verdict in asked if expectation.get("type") == "sql")


def expect(shop, by_product, domain="books", stage="active"):
    """Products of a domain that state expectations of shop/things."""
    shop.domain_file(domain)
    for name, expectations in by_product.items():
        stated = [{"property": "expectations", "value": expectations}]
        port = {"name": "things", "version": "1.0.0", "contractId": "shop.things.v1", "customProperties": stated}
        shop.contract(name, domain)
        shop.product(name, domain, inputPorts=[port], status=stage)


SLOW = {"type": "sql", "query": "SELECT count(*) FROM range(100000000000) a, ${object}", "mustBe": 0}


def audited(shop, parquet):
    contract = load_offer(load_domain(shop.root, "shop")).contracts["things"]
    result = audit(contract, [parquet("SELECT 1 AS id, 1::DECIMAL(10,2) AS price, 'x' AS note")])
    return [verdict for verdict in result.verdicts if verdict.rule.asked_by]


@pytest.fixture
def limited(monkeypatch):
    """Sets the seconds of one domain and of all, so that a test can wait for them."""
    import mesh_platform.contract.audit as module
    import mesh_platform.product.expectations as asked

    def limited(each, together):
        for place in (module, asked):
            monkeypatch.setattr(place, "FOREIGN", type(module.FOREIGN)(each))
        monkeypatch.setattr(module, "ALL_FOREIGN_SECONDS", together)

    return limited


def test_slow_products_of_one_domain_share_its_time(shop, parquet, limited):
    limited(1, 3)
    shop.domain_file("books")
    expect(shop, {f"slow_{number}": [SLOW] * 3 for number in range(6)})
    verdicts = audited(shop, parquet)
    assert len(verdicts) == 18
    assert not any(verdict.passed for verdict in verdicts)
    skipped = [
        verdict for verdict in verdicts if verdict.found.startswith("not evaluated: the expectations of books have used")
    ]
    assert len(skipped) == 17, "only the first was executed"
    assert "1 s for one, and 3 s for all" in skipped[0].found
    assert "not evaluated" in str(skipped[0])


def test_slow_domains_leave_the_last_one_its_part(shop, parquet, limited):
    limited(4, 9)
    names = ["first", "second", "third"]
    shop.registry("shop", "books", *names, "modest")
    for name in names:
        expect(shop, {"slow": [SLOW, SLOW]}, name)
    expect(shop, {"quick": [{"type": "sql", "query": "SELECT count(*) FROM ${object}", "mustBe": 1}]}, "modest")
    verdicts = audited(shop, parquet)
    assert {verdict.rule.asked_by for verdict in verdicts if verdict.passed} == {"modest"}
    skipped = [verdict.rule.asked_by for verdict in verdicts if verdict.found.startswith("not evaluated")]
    assert skipped == names, "one of the two, because the other has used the time"
    assert len(verdicts) == 7


def test_one_domain_states_a_bounded_number_over_all_its_products(shop, parquet):
    quick = {"metric": "rowCount", "mustBe": 1}
    expect(shop, {f"product_{number}": [quick] * 60 for number in range(3)})
    with pytest.raises(
        MeshError, match=r"books states more expectations of shop\.things\.v1 than it may; a domain may state 100"
    ):
        load_offer(load_domain(shop.root, "books"))
    verdicts = audited(shop, parquet)
    assert sum(verdict.passed for verdict in verdicts) == 100
    left = [verdict for verdict in verdicts if not verdict.passed]
    assert {verdict.rule.check for verdict in left} == {"relied_on_by_books_product_1", "relied_on_by_books_product_2"}
    assert all("further expectations are not evaluated" in str(verdict) for verdict in left)
