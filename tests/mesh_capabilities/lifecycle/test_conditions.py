"""The preconditions of every step, met and unmet, each with the sentence that says so."""

import json
from dataclasses import asdict

import pytest

from mesh_capabilities.errors import UnknownProduct
from mesh_capabilities.lifecycle.conditions import CONDITIONS
from mesh_platform.build.port_graph import PortModel, project_digest
from mesh_platform.errors import ContractError

from .conftest import THINGS, ending

NOTICE = [{"property": "noticePeriod", "value": 90, "unit": "d"}]


@pytest.fixture
def look(facts, ask):
    """What one precondition of shop/things finds: met or not, and the sentence."""

    def look(name, **asked):
        finding = CONDITIONS[name](facts(), ask(**asked))
        return finding.met, finding.sentence

    return look


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("descriptor", {"kind": "Thing"}, "domains/shop/products/things.odps.yaml is not valid"),
        ("owner", {"team": None}, "add team.name"),
        ("purpose", {"description": {"purpose": " "}}, "add description.purpose"),
        ("ports", {"outputPorts": None}, "add outputPorts"),
    ],
)
def test_a_product_in_development_is_described(shop, look, name, change, said):
    assert look(name)[0]
    shop.product("things", **change)
    met, sentence = look(name)
    assert (met, said in sentence) == (False, True), sentence


def test_a_promise_has_valid_contracts_in_force(shop, look):
    assert look("contracts") == (True, "shop.things.v1 is valid and active.")
    shop.contract("things", status="draft")
    assert look("contracts") == (False, "shop.things.v1 is not active yet: write status: active in the contract.")
    path = shop.contract("things", kind="Something")
    assert look("contracts")[1].startswith("domains/shop/contracts/things.v1.odcs.yaml is not valid ODCS")
    path.unlink()
    assert look("contracts") == (False, "domains/shop/contracts/things.v1.odcs.yaml does not exist.")


def test_a_promise_has_data_that_kept_it(shop, look, publish):
    assert look("published") == (False, "shop/things is not published: mesh run shop/things.")
    assert look("checks") == (False, "shop/things is not published.")
    publish()
    assert look("published") == (True, "It is published: shop/things version 0.")
    assert look("checks") == (True, "The served versions pass the present contracts: 3 rules, 1 warned.")
    shop.contract("things", version="1.1.0")
    assert look("checks")[1].startswith("shop/things was published under an earlier contract")


def test_a_later_candidate_that_was_refused_holds_a_promise_up(facts, look, publish):
    version = publish()
    folder = facts().project.home.quarantine(version.address) / "later"
    folder.mkdir(parents=True)
    said = {"id": "later", "port": "shop/things", "published": False, "contract": "shop.things.v1", "rules": []}
    said |= {"contract_version": "1.0.0", "candidate_rows": 1, "run": None, "inputs": {}, "source": {}}
    (folder / "facts.json").write_text(json.dumps(said | {"at": "2999-01-01T00:00:00+00:00"}))
    assert look("checks") == (False, "The last candidate of shop/things broke its contract: mesh quarantine show later.")
    (folder / "facts.json").write_text(json.dumps(said | {"at": "2999-01-01T00:00:00+00:00", "published": True}))
    assert look("checks")[0]


@pytest.mark.parametrize(("status", "met"), [("proposed", 0), ("draft", 0), ("active", 1), ("deprecated", 1), ("retired", 0)])
def test_a_promise_rests_on_promises(shop, look, status, met):
    assert look("inputs") == (True, "It reads no other domain.")
    shop.product("things", inputPorts=[{"name": "sums", "version": "1.0.0", "contractId": "books.sums.v1"}])
    assert look("inputs") == (False, "It reads books.sums.v1, which no product publishes.")
    shop.product("sums", "books", status=status)
    found, sentence = look("inputs")
    assert found == bool(met)
    assert sentence.startswith("All its inputs are active" if met else "It reads books.sums.v1, and books/sums is ")


def test_a_deprecation_names_a_successor_or_a_reason(shop, look):
    assert look("replacement") == (
        False,
        "Neither a successor nor a reason is given: --successor DOMAIN/PRODUCT or --why.",
    )
    assert look("replacement", why="Nobody wants it.")[0]


@pytest.mark.parametrize(
    ("successor", "said"),
    [
        ("shop/things", "cannot be its own successor"),
        ("shop/nothing", "There is no product 'shop/nothing'"),
        ("nowhere/goods", "There is no product 'nowhere/goods'"),
        ("shop/../../things", "There is no product"),
        ("books/sums", "books/sums is in development: name one that is active"),
    ],
)
def test_a_successor_is_one_that_consumers_can_go_to(shop, look, successor, said):
    shop.product("sums", "books", status="draft")
    met, sentence = look("replacement", successor=successor, why="even with a reason")
    assert (met, said in sentence) == (False, True), sentence
    shop.product("sums", "books")
    assert look("replacement", successor="books/sums") == (True, "Its successor books/sums is active.")


def test_an_end_leaves_the_notice_that_was_promised(shop, look):
    assert look("end") == (False, "No last day is stated: --ends, 2026-07-01 at the earliest.")
    assert not look("end", ends="2026-06-30")[0]
    assert look("end", ends="2026-07-01") == (True, "Its last day is 2026-07-01, after the notice period of 30 days.")
    shop.contract("things", slaProperties=NOTICE)
    assert look("end", ends="2026-08-29")[1].endswith("the notice period is 90 days: 2026-08-30 at the earliest.")


def test_no_end_leaves_a_notice_that_cannot_be_read(shop, look):
    shop.contract("things", slaProperties=[{"property": "noticePeriod", "value": 12, "unit": "M"}])
    met, sentence = look("end", ends="2099-01-01")
    assert not met
    assert sentence.startswith("The notice period of a contract is not known: domains/shop/contracts/things.v1.odcs.yaml: ")
    assert "slaProperties.noticePeriod has the unit 'M'; write one of" in sentence


def test_no_product_is_retired_whose_contract_has_an_end_that_cannot_be_read(shop, look):
    shop.product("things", customProperties=ending("2020-06-01"))
    shop.contract("things", slaProperties=[{"property": "endOfLife", "value": "2027-1-31"}])
    met, sentence = look("ended")
    assert not met
    assert sentence.startswith("The last day of a contract is not known: domains/shop/contracts/things.v1.odcs.yaml: ")
    assert "slaProperties.endOfLife is '2027-1-31', which is no day; write one like 2027-01-31" in sentence


def test_a_product_is_retired_after_its_last_day(shop, look):
    assert look("ended")[1].startswith("It has no last day")
    shop.product("things", customProperties=ending("2026-06-01"))
    assert look("ended") == (False, "Its last day, 2026-06-01, is not over.")
    shop.product("things", customProperties=ending("2026-05-31"))
    assert look("ended") == (True, "Its last day was 2026-05-31.")


def test_a_contract_that_promises_more_than_its_product_is_kept(shop, look):
    shop.product("things", customProperties=ending("2026-05-31"))
    shop.contract("things", slaProperties=[{"property": "endOfLife", "value": "2026-09-30"}])
    assert look("ended") == (False, "Its last day, 2026-09-30, is not over.")
    of_a_column = {"property": "endOfLife", "value": "2026-10-31", "element": "id"}
    shop.contract("things", slaProperties=[{"property": "endOfLife", "value": "2026-05-01"}, of_a_column])
    assert look("ended") == (False, "Its last day, 2026-10-31, is not over.")


@pytest.mark.parametrize(("status", "live"), [("proposed", 0), ("draft", 1), ("active", 1), ("deprecated", 1), ("retired", 0)])
def test_a_product_that_a_live_one_reads_is_not_retired(shop, look, status, live):
    assert look("consumers") == (True, "It has no consumers.")
    shop.product("sums", "books", status=status, inputPorts=[THINGS], team={"name": "readers"})
    met, sentence = look("consumers")
    assert met is not bool(live)
    assert ("books/sums of readers reads shop.things.v1 (domains/books/products/sums.odps.yaml)" in sentence) == bool(live)


def test_a_consumer_of_an_earlier_major_is_one_too(shop, look):
    shop.product("sums", "books", inputPorts=[THINGS | {"contractId": "shop.things.v2", "version": "2.0.0"}])
    assert not look("consumers")[0]


def test_whoever_cannot_be_looked_at_may_be_a_consumer(shop, look):
    shop.write("domains/books/products/sums.odps.yaml", "no product")
    met, sentence = look("consumers")
    assert not met
    assert sentence.startswith("Its consumers are not known: domains/books/products/sums.odps.yaml cannot be read")


def test_a_product_of_the_same_domain_whose_model_reads_it_is_a_consumer(shop, facts, look):
    shop.product("sums")
    shop.contract("sums")
    domain = facts().domain
    graph = {
        "things": PortModel("things", "things.sql", ("things",), (), (), (), ()),
        "sums": PortModel("sums", "sums.sql", ("sums",), (), (), (), ("things",)),
    }
    kept = {"digest": project_digest(domain), "ports": {name: asdict(model) for name, model in graph.items()}}
    shop.write(".mesh/dbt/shop/ports.json", json.dumps(kept))
    assert look("consumers") == (
        False,
        "It has 1 consumer: shop/sums of shop reads shop/things (domains/shop/products/sums.odps.yaml).",
    )


def test_a_product_that_nobody_describes_is_named(facts):
    with pytest.raises(UnknownProduct, match="There is no product 'shop/nothing'"):
        facts("shop/nothing")


def test_a_descriptor_without_a_stage_is_refused(shop, facts):
    shop.product("things", status="published")
    with pytest.raises(ContractError, match="status: 'published'.*proposed, draft, active, deprecated, retired"):
        facts()
