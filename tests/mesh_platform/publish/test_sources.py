"""A port that reads a source beyond its limits is refused before it is built, and the others are not."""

import pytest

from mesh_platform.build.port_graph import PortModel
from mesh_platform.build.warehouse import WarehouseFile
from mesh_platform.contract.audit import Audit
from mesh_platform.ingestion.limits import recording
from mesh_platform.ingestion.source import TableRead
from mesh_platform.port.output_port import OutputPort
from mesh_platform.product.offer import load_offer
from mesh_platform.publish.attempt import Purpose, Work
from mesh_platform.publish.publishing import keep, publish
from support.company import COLUMNS, DAY

PORTS = {"things": ("things",), "days": ("things",), "others": ("others",)}
"""Port → the source tables that it reads; `days` is a port by day."""


@pytest.fixture
def work(company):
    """A run of the shop, after a reading of its sources with this result."""
    domain = company.domain()
    for port in PORTS:
        company.contract(port, columns=[*COLUMNS, DAY] if port == "days" else COLUMNS)
        company.product(port)
    graph = {port: PortModel(port, f"models/ports/{port}.sql", (), (), raw, (), ()) for port, raw in PORTS.items()}

    def work(purpose=Purpose.TRIAL, **read):
        with recording(domain, read) as record:
            record |= read
        return Work(load_offer(domain), graph, WarehouseFile(domain.home.warehouse("shop")), purpose=purpose)

    return work


def refused(work):
    """The ports that may not be published because of a source, with the reason."""
    attempts = work.attempts(PORTS)
    list(publish(attempts, work, keep))
    return {port: str(attempt.refusal) for port, attempt in attempts.items() if attempt.refusal}


def test_only_the_ports_that_read_it_are_refused(work):
    found = refused(work(things=TableRead(1, "a", refusal="Too many rows."), others=TableRead(1, "b")))
    assert found == {port: f"shop/{port} was not published: Too many rows." for port in ("things", "days")}


def test_a_port_by_day_needs_only_the_rows_that_were_delivered(work):
    assert refused(work(things=TableRead(1, "a", whole="Too few rows."))).keys() == {"things"}


def test_a_reading_that_did_not_end_refuses_them_too(work):
    assert refused(work(things=None)).keys() == {"things", "days"}


def test_a_source_that_was_never_recorded_refuses_nothing(work):
    assert refused(work()) == {}


def test_a_publish_ends_with_the_reason_and_a_rebuild_asks_for_none(work):
    run = work(Purpose.PUBLISH, things=TableRead(1, "a", refusal="Too many rows."))
    attempts = run.attempts(["things"])
    list(publish(attempts, run, keep))
    assert str(attempts["things"].error) == "shop/things was not published: Too many rows."
    assert refused(work(Purpose.REBUILD, things=TableRead(1, "a", refusal="Too many rows."))) == {}


def test_a_version_states_the_rows_that_the_next_one_is_compared_with(work):
    run = work(things=TableRead(75_000, "a", accepted="Fell."), others=TableRead(9, "b", compared=""))
    stated = {port: run.provenance(attempt) for port, attempt in run.attempts(PORTS).items()}
    assert {port: provenance.source_rows for port, provenance in stated.items()} == {
        "things": {"things": 75_000},
        "days": {},  # a file of one day would be the measure of the next whole file
        "others": {},  # samples
    }
    assert {port: provenance.delivered for port, provenance in stated.items()} == {
        "things": ["things"],
        "days": ["things"],  # not compared, and still no sample
        "others": [],
    }
    assert stated["things"].source == {"things": "a"}
    assert stated["things"].accepted == {"things": "Fell."}
    run = work(things=TableRead(75_000, "a", compared="all"))
    assert run.provenance(run.attempts(["days"])["days"]).source_rows == {"things": 75_000}


COMPARED = {"metric": "rowCount", "arguments": {"comparedWith": "previousVersion"}, "unit": "percent", "mustBeGreaterThan": -50}


@pytest.mark.parametrize(
    ("rule", "before", "rows", "note"),
    [
        (COMPARED, 100, 10, "it has 10 rows and had 100 in the version before, -90.0 %, accepted"),
        (COMPARED, 100, 1, "it has 1 row and had 100 in the version before, -99.0 %, accepted"),
        (COMPARED, 100, 100, ""),
        (COMPARED, 100, 51, ""),
        (COMPARED, None, 10, ""),
        (COMPARED | {"severity": "warning"}, 100, 10, ""),
        ({"metric": "rowCount", "mustBeGreaterThan": 50}, 100, 10, ""),
    ],
)
def test_a_version_notes_an_accepted_change_of_its_rows_only_if_a_rule_refuses_it(
    work, company, monkeypatch, rule, before, rows, note
):
    run = work()
    company.contract("things", quality=[rule])
    monkeypatch.setattr(OutputPort, "rows_before", lambda port: before)
    for accepted in (["things", "others"], []):
        accepting = Work(load_offer(run.offer.domain), run.graph, run.warehouse, accepted=accepted)
        for port, attempt in accepting.attempts(PORTS).items():
            attempt.audit = Audit(rows, ())
            expected = {"shop/things": note} if note and accepted and port == "things" else {}
            assert accepting.provenance(attempt).accepted == expected
