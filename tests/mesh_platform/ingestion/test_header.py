"""The check of a file's header: a file that does not match its declaration is refused before a row is read."""

import codecs
import os
import socket
from pathlib import Path

import pytest

from mesh_platform.errors import SourceError
from mesh_platform.ingestion.reading import check_folder, find_file
from mesh_platform.ingestion.source import CsvSource, Reshape

HEADER = "id,zip,paid\n"
ROW = "1,01409,1.50\n"


def refusal(warehouse, data, **options):
    with pytest.raises(SourceError) as refused:
        warehouse.read(data, **options)
    assert "things.csv" in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("id,zip", "has lost paid"),
        ("id", "has lost zip, paid"),
        ("id,zip,paid,note", "has gained note"),
        ("id,zip,amount", "has lost paid and gained amount"),
        ("zip,id,paid", "has its columns in another order"),
        ("ID,zip,paid", "has lost id and gained ID"),
        ("id, zip,paid", "has lost zip and gained  zip"),
        ("id,zip,paid,", "has gained a column without a name"),
        ("id,zip,zip", "has lost paid and gained zip"),
        ("id,zip,paid,paid", "has gained paid"),
        ("id,zip,paid,ID", "has gained ID"),
        ("1,01409,1.50", "has lost id, zip, paid"),
        ("id;zip;paid", "separates its columns with semicolons"),
        ("id\tzip\tpaid", "separates its columns with tabs"),
        ("id|zip|paid", "separates its columns with vertical bars"),
        ("id;zip", "separates its columns with semicolons"),
    ],
)
def test_another_header_is_refused_with_what_has_changed(warehouse, header, message):
    assert message in refusal(warehouse, f"{header}\n{ROW}")


@pytest.mark.parametrize("header", ["id,zip,paid" + "," * 200_000, ",".join(["id", *map(str, range(200_000))])])
def test_a_header_of_any_length_is_refused_in_a_short_message(warehouse, header):
    message = refusal(warehouse, f"{header}\n{ROW}")
    assert "has " in message
    assert "gained" in message
    assert "and 199,990 more" in message
    assert len(message) < 2_000


@pytest.mark.parametrize("header", ["id,zip,paid", '"id","zip","paid"', 'id,"zip",paid'])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_described_header_is_accepted_quoted_or_not(warehouse, header, end):
    warehouse.read(f"{header}{end}{ROW.strip()}{end}")
    assert len(warehouse.rows) == 1


def test_hostile_names_in_a_header_are_names(warehouse):
    columns = {'a"; DROP SCHEMA raw; --': "INTEGER", "it's, so": "VARCHAR", "größe ☃": "VARCHAR"}
    warehouse.read('"a""; DROP SCHEMA raw; --","it\'s, so",größe ☃\n1,2,3\n', columns)
    assert warehouse.rows == [(1, "2", "3")]


@pytest.mark.parametrize("data", ["", "\n", "\r\n", "   \n", f"\n{HEADER}", "\ufeff", "\ufeff\n"])
def test_a_file_without_a_header_is_empty(warehouse, data):
    assert "is empty" in refusal(warehouse, data)


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
def test_utf_16_is_recognised_by_its_mark(warehouse, mark):
    encoding = "utf-16-le" if mark == codecs.BOM_UTF16_LE else "utf-16-be"
    assert "is UTF-16" in refusal(warehouse, mark + (HEADER + ROW).encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
def test_other_wide_encodings_are_refused(warehouse, encoding):
    refusal(warehouse, (HEADER + ROW).encode(encoding))


def test_a_header_in_latin_1_is_refused(warehouse):
    assert "line 1, is not UTF-8" in refusal(warehouse, "größe\n1\n".encode("latin-1"), columns={"größe": "INTEGER"})


def test_a_byte_order_mark_that_nobody_declared_is_refused_with_both_ways_out(warehouse):
    message = refusal(warehouse, codecs.BOM_UTF8 + (HEADER + ROW).encode())
    assert "byte-order mark" in message
    assert "byte_order_mark=True" in message


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, b""], ids=["with", "without"])
def test_a_declared_byte_order_mark_may_be_there_or_not(warehouse, mark):
    warehouse.read(mark + (HEADER + ROW).encode(), byte_order_mark=True)
    assert warehouse.rows[0][0] == 1


def test_nothing_but_a_byte_order_mark_is_no_header(warehouse):
    refusal(warehouse, codecs.BOM_UTF8, byte_order_mark=True)


def test_line_ends_of_old_macs_are_refused_with_what_they_are(warehouse):
    assert "ends its lines with carriage returns only" in refusal(warehouse, "id,zip,paid\r1,01409,1.50\r")


def test_a_file_that_is_no_text_is_refused(warehouse):
    refusal(warehouse, b"\x00\x01\x02\x03PAR1" * 100_000)


def test_a_missing_file_is_named_with_its_folder(warehouse):
    warehouse.folder.mkdir()
    with pytest.raises(SourceError, match=r"has no file shop/things\.csv") as refused:
        warehouse.ingest()
    assert str(warehouse.folder) in str(refused.value)


IN_ITS_PLACE = {
    "a folder": Path.mkdir,
    "a pipe": os.mkfifo,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a socket": lambda path: socket.socket(socket.AF_UNIX).bind(os.path.relpath(path)),
}


@pytest.mark.parametrize("kind", IN_ITS_PLACE)
def test_what_is_in_the_place_of_the_file_is_named(warehouse, kind):
    path = warehouse.folder / "shop/things.csv"
    path.parent.mkdir(parents=True)
    IN_ITS_PLACE[kind](path)
    with pytest.raises(SourceError, match=rf"things\.csv is {kind} and not a file"):
        warehouse.ingest()


@pytest.mark.parametrize("where", ["columns", "reshape"])
def test_columns_that_differ_only_in_case_are_refused_by_name(warehouse, where):
    both = {"id": "INTEGER", "ID": "INTEGER"}
    options = {"columns": both} if where == "columns" else {"columns": {"id": "INTEGER"}, "reshape": Reshape(refusal_of, both)}
    assert "differ only in case: id, ID" in refusal_of(warehouse, ",".join(options["columns"]) + "\n", **options)


def refusal_of(warehouse, data, **options):
    with pytest.raises(SourceError) as refused:
        warehouse.read(data, **options)
    return str(refused.value)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [("\x1b[31mred", "\\x1b[31mred"), ("a\u202eb", "a\\u202eb"), ("x" * 500, "x" * 80 + "…"), ("\tq", "\\tq"), ("é ☃", "é ☃")],
)
def test_a_cell_of_a_header_is_shown_without_what_hides_and_at_most_so_long(warehouse, cell, shown):
    message = refusal(warehouse, f"id,zip,{cell}\n")
    assert f"has lost paid and gained {shown}." in message
    assert message.isprintable()


def test_a_missing_source_folder_says_how_to_get_one(tmp_path):
    check_folder(tmp_path)
    with pytest.raises(SourceError, match="There is no source folder .*nowhere.*--source"):
        check_folder(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(SourceError, match="is no folder of source files"):
        check_folder(tmp_path / "file")


def test_a_sample_is_read_only_where_the_file_is_missing_and_samples_are_given(tmp_path):
    source = CsvSource("things", "shop/things.csv", {"id": "VARCHAR"}, "Things.")
    folder, samples = tmp_path / "sources", tmp_path / "samples"
    (folder / "shop").mkdir(parents=True)
    samples.mkdir()
    with pytest.raises(SourceError, match=r"has no file shop/things\.csv"):
        find_file(source, folder, samples)
    (samples / "things.csv").write_text("id\n")
    assert find_file(source, folder, samples) == samples / "things.csv"
    with pytest.raises(
        SourceError, match="its published rows come from such a file: no sample replaces them. Put the file there"
    ):
        find_file(source, folder, samples, published=True)
    with pytest.raises(SourceError, match=r"has no file shop/things\.csv"):
        find_file(source, folder)
    (folder / "shop/things.csv").write_text("id\n")
    assert find_file(source, folder, samples) == folder / "shop/things.csv"
