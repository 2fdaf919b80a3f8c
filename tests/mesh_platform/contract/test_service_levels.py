"""Service levels that data can prove: the newest value, and the oldest, against the clock."""

from datetime import UTC, datetime, timedelta

import pytest

from mesh_isolation.machine import CLOCK_TOLERANCE
from mesh_platform.contract.audit import audit
from mesh_platform.errors import ContractError

NOW = datetime(2020, 3, 10, 12, tzinfo=UTC)


def contract(load, kind="TIMESTAMPTZ", logical="timestamp", options=None, **level):
    column = {"name": "at", "physicalType": kind, "logicalType": logical} | ({"logicalTypeOptions": options} if options else {})
    stated = {name: part for name, part in {"value": 1, "unit": "d", "element": "at", **level}.items() if part is not None}
    return load(columns=[column], slaProperties=[stated])


def words(value, unit):
    return f"{value} {unit}" if unit else value


@pytest.mark.parametrize("called", ["latency", "ly", "freshness", "Latency", "frequency"])
@pytest.mark.parametrize(
    ("value", "unit", "newest", "passed"),
    [
        (1, "d", "2020-03-09 12:00:00+00", True),
        (1, "d", "2020-03-09 11:59:59+00", False),
        (90, "minutes", "2020-03-10 10:30:00+00", True),
        (1.5, "h", "2020-03-10 10:29:59+00", False),
        (2, "weeks", "2020-03-01 00:00:00+00", True),
        ("P1D", None, "2020-03-09 12:00:00+00", True),
        ("PT90M", None, "2020-03-10 10:29:59+00", False),
        ("P2W", None, "2020-02-25 12:00:00+00", True),
        ("PT3600S", None, "2020-03-10 10:59:59+00", False),
    ],
)
def test_the_newest_value_is_no_older_than_promised(load, parquet, called, value, unit, newest, passed):
    promised = contract(load, property=called, value=value, unit=unit)
    rows = f"SELECT unnest([TIMESTAMPTZ '2001-01-01 00:00:00+00', TIMESTAMPTZ '{newest}', NULL]) AS at"
    (verdict,) = audit(promised, [parquet(rows)], now=NOW).of_check("service_levels")
    assert verdict.passed == passed
    assert verdict.rule.sentence == f"the newest at is at most {words(value, unit)} old"
    age = NOW - datetime.fromisoformat(newest)
    assert verdict.found == str(age)


@pytest.mark.parametrize("rows", ["SELECT NULL::TIMESTAMPTZ AS at", "SELECT NULL::TIMESTAMPTZ AS at LIMIT 0"])
def test_data_without_a_newest_value_is_not_fresh(load, parquet, rows):
    (verdict,) = audit(contract(load, property="latency"), [parquet(rows)], now=NOW).broken
    assert verdict.found == "None"


@pytest.mark.parametrize(
    ("kind", "newest", "found"),
    [
        ("TIMESTAMPTZ", "2020-03-11 12:00:00+00", "a time that is 1 day, 0:00:00 in the future"),
        ("TIMESTAMPTZ", "2020-03-10 12:01:01+00", "a time that is 0:01:01 in the future"),
        ("TIMESTAMP", "2020-03-10 12:02:00", "a time that is 0:02:00 in the future"),
        ("DATE", "2020-03-11", "a time that is 12:00:00 in the future"),
    ],
)
def test_a_newest_value_in_the_future_breaks_the_service_level(load, parquet, kind, newest, found):
    promised = contract(load, kind, "date" if kind == "DATE" else "timestamp", property="freshness")
    (verdict,) = audit(promised, [parquet(f"SELECT unnest(['2020-03-10 11:00:00', '{newest}'])::{kind} AS at")], now=NOW).broken
    assert verdict.found == found


def test_clocks_may_differ_by_a_minute(load, parquet):
    at = NOW + CLOCK_TOLERANCE
    rows = f"SELECT TIMESTAMPTZ '{at.isoformat()}' AS at"
    assert audit(contract(load, property="latency"), [parquet(rows)], now=NOW).broken == []
    assert timedelta(seconds=60) == CLOCK_TOLERANCE


def test_without_another_clock_it_is_now(load, parquet):
    promised = contract(load, property="latency", value=1, unit="h")
    assert audit(promised, [parquet("SELECT now() - INTERVAL 50 MINUTE AS at")]).broken == []
    assert len(audit(promised, [parquet("SELECT now() - INTERVAL 70 MINUTE AS at")]).broken) == 1


@pytest.mark.parametrize(
    ("value", "unit", "kept", "broken"),
    [
        (3, "y", "2017-03-10 12:00:00+00", "2017-03-10 11:59:59+00"),
        (1, "months", "2020-02-10 12:00:00+00", "2020-02-10 11:59:59+00"),
        ("10", "d", "2020-02-29 12:00:00+00", "2020-02-29 11:59:59+00"),
        (0.5, "d", "2020-03-10 00:00:00+00", "2020-03-09 23:59:59+00"),
        ("P3Y", None, "2017-03-10 12:00:00+00", "2017-03-10 11:59:59+00"),
        ("P1M", None, "2020-02-10 12:00:00+00", "2020-02-10 11:59:59+00"),
    ],
)
def test_no_value_is_older_than_the_retention(load, parquet, value, unit, kept, broken):
    promised = contract(load, property="retention", value=value, unit=unit, element="things.at")
    assert audit(promised, [parquet(f"SELECT unnest([TIMESTAMPTZ '{kept}', NULL]) AS at")], now=NOW).broken == []
    (verdict,) = audit(
        promised, [parquet(f"SELECT unnest([TIMESTAMPTZ '{kept}', TIMESTAMPTZ '{broken}']) AS at")], now=NOW
    ).broken
    assert verdict.rule.sentence == f"no at is older than {words(value, unit)}"
    assert verdict.found == "1 of 2 rows breaks it"
    assert verdict.examples == ({"at": datetime.fromisoformat(broken)},)
    assert audit(promised, [parquet("SELECT NULL::TIMESTAMPTZ AS at LIMIT 0")], now=NOW).broken == []


@pytest.mark.parametrize(
    ("kind", "logical", "options", "recent", "old"),
    [
        ("DATE", "date", {}, "DATE '2020-03-10'", "DATE '2020-03-09'"),
        ("TIMESTAMP", "timestamp", {}, "TIMESTAMP '2020-03-09 12:00:00'", "TIMESTAMP '2020-03-09 11:59:59'"),
        (
            "TIMESTAMP",
            "timestamp",
            {"defaultTimezone": "America/Sao_Paulo"},
            "TIMESTAMP '2020-03-09 09:00:00'",
            "TIMESTAMP '2020-03-09 08:59:59'",
        ),
        ("VARCHAR", "date", {"format": "dd.MM.yyyy"}, "'10.03.2020'", "'09.03.2020'"),
    ],
)
@pytest.mark.parametrize("called", ["latency", "retention"])
def test_every_column_that_holds_times_can_be_looked_at(load, parquet, called, kind, logical, options, recent, old):
    promised = contract(load, kind, logical, options, property=called)
    assert audit(promised, [parquet(f"SELECT {recent} AS at")], now=NOW).broken == []
    assert len(audit(promised, [parquet(f"SELECT {old} AS at")], now=NOW).broken) == 1


def test_the_default_element_of_3_0_is_looked_at(load):
    columns = [{"name": "at", "physicalType": "TIMESTAMPTZ", "logicalType": "date"}]
    levels = [{"property": "retention", "value": 3, "unit": "y"}]
    promised = load(columns=columns, slaProperties=levels, slaDefaultElement="things.at", apiVersion="v3.0.2")
    assert promised.checks == ["schema", "service_levels"]


def test_without_an_element_no_rule_looks_at_data(load):
    levels = [
        {"property": "frequency", "value": 2, "unit": "d"},
        {"property": "retention", "value": 3, "unit": "y"},
        {"property": "availability", "value": "99.9", "unit": "%", "description": "Nearly always there."},
    ]
    promised = load(slaProperties=levels)
    assert "service_levels" not in promised.checks
    assert promised.freshness == timedelta(days=2)
    assert promised.documented == ("retention: 3 y", "availability: Nearly always there.")


@pytest.mark.parametrize(
    ("level", "message"),
    [
        ({"property": "latency", "unit": "fortnight"}, "unit 'fortnight'; write one of"),
        ({"property": "latency", "value": "soon"}, "latency is 'soon', which is no number of days"),
        ({"property": "latency", "value": True}, "which is no number"),
        ({"property": "retention", "value": -1}, "retention is -1, which is no number"),
        ({"property": "retention", "value": "nan"}, "which is no number"),
        ({"property": "frequency", "value": "inf"}, "which is no number"),
        ({"property": "retention", "element": "gone"}, "looks at 'gone', which the contract does not promise"),
        ({"property": "retention", "element": "others.at"}, "looks at 'others.at'"),
        ({"property": "retention", "element": "at, gone"}, "looks at 'gone'"),
    ],
)
def test_a_service_level_that_cannot_be_judged_is_refused(load, level, message):
    with pytest.raises(ContractError, match=rf"things\.v1\.odcs\.yaml: slaProperties\..*{message}"):
        contract(load, **level)


def test_a_service_level_looks_at_times_only(load):
    with pytest.raises(ContractError, match="looks at 'at', which is INTEGER and no time"):
        contract(load, "INTEGER", "integer", property="latency")
