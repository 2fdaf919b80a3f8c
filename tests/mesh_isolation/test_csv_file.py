"""CSV files as bytes: every record is counted, and a file that hides one is refused with its line.

A reader that looks at one character after another says what each generated file holds.
"""

from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mesh_isolation import csv_file
from mesh_isolation.csv_file import LONGEST_RECORD, check_unchanged, records, records_at, survey
from mesh_isolation.csv_table import Form, load
from mesh_isolation.team_files import UnreadableFile

COLUMNS = ("a", "b", "c")
HEADER = b"a,b,c\n"


@dataclass
class Contents:
    """What a file holds by the grammar, one character after another."""

    rows: list[tuple[str | None, ...]] = field(default_factory=list)
    aside: list[int] = field(default_factory=list)
    """The lines of the records that are not rows."""
    lost: bool = False
    """Whether a quote hides the end of a line, or lines end differently."""


def contents(data: bytes, columns: int) -> Contents:
    if b"\0" in data:
        return Contents(lost=True)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return Contents(lost=True)
    found, place, line, ends, first = Contents(), 0, 1, set(), True
    while place < len(text):
        start = line
        values, bad, place, line, end = record(text, place, line)
        if values is None or end not in ("\n", "\r\n", ""):
            return Contents(lost=True)
        ends |= {end} - {""}
        if first:
            first = False
        elif values == [""] and columns > 1 and not bad and text[place - len(end) - 1] == "\n":
            pass
        elif bad or len(values) < columns or any(values[columns:]):
            found.aside.append(start)
        else:
            found.rows.append(tuple(value or None for value in values[:columns]))
    return found if len(ends) < 2 else Contents(lost=True)


def record(text: str, place: int, line: int) -> tuple[list[str] | None, bool, int, int, str]:
    """The fields, whether they are bad, where the next record begins, its line, and how this one ends; None if it hides one."""
    values, bad = [], False
    while True:
        begin = place
        while text[place : place + 1] == " ":
            place += 1
        if text[place : place + 1] == '"':
            spaced, opened, value = place > begin, line, ""
            place += 1
            while True:
                if place >= len(text):
                    return None, True, place, line, ""
                sign = text[place]
                if sign == '"' and text[place + 1 : place + 2] == '"':
                    value += '"'
                    place += 2
                elif sign == '"':
                    place += 1
                    break
                else:
                    line += sign == "\n"
                    value += sign
                    place += 1
            after = place
            while text[place : place + 1] == " ":
                place += 1
            if spaced and line > opened:
                return None, True, place, line, ""
            bad = bad or spaced or place > after
            if text[place : place + 1] not in (",", "\n", "\r", ""):
                if line > opened:
                    return None, True, place, line, ""
                bad, rest = True, place
                while text[place : place + 1] not in ("\n", "\r", ""):
                    place += 1
                if text.count('"', rest, place) % 2:
                    return None, True, place, line, ""
        else:
            place = begin
            while text[place : place + 1] not in (",", "\n", "\r", ""):
                place += 1
            value = text[begin:place]
        values.append(value)
        if text[place : place + 1] == ",":
            place += 1
            continue
        for end in ("\r\n", "\n", "\r", ""):
            if text.startswith(end, place):
                return values, bad, place + len(end), line + end.count("\n"), end


def read(path: Path, columns=COLUMNS):
    """The rows and the records set aside, as `load` reads the file; a text if it refuses the file."""
    try:
        file = survey(path, len(columns))
        with duckdb.connect() as connection:
            aside = load(file, Form(dict.fromkeys(columns, "VARCHAR")), "t", connection)
            return connection.execute("FROM t").fetchall(), aside
    except UnreadableFile as problem:
        return problem.found


FIELDS = st.sampled_from(
    ["", "1", "é ☃", "x y", '"q"', '""', '"a,b"', '"say ""x"""', '"two\nlines"', '"two\r\nlines"', '"\n\n"', '5" pipe', '"  x"']
)
FAULTS = st.sampled_from(
    ['"open', 'x"', '"a"b', '"a"b"', ' "a"', '"a" ', '  "a,b"', '\t"a"', '"a"\t', '"a\n"b', ' "a\nb"', "a\rb"]
)
LINES = st.lists(st.one_of(FIELDS, FIELDS, FIELDS, FIELDS, FAULTS), min_size=1, max_size=4).map(",".join)
ROWS = st.lists(st.one_of(FIELDS, FIELDS), min_size=3, max_size=3).map(",".join)


@st.composite
def files(draw):
    end = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    lines = draw(st.lists(st.one_of(ROWS, ROWS, LINES, st.just("")), max_size=8))
    ends = [draw(st.sampled_from([end] * 30 + ["\n", "\r\n", "\r"])) for _ in lines]
    last = draw(st.sampled_from(["", end, end + end]))
    text = "a,b,c" + end + "".join(line + end for line, end in zip(lines[:-1], ends)) + "".join(lines[-1:]) + last
    data = text.encode()
    if draw(st.integers(0, 30)) == 0:
        place = draw(st.integers(len("a,b,c\r\n"), max(len(data), 7)))
        data = data[:place] + draw(st.sampled_from([b"\0", b"\xff", b"\xc3"])) + data[place:]
    return data


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files())
@example(b'a,b,c\n"1","x","3"\n"4","5","6\n"7","8","9"\n')
@example(b'a,b,c\n1,"x"y,"z\nw"\n4,5,6\n')
@example(b"a,b,c\n\n\n1,2\n1,2,3\n")
@example(b"a,b,c\r\n1,2,3\n")
@example(b"a,b,c\n1,2,3\r\n4,5,6\r\n")
@example(b"a,b,c\r\n4,5,6\r")
@example(b"a,b,c\n,,,")
@example(b'a,b,c\r\n\r\n "a","two\nlines"\r\r\n')
@example(b'a,b,c\n,,\n,,\n "a","two\nlines",a\rb')
@example(b'a,b,c\n,,\n\n,,5" pipe\n\r\n,,\n,,\n,,5" pipe')
def test_every_record_of_a_file_is_a_row_or_set_aside_with_its_line_or_the_file_is_refused(tmp_path, data):
    path = tmp_path / "things.csv"
    path.write_bytes(data)
    expected = contents(data, len(COLUMNS))
    found = read(path)
    if isinstance(found, str):
        assert expected.lost and ", line " in found, found
    else:
        assert not expected.lost
        rows, aside = found
        assert rows == expected.rows
        assert [row.line for row in aside] == expected.aside


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files(), st.integers(1, 60), st.data())
def test_a_record_is_found_by_its_number_in_a_file_of_any_number_of_blocks(tmp_path, monkeypatch, data, block, chosen):
    monkeypatch.setattr("mesh_isolation.csv_file._BLOCK", block)
    path = tmp_path / "things.csv"
    path.write_bytes(data)
    try:
        file = survey(path, len(COLUMNS))
        every = [*records(path, len(COLUMNS))][1:]
    except UnreadableFile:
        return
    if len(every) != file.records:  # an empty line is between two records
        return
    numbers = chosen.draw(st.sets(st.sampled_from(range(len(every))))) if every else set()
    assert [*records_at(file, len(COLUMNS), numbers)] == [(number, every[number]) for number in sorted(numbers)]


def found(tmp_path, data: bytes, columns=COLUMNS):
    path = tmp_path / "things.csv"
    path.write_bytes(data)
    return read(path, columns)


def test_a_quote_that_is_never_closed_is_named_with_its_line_and_the_lines_that_it_hides(tmp_path):
    rows = [b"%d,x,3\n" % number for number in range(200_000)]
    rows[149_998] = b'149998,"x,3\n'
    message = found(tmp_path, HEADER + b"".join(rows))
    assert (
        "line 150000, has a quote that is never closed: the 50,002 lines from it to line 200,001 cannot be told apart"
        in message
    )


def test_the_line_of_a_quote_is_that_of_the_quote_and_not_of_its_record(tmp_path):
    assert "line 3, has a quote that is never closed: the 2 lines" in found(tmp_path, HEADER + b'1,"a\nb","c\n4,5,6\n')


def test_a_quote_that_closes_inside_of_a_later_value_is_refused_with_the_lines_between(tmp_path):
    message = found(tmp_path, HEADER + b'1,2,3\n4,"x,6\n7,8,9\n10,"y",12\n13,14,15\n')
    assert "line 3, has a quote that does not close as it should: the 3 lines from it to line 5" in message


@pytest.mark.parametrize("rest", [b"c,2,3\n", b'c"d",2,3\n', b"c\n"])
def test_text_after_a_value_of_several_lines_refuses_the_file_because_an_earlier_quote_may_be_open(tmp_path, rest):
    message = found(tmp_path, HEADER + b'1,2,3\n"a\nb"' + rest + b"4,5,6\n")
    assert "line 3, has a quote that does not close as it should: the 2 lines from it to line 4 cannot be told apart" in message


def test_text_after_a_value_of_one_line_is_set_aside(tmp_path):
    rows, aside = found(tmp_path, HEADER + b'1,2,3\n"a b"c,2,3\n4,5,6\n')
    assert (rows, [row.line for row in aside]) == ([("1", "2", "3"), ("4", "5", "6")], [3])


SENTENCES = {
    "a header with windows line ends": (b"a,b,c\r\n1,2,3\n", r"line 2, ends with \n, and line 1 with \r\n"),
    "a row with windows line ends": (b"a,b,c\n1,2,3\n4,5,6\r\n", r"line 3, ends with \r\n, and line 1 with \n"),
    "a row with the line end of old macs": (b"a,b,c\n1,2,3\r4,5,6\n", "line 2, has a carriage return that ends no line"),
    "a file that ends as on old macs": (b"a,b,c\r\n1,2,3\r", "line 2, has a carriage return that ends no line"),
    "a NUL": (b"a,b,c\n1,2,3\n4,\0,6\n", "line 3, has a NUL"),
    "latin-1": (b"a,b,c\n1,2,3\n4,\xe3,6\n", "line 3, is not UTF-8"),
    "a character that is cut": (b"a,b,c\n1,2,\xe2\x98\n", "line 2, is not UTF-8"),
}


@pytest.mark.parametrize(("data", "sentence"), SENTENCES.values(), ids=SENTENCES)
def test_a_file_that_is_refused_says_which_line_and_why(tmp_path, data, sentence):
    assert sentence in found(tmp_path, data)


def test_a_fault_is_found_behind_the_first_megabytes(tmp_path):
    good = b"1,2,3\n" * 500_000
    for fault, sentence in [(b"1,\0,3\n", "has a NUL"), (b"1,\xff,3\n", "is not UTF-8"), (b"1,2,3\r\n", r"ends with \r\n")]:
        assert f"line 500002, {sentence}" in found(tmp_path, HEADER + good + fault + good)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_line_ends_inside_of_quotes_may_differ(tmp_path, end):
    rows, aside = found(tmp_path, end.join([b"a,b,c", b'1,"x\ny\r\nz\rw",3', b""]))
    assert (rows, aside) == ([("1", "x\ny\r\nz\rw", "3")], [])


@pytest.mark.parametrize("size", [LONGEST_RECORD + 100, 3_000_000, 20_000_000])
@pytest.mark.parametrize("quoted", [False, True], ids=["plain", "quoted lines"])
def test_a_record_that_is_too_long_is_set_aside_with_its_line_and_its_neighbours_are_kept(tmp_path, size, quoted):
    long = b'"' + (b"x" * 99 + b"\n") * (size // 100) + b'"' if quoted else b"x" * size
    rows, aside = found(tmp_path, HEADER + b"1,2,3\n" + (b"4," + long + b",6\n7,8,9\n") * 2)
    assert [row[0] for row in rows] == ["1", "7", "7"]
    assert [row.line for row in aside] == [3, 5 + (size // 100 if quoted else 0)]
    assert all("bytes, and at most 2,000,000 are read" in row.reason for row in aside)


def test_a_record_of_the_greatest_length_is_read(tmp_path):
    long = "x" * (LONGEST_RECORD - 10)
    rows, aside = found(tmp_path, HEADER + f"1,{long},3\n".encode())
    assert ([len(text) for row in rows for text in row], aside) == ([1, len(long), 1], [])


def test_an_empty_line_is_a_record_of_a_file_with_one_column_only(tmp_path):
    assert found(tmp_path, b"a\n1\n\n2\n", ["a"]) == ([("1",), (None,), ("2",)], [])
    assert found(tmp_path, b"a,b,c\n1,2,3\n\n4,5,6\n\n\n") == ([("1", "2", "3"), ("4", "5", "6")], [])


def test_quotes_that_span_megabytes_hide_no_record(tmp_path):
    lines = b'1,"' + b"text\n" * 300_000 + b'",3\n'
    rows, aside = found(tmp_path, HEADER + lines * 3 + b"4,5,6\n")
    assert ([row[0] for row in rows], aside) == (["1", "1", "1", "4"], [])


CHANGES = {
    "in place": lambda path: path.open("r+b").write(b"x"),
    "by more rows": lambda path: path.open("ab").write(b"7,8,9\n"),
    "by another file": lambda path: path.with_name("other.csv").replace(path),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_file_that_changes_after_it_was_surveyed_is_refused(tmp_path, change):
    path = tmp_path / "things.csv"
    for name in ("things.csv", "other.csv"):
        (tmp_path / name).write_bytes(HEADER + b"1,2,3\n")
    file = survey(path, 3)
    check_unchanged(file)
    change(path)
    with pytest.raises(UnreadableFile, match="changed while it was read"):
        check_unchanged(file)


def test_a_change_that_leaves_size_and_times_is_found_by_the_digest(tmp_path, monkeypatch):
    path = tmp_path / "things.csv"
    path.write_bytes(HEADER + b"1,2,3\n")
    file = survey(path, 3)
    path.write_bytes(HEADER + b"1,2,4\n")
    monkeypatch.setattr(csv_file, "_identity", lambda _: file.identity)
    with pytest.raises(UnreadableFile, match="changed while it was read"):
        check_unchanged(file)


def test_the_records_end_where_the_next_begin(tmp_path):
    path = tmp_path / "things.csv"
    path.write_bytes(b'\xef\xbb\xbfa,b,c\r\n1,"x\r\ny",3\r\n\r\n4,5,6')
    found = [(record.line, record.content) for record in islice(records(path, 3), 5)]
    assert found == [(1, b"a,b,c"), (2, b'1,"x\r\ny",3'), (5, b"4,5,6")]


def test_a_run_of_empty_lines_costs_as_much_as_other_lines(tmp_path):
    """With a search that begins anew at each of them, this takes minutes."""
    path = tmp_path / "file.csv"
    for end in (b"\n", b"\r\n"):
        path.write_bytes(b"id,name" + end + end * 300_000 + b"1,a" + end)
        assert [record.line for record in records(path, 2)] == [1, 300_002]
        assert survey(path, 2).records >= 1


def test_a_record_of_more_bytes_than_a_line_may_have_is_refused_where_it_begins(tmp_path):
    path = tmp_path / "file.csv"
    path.write_bytes(b'id,name\n1,a\n2,"' + b"many\n" * (7 << 20) + b'"\n')
    with pytest.raises(UnreadableFile) as refusal:
        survey(path, 2)
    assert refusal.value.found == f"{path}, line 3, begins a record of more than 32 MB."
