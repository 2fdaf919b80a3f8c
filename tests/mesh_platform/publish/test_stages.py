"""The effect of a product's stage on a run: what is built, what may depend on it, and what Dagster shows."""

from datetime import date, timedelta

import pytest
from dagster import AssetCheckSeverity

from mesh_platform.build.port_graph import PortModel
from mesh_platform.dagster.checks import input_results, input_specs
from mesh_platform.dagster.specs import described_ports, port_spec
from mesh_platform.errors import ContractError
from mesh_platform.events import listening
from mesh_platform.names import PortAddress
from mesh_platform.product.descriptor import Stage
from mesh_platform.product.offer import load_offer
from mesh_platform.project import load_domain
from mesh_platform.publish.attempt import Work
from mesh_platform.publish.loading import STAGE_TAG, built_graph, check_port_models, refused_inputs
from mesh_platform.publish.publishing import _ask_gates

THINGS = {"name": "things", "version": "1.0.0", "contractId": "shop.things.v1"}


def made(name="sums", inputs=(), ports=()):
    return PortModel(name, f"models/ports/{name}.sql", (name,), (), (), tuple(inputs), tuple(ports))


READS = {"sums": made(inputs=[PortAddress("shop", "things")])}
INPUTS = {"sums": READS["sums"].inputs}


@pytest.fixture
def books(company):
    """books/sums reads shop/things, whose product is at the given stage."""
    company.domain_file("shop")
    company.domain_file("books")
    company.contract("things")
    company.contract("sums", "books")

    def books(stage="active", own="active", **custom):
        properties = [{"property": key, "value": value} for key, value in custom.items()]
        company.product("things", status=stage, customProperties=properties or None)
        company.product("sums", "books", status=own, inputPorts=[THINGS])
        return load_offer(load_domain(company.root, "books"))

    return books


@pytest.mark.parametrize("stage", ["proposed", "retired"])
def test_what_is_only_described_needs_neither_a_contract_nor_a_model(company, stage):
    domain = company.domain()
    company.product("things", status=stage)
    offer = load_offer(domain)
    check_port_models(offer, {})
    assert (offer.built, built_graph(offer, {})) == (set(), {})


@pytest.mark.parametrize("stage", ["draft", "active", "deprecated"])
def test_what_is_built_needs_its_contract(company, stage):
    domain = company.domain()
    company.product("things", status=stage)
    with pytest.raises(ContractError, match="a port without a contract"):
        load_offer(domain)


@pytest.mark.parametrize(("stage", "built"), [(stage.value, stage.built) for stage in Stage])
def test_the_stage_says_whether_a_model_is_built(company, stage, built):
    domain = company.domain()
    company.product("things", status=stage)
    company.contract("things")
    offer = load_offer(domain)
    graph = {"things": made("things")}
    check_port_models(offer, graph)
    assert built_graph(offer, graph) == (graph if built else {})


def test_a_model_that_reads_a_port_of_its_domain_that_is_not_built_is_refused(company):
    domain = company.domain()
    for name, stage in (("things", "retired"), ("sums", "active")):
        company.product(name, status=stage)
        company.contract(name)
    with pytest.raises(ContractError, match=r"sums\.sql reads 'things' of its own domain, which is not built") as refusal:
        built_graph(load_offer(domain), {"things": made("things"), "sums": made(ports=["things"])})
    assert "domains/shop/products/things.odps.yaml has status: retired" in str(refusal.value)


@pytest.mark.parametrize(
    ("stage", "own", "message"),
    [
        ("proposed", "active", "shop/things is proposed. Wait until shop/things is built."),
        ("proposed", "draft", "shop/things is proposed. Wait until shop/things is built."),
        ("draft", "active", "shop/things is in development. Wait until shop/things is active"),
        ("draft", "draft", None),
        ("active", "draft", None),
        ("active", "active", None),
        ("deprecated", "active", None),
        ("retired", "active", "shop/things is retired. Read another product."),
        ("retired", "deprecated", "shop/things is retired. Read another product."),
    ],
)
def test_a_product_rests_on_what_is_promised_to_it(books, stage, own, message):
    refused = refused_inputs(books(stage, own), INPUTS)
    assert (message is None) == (refused == {})
    assert message is None or f"books/sums was not published: it reads shop.things.v1, and {message}" in str(refused["sums"])


def test_an_input_that_is_declared_and_not_read_holds_nothing_up(books):
    assert refused_inputs(books("retired"), {"sums": made().inputs}) == {}


def test_who_reads_what_is_retired_is_sent_to_its_successor(books):
    refused = refused_inputs(books("retired", successor="shop/goods"), INPUTS)
    assert refused["sums"].way_out == "Read shop/goods instead."


def test_a_consumer_sees_the_end_of_its_input_at_its_own_asset(books):
    offer = books("deprecated", successor="shop/goods", endsOn="2999-12-31")
    spec = port_spec(offer, READS, "sums")
    sentence = "reads shop.things.v1, deprecated, ends 2999-12-31; use shop/goods instead"
    assert f"**Deprecated.** It {sentence}." in spec.description
    assert spec.metadata["deprecated inputs"] == [sentence]


@pytest.mark.parametrize(
    ("days", "passed", "severity"),
    [(None, True, "WARN"), (1, False, "WARN"), (0, False, "WARN"), (-1, False, "ERROR")],
)
def test_the_check_of_a_consumer_warns_of_an_end_to_come_and_fails_after_it(books, days, passed, severity):
    ends = {} if days is None else {"endsOn": str(date.today() + timedelta(days=days))}
    offer = books("deprecated" if ends else "active", **ends)
    (spec,) = input_specs(offer, READS["sums"])
    assert (spec.name, spec.blocking) == ("inputs_supported", False)
    events = []
    with listening(events.append):
        (result,) = input_results(offer, READS["sums"])
    assert (result.passed, result.severity) == (passed, AssetCheckSeverity[severity])
    assert len(events) == (not passed)


def test_a_port_that_reads_nobody_has_no_such_check(books):
    assert list(input_specs(books(), made())) == list(input_results(books(), made())) == []


def test_what_a_consumer_that_is_not_built_relies_on_binds_nobody(company, books):
    relied_on = {"property": "expectations", "value": [{"columns": ["colour"]}]}
    books()
    for stage, rules in (("active", 1), ("proposed", 0), ("retired", 0)):
        company.product("sums", "books", status=stage, inputPorts=[THINGS | {"customProperties": [relied_on]}])
        contract = load_offer(load_domain(company.root, "shop")).contracts["things"]
        assert len([rule for rule in contract.rules if rule.asked_by]) == rules


def test_a_retired_port_leaves_a_tombstone(company):
    domain = company.domain()
    ends = {"property": "successor", "value": "shop/goods"}
    company.product("things", status="retired", customProperties=[ends])
    step = {"from": "deprecated", "to": "retired", "at": "2026-07-02T08:00:00Z", "by": "team:shop", "why": "It is over."}
    company.write("domains/shop/products/things.lifecycle.yaml", {"transitions": [step]})
    (stone,) = described_ports(load_offer(domain))
    assert (stone.key.path, stone.tags[STAGE_TAG], stone.deps) == (["shop", "things"], "retired", [])
    assert "Retired on 2026-07-02 by team:shop: It is over. Use shop/goods instead." in stone.description


def test_a_tombstone_stands_without_a_record_that_can_be_read(company):
    domain = company.domain()
    company.product("things", status="retired")
    for text in (None, "lost"):
        if text:
            company.write("domains/shop/products/things.lifecycle.yaml", text)
        (stone,) = described_ports(load_offer(domain))
        assert stone.description.startswith("**Retired.** Retired. It is no longer built.")


def test_a_proposed_port_is_shown_with_whom_to_ask(company):
    domain = company.domain()
    company.product("things", status="proposed")
    (asset,) = described_ports(load_offer(domain))
    assert asset.description.startswith("**Proposed.** Described but not built; questions to #data-shop.")
    assert asset.tags[STAGE_TAG] == "proposed"


@pytest.mark.parametrize(("stage", "refused"), [("draft", True), ("active", False)])
def test_a_port_that_a_relationship_refers_to_counts_as_an_input_that_a_model_reads(books, company, stage, refused):
    to = "../../shop/contracts/things.v1.odcs.yaml#/schema/things/properties/id"
    columns = [{"name": "id", "logicalType": "integer", "physicalType": "INTEGER", "relationships": [{"to": to}]}]
    books(stage)
    company.contract("sums", "books", columns)
    work = Work(load_offer(load_domain(company.root, "books")), {"sums": made()}, None)
    attempts = work.attempts(["sums"])
    _ask_gates(attempts, work)
    assert (attempts["sums"].error is not None) is refused
    assert not refused or "shop.things.v1, and shop/things is in development" in str(attempts["sums"].error)
