"""What a contract says of days and of versions: how a port is cut, and how long its past is kept."""

from datetime import date, timedelta

import pytest

from mesh_platform.contract.contract import Partition
from mesh_platform.errors import ContractError

BOUNDS = {"minimum": "2017-01-01", "exclusiveMaximum": "2018-01-01"}


def day(kind="DATE", name="day", **entry):
    column = {"name": name, "physicalType": kind, "partitioned": True, "partitionKeyPosition": 1}
    bounds = {"logicalType": "date", "logicalTypeOptions": BOUNDS}
    return {**column, "required": True, "primaryKey": True, **bounds, **entry}


def key(name="id"):
    return {"name": name, "physicalType": "INTEGER", "primaryKey": True}


def kept(value):
    return {"customProperties": [{"property": "versionRetention", "value": value}]}


def test_a_port_without_partitions_is_replaced_as_a_whole_and_keeps_every_version(load):
    contract = load(columns=[key()])
    assert (contract.partition, contract.retention) == (None, None)


def test_a_partitioned_port_says_its_column_and_its_days(load):
    assert load(columns=[key(), day()]).partition == Partition("day", date(2017, 1, 1), date(2018, 1, 1))


@pytest.mark.parametrize(
    ("options", "end"),
    [
        ({"minimum": "2017-01-01"}, None),
        ({"minimum": "2017-01-01", "maximum": "2017-12-31"}, date(2018, 1, 1)),
        (BOUNDS, date(2018, 1, 1)),
    ],
)
def test_the_end_is_exclusive_however_it_is_written(load, options, end):
    partition = load(columns=[key(), day(logicalTypeOptions=options)]).partition
    assert partition.end == end
    assert date(2017, 1, 1) in partition and date(2017, 12, 31) in partition
    assert date(2016, 12, 31) not in partition
    assert (date(2018, 1, 1) in partition) is (end is None)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ([key(), day(), day(name="other")], "partitioned by day, other; a port is partitioned by one column"),
        ([key(), day("TIMESTAMPTZ", logicalType="timestamp")], "a TIMESTAMP WITH TIME ZONE; a port is partitioned by a DATE"),
        ([key(), day("VARCHAR", logicalType="string", logicalTypeOptions={})], "partitioned by a DATE"),
        ([key(), day(required=False)], "which is not required"),
        ([key(), day(primaryKey=False)], r"its primary key \(id\) does not include day"),
        ([key(), day(logicalTypeOptions={})], "logicalTypeOptions.minimum is not stated"),
        ([key(), day(logicalTypeOptions={"minimum": "yesterday"})], "'yesterday' is no value of the type DATE"),
    ],
    ids=["two columns", "a time", "a text", "not required", "not in the key", "no first day", "no day"],
)
def test_anything_but_required_days_with_a_beginning_is_refused(load, columns, message):
    with pytest.raises(ContractError, match=rf"things\.v1\.odcs\.yaml.*{message}"):
        load(columns=columns)


def test_a_day_out_of_bounds_breaks_the_contract(judge):
    columns = [key(), day()]
    assert not judge("SELECT 1 AS id, DATE '2017-12-31' AS day", columns).broken
    result = judge("SELECT 1 AS id, DATE '2018-01-01' AS day", columns)
    assert [str(verdict.rule.sentence) for verdict in result.broken] == ["day is less than 2018-01-01"]


@pytest.mark.parametrize(
    ("value", "versions", "time", "words"),
    [
        ("30 d", None, timedelta(days=30), "30 d after another version took its place"),
        ("12h", None, timedelta(hours=12), "12h after another version took its place"),
        ("4 w", None, timedelta(weeks=4), "4 w after another version took its place"),
        ("0 d", None, timedelta(), "0 d after another version took its place"),
        ("10 versions", 10, None, "the newest 10 versions"),
        ("1 version", 1, None, "the newest 1 version"),
    ],
)
def test_retention_is_a_time_or_a_number_of_versions(load, value, versions, time, words):
    retention = load(**kept(value)).retention
    assert (retention.versions, retention.time, str(retention)) == (versions, time, words)


@pytest.mark.parametrize("value", ["for ever", "0 versions", "-1 d", 30, None, "", "30 years", "d 30"])
def test_what_is_no_retention_is_refused(load, value):
    with pytest.raises(ContractError, match="versionRetention"):
        load(**kept(value))


def test_other_custom_properties_say_nothing_of_retention(load):
    assert load(customProperties=[{"property": "colour", "value": "30 d"}]).retention is None


def test_a_rule_that_sets_rows_aside_is_refused_where_only_days_are_published(load):
    aside = {"customProperties": [{"property": "setAside", "value": "5 %"}], "logicalTypeOptions": {"minimum": 0}}
    with pytest.raises(ContractError, match="it is partitioned, and its rule 'values' sets rows aside"):
        load(columns=[key(), day(), {"name": "amount", "logicalType": "integer", "physicalType": "INTEGER", **aside}])


@pytest.mark.parametrize(
    "part",
    [
        {"columns": [{**key(), "unique": True}, day()]},
        {"columns": [{**key(), "quality": [{"metric": "duplicateValues", "mustBe": 0}]}, day()]},
        {"quality": [{"metric": "duplicateValues", "arguments": {"properties": ["id"]}, "mustBeLessThan": 5}]},
    ],
)
def test_a_rule_about_duplicates_that_could_be_on_different_days_is_refused(load, part):
    with pytest.raises(ContractError, match="leaves day out; each day is audited on its own"):
        load(**{"columns": [key(), day()], **part})


def test_a_rule_about_duplicates_within_a_day_is_one_like_any_other(load):
    rule = {"metric": "duplicateValues", "arguments": {"properties": ["day", "id"]}, "mustBe": 0}
    assert load(columns=[key(), day()], quality=[rule]).partition
