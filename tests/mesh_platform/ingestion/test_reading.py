"""Reading a file: every row is in the table unchanged, or set aside with file, line, reason and text."""

import hashlib
import re
import tempfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from mesh_platform.build.warehouse import WarehouseFile
from mesh_platform.errors import SourceError
from mesh_platform.ingestion import reading
from mesh_platform.ingestion.reading import find_file, ingest, reading_paths
from mesh_platform.ingestion.source import CsvSource, Reshape

HEADER = "id,zip,paid\n"
GOOD = (1, "01409", Decimal("1.50"))


def test_a_clean_file_becomes_a_table(warehouse):
    data = HEADER + "1,01409,1.50\n2,98765,0.10\n"
    ingested = warehouse.read(data)
    assert warehouse.rows == [GOOD, (2, "98765", Decimal("0.10"))]
    assert (ingested.rows, ingested.aside) == (2, 0)
    assert ingested.path == warehouse.folder / "shop/things.csv"
    assert ingested.sha256 == hashlib.sha256(data.encode()).hexdigest()
    assert not warehouse.aside_folder.exists()


def test_postal_codes_stay_text_and_money_stays_exact(warehouse):
    warehouse.read(HEADER + "1,00007,9999999999.99\n2,1e5,0.1\n3,0x10,-0.07\n")
    assert warehouse.rows == [
        (1, "00007", Decimal("9999999999.99")),
        (2, "1e5", Decimal("0.10")),
        (3, "0x10", Decimal("-0.07")),
    ]


def test_text_stays_as_it_was_written(warehouse):
    texts = ["  spaces ", "it's", "'); DROP TABLE raw.things; --", "größe ☃ 💥", "back\\slash", "# no comment", "NULL", "nan"]
    warehouse.read(HEADER + "".join(f'{number},"{text}",1\n' for number, text in enumerate(texts)))
    assert [text for _, text, _ in warehouse.rows] == texts


def test_quoted_commas_quotes_and_line_ends_are_text(warehouse):
    warehouse.read(HEADER + '1,"a,b",1\n2,"say ""x""",1\n3,"two\nlines",1\n')
    assert [text for _, text, _ in warehouse.rows] == ["a,b", 'say "x"', "two\nlines"]


def test_nothing_written_is_nothing_known(warehouse):
    warehouse.read(HEADER + '1,,\n2,"",\n,x,1\n')
    assert warehouse.rows == [(1, None, None), (2, None, None), (None, "x", Decimal("1.00"))]


def test_days_times_and_truths_are_read_as_such(warehouse):
    columns = {"day": "DATE", "at": "TIMESTAMPTZ", "true": "BOOLEAN", "size": "DOUBLE"}
    warehouse.read("day,at,true,size\n2016-02-29,2018-01-31 12:00:00,True,2.5\n,,,\n", columns)
    assert warehouse.rows == [(date(2016, 2, 29), datetime(2018, 1, 31, 12, tzinfo=UTC), True, 2.5), (None,) * 4]


def test_times_without_a_zone_are_utc_wherever_they_are_read(warehouse, monkeypatch):
    monkeypatch.setenv("TZ", "America/Sao_Paulo")
    warehouse.connection.execute("SET TimeZone = 'America/Sao_Paulo'")
    warehouse.read("moment\n2018-01-31 12:00:00\n", {"moment": "TIMESTAMPTZ"})
    read = warehouse.connection.execute("SELECT epoch(moment)::BIGINT FROM raw.things").fetchall()
    noon = int(datetime(2018, 1, 31, 12, tzinfo=UTC).timestamp())
    assert read == [(noon,)]


def test_a_time_with_an_offset_is_set_aside_and_not_shifted_in_silence(warehouse):
    warehouse.read("moment\n2018-01-31 12:00:00\n2018-01-31 12:00:00+02\n", {"moment": "TIMESTAMPTZ"})
    assert [text for *_, text in warehouse.aside] == ["2018-01-31 12:00:00+02"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False], ids=["with a last line end", "without one"])
def test_either_line_end_is_read_and_the_last_may_be_missing(warehouse, end, last):
    lines = ["id,zip,paid", "1,01409,1.50", "2,98765,2"]
    warehouse.read(end.join(lines) + (end if last else ""))
    assert warehouse.rows == [GOOD, (2, "98765", Decimal("2.00"))]


@pytest.mark.parametrize("data", [HEADER, HEADER.strip(), HEADER.replace("\n", "\r\n")])
def test_a_file_of_nothing_but_its_header_is_an_empty_table(warehouse, data):
    ingested = warehouse.read(data)
    assert (ingested.rows, ingested.aside, warehouse.rows) == (0, 0, [])


BAD = {
    "a bad number": ("x,98765,2", 'column "id": a text like a is no INTEGER'),
    "a number too big": ("12345678901,98765,2", 'column "id": a text like 99999999999 is no INTEGER'),
    "money too big": ("2,98765,12345678901.23", 'column "paid": a text like 99999999999.99 is no DECIMAL'),
    "a decimal comma": ('2,98765,"2,50"', 'column "paid": a text like 9,99 is no DECIMAL'),
    "part of a whole number": ("2.7,98765,1", 'column "id": a text like 9.9 is no INTEGER'),
    "part of a cent": ("2,98765,1.005", 'column "paid": a text like 9.999 is no DECIMAL'),
    "a number of 40 digits": (f"2,98765,0.{'1' * 40}", r'column "paid": a text like 9\.9{38}… is no DECIMAL'),
    "a space before a quote": ('2, "98765",1', "a space is between a quote and its comma"),
    "a space after a quote": ('2,"98765" ,1', "a space is between a quote and its comma"),
    "too many columns": ("2,98765,2,extra", "Expected Number of Columns: 3 Found: 4"),
    "too few columns": ("2,98765", "Expected Number of Columns: 3 Found: 2"),
    "a quote in the middle": ('2,"98"765,2', "quote"),
    "two bad values": ("x,98765,y", 'column "id": a text like a is no INTEGER'),
}


@pytest.mark.parametrize(("row", "reason"), BAD.values(), ids=BAD)
def test_a_row_that_cannot_be_read_is_set_aside_and_the_others_are_kept(warehouse, row, reason):
    ingested = warehouse.read(HEADER + f"1,01409,1.50\n{row}\n3,22222,3\n")
    assert warehouse.rows == [GOOD, (3, "22222", Decimal("3.00"))]
    assert (ingested.rows, ingested.aside) == (2, 1)
    ((file, line, message, text),) = warehouse.aside
    assert (file, line, text) == ("things.csv", "3", row)
    assert re.search(reason, message)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("TIMESTAMPTZ", "garbage"),
        ("TIMESTAMPTZ", "2018-13-01 10:00:00"),
        ("TIMESTAMPTZ", "31/01/2018 10:00"),
        ("TIMESTAMP", "2018-13-01 10:00:00"),
        ("DATE", "2018-02-30"),
        ("DATE", "31/01/2018"),
        ("BOOLEAN", "perhaps"),
        ("DOUBLE", "1,5"),
        ("BIGINT", "1.2.3"),
    ],
)
def test_a_value_of_another_kind_is_set_aside_and_does_not_become_null(warehouse, kind, value):
    ingested = warehouse.read(f'id,a\n1,\n2,"{value}"\n', {"id": "INTEGER", "a": kind})
    assert warehouse.rows == [(1, None)]
    assert ingested.aside == 1
    assert [row[:2] for row in warehouse.aside] == [("things.csv", "3")]


def test_a_whole_number_may_be_written_with_a_point(warehouse):
    warehouse.read(HEADER + "30.0,x,1.500\n")
    assert warehouse.rows == [(30, "x", Decimal("1.50"))]


def test_a_reason_shows_no_value(warehouse):
    warehouse.read(HEADER + "Ann Smith,01409,1.50\n")
    assert [reason for _, _, reason, _ in warehouse.aside] == ['column "id": a text like aaa aaaaa is no INTEGER']


def test_the_line_is_the_one_that_an_editor_shows(warehouse):
    warehouse.read(HEADER + '1,"two\nlines",1\n2,"three\nlines\nhere",1\nx,98765,2\n')
    assert [row[:2] for row in warehouse.aside] == [("things.csv", "7")]


def test_lines_are_counted_through_a_large_file(warehouse):
    lines = [f"{number},{number:05d},1.00" for number in range(1, 60_001)]
    lines[9] = "x,00010,1.00"
    lines[49_999] = "50000,50000"
    ingested = warehouse.read(HEADER + "\n".join(lines) + "\n")
    assert (ingested.rows, ingested.aside) == (59_998, 2)
    assert [(line, text) for _, line, _, text in warehouse.aside] == [("11", "x,00010,1.00"), ("50001", "50000,50000")]


def test_every_bad_row_is_kept_however_many(warehouse):
    ingested = warehouse.read(HEADER + "".join(f"x{number},a,1\n" for number in range(3_000)) + "1,01409,1.50\n")
    assert (ingested.rows, ingested.aside) == (1, 3_000)
    assert [text for *_, text in warehouse.aside] == [f"x{number},a,1" for number in range(3_000)]


def test_what_is_set_aside_is_itself_a_csv_file_that_survives_hostile_rows(warehouse):
    rows = ['x,"a,b",1', "x,it's ☃,1", 'x,"say ""hi""",1', 'x,"two\nlines",1']
    warehouse.read(HEADER + "\n".join(rows) + "\n")
    assert [text for *_, text in warehouse.aside] == rows


def test_a_clean_file_after_a_bad_one_leaves_nothing_aside(warehouse):
    warehouse.read(HEADER + "x,1,1\n")
    assert len(warehouse.aside) == 1
    ingested = warehouse.read(HEADER + "1,01409,1.50\n")
    assert (ingested.aside, warehouse.aside, warehouse.rows) == (0, [], [GOOD])
    assert not ingested.aside_file.exists()


def test_what_was_set_aside_before_is_replaced(warehouse):
    warehouse.read(HEADER + "x,1,1\ny,2,2\n")
    warehouse.read(HEADER + "z,3,3\n")
    assert [text for *_, text in warehouse.aside] == ["z,3,3"]


@pytest.mark.parametrize(
    "data",
    [
        "id;zip;paid\n2;98765;2\n",
        "",
        (HEADER + "2,São Paulo,2\n").encode("latin-1"),
        (HEADER + "2,98765,2\n").encode("utf-16"),
    ],
    ids=["semicolons", "empty", "latin-1", "UTF-16"],
)
def test_a_file_that_cannot_be_read_leaves_the_old_table_and_what_was_aside(warehouse, data):
    warehouse.read(HEADER + "1,01409,1.50\nx,2,2\n")
    aside = warehouse.aside
    with pytest.raises(SourceError, match=r"things\.csv"):
        warehouse.read(data)
    assert (warehouse.rows, warehouse.aside) == ([GOOD], aside)


def test_a_row_in_another_encoding_is_named_by_its_line(warehouse):
    with pytest.raises(SourceError, match="line 3, is not UTF-8"):
        warehouse.read((HEADER + "1,Recife,1\n2,São Paulo,2\n").encode("latin-1"))


def test_the_file_may_change_its_rows_but_keeps_its_table(warehouse):
    warehouse.read(HEADER + "1,01409,1.50\n")
    warehouse.read(HEADER + "7,x,7\n8,y,8\n")
    assert [row[0] for row in warehouse.rows] == [7, 8]


def test_a_text_for_not_known_can_be_declared(warehouse):
    warehouse.read(HEADER + "1,N/A,N/A\n2,,\n3,n/a,3\n", null="N/A")
    assert warehouse.rows == [(1, None, None), (2, None, None), (3, "n/a", Decimal("3.00"))]


def test_an_undeclared_text_for_not_known_is_text_or_is_set_aside(warehouse):
    warehouse.read(HEADER + "1,N/A,1.50\n2,x,N/A\n")
    assert warehouse.rows == [(1, "N/A", Decimal("1.50"))]
    assert [text for *_, text in warehouse.aside] == ["2,x,N/A"]


TRAILING = "id,zip,paid,\n"


def test_a_declared_trailing_comma_separates_nothing(warehouse):
    ingested = warehouse.read(TRAILING + "1,01409,1.50,\n2,98765,2,\n", trailing_comma=True)
    assert (ingested.rows, ingested.aside) == (2, 0)
    assert warehouse.connection.execute("SELECT id, zip, paid FROM raw.things").fetchall()[0] == GOOD


def test_a_trailing_comma_is_no_column(warehouse):
    warehouse.read(TRAILING + "1,01409,1.50,\n", trailing_comma=True)
    assert warehouse.rows == [GOOD]


def test_what_stands_behind_a_trailing_comma_is_not_lost(warehouse):
    warehouse.read(TRAILING + "1,01409,1.50,\n2,98765,2,surprise\n", trailing_comma=True, reshape=Reshape(narrow, NARROW))
    assert warehouse.rows == [(1, "01409")]
    assert [text for *_, text in warehouse.aside] == ["2,98765,2,surprise"]


def test_a_row_without_the_declared_trailing_comma_is_set_aside(warehouse):
    warehouse.read(TRAILING + "1,01409,1.50,\n2,98765,2\n", trailing_comma=True)
    assert [text for *_, text in warehouse.aside] == ["2,98765,2"]


def narrow(sheet):
    return sheet[["id", "zip"]]


NARROW = {"id": "INTEGER", "zip": "VARCHAR"}


def one_row_a_rate(sheet):
    return sheet.melt(id_vars="day", var_name="currency", value_name="rate").dropna(subset=["rate"])


RATES = {"day": "DATE", "usd": "DOUBLE", "brl": "DOUBLE"}
TABLE = {"day": "DATE", "currency": "VARCHAR", "rate": "DECIMAL(18,6)"}


def test_a_sheet_is_reshaped_with_pandas(warehouse):
    data = "day,usd,brl,\n2018-01-02,1.2065,3.9504,\n2018-01-01,N/A,3.95,\n"
    ingested = warehouse.read(data, RATES, null="N/A", trailing_comma=True, reshape=Reshape(one_row_a_rate_of, TABLE))
    assert sorted(warehouse.rows) == [
        (date(2018, 1, 1), "brl", Decimal("3.950000")),
        (date(2018, 1, 2), "brl", Decimal("3.950400")),
        (date(2018, 1, 2), "usd", Decimal("1.206500")),
    ]
    assert (ingested.rows, ingested.aside) == (3, 0)


def one_row_a_rate_of(sheet):
    return one_row_a_rate(sheet[["day", "usd", "brl"]])


def test_a_reshape_is_given_the_declared_columns_and_no_other(warehouse):
    warehouse.read(TRAILING + "1,01409,1.50,\n", trailing_comma=True, reshape=Reshape(its_columns, {"column": "VARCHAR"}))
    assert warehouse.rows == [("id",), ("zip",), ("paid",)]


def its_columns(sheet):
    return sheet.columns.to_frame(name="column")


def test_bad_rows_of_a_sheet_are_set_aside_before_it_is_reshaped(warehouse):
    warehouse.read("day,usd,brl\n2018-01-02,1.2,x\n2018-01-01,1.1,3.9\n", RATES, reshape=Reshape(one_row_a_rate, TABLE))
    assert sorted(row[2] for row in warehouse.rows) == [Decimal("1.100000"), Decimal("3.900000")]
    assert [text for *_, text in warehouse.aside] == ["2018-01-02,1.2,x"]


def test_an_empty_sheet_is_reshaped_to_an_empty_table(warehouse):
    ingested = warehouse.read("day,usd,brl\n", RATES, reshape=Reshape(one_row_a_rate, TABLE))
    assert (ingested.rows, warehouse.rows) == (0, [])


def test_a_reshape_that_fails_leaves_the_old_table(warehouse):
    warehouse.read("day,usd,brl\n2018-01-01,1.1,3.9\n", RATES, reshape=Reshape(one_row_a_rate, TABLE))
    before = warehouse.rows
    with pytest.raises(Exception, match="KeyError in line [0-9]+"):
        warehouse.read("day,usd,brl\n2018-01-02,1.2,4.0\n", RATES, reshape=Reshape(broken, TABLE))
    assert warehouse.rows == before


def broken(sheet):
    raise KeyError("a column that the owner's function expects")


def test_a_reshape_that_is_no_function_of_a_module_is_refused(warehouse):
    with pytest.raises(SourceError, match="Define the function at the top level"):
        warehouse.read("day,usd,brl\n", RATES, reshape=Reshape(lambda sheet: sheet, TABLE))


@pytest.mark.parametrize("file", ["../other/data.csv", "/etc/passwd", "a/../../other/data.csv"])
def test_a_source_outside_the_source_folder_is_refused(tmp_path, file):
    (tmp_path / "sources").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other/data.csv").write_text("id\n1\n")
    with pytest.raises(SourceError, match="outside the source folder"):
        find_file(CsvSource("t", file, {"id": "INTEGER"}, "A table."), tmp_path / "sources")


@pytest.mark.parametrize("folder", ["two words", "it's", "größe ☃", "brackets [x]", "star *"])
def test_a_source_folder_of_any_name_is_read(warehouse, tmp_path, folder):
    warehouse.folder = tmp_path / folder
    warehouse.read(HEADER + "1,01409,1.50\n")
    assert warehouse.rows == [GOOD]


def test_a_folder_whose_name_looks_like_a_pattern_reads_no_other_file(warehouse, tmp_path):
    warehouse.folder = tmp_path / "export_[12]"
    warehouse.write(HEADER + "1,01409,1.50\n")
    warehouse.folder = tmp_path / "export_1"
    warehouse.write(HEADER + "7,neighbour,7\n")
    warehouse.folder = tmp_path / "export_[12]"
    warehouse.ingest()
    assert warehouse.rows == [GOOD]


def test_decimals_and_large_integers_pass_a_reshape_unchanged(warehouse):
    exact = {"id": "BIGINT", "amount": "DECIMAL(18,2)"}
    data = "id,amount\n9007199254740993,1234567890123456.78\n,-0.01\n2,\n"
    warehouse.read(data, exact, reshape=Reshape(unchanged, exact))
    amounts = [Decimal("1234567890123456.78"), Decimal("-0.01"), None]
    assert warehouse.rows == list(zip([9007199254740993, None, 2], amounts))


def test_a_sum_of_decimals_with_38_digits_is_exact(warehouse):
    exact = {"amount": "DECIMAL(38,2)"}
    warehouse.read("amount\n12345678901234567890123456789012345.67\n0.01\n", exact, reshape=Reshape(total, exact))
    assert warehouse.rows == [(Decimal("12345678901234567890123456789012345.68"),)]


def total(sheet):
    return sheet.groupby(lambda _: 0).sum()


def test_a_rate_with_more_places_than_declared_is_set_aside_after_a_reshape(warehouse):
    data = "day,usd,brl\n2018-01-02,1.2065,6.12345678901\n"
    ingested = warehouse.read(data, RATES, reshape=Reshape(one_row_a_rate, TABLE), set_aside=1)
    assert (ingested.rows, ingested.aside) == (1, 1)
    assert warehouse.aside[0][1:3] == (
        "2",
        'in row 2 that the reshape returns, column "rate": a value like 9.99999999999 is no DECIMAL(18,6)',
    )


def test_a_text_that_is_no_day_is_set_aside_after_a_reshape(warehouse):
    data = "day,usd,brl\n2018-12-31x,1.1,3.9\nepoch,1.1,3.9\n2018-01-01,1.1,3.9\n"
    ingested = warehouse.read(data, RATES | {"day": "VARCHAR"}, reshape=Reshape(one_row_a_rate, TABLE))
    assert (ingested.rows, ingested.aside) == (2, 4)
    assert {row[0] for row in warehouse.rows} == {date(2018, 1, 1)}


def test_what_pandas_has_for_unknown_is_no_error_of_the_function(warehouse):
    amount = {"amount": "DECIMAL(12,2)"}
    warehouse.read("amount\n1.5\n", amount, reshape=Reshape(with_gaps, amount))
    assert warehouse.rows == [(Decimal("1.50"),), (None,), (None,), (None,)]


def with_gaps(sheet):
    import pandas

    return pandas.DataFrame({"amount": [sheet["amount"].iloc[0], pandas.NA, None, float("nan")]}, dtype=object)


def test_values_that_no_table_holds_are_refused_with_their_column(warehouse):
    amount = {"amount": "DECIMAL(12,2)"}
    found = r"The reshape of things returns values of the type set in the column amount, and declares DECIMAL\(12,2\)"
    with pytest.raises(SourceError, match=found):
        warehouse.read("amount\n1.5\n", amount, reshape=Reshape(sets, amount))


def sets(sheet):
    return sheet.assign(amount=[{1}])


def unchanged(sheet):
    return sheet


def test_a_decimal_that_a_reshape_returns_is_set_aside_and_not_rounded(warehouse):
    amount = {"amount": "DECIMAL(12,2)"}
    ingested = warehouse.read("amount\n1.5\n7\n", amount, reshape=Reshape(sevenths, amount))
    assert (ingested.rows, ingested.aside, warehouse.rows) == (1, 1, [(Decimal("1.00"),)])
    ((file, row, reason, text),) = warehouse.aside
    assert (file, row, text[:20], len(text)) == ("things.csv", "1", "0.214285714285714285", 102)
    assert reason.startswith('in row 1 that the reshape returns, column "amount": a value like 9.999')


def sevenths(sheet):
    return sheet.assign(amount=sheet["amount"] / 7)


def test_a_file_that_is_overwritten_while_it_is_read_is_refused_and_its_table_stays(warehouse, monkeypatch):
    warehouse.read(HEADER + "1,01409,1.50\n")
    path = warehouse.write(HEADER + "2,98765,2\n3,22222,3\n")

    def overwritten(*arguments, load=reading.load):
        aside = load(*arguments)
        with path.open("r+b") as file:
            file.seek(len(HEADER))
            file.write(b"9")
        return aside

    monkeypatch.setattr(reading, "load", overwritten)
    with pytest.raises(SourceError, match=r"things.csv changed while it was read"):
        warehouse.ingest()
    assert warehouse.rows == [GOOD]


def test_a_file_whose_end_a_quote_hides_leaves_its_table(warehouse):
    warehouse.read(HEADER + "1,01409,1.50\n")
    with pytest.raises(SourceError, match="line 3, has a quote that is never closed: the 2 lines from it to line 4"):
        warehouse.read(HEADER + '1,01409,1.50\n2,"98765,2\n3,22222,3\n')
    assert warehouse.rows == [GOOD]


@pytest.mark.parametrize("linked", ["folder", "file"])
def test_a_sample_is_no_link(tmp_path, linked):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "things.csv").write_text("name,value\n")
    samples = tmp_path / "domain/samples"
    samples.parent.mkdir()
    if linked == "folder":
        samples.symlink_to(secret)
    else:
        samples.mkdir()
        (samples / "things.csv").symlink_to(secret / "things.csv")
    source = CsvSource("things", "x/things.csv", {"name": "VARCHAR", "value": "VARCHAR"}, "Things.")
    with pytest.raises(SourceError, match=r"has no file x/things\.csv"):
        find_file(source, tmp_path / "sources", samples)
    assert find_file(source, tmp_path / "sources", secret) == secret / "things.csv"


@pytest.mark.parametrize("linked", ["the file", "its folder", "a link to the file", "the source folder"])
def test_a_file_is_read_where_its_link_leads(tmp_path, monkeypatch, linked):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    drive, sources = tmp_path / "drive/shop", tmp_path / "sources"
    for folder in (drive, tmp_path / "temporary"):
        folder.mkdir(parents=True)
    (drive / "things.csv").write_text("id\n7\n")
    if linked == "the source folder":
        sources.symlink_to(tmp_path / "drive")
    elif linked == "its folder":
        sources.mkdir()
        (sources / "shop").symlink_to(drive)
    else:
        (sources / "shop").mkdir(parents=True)
        (tmp_path / "link.csv").symlink_to(drive / "things.csv")
        target = drive / "things.csv" if linked == "the file" else tmp_path / "link.csv"
        (sources / "shop/things.csv").symlink_to(target)
    source = CsvSource("things", "shop/things.csv", {"id": "INTEGER"}, "Things.")
    opened = WarehouseFile(tmp_path / "shop.duckdb").get_connection(*reading_paths([source], sources))
    with opened as connection:
        assert ingest(source, sources, tmp_path / "aside", connection).rows == 1
