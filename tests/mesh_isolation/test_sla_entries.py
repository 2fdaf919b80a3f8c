"""What an entry of `slaProperties` is about, and how its day or its notice is written."""

from datetime import date, timedelta

import pytest

from mesh_isolation.sla_entries import check_level, ends_of, level_columns, stated_notice, unread_ends

TABLE = {"name": "repairs", "properties": [{"name": "quantity"}, {"name": "at"}]}


def contract(*levels):
    return {"schema": [TABLE], "slaProperties": list(levels)}


def end(value, element=None, name="endOfLife"):
    return {"property": name, "value": value} | ({"element": element} if element else {})


@pytest.mark.parametrize(
    ("element", "columns"),
    [
        (None, (None,)),
        ("", (None,)),
        ("repairs", (None,)),
        (" repairs ", (None,)),
        ("quantity", ("quantity",)),
        ("repairs.quantity", ("quantity",)),
        ("repairs.quantity, at", ("quantity", "at")),
        ("repairs, at", (None, "at")),
        ("gone", ("gone",)),
        ("repairs.gone", ("gone",)),
        ("others.at", ("others.at",)),
        ("others", ("others",)),
        (",", (",", ",")),
        ("at,", ("at", "at,")),
        (" ", (" ",)),
        (7, ("7",)),
    ],
)
def test_an_element_names_columns_or_the_table(element, columns):
    assert level_columns({"element": element}, contract()) == columns


@pytest.mark.parametrize("schema", [None, [], "x", [None], [{"name": "t"}], [{"name": "t", "properties": "x"}]])
def test_an_element_never_stands_for_a_table_that_it_does_not_name(schema):
    assert None not in level_columns({"element": "at"}, {"schema": schema})
    assert None not in level_columns({"element": "x.at"}, {"schema": schema})


def test_of_a_table_with_a_column_of_its_name_the_name_alone_is_the_table():
    document = {"schema": [{"name": "at", "properties": [{"name": "at"}]}]}
    assert level_columns({"element": "at"}, document) == (None,)
    assert level_columns({"element": "at.at"}, document) == ("at",)


@pytest.mark.parametrize("days", [("2099-11-30", "2026-11-30"), ("2026-11-30", "2099-11-30")])
def test_of_several_ends_the_last_day_counts_wherever_it_stands(days):
    assert ends_of(contract(*map(end, days))) == {None: date(2099, 11, 30)}
    assert ends_of(contract(*(end(day, "at") for day in days))) == {"at": date(2099, 11, 30)}


@pytest.mark.parametrize("name", ["retention", "latency", "frequency"])
@pytest.mark.parametrize(("value", "unit"), [("banana", "y"), (2, "rows"), (None, None), ("P2", None)])
def test_an_age_that_is_no_duration_is_refused_without_an_element_too(name, value, unit):
    with pytest.raises(ValueError, match="write one|which is no number"):
        check_level({"property": name, "value": value, "unit": unit}, contract())


@pytest.mark.parametrize("element", ["quantity", "repairs.quantity", " repairs.quantity"])
def test_the_end_of_a_column_is_not_that_of_the_contract(element):
    document = contract(end("2028-01-31"), end("2020-06-30", element))
    assert ends_of(document) == {None: date(2028, 1, 31), "quantity": date(2020, 6, 30)}


@pytest.mark.parametrize(
    "value",
    [
        "2027-1-31",
        20270131,
        "20270131",
        "31.01.2027",
        "2027-02-30",
        "2027-W05-7",
        "2027-01-31x",
        None,
        "2027-01-31 or whenever",
        "2027-01-31T23:00:00-08:00",
        "2027-01-31T",
    ],
)
def test_a_day_that_cannot_be_read_is_named(value):
    level = end(value)
    assert ends_of(contract(level)) == {}
    (sentence,) = unread_ends(contract(level, end("2027-01-31", "at")))
    assert sentence == f"its endOfLife is {value!r}, which is no day; write one like 2027-01-31"
    with pytest.raises(ValueError, match="which is no day; write one like 2027-01-31"):
        check_level(level, contract())


@pytest.mark.parametrize("value", ["2027-01-31", date(2027, 1, 31), "2027-01-31T10:00:00Z", "2027-01-31 10:00"])
def test_a_day_and_a_point_in_time_are_days(value):
    assert ends_of(contract(end(value))) == {None: date(2027, 1, 31)}
    assert unread_ends(contract(end(value))) == []


@pytest.mark.parametrize(
    ("value", "unit", "days"), [(90, None, 90), ("90", None, 90), (3, "mo", 90), ("P1Y", None, 365), (2, "weeks", 14)]
)
def test_a_notice_is_a_duration_and_a_number_alone_counts_days(value, unit, days):
    assert stated_notice({"value": value, "unit": unit}) == timedelta(days=days)


@pytest.mark.parametrize(
    ("value", "unit"), [(12, "M"), (12, "Months"), (4, "quarters"), ("P12M", "d"), ("soon", None), (None, "d"), ("P12", None)]
)
def test_a_notice_that_is_no_duration_is_refused(value, unit):
    with pytest.raises(ValueError, match="write one|which is no number of days"):
        stated_notice({"value": value, "unit": unit})
