"""An earlier major as a view over the newest: what its readers see, and which changes of the newest are refused."""

from dataclasses import replace

import duckdb
import pytest

from mesh_platform.build.warehouse import WarehouseFile
from mesh_platform.contract.audit import audit
from mesh_platform.contract.document import load_contract
from mesh_platform.contract.rule import Referenced
from mesh_platform.errors import ContractError, ContractViolation, UnknownPort
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.shelf import count_reads, view_statements
from mesh_platform.port.version import Provenance
from mesh_platform.product.descriptor import PortReference, deprecated_inputs
from mesh_platform.product.offer import load_offer
from mesh_platform.project import load_project
from mesh_platform.publish.candidate_judgement import earlier_broken
from mesh_platform.publish.loading import ask_gates, explain_missing
from mesh_platform.publish.pinning import prepare_views, served_version
from mesh_platform.publish.serving_again import serve_again

THINGS = PortAddress("shop", "things")
EUROS = {"name": "euros", "logicalType": "integer", "physicalType": "INTEGER", "logicalTypeOptions": {"minimum": 1}}
OLD = (
    {"name": "id", "physicalType": "INTEGER", "required": True},
    {**EUROS, "transformLogic": "cents // 100 -- whole ones"},
)
NEW = ({"name": "id", "physicalType": "INTEGER"}, {"name": "cents", "physicalType": "INTEGER"})
FIRST, SECOND = (PortReference(THINGS, major, f"shop.things.v{major}", f"{major}.0.0") for major in (1, 2))


@pytest.fixture
def offer(company):
    """shop/things counts cents since its second major; the first counts euros."""
    domain = company.domain()
    both = [{"name": "things", "version": f"{major}.0.0", "contractId": f"shop.things.v{major}"} for major in (1, 2)]
    company.product("things", outputPorts=both)
    served = [{"property": "servedFrom", "value": "shop.things.v2"}]
    company.contract("things", columns=OLD, customProperties=served)
    company.contract("things", columns=NEW, version="2.0.0", id="shop.things.v2", file="things.v2.odcs.yaml")
    return load_offer(domain)


@pytest.fixture
def publish(offer, parquet):
    def publish(sql, major=2, **options):
        contract = offer.contracts["things"] if major == 2 else offer.earlier["things"][0]
        port = OutputPort(THINGS, offer.domain.home.port(THINGS, major))
        names = (contract.id, contract.version, contract.file, contract.digest)
        return port.publish(parquet(sql), contract, Provenance(*names, rows=1, rules=1, **options))

    return publish


def read(version):
    with duckdb.connect() as connection:
        for statement in view_statements(version):
            connection.execute(statement)
        return connection.execute("SELECT * FROM shop.things").fetchall()


def test_nothing_is_served_before_anything_is_published(offer):
    with pytest.raises(UnknownPort, match="is not published yet"):
        served_version(offer.domain, FIRST)


def test_until_the_new_major_is_published_the_old_one_s_own_versions_are_served(offer, publish):
    publish("SELECT 1::INTEGER AS id, 7::INTEGER AS euros", major=1)
    assert read(served_version(offer.domain, FIRST)) == [(1, 7)]
    assert served_version(offer.domain, FIRST).major == 1


def test_from_then_on_the_old_one_is_a_view_over_the_new_one(offer, publish):
    publish("SELECT 1::INTEGER AS id, 7::INTEGER AS euros", major=1)
    publish("SELECT 1::INTEGER AS id, 899::INTEGER AS cents")
    old, new = served_version(offer.domain, FIRST), served_version(offer.domain, SECOND)
    assert (read(old), read(new)) == ([(1, 8)], [(1, 899)])
    assert (old.columns, old.major, new.major) == (("id", "euros"), 1, 2)
    assert old.files == new.files


def test_a_view_stays_with_the_version_it_was_made_for(offer, publish):
    publish("SELECT 1::INTEGER AS id, 100::INTEGER AS cents")
    pinned = served_version(offer.domain, FIRST)
    publish("SELECT 1::INTEGER AS id, 900::INTEGER AS cents")
    assert read(pinned) == [(1, 1)]


def test_a_candidate_that_keeps_the_old_promise_too_is_fine_and_leaves_nothing_behind(offer, parquet):
    candidate = parquet("SELECT 1::INTEGER AS id, 100::INTEGER AS cents")
    assert earlier_broken(offer, "things", candidate) is None
    assert list(candidate.parent.iterdir()) == [candidate]


def test_a_candidate_that_breaks_the_old_promise_is_refused_by_the_old_contract_s_name(offer, parquet):
    problem = earlier_broken(offer, "things", parquet("SELECT 1::INTEGER AS id, 99::INTEGER AS cents"))
    assert isinstance(problem, ContractViolation)
    assert "breaks its contract shop.things.v1 1.0.0" in problem.found
    assert "euros is at least 1" in problem.found


def test_a_mapping_that_does_not_run_names_the_contract_that_states_it(offer, parquet):
    problem = earlier_broken(offer, "things", parquet("SELECT 1::INTEGER AS id, 99::INTEGER AS pennies"))
    assert isinstance(problem, ContractError)
    assert problem.found.startswith("domains/shop/contracts/things.v1.odcs.yaml: its columns cannot be computed")


OWNERS = PortAddress("shop", "owners")
RELATED = {**OLD[0], "relationships": [{"to": "owners.v1.odcs.yaml#/schema/owners/properties/id"}]}


@pytest.fixture
def related(offer, company):
    """The offer whose earlier major alone refers to shop/owners."""
    company.contract("owners", columns=NEW[:1])
    company.product("owners")
    served = [{"property": "servedFrom", "value": "shop.things.v2"}]
    company.contract("things", columns=[RELATED, OLD[1]], customProperties=served)
    return load_offer(offer.domain)


def test_a_relationship_of_the_old_promise_is_judged_by_the_port_that_it_refers_to(related, parquet):
    candidate = parquet("SELECT 1::INTEGER AS id, 100::INTEGER AS cents")
    assert related.references("things") == [Referenced(OWNERS, 1)]
    assert "has never been published" in str(earlier_broken(related, "things", candidate))
    for owner, broken in ((1, False), (2, True)):
        owners = {Referenced(OWNERS, 1): [parquet(f"SELECT {owner}::INTEGER AS id", candidate.with_name("owners.parquet"))]}
        problem = earlier_broken(related, "things", candidate, references=owners)
        assert (problem is not None) is broken


def test_a_version_is_served_again_if_it_keeps_the_relationship_of_the_old_promise(related, company, publish, parquet):
    company.registry("shop")
    owners = related.contracts["owners"]
    names = (owners.id, owners.version, owners.file, owners.digest)
    port = OutputPort(OWNERS, related.domain.home.port(OWNERS, 1))
    port.publish(parquet("SELECT 1::INTEGER AS id"), owners, Provenance(*names, rows=1, rules=1))
    for _ in range(2):
        publish("SELECT 1::INTEGER AS id, 100::INTEGER AS cents")
    assert serve_again(load_project(company.root), THINGS, 0).provenance.rolled_back_to == 0


PEOPLE = (
    {"name": "person", "physicalType": "VARCHAR", "classification": "personal"},
    {"name": "home", "physicalType": "STRUCT(city VARCHAR, state VARCHAR)", "classification": "personal"},
    {"name": "cents", "physicalType": "INTEGER", "classification": "internal"},
)


@pytest.mark.parametrize(
    ("name", "logic", "shown"),
    [
        ("person", None, False),
        ("Person", None, False),
        ("note", "'person ' || person", False),
        ("note", "PERSON", False),
        ("note", 'upper("person")', False),
        ("note", "home.city", False),
        ("note", "home['city']", False),
        ("note", "md5(person) -- hidden", False),
        ("note", "length(person)", False),
        ("note", "case when cents > 1 then person end", False),
        ("note", "list_transform([cents], x -> x || person)[1]", False),
        ("note", "concat(newest)", False),
        ("note", "unknown", False),
        ("note", "cents // 100", True),
        ("note", "'all'", True),
        ("cents", None, True),
        ("note", None, False),
    ],
)
@pytest.mark.parametrize("newest_can_be_read", [True, False])
def test_what_is_shown_of_an_earlier_major_is_made_of_what_may_be_shown_of_the_newest(
    company, parquet, name, logic, shown, newest_can_be_read
):
    company.domain()
    column = {"name": name, "physicalType": "VARCHAR", "classification": "public"} | (
        {"transformLogic": logic} if logic else {}
    )
    column["quality"] = [{"name": "none", "metric": "invalidValues", "arguments": {"validValues": ["x"]}, "mustBe": 0}]
    served = [{"property": "servedFrom", "value": "shop.things.v2"}]
    path = company.contract("things", columns=[column], customProperties=served)
    if newest_can_be_read:
        company.contract("things", columns=PEOPLE, version="2.0.0", id="shop.things.v2", file="things.v2.odcs.yaml")
    contract = load_contract(path, company.root)
    wanted = shown and (newest_can_be_read or logic == "'all'")
    assert (contract.visible == (name,), contract.personal == ()) == (wanted, wanted)
    told = str(audit(contract, [parquet(f"SELECT 'ann' AS \"{name}\"")]).broken)
    assert ("ann" in told) is wanted


def test_reads_are_counted_by_major_and_old_commits_count_for_the_first(offer, publish):
    inputs = {"inputs": {"sales/orders": 3}}
    publish("SELECT 1::INTEGER AS id, 100::INTEGER AS cents", **inputs)
    publish("SELECT 1::INTEGER AS id, 100::INTEGER AS cents", **inputs, majors={"sales/orders": 2})
    publish("SELECT 1::INTEGER AS id, 100::INTEGER AS cents", **inputs, majors={"sales/orders": 2}, rolled_back_to=0)
    port = OutputPort(THINGS, offer.domain.home.port(THINGS, 2))
    assert count_reads({THINGS: port}) == {PortAddress("sales", "orders"): {1: 1, 2: 1}}


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({}, None),
        ({"status": "deprecated"}, "reads shop.things.v1, deprecated, no end date yet"),
        (
            {"status": "deprecated", "slaProperties": [{"property": "endOfLife", "value": "2027-01-31"}]},
            "reads shop.things.v1, deprecated, ends 2027-01-31",
        ),
        ({"file": "others.v1.odcs.yaml"}, None),
    ],
)
def test_deprecated_inputs_are_listed_with_their_end_dates(company, keys, sentence):
    company.registry("shop", "books")
    company.contract("things", **keys)
    company.domain("shop")
    books = company.domain("books")
    company.product("sums", "books", inputPorts=[{"name": "things", "version": "1.0.0", "contractId": "shop.things.v1"}])
    company.contract("sums", "books")
    product = load_offer(books).products["sums"]
    assert [str(deprecated) for deprecated in deprecated_inputs(product, company.root)] == ([sentence] if sentence else [])


def test_a_build_gets_a_file_with_the_columns_of_the_old_one_and_no_other(offer, publish, company):
    publish("SELECT 1::INTEGER AS id, 899::INTEGER AS cents")
    consumer = replace(offer.domain, name="books")
    version = served_version(offer.domain, FIRST)
    warehouse = WarehouseFile(consumer.home.warehouse("books"))
    (file,) = prepare_views(consumer, [version], [], warehouse)
    with warehouse.get_connection([str(file)]) as connection:
        assert connection.execute("SELECT * FROM warehouse.shop.things").fetchall() == [(1, 8)]
        assert [name for name, *_ in connection.execute(f"DESCRIBE FROM '{file}'").fetchall()] == ["id", "euros"]
    assert file not in version.files


def test_a_column_that_the_old_one_lacks_is_missed_in_its_own_contract(offer, publish):
    publish("SELECT 1::INTEGER AS id, 899::INTEGER AS cents")
    message = 'Binder Error: Referenced column "cents" not found in FROM clause!'
    problem = explain_missing(message, "models/ports/sums.sql", offer.domain, [served_version(offer.domain, FIRST)])
    assert "in none of the contracts that it reads: shop/things (domains/shop/contracts/things.v1.odcs.yaml)." in problem.found


def test_a_port_is_refused_while_a_later_major_is_published_than_its_newest_contract_declares(company, offer, publish):
    publish("SELECT 1::INTEGER AS id, 7::INTEGER AS euros", major=1)
    contracts = offer.domain.folder / "contracts"
    assert ask_gates(offer, {"things": ()}) == {"things": []}
    publish("SELECT 1::INTEGER AS id, 899::INTEGER AS cents")
    assert ask_gates(offer, {"things": ()}) == {"things": []}
    (contracts / "things.v2.odcs.yaml").unlink()
    company.product("things")
    (ruling,) = ask_gates(load_offer(offer.domain), {"things": ()})["things"]
    assert isinstance(ruling.refusal, ContractViolation)
    assert ruling.refusal.found == ("shop/things cannot be published: v2 is published, and the newest contract is that of v1.")
    assert "domains/shop/contracts/things.v2.odcs.yaml" in ruling.refusal.way_out
    assert "`mesh ports withdraw shop/things --major 2`" in ruling.refusal.way_out


def test_a_later_major_that_was_never_committed_refuses_nothing(company, offer, publish):
    publish("SELECT 1::INTEGER AS id, 7::INTEGER AS euros", major=1)
    offer.domain.home.port(THINGS, 3).mkdir(parents=True)
    assert ask_gates(offer, {"things": ()}) == {"things": []}
