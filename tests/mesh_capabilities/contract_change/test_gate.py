"""The gate: versions, breaks, ends and deletions, judged from the two texts of a contract."""

from datetime import date, timedelta

import pytest

from mesh_capabilities.contract_change.compare import compare_documents
from mesh_capabilities.contract_change.contract_gate import judge_contract_change, judge_contract_removal
from mesh_capabilities.notice import notice_of
from mesh_platform.errors import ContractError

TODAY = date(2026, 6, 1)
UNREADABLE = [(12, "M"), (12, "Months"), (4, "quarters"), ("P12M", "d"), (60, "fortnight"), ("soon", "d")]
LEVELS = [("endOfLife", "2030-01-31"), ("availability", 99), ("retention", "P1Y"), ("frequency", "P1D")]


def contract(version="1.0.0", status="active", required=True, sla=()):
    column = {"name": "id", "logicalType": "integer", "physicalType": "INTEGER", "required": required}
    said = {
        "id": "shop.things.v1",
        "version": version,
        "status": status,
        "schema": [{"name": "things", "properties": [column]}],
    }
    return said | {"slaProperties": [{"property": name, "value": value, **more} for name, value, more in sla]}


def end(day, **more):
    return ("endOfLife", day, more)


def judged(old, new):
    return judge_contract_change("domains/shop/contracts/things.v1.odcs.yaml", old, new, TODAY)


def test_a_stricter_promise_with_a_minor_bump_is_allowed():
    assert judged(contract(required=False), contract("1.1.0")).allowed


@pytest.mark.parametrize("version", ["1.0.0", "1.0.1", "0.9.0", "one"])
def test_a_stricter_promise_without_its_bump_is_refused_with_the_version_that_would_do(version):
    finding = judged(contract(required=False), contract(version))
    assert not finding.allowed
    assert finding.way_out == (
        "Write version 1.1.0 in domains/shop/contracts/things.v1.odcs.yaml, and in the product that publishes it."
    )


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0", "2.0.0"])
def test_a_break_within_the_file_of_a_major_is_refused_whatever_its_version_says(version):
    finding = judged(contract(), contract(version, required=False))
    assert "breaks its promise within the major version: id is no longer required" in finding.refusal
    assert "new major version, 2.0.0, in a file of its own" in finding.way_out


@pytest.mark.parametrize("status", ["draft", "proposed"])
def test_a_draft_promises_nothing_so_it_may_break_without_a_new_version(status):
    changed = contract(status=status, required=False)
    changed["schema"][0]["properties"][0] |= {"name": "key", "physicalType": "VARCHAR", "logicalType": "string"}
    finding = judged(contract(status=status), changed)
    assert finding.allowed and finding.comparison.sufficient
    assert finding.comparison.sentence == "1.0.0 was a draft, of which no change requires a new version"
    assert judged(contract(status=status), contract(status="active")).allowed
    assert judged(contract(status=status), contract(status="deprecated", sla=[end(str(TODAY))])).allowed
    assert not judged(contract("1.2.0", status), contract("1.1.0", status)).allowed


@pytest.mark.parametrize("status", ["active", "deprecated", "retired", None, ["draft"], "Draft"])
@pytest.mark.parametrize("to", ["draft", "proposed"])
def test_what_was_promised_does_not_become_a_draft(status, to):
    finding = judged(contract(status=status), contract("1.1.0", status=to))
    assert "breaks its promise within the major version" in finding.refusal


def test_better_words_need_no_bump():
    old, new = contract(), contract()
    new["schema"][0]["description"] = "What there is."
    assert judged(old, new).allowed


def test_a_version_that_goes_back_is_refused_even_when_nothing_else_changed():
    assert not judged(contract("1.2.0"), contract("1.1.9")).allowed
    assert judged(contract("1.2.0"), contract("1.2.10")).allowed


def test_an_end_is_announced_thirty_days_ahead():
    assert judged(contract(), contract("1.1.0", "deprecated", sla=[end("2026-07-01")])).allowed
    short = judged(contract(), contract("1.1.0", "deprecated", sla=[end("2026-06-30")]))
    assert "announced for 2026-06-30, but its consumers have 30 days' notice: 2026-07-01 at the earliest" in short.refusal


def test_a_longer_notice_that_was_promised_is_kept():
    notice = ("noticePeriod", 90, {"unit": "d"})
    finding = judged(contract(sla=[notice]), contract("1.1.0", "deprecated", sla=[notice, end("2026-08-01")]))
    assert "90 days' notice: 2026-08-30" in finding.refusal


@pytest.mark.parametrize(
    ("value", "unit", "days"),
    [
        ("P1Y", None, 365),
        ("P6M", None, 180),
        (6, "mo", 180),
        (2, "weeks", 30),
        ("P2W", None, 30),
        (13, "w", 91),
    ],
)
def test_a_notice_is_read_as_other_durations_are(value, unit, days):
    document = {"slaProperties": [{"property": "noticePeriod", "value": value, **({"unit": unit} if unit else {})}]}
    assert notice_of(document) == timedelta(days=days)


@pytest.mark.parametrize(("value", "unit"), UNREADABLE)
def test_no_end_leaves_a_notice_that_cannot_be_read(value, unit):
    notice = ("noticePeriod", value, {"unit": unit})
    with pytest.raises(ContractError, match="its noticePeriod "):
        notice_of(contract(sla=[notice]))
    old = contract(sla=[notice])
    for ends in ([end("2026-08-01")], [end("2099-01-01", element="id")]):
        finding = judged(old, contract("1.1.0", "deprecated", sla=[("noticePeriod", "P1Y", {}), *ends]))
        assert "the notice that its consumers have is not known: its noticePeriod" in finding.refusal
        assert finding.way_out.startswith("First publish a version with a notice that can be read")
    assert judged(old, contract("1.1.0", sla=[("noticePeriod", "P1Y", {})])).allowed
    assert "the notice before an end was one that cannot be read and is 30 days" in judged(old, contract("1.1.0")).refusal


@pytest.mark.parametrize(("value", "unit"), UNREADABLE)
def test_a_notice_does_not_become_one_that_cannot_be_read(value, unit):
    old, new = (
        contract(sla=[("noticePeriod", 60, {"unit": "d"})]),
        contract("1.0.1", sla=[("noticePeriod", value, {"unit": unit})]),
    )
    assert "the notice before an end was 60 days and is one that cannot be read" in judged(old, new).refusal


@pytest.mark.parametrize("first", [0, 1])
def test_of_several_notices_the_longest_counts(first):
    notices = [("noticePeriod", 40, {"element": "things.id"}), ("noticePeriod", 90, {})]
    assert notice_of(contract(sla=[notices[first], notices[1 - first]])) == timedelta(days=90)


@pytest.mark.parametrize("element", ["id", "things.id"])
def test_the_end_of_a_column_needs_its_notice_too(element):
    finding = judged(contract(), contract("1.1.0", sla=[end("2026-06-02", element=element)]))
    assert "the end of id is announced for 2026-06-02" in finding.refusal


@pytest.mark.parametrize("element", ["id", "things.id", "gone", "others.id"])
@pytest.mark.parametrize("whole", [[], [end("2028-01-31")]])
def test_the_end_of_a_column_ends_no_contract(element, whole):
    """In whatever way the column is written, and in whatever order."""
    for sla in ([*whole, end("2020-06-30", element=element)], [end("2020-06-30", element=element), *whole]):
        finding = judge_contract_removal("things.v1.odcs.yaml", contract(status="deprecated", sla=sla), TODAY)
        assert ("it is promised until 2028-01-31" if whole else "never deprecated with an end") in finding.refusal


def test_two_spellings_of_one_column_are_no_change():
    old, new = (
        contract("1.0.0", sla=[(name, value, {"element": element}) for name, value in LEVELS])
        for element in ("things.id", "id")
    )
    assert judged(old, new).allowed
    assert judged(old, new).comparison.changes == ()


@pytest.mark.parametrize("day", ["2026-1-31", 20260131, "31.01.2026", "2026-02-30"])
def test_the_refusal_of_a_deletion_names_the_day_that_cannot_be_read(day):
    for sla in ([end(day)], [end(day), ("endOfSupport", "2020-01-31", {})], [end("2020-01-31"), end(day, element="id")]):
        finding = judge_contract_removal("things.v1.odcs.yaml", contract(status="deprecated", sla=sla), TODAY)
        assert f"its endOfLife is {day!r}, which is no day; write one like 2027-01-31" in finding.refusal
        assert finding.way_out == "Restore things.v1.odcs.yaml, and correct it."


def test_a_day_that_cannot_be_read_can_be_corrected():
    old, new = contract(sla=[end("2027-1-31")]), contract("1.1.0", sla=[end("2027-01-31")])
    assert judged(old, new).allowed
    assert "service replaced" in {change.sort for change in compare_documents(new, old)}


def test_an_end_is_not_brought_forward():
    old, new = (
        contract(version, "deprecated", sla=[end(day)]) for version, day in (("1.0.0", "2027-01-31"), ("1.1.0", "2026-12-31"))
    )
    assert "the end of the contract was on 2027-01-31 and is on 2026-12-31" in judged(old, new).refusal


@pytest.mark.parametrize(
    ("old", "said"),
    [
        (contract(), "never deprecated with an end"),
        (contract(status="deprecated"), "never deprecated with an end"),
        (contract(sla=[end("2026-01-31")]), "never deprecated with an end"),
        (contract(status="deprecated", sla=[end("soon")]), "its endOfLife is 'soon', which is no day"),
        (contract(status="deprecated", sla=[end("2026-06-01")]), "it is promised until 2026-06-01"),
        (
            contract(status="deprecated", sla=[end("2026-01-31"), end("2026-09-30", element="things.id")]),
            "its column id is promised until 2026-09-30",
        ),
    ],
)
def test_a_contract_is_not_deleted_inside_its_notice_period(old, said):
    finding = judge_contract_removal("things.v1.odcs.yaml", old, TODAY)
    assert said in finding.refusal
    assert finding.way_out.startswith("Restore things.v1.odcs.yaml")


@pytest.mark.parametrize(
    "old",
    [
        contract(status="deprecated", sla=[end("2026-05-31")]),
        contract(status="retired", sla=[("endOfSupport", "2026-05-31", {})]),
        contract(status="draft"),
        contract(status="proposed"),
    ],
)
def test_what_is_promised_no_longer_or_never_was_may_be_deleted(old):
    assert judge_contract_removal("things.v1.odcs.yaml", old, TODAY).allowed
