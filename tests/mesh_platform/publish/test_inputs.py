"""What a run reads: the served version of each input, restricted to the days that the product declares."""

from datetime import date

import pytest

from mesh_isolation.days import DayRange, days_of
from mesh_platform.build.port_graph import PortModel
from mesh_platform.contract.document import load_contract
from mesh_platform.errors import ContractError, PublishError
from mesh_platform.names import PortAddress
from mesh_platform.port.version import Provenance
from mesh_platform.product.offer import load_offer
from mesh_platform.publish.candidate import Candidate
from mesh_platform.publish.pinning import pin_inputs

EVENTS = PortAddress("sales", "events")
DAY = {"name": "day", "logicalType": "date", "physicalType": "DATE", "partitioned": True, "primaryKey": True, "required": True}
ID = {"name": "id", "physicalType": "INTEGER", "primaryKey": True, "required": True}


@pytest.fixture
def produce(company, parquet):
    """Publishes sales/events, with an event on each of these days of January, through a candidate like dbt's."""
    company.domain("sales")

    def produce(*days, wanted=None, partitioned=True):
        day = DAY | ({"logicalTypeOptions": {"minimum": "2017-01-01"}} if partitioned else {"partitioned": False})
        contract = load_contract(company.contract("events", "sales", columns=[ID, day]), company.root)
        candidate = Candidate(contract, company.domain("sales").home, wanted)
        rows = " UNION ALL ".join(f"SELECT {day}::INTEGER AS id, DATE '2017-01-{day:02}' AS day" for day in days)
        parquet(rows, candidate.path)
        files = candidate.files()
        provenance = Provenance(contract.id, contract.version, contract.file, contract.digest, len(days), 1)
        return candidate, files, candidate.publish(provenance)

    return produce


@pytest.fixture
def consumer(company):
    """The offer of shop, whose product `things` reads this number of latest days of sales/events; and its graph."""

    def consumer(days):
        cut = {"customProperties": [{"property": "latestDays", "value": days}]} if days else {}
        reference = {"name": "events", "version": "1.0.0", "contractId": "sales.events.v1", **cut}
        domain = company.domain("shop")
        company.product("things", inputPorts=[reference])
        company.contract("things")
        model = PortModel("things", "models/ports/things.sql", ("things",), (), (), (EVENTS,), ())
        return load_offer(domain), {"things": model}

    return consumer


def january(*days):
    return {date(2017, 1, day) for day in days}


@pytest.mark.parametrize(("days", "read"), [(None, [1, 2, 9]), (8, [2, 9]), (1, [9]), (100, [1, 2, 9])])
def test_only_the_declared_days_are_pinned(produce, consumer, days, read):
    produce(1, 2, 9)
    offer, graph = consumer(days)
    (pinned,), problems = pin_inputs(offer, graph, ["things"])
    assert days_of(pinned.files) == january(*read)
    assert (pinned.number, problems) == (0, {})


def test_declaring_days_of_a_port_that_has_none_is_refused(produce, consumer):
    produce(1, 2, partitioned=False)
    offer, graph = consumer(28)
    pinned, problems = pin_inputs(offer, graph, ["things"])
    assert pinned == []
    assert isinstance(problems["things"], ContractError)
    message = "products/things.odps.yaml declares latestDays for sales/events, which is not partitioned"
    assert message in str(problems["things"])


def test_the_audit_judges_the_files_that_are_published_and_the_candidate_is_gone_afterwards(produce):
    candidate, files, version = produce(1, 2)
    published = {file.name.rpartition("-")[0] for file in version.files}
    assert {file.stem for file in files} == published, "the names of published files have their digests besides"
    assert list(candidate.path.parent.iterdir()) == []


def test_where_nothing_has_changed_the_audit_judges_what_was_built(produce):
    produce(1, 2)
    candidate, files, version = produce(1, 2)
    assert (files, version.number, version.provenance.days) == ([candidate.path], 1, [])


def test_columns_that_are_not_the_promised_ones_are_left_to_the_audit(produce, parquet):
    candidate, *_ = produce(1)
    parquet("SELECT 1 AS id, 'today' AS day", candidate.path)
    assert candidate.files() == [candidate.path]


def test_some_days_alone_are_refused_while_the_promise_of_all_has_changed(produce, company):
    produce(1, 2)
    day = DAY | {"logicalTypeOptions": {"minimum": "2016-01-01"}}
    contract = load_contract(company.contract("events", "sales", columns=[ID, day]), company.root)
    some = Candidate(contract, company.domain("sales").home, DayRange.parse("2017-01-01"))
    assert some.only == "\"day\" between date '2017-01-01' and date '2017-01-01'"
    with pytest.raises(PublishError, match="its contract has changed since version 0.*mesh run sales/events"):
        some.files()
