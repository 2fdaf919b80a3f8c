"""The limits of a source: what is beyond one is refused with its numbers and the way out, and nothing else is."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from mesh_isolation.limits import UNKNOWN
from mesh_isolation.team_files import UnreadableFile
from mesh_platform.contract import audit
from mesh_platform.errors import SourceError
from mesh_platform.ingestion.limits import (
    ANY,
    judge_reading,
    recorded,
    recording,
    refused_source,
    rows_published,
    within_limits,
)
from mesh_platform.ingestion.reading import Ingested
from mesh_platform.ingestion.source import CsvSource, Reshape, TableRead
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from support.ports import promise

THINGS = PortAddress("shop", "things")
COLUMNS = {"id": "INTEGER"}


def source(**limits) -> CsvSource:
    return CsvSource("things", "shop/things.csv", COLUMNS, "One row per thing.", **limits)


@pytest.fixture
def judged(tmp_path):
    """Judges a file with these rows."""

    def judge(rows, aside=0, before=None, accepted=False, is_sample=False, **limits):
        read = Ingested(source(**limits), tmp_path / "things.csv", "1" * 64, rows, aside, tmp_path / "aside.csv", is_sample)
        return judge_reading(read, "shop", before if isinstance(before, list) else [] if before is None else [before], accepted)

    return judge


def why(reading: TableRead, whole: bool = True) -> str:
    refusal = refused_source(THINGS, ["things"], {"things": reading}, whole)
    return str(refusal or "")


def test_no_row_is_set_aside_unless_its_owner_has_said_so(judged, tmp_path):
    message = why(judged(45_000, 30_000))
    assert message.startswith("shop/things was not published: 30,000 rows of shop/things.csv could not be read, 45,000 could")
    assert "the source shop/things allows 0 rows to be set aside" in message
    assert str(tmp_path / "aside.csv") in message
    assert why(judged(75_000)) == ""


def test_one_row_is_one_row_in_every_sentence(judged):
    assert "1 row of shop/things.csv could not be read, 1 could, and the source shop/things allows 0 rows" in why(judged(1, 1))
    assert "has 1 row and had 100 in the version before" in why(judged(1, before=100))
    assert "; set aside: 1 row" in why(judged(1, 1, before=100, set_aside=1))
    assert "allows 1 row to be set aside" in why(judged(1, 2, set_aside="1 row"))


@pytest.mark.parametrize(
    ("limit", "rows", "aside", "kept"),
    [
        (20, 100, 20, True),
        (20, 100, 21, False),
        ("1 row", 1, 1, True),
        ("1 row", 0, 1, False),
        ("0.5 %", 995, 5, True),
        ("0.5 %", 994, 6, False),
    ],
)
def test_the_limit_is_a_number_or_a_share_of_all_rows_of_the_file(judged, limit, rows, aside, kept):
    assert (why(judged(rows, aside, set_aside=limit)) == "") is kept


def test_an_empty_file_has_no_row_beyond_a_limit(judged):
    assert why(judged(0)) == ""


@pytest.mark.parametrize(("rows", "kept"), [(37_500, True), (37_499, False), (112_500, True), (112_501, False), (284, False)])
def test_the_volume_may_fall_or_rise_by_half(judged, rows, kept):
    assert (why(judged(rows, before=75_000)) == "") is kept


def test_a_refused_volume_is_named_with_both_numbers_the_limit_and_the_way_out(judged):
    message = why(judged(284, before=75_000))
    assert "shop/things.csv has 284 rows and had 75,000 in the version before, -99.6 %" in message
    assert "the source shop/things allows -50 % to +50 %; set aside: 0 rows" in message
    assert "`mesh run shop --accept-volume shop/things`" in message


def test_a_first_reading_is_compared_with_nothing(judged):
    assert why(judged(1)) == ""
    assert why(judged(1, before=0)) == ""


def test_a_sample_is_not_compared_and_nothing_is_compared_with_it(judged):
    reading = judged(3, before=75_000, is_sample=True)
    assert (why(reading), reading.compared) == ("", "")
    assert "set aside" in why(judged(3, aside=1, is_sample=True))


def test_its_owner_states_another_volume_or_any_with_a_reason(judged):
    assert why(judged(200, before=100, volume="-20 %, +100 %")) == ""
    assert why(judged(79, before=100, volume="-20 %, +100 %"))
    assert why(judged(1, before=100, volume=None, reason="A queue that is emptied at night.")) == ""


def test_a_port_by_day_is_compared_only_if_the_volume_is_stated(judged):
    assert why(judged(1, before=100), whole=False) == ""
    assert why(judged(1, before=100, volume="±50 %"), whole=False)
    assert why(judged(1, aside=1), whole=False)


def test_an_accepted_volume_is_published_and_noted_and_rows_set_aside_are_not_accepted_with_it(judged):
    reading = judged(284, before=75_000, accepted=True)
    assert why(reading) == ""
    assert reading.accepted == "shop/things.csv has 284 rows and had 75,000 in the version before, -99.6 %, accepted"
    assert judged(75_000, before=75_000, accepted=True).accepted == ""
    assert "could not be read" in why(judged(284, aside=9, before=75_000, accepted=True))


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"set_aside": "some"}, "`set_aside` of the source things is 'some'"),
        ({"set_aside": -1}, "`set_aside` of the source things is '-1 rows'"),
        ({"set_aside": True}, "`set_aside` of the source things is True"),
        ({"set_aside": 0.5}, "`set_aside` of the source things is 0.5"),
        ({"set_aside": "100 %"}, "a share is below 100 %"),
        ({"volume": "half"}, "`volume` of the source things is 'half'"),
        ({"volume": 50}, "`volume` of the source things is 50"),
        ({"volume": None}, "`volume` of the source things is None without a reason"),
        ({"set_aside": "1 %", "reshape": Reshape(source, COLUMNS)}, "state a number of rows"),
    ],
)
def test_a_limit_of_another_form_is_refused_where_it_is_declared(limits, message):
    with pytest.raises(SourceError, match="Correct its CsvSource") as refused:
        source(**limits)
    assert message in str(refused.value)


READ, BEFORE = TableRead(3, "a"), TableRead(9, "b", "whole")


@pytest.fixture
def shop(company):
    return company.domain()


def test_what_was_read_is_recorded_table_by_table(shop):
    assert recorded(shop.home, shop.name) == {}
    with recording(shop, ["things", "others"]) as record:
        record |= {"things": READ, "others": READ}
    with recording(shop, ["things"]) as record:
        record["things"] = BEFORE
    assert recorded(shop.home, shop.name) == {"things": BEFORE, "others": READ}


def test_a_table_that_could_not_be_read_keeps_its_record(shop):
    with recording(shop, ["things"]) as record:
        record["things"] = BEFORE
    with recording(shop, ["things"]):
        pass
    assert recorded(shop.home, shop.name) == {"things": BEFORE}


def test_nothing_is_published_from_a_reading_that_did_not_end(shop):
    with recording(shop, ["things"]) as record:
        record["things"] = BEFORE
    with pytest.raises(RuntimeError), recording(shop, ["things"]):
        raise RuntimeError("killed")
    refusal = refused_source(THINGS, ["things"], recorded(shop.home, shop.name), whole=True)
    assert "its source things was not read to the end" in str(refusal)
    with recording(shop, ["things"]) as record:
        record["things"] = READ
    assert refused_source(THINGS, ["things"], recorded(shop.home, shop.name), whole=True) is None


def test_a_damaged_record_is_named_and_the_next_reading_writes_it_anew(shop):
    file = shop.home.read("shop")
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"things": [1]}))
    with pytest.raises(UnreadableFile, match="damaged"):
        recorded(shop.home, shop.name)
    with recording(shop, ["things"]) as record:
        record["things"] = READ
    assert recorded(shop.home, shop.name) == {"things": READ}


@pytest.fixture
def published(shop, parquet, provenance):
    """Publishes a port of the shop whose version states these rows of its sources."""

    def publish(port, delivered=(), **rows):
        address = PortAddress("shop", port)
        file = parquet("SELECT 1::INTEGER AS id", shop.home.candidates("shop") / f"{port}.parquet")
        output = OutputPort(address, shop.home.port(address, 1))
        contract = shop.folder / f"contracts/{port}.v1.odcs.yaml"
        contract.parent.mkdir(parents=True, exist_ok=True)
        contract.touch()
        return output, output.publish(
            file, promise({"id": "INTEGER"}, address), provenance(source_rows=rows, delivered=list(delivered))
        )

    return publish


def test_a_source_is_compared_with_what_each_port_last_published_from_it(shop, published, judged):
    assert rows_published(shop) == {}
    published("things", things=75_000, others=5)
    published("counts", things=40_000)
    assert rows_published(shop) == {"things": {75_000, 40_000}, "others": {5}}


def test_a_file_that_is_compared_with_no_version_is_known_as_published(shop, published):
    published("days", delivered=["things"])
    assert rows_published(shop) == {"things": set()}
    published("things", delivered=["things"], things=9)
    assert rows_published(shop) == {"things": {9}}


def test_a_version_of_samples_leaves_the_source_to_samples_even_after_a_file(shop, published):
    published("days")
    assert rows_published(shop) == {}
    port, _ = published("days", delivered=["things"])
    port.rollback(0)
    assert rows_published(shop) == {}


def test_a_port_that_is_published_less_often_has_as_much_to_lose(judged):
    """Each step is within the limit, and both together are not."""
    assert not why(judged(1_100, before=[2_000]))
    assert "had 2,000 in the version before" in why(judged(600, before=[2_000, 1_100]))


def test_a_port_without_a_contract_is_compared_with_no_more(shop, published):
    published("things", things=75_000)
    (shop.folder / "contracts/things.v1.odcs.yaml").unlink()
    assert rows_published(shop) == {}


def test_a_rollback_is_what_was_published_last(shop, published):
    published("things", things=75_000)
    port, _ = published("things", things=284)
    port.rollback(0)
    assert rows_published(shop) == {"things": {75_000}}


def test_a_damaged_entry_leaves_the_one_before(shop, published):
    published("things", things=75_000)
    port, version = published("things", things=70_000)
    port.log.file(version.number).write_text("{")
    assert rows_published(shop) == {"things": {75_000}}


TORN = {"emptied": "", "cut": '{"commitInfo"', "other JSON": "[]", "zeros": "\0" * 100}
"""What a log's only entry can become."""


@pytest.mark.parametrize("tear", TORN.values(), ids=TORN)
@pytest.mark.parametrize("healed", [False, True], ids=["as found", "set aside meanwhile"])
def test_without_an_entry_that_can_be_read_a_volume_is_not_let_through(shop, published, judged, tear, healed):
    port, _ = published("things", things=75_000)
    port.log.file(0).write_text(tear)
    if healed:
        port.heal()
    before = rows_published(shop)
    assert before == {ANY: {UNKNOWN}}
    refused = why(judged(284, before=[*before[ANY]]))
    assert "and had a number that is not known, because the log of its versions was damaged" in refused
    assert "--accept-volume" in refused
    assert not why(judged(284, before=[*before[ANY]], accepted=True))
    assert not why(judged(284, before=[*before[ANY]], volume=None, reason="A test."))
    read = Ingested(source(), port.folder / "things.csv", "1" * 64, 284, 0, port.folder / "aside.csv")
    list(within_limits([(source(), read)], "shop", record := {}, before))
    assert "not known" in record["things"].whole, "no table is left out for want of a name"
    published("things", things=284)
    assert rows_published(shop) == {"things": {284}}, "afterwards, it is as ever"


def test_where_no_entry_can_be_read_the_last_reading_or_another_port_says_what_was_published(shop, published):
    port, _ = published("things", things=75_000, others=5)
    published("counts", others=5)
    port.log.file(0).write_text("")
    known = {"things": READ._replace(rows=75_000), "never": None, "sample": READ._replace(compared="")}
    assert rows_published(shop, known) == {ANY: {UNKNOWN}, "things": {75_000}, "others": {5}}
    for refused in ({"whole": "it lost rows"}, {"refusal": "not readable"}):
        assert rows_published(shop, {"things": READ._replace(**refused)}) == {ANY: {UNKNOWN}, "others": {5}}
    (shop.folder / "contracts/things.v1.odcs.yaml").unlink()
    assert rows_published(shop, known) == {"others": {5}}


@pytest.mark.parametrize("tear", TORN.values(), ids=TORN)
@pytest.mark.parametrize("healed", [False, True], ids=["as found", "set aside meanwhile"])
def test_a_contract_that_compares_with_the_version_before_is_broken_if_that_is_not_known(shop, published, tear, healed):
    port, _ = published("things")
    assert port.rows_before() is not None and port.rows_before(0) is None
    port.log.file(0).write_text(tear)
    if healed:
        port.heal()
    assert port.rows_before() == UNKNOWN
    rule = SimpleNamespace(bound=SimpleNamespace(allows=lambda _: True), blocks=True, compared=True)
    contract = SimpleNamespace(address=port.address, rules=[rule])
    verdict = audit._judge_change(rule, UNKNOWN, 12, contract)
    assert not verdict.passed and "a number that is not known" in verdict.found and "--accept-volume" in verdict.found
    assert "not known" in audit.change_beyond_rules([contract], UNKNOWN, 12)


def test_a_source_is_a_value_that_can_be_changed_in_one_place():
    assert replace(source(), set_aside=3).aside.allows(3, 9)
