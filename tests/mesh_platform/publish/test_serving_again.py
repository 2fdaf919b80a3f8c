"""Going back to an earlier version: what would not be published today is not served again."""

import pytest

from mesh_platform.errors import ContractViolation, GateFailed, UnknownPort
from mesh_platform.names import PortAddress, identifier
from mesh_platform.port.output_port import OutputPort, contract_path
from mesh_platform.port.version import Provenance
from mesh_platform.product.offer import load_offer
from mesh_platform.project import load_project
from mesh_platform.publish.serving_again import serve_again

THINGS = PortAddress("shop", "things")
ID = {"name": "id", "logicalType": "integer", "physicalType": "INTEGER", "required": True}
NOTE = {"name": "note", "logicalType": "string", "physicalType": "VARCHAR"}


@pytest.fixture
def promise(company):
    """Writes the contract and the product of shop/things; gives what the domain offers then."""
    company.registry("shop")
    domain = company.domain()

    def promise(version="1.0.0", columns=(ID, NOTE), product=None, **said):
        output = {"name": "things", "version": version, "contractId": "shop.things.v1"}
        company.product("things", outputPorts=[output], **(product or {}))
        company.contract("things", version=version, columns=columns, **said)
        return load_offer(domain)

    return promise


@pytest.fixture
def publish(parquet):
    def publish(offer, rows, **said):
        contract = offer.contracts["things"]
        port = OutputPort(THINGS, offer.domain.home.port(THINGS, contract.major))
        names = (contract.id, contract.version, contract.file, contract.digest)
        sql = f"SELECT * FROM (VALUES {rows}) t({', '.join(map(identifier, contract.column_names))})"
        port.publish(parquet(sql), contract, Provenance(*names, **({"rows": 1, "rules": 1} | said)))
        return port

    return publish


@pytest.fixture
def again(company):
    return lambda number: serve_again(load_project(company.root), THINGS, number)


def test_a_version_that_keeps_the_contract_of_today_is_served_under_it(promise, publish, again):
    publish(promise(), "(1, 'x')")
    publish(promise(), "(2, 'y')")
    offer = promise("1.1.0", [ID, {**NOTE, "logicalTypeOptions": {"maxLength": 1}}])
    version = again(0)
    contract = offer.contracts["things"]
    assert (version.number, version.provenance.rolled_back_to) == (2, 0)
    assert (version.provenance.contract_version, version.provenance.contract_digest) == ("1.1.0", contract.digest)
    assert version.provenance.rules == len(contract.rules)
    folder = offer.domain.home.port(THINGS, 1)
    assert contract_path(folder, contract.digest).read_text() == contract.text, "what it is served under is kept with it"


STRICTER = {
    "a tightened rule": ((ID, {**NOTE, "logicalTypeOptions": {"maxLength": 1}}), "note has at most 1 character"),
    "a new column": ((ID, NOTE, {**NOTE, "name": "remark"}), "no column remark"),
    "a column that is gone": ((ID,), "column note, which the contract does not promise"),
    "another type": (({**ID, "physicalType": "BIGINT"}, NOTE), "column id as INTEGER where BIGINT is promised"),
}


@pytest.mark.parametrize(("columns", "rule"), STRICTER.values(), ids=STRICTER)
def test_a_version_that_breaks_the_contract_of_today_is_refused_with_the_rule_and_the_way_out(
    promise, publish, again, columns, rule
):
    old = promise().contracts["things"]
    port = publish(promise(), "(1, 'long')")
    publish(promise("1.1.0", columns), ", ".join(["(1" + ", 'x'" * (len(columns) - 1) + ")"]))
    with pytest.raises(ContractViolation) as refusal:
        again(0)
    assert "shop/things version 0 breaks the contract shop.things.v1 1.1.0 of today" in refusal.value.found
    assert rule in refusal.value.found
    assert "`mesh run shop/things`" in refusal.value.way_out
    assert f"1.0.0: {contract_path(port.folder, old.digest)}" in refusal.value.way_out
    assert port.current().number == 1


def test_its_way_out_is_one_the_contract_of_that_time_is_restored_from_where_it_is_kept(promise, publish, again, company):
    old = promise().contracts["things"]
    port = publish(promise(), "(1, 'long')")
    publish(promise("1.1.0", STRICTER["a tightened rule"][0]), "(1, 'x')")
    promise()
    company.write(old.file, contract_path(port.folder, old.digest).read_text())
    assert again(0).provenance.contract_digest == old.digest


def test_a_version_of_that_very_contract_is_held_against_the_present_time(promise, publish, again):
    fresh = [{"property": "freshness", "value": 2, "unit": "d", "element": "at"}]
    at = {"name": "at", "logicalType": "timestamp", "physicalType": "TIMESTAMPTZ"}
    offer = promise(columns=(ID, at), slaProperties=fresh)
    port = publish(offer, "(1, TIMESTAMPTZ '2001-01-01')")
    publish(offer, "(1, now())")
    with pytest.raises(ContractViolation) as refusal:
        again(0)
    assert "restore the contract" not in refusal.value.way_out
    assert port.current().number == 1


def test_an_expectation_of_a_consumer_that_blocks_a_publish_blocks_a_rollback(promise, publish, again, company):
    publish(promise(), "(1, NULL::VARCHAR)")
    publish(promise(), "(1, 'x')")
    company.registry("shop", "books")
    company.domain("shop", broken_expectations="block")
    company.domain("books")
    expected = {"property": "expectations", "value": [{"column": "note", "metric": "nullValues", "mustBe": 0}]}
    needs = {"name": "shop/things", "version": "1.0.0", "contractId": "shop.things.v1", "customProperties": [expected]}
    company.contract("sales", "books")
    company.product("sales", "books", inputPorts=[needs])
    with pytest.raises(ContractViolation, match="relied_on_by_books_sales"):
        again(0)


def test_a_gate_that_refuses_a_publish_refuses_a_rollback_and_sees_what_goes_back(promise, publish, again, company, capability):
    port = publish(promise(), "(1, 'x')")
    publish(promise(), "(2, 'y')")
    capability("guard", GUARD)
    company.write("mesh.toml", 'capabilities = ["guard"]\n')
    with pytest.raises(ContractViolation, match="the guard says no to version 0"):
        again(0)
    assert port.current().number == 1


GUARD = """
from mesh_platform.errors import ContractViolation
from mesh_platform.hooks import Ruling, hookimpl

@hookimpl
def gates(offer, ports, again):
    return {port: Ruling(ContractViolation(f"the guard says no to version {again[port].number}.")) for port in ports}
"""


def test_a_gate_that_does_not_decide_lets_no_version_through(promise, publish, again, company, capability):
    publish(promise(), "(1, 'x')")
    publish(promise(), "(2, 'y')")
    capability("guard", GUARD.replace("return {", "raise RuntimeError('asleep')\n    return {"))
    company.write("mesh.toml", 'capabilities = ["guard"]\n')
    with pytest.raises(GateFailed, match="asleep"):
        again(0)


@pytest.mark.parametrize("stage", ["proposed", "retired"])
def test_a_port_that_no_run_builds_is_not_served_again(promise, publish, again, stage):
    publish(promise(), "(1, 'x')")
    publish(promise(), "(2, 'y')")
    promise(product={"status": stage})
    with pytest.raises(UnknownPort, match="no product that is built publishes it"):
        again(0)


def test_a_port_of_a_domain_that_is_gone_is_not_served_again(promise, publish, again, company):
    publish(promise(), "(1, 'x')")
    publish(promise(), "(2, 'y')")
    company.registry()
    with pytest.raises(UnknownPort, match="Restore its contract and its product in domains/shop"):
        again(0)


def test_the_readers_of_an_earlier_major_are_thought_of(company, parquet, again):
    company.registry("shop")
    domain = company.domain()
    both = [{"name": "things", "version": f"{major}.0.0", "contractId": f"shop.things.v{major}"} for major in (1, 2)]
    company.product("things", outputPorts=both)
    euros = {"name": "euros", "physicalType": "INTEGER", "logicalType": "integer", "transformLogic": "cents // 100"}
    served = [{"property": "servedFrom", "value": "shop.things.v2"}]
    cents = {"name": "cents", "physicalType": "INTEGER"}
    company.contract("things", columns=[euros], customProperties=served)
    company.contract("things", columns=[cents], version="2.0.0", id="shop.things.v2", file="things.v2.odcs.yaml")
    offer = load_offer(domain)
    contract = offer.contracts["things"]
    port = OutputPort(THINGS, domain.home.port(THINGS, 2))
    names = (contract.id, contract.version, contract.file, contract.digest)
    for amount in (99, 100):
        port.publish(parquet(f"SELECT {amount}::INTEGER AS cents"), contract, Provenance(*names, rows=1, rules=1))
    company.contract("things", columns=[{**euros, "logicalTypeOptions": {"minimum": 1}}], customProperties=served)
    with pytest.raises(ContractViolation, match="shop.things.v1 1.0.0") as refusal:
        again(0)
    assert "euros is at least 1" in refusal.value.found
    assert port.current().number == 1
