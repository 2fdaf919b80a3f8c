"""Types as other systems spell them: mapped, or refused with the reason and the nearest; the page lists both."""

import re
from pathlib import Path

import pytest

from mesh_isolation.column_types import SPELLINGS, UnstorableType, canonical, parse_type
from mesh_isolation.type_lengths import declared_length
from mesh_isolation.type_spellings import DECIMALS, REFUSED

PAGE = (Path(__file__).parents[2] / "docs" / "contracts" / "conformance.md").read_text("utf-8")


def rows(name):
    """The cells of the table of this name on the page."""
    table = re.search(rf"<!-- {name}:begin -->(.*)<!-- {name}:end -->", PAGE, re.DOTALL)[1]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.strip().splitlines()[2:]]


def codes(cell):
    return re.findall(r"`([^`]+)`", cell)


NAMES = [(stored, spelled) for stored, cell, _ in rows("types") for spelled in codes(cell) if spelled in SPELLINGS]
KNOWN = [(name, reason, nearest) for cell, reason, nearest in rows("refused types") for name in codes(cell)]


def test_the_page_lists_every_spelling_and_every_refusal():
    listed = {spelled.partition("(")[0].partition("<")[0] for _, cell, _ in rows("types") for spelled in codes(cell)}
    assert listed == set(SPELLINGS)
    assert {name: (reason, nearest) for name, reason, nearest in KNOWN} == REFUSED


@pytest.mark.parametrize(("stored", "spelled"), NAMES)
def test_a_spelling_of_the_page_is_the_type_that_it_says_in_any_case_and_in_a_nested_type(stored, spelled):
    assert str(parse_type(spelled)) == stored
    assert str(parse_type(f"array<struct<a: {spelled.lower()}>>")) == f'STRUCT("a" {stored})[]'


@pytest.mark.parametrize(("name", "reason", "nearest"), KNOWN)
def test_a_refused_type_names_the_reason_and_the_nearest(name, reason, nearest):
    for spelled in (name, name.lower(), f"MAP(VARCHAR, {name})"):
        with pytest.raises(UnstorableType) as refused:
            parse_type(spelled)
        assert f"{reason}; the nearest is {nearest}." in str(refused.value)


@pytest.mark.parametrize(
    ("spelled", "stored"),
    [
        ("number", "DECIMAL(38,0)"),
        ("NUMBER(10)", "DECIMAL(10,0)"),
        ("number(12, 2)", "DECIMAL(12,2)"),
        ("BIGNUMERIC(38,9)", "DECIMAL(38,9)"),
        ("int(11)", "INTEGER"),
        ("float(24)", "FLOAT"),
        ("float(25)", "DOUBLE"),
        ("timestamp(6)", "TIMESTAMP"),
        ("timestamp(3) without time zone", "TIMESTAMP"),
        ("timestamp(6) with time zone", "TIMESTAMP WITH TIME ZONE"),
        ("nvarchar(max)", "VARCHAR"),
        ("struct<a:int,b:array<map<string,double>>>", 'STRUCT("a" INTEGER, "b" MAP(VARCHAR, DOUBLE)[])'),
        ("STRUCT<a INT64, `b c` STRING>", 'STRUCT("a" BIGINT, "b c" VARCHAR)'),
        ('row(a bigint, "b ""c" varchar(3))', 'STRUCT("a" BIGINT, "b ""c" VARCHAR)'),
        ("ARRAY(NUMBER)", "DECIMAL(38,0)[]"),
        ("list<timestamptz>[]", "TIMESTAMP WITH TIME ZONE[][]"),
    ],
)
def test_arguments_and_parts_are_read(spelled, stored):
    assert str(parse_type(spelled)) == stored
    assert canonical(stored) == stored


@pytest.mark.parametrize(
    ("spelled", "reason"),
    [
        *((name, "differ between systems; write") for name, digits in DECIMALS.items() if digits is None),
        ("decimal[]", "differ between systems; write DECIMAL(p,s)"),
        ("number(39)", "at most 38 digits"),
        ("numeric(5,-2)", "not written as a type is"),
        ("timestamp(9)", "a port stores microseconds; the nearest is TIMESTAMP."),
        ("datetime2(7)", "a port stores microseconds; the nearest is TIMESTAMP."),
        ("timestamp(9) with time zone", "the nearest is TIMESTAMP WITH TIME ZONE."),
        ("int(10) unsigned", "a port stores no unsigned integers; the nearest is BIGINT."),
        ("tinyint(1)", "the nearest are BOOLEAN and TINYINT"),
        ("varchar2(40 byte)", "a length is a number of characters, as VARCHAR2(40)"),
        ("float(126)", "FLOAT is not written with 126 in brackets"),
        ("date(3)", "DATE is not written with 3 in brackets"),
        ("varchar[50]", "a length is in round brackets; the nearest is VARCHAR(50)"),
        ("integer[3]", "no list of a fixed length; the nearest is T[]"),
        ("enum('a','b')", "the nearest is VARCHAR, with enum"),
        ("interval day(3) to second(6)", "a port stores no such type"),
        ("geography(point, 4326)", "as WKB or WKT"),
        ("varchr", "VARCHR is unknown. Did you mean VARCHAR"),
        ("struct<a:int not null>", "INT NOT NULL is unknown"),
        ("struct<a:int, A:int>", "two of its fields have one name"),
        ("map<int>", "a MAP has two parts"),
        ("array<int, int>", "a LIST has one part"),
        ("array<int", "is missing"),
        ("array(int>", "is missing"),
        ("struct<int>", "is unknown"),
        ("int; drop", "not written as a type is"),
        ("array<" * 3000, "nested more than 20 levels"),
        ("int" + "[]" * 3000, "nested more than 20 levels"),
    ],
)
def test_any_other_type_is_refused_with_the_reason(spelled, reason):
    with pytest.raises(UnstorableType) as refused:
        parse_type(spelled)
    assert reason in str(refused.value)


@pytest.mark.parametrize("name", sorted({*SPELLINGS, *REFUSED} - {"VARCHAR", "BLOB", "DECIMAL"}))
def test_a_type_of_data_is_not_read_in_the_words_of_other_systems(name):
    """Otherwise the audit would take a UUID or an INT8 of another engine for the promised type."""
    assert canonical(name) == name


@pytest.mark.parametrize(
    ("spelled", "length"),
    [("varchar2(40 char)", 40), ("NVARCHAR(max)", None), ("varbinary(16)", 16), ("fixed(8)", 8), ("int(11)", None)]
    + [("array<varchar(3)>", None), ("timestamp(6)", None), ("interval(3)", None)],
)
def test_a_text_and_bytes_may_state_a_length(spelled, length):
    assert declared_length(spelled) == length
