"""A CSV file as bytes, before a table is made of it: its digest, its records with their lines, and what makes it unreadable.

`survey` looks at half a megabyte at once, with searches that cost less than the digest. `records` looks at each line, and
runs only when the survey cannot be sure, or when a record has to be found again.

The grammar is that of RFC 4180, with two additions: lines may end with a line feed alone, and an empty line is no record of a
file with several columns. A quote inside a field that does not begin with one is a character.
"""

import hashlib
import os
import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from mesh_isolation.team_files import UnreadableFile, open_file
from mesh_isolation.text import counted

if TYPE_CHECKING:
    import numpy

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LONGEST_LINE = 32 << 20
"""The longest line of a file, in bytes: whoever reads a longer one collects it in memory."""
LONGEST_RECORD = 2_000_000
"""The longest record that is read, in bytes; a longer one is set aside."""
SPACE_BESIDE_QUOTE = "a space is between a quote and its comma"
TEXT_AFTER_QUOTE = "text follows the quote that ends a value"
_HIDING = "a quote hides the end of the line"

_BLOCK = 1 << 19
"""So small that a record of LONGEST_RECORD has a block of its own, in which no record ends."""
_ALL_BUT_MARKS = bytes(set(range(256)) - set(b'"\r\n'))
_QUOTED = re.compile(rb'"[^"]*"')
_SIMPLE = re.compile(rb'(?:"[^"]*+"|[^",\r\n]*+)(?:,(?:"[^"]*+"|[^",\r\n]*+))*+(?:\r?\n)?')
_OPENING = re.compile(rb'( *)"')
_CLOSING = re.compile(rb'[^"]*+(?:""[^"]*+)*+"( *)')
_UNQUOTED = re.compile(rb"[^,\r\n]*")
_ENDS = {b"\r\n": "\\r\\n", b"\n": "\\n"}
_STRAY = "has a carriage return that ends no line"
_FIELD = re.compile(r'"((?:[^"]|"")*+)"(?=,|\Z)|([^,]*)')


class Mark(NamedTuple):
    """A place in a file where a record begins."""

    offset: int
    """In bytes."""
    line: int
    """Counted from 1."""
    number: int
    """The number of that record, counted from 0; -1 for the header."""


class Identity(NamedTuple):
    """What changes when a file is replaced, or written to."""

    device: int
    inode: int
    size: int
    changed_ns: int
    changed_status_ns: int


@dataclass(frozen=True)
class CsvFile:
    """What a file holds, as far as its bytes show."""

    path: Path
    sha256: str
    identity: Identity
    records: int
    """The number of records after the header, if no line between two of them is empty."""
    faulty: bool
    """Whether a record has a fault beside a quote, or is too long."""
    marks: tuple[Mark, ...]
    """For `records_at`: one for each block, or for the whole file if its line ends do not show where records begin."""


class Record(NamedTuple):
    """One record of a file; the header is the first."""

    line: int
    """The line that it begins on, counted from 1, as an editor shows it."""
    content: bytes
    """Its bytes, without the line end."""
    fault: str
    """What is wrong beside a quote; empty if nothing is."""


def refused(path: Path, line: int, reason: str, way_out: str = "Export the file again.") -> UnreadableFile:
    """The error about a line of a file."""
    return UnreadableFile(f"{path}, line {line},", reason, way_out)


def first_line(path: Path) -> bytes:
    """The first line of a file, without its end. Raises UnreadableFile when lines end with carriage returns only."""
    with open_file(path) as file:
        line = file.readline(LONGEST_LINE)
    if b"\r" in line.rstrip(b"\r") and not line.endswith(b"\n"):
        if b"\0" in line:
            raise UnreadableFile(path, "is no text: its first line has a NUL byte", "Export it as CSV.")
        raise UnreadableFile(path, "ends its lines with carriage returns only", "Export it with line feeds.")
    return line.rstrip(b"\r\n")


def survey(path: Path, columns: int, check: Callable[[], None] = lambda: None) -> CsvFile:
    """Reads the whole file once.

    Args:
        path: the file.
        columns: how many columns it has; an empty line of a file with one column is a record.
        check: called after each megabyte; what it raises ends the reading.

    Raises UnreadableFile with the line for a line that is too long, a NUL, bytes that are not UTF-8, different line ends, and a
    quote that is not closed.
    """
    digest, line, count = hashlib.sha256(), 1, -1
    quoted, certain, ends, block = False, True, set(), b""
    offset, begun = 0, []
    with open_file(path) as file:
        identity = _identity(file)
        for block in _blocks(file, path):
            check()
            digest.update(block)
            _check_text(path, line, block)
            if not quoted:
                begun.append(Mark(offset, line, count))
            lines = outside = block.count(b"\n")
            marks = block
            if quoted or b'"' in block:
                text = block.removeprefix(BYTE_ORDER_MARK) if line == 1 else block
                certain = certain and _is_well_quoted(text, quoted)
                marks, quoted = _outside_quotes(text, quoted)
                outside = marks.count(b"\n")
            if b"\r" in block:
                certain = certain and block.count(b"\r") == block.count(b"\r\n") and marks.count(b"\r") in (0, outside)
                ends |= {b"\r\n"} if b"\r" in marks else set()
            ends |= {b"\n"} if outside > marks.count(b"\r\n") else set()
            certain = certain and len(block) <= LONGEST_RECORD and bool(outside)
            count += outside + (not block.endswith(b"\n"))
            line, offset = line + lines, offset + len(block)
    if columns > 1:  # empty lines at the end are common
        count -= max(block[len(block.rstrip(b"\r\n")) :].count(b"\n") - 1, 0)
    faulty = False
    if quoted or not certain or len(ends) > 1:
        count, begun = -1, begun[:1]
        for record in records(path, columns, check):
            count, faulty = count + 1, faulty or bool(record.fault) or len(record.content) > LONGEST_RECORD
    return CsvFile(path, digest.hexdigest(), identity, count, faulty, tuple(begun))


def check_unchanged(survey: CsvFile, check: Callable[[], None] = lambda: None) -> None:
    """Raises UnreadableFile when the file is not the one that was surveyed, or holds something else now.

    The digest is computed again, because a program that has mapped the file into memory changes it before its time changes.
    """
    digest = hashlib.sha256()
    with open_file(survey.path) as file:
        same = _identity(file) == survey.identity
        while same and (block := file.read(_BLOCK)):
            check()
            digest.update(block)
        same = same and _identity(file) == survey.identity
    if not same or digest.hexdigest() != survey.sha256:
        way_out = "Try again when it is written; a program that replaces a file should write another and rename it."
        raise UnreadableFile(survey.path, "changed while it was read", way_out)


def records(path: Path, columns: int, check: Callable[[], None] = lambda: None) -> Iterator[Record]:
    """The records of a file, the header included. Arguments and errors as for `survey`."""
    with open_file(path) as file:
        yield from _records(file, 1, path, columns, check)


def records_at(file: CsvFile, columns: int, numbers: Collection[int]) -> Iterator[tuple[int, Record]]:
    """The records with these numbers, counted from 0 after the header, each with its number.

    Args:
        file: a file whose number of records is known to be right.
        columns: as for `survey`.
        numbers: the numbers of the records.
    """
    with open_file(file.path) as opened:
        for place, group in groupby(sorted(numbers), lambda number: bisect_right(file.marks, number, key=itemgetter(2)) - 1):
            mark, wanted = file.marks[place], {*group}
            opened.seek(mark.offset)
            further = zip(range(mark.number, max(wanted) + 1), _records(opened, mark.line, file.path, columns))
            yield from ((number, record) for number, record in further if number in wanted)


def _records(
    file: BinaryIO, first: int, path: Path, columns: int, check: Callable[[], None] = lambda: None
) -> Iterator[Record]:
    """The records from here on. `first` is the number of the next line of the file."""
    begun = opened = number = 0  # the lines on which the record begins and the open quote; 0 for none
    ends, fault = b"", ""
    held = bytearray()
    for number, line in enumerate(file, first):
        if not number % 10_000:
            check()
        text = line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line
        begun = begun or number
        if opened or b'"' in text:
            opened, reason = _after(text, number, opened)
            if reason == _HIDING:
                raise _lost(path, opened, number, "does not close as it should")
            fault = reason if reason == _STRAY else fault or reason
            if opened:
                held += text
                if len(held) > LONGEST_LINE:
                    reason = f"begins a record of more than {LONGEST_LINE >> 20} MB"
                    raise refused(path, begun, reason, "Export the file again, with the quotes in pairs.")
                continue
        elif b"\r" in text and _is_stray(text, text.index(b"\r")):
            fault = _STRAY
        own = next(filter(line.endswith, _ENDS), b"")
        ends = ends or own
        if fault == _STRAY or own and own != ends:
            reason = _STRAY if fault == _STRAY else f"ends with {_ENDS[own]}, and line 1 with {_ENDS[ends]}"
            raise refused(path, number, reason, "Export the file with one kind of line end.")
        if held or columns == 1 or number == 1 or text != own:
            yield Record(begun, bytes(held) + text.removesuffix(own), fault)
        begun, held, fault = 0, bytearray(), ""
    if opened:
        raise _lost(path, opened, number, "is never closed")


def fields(content: bytes) -> list[str]:
    """The fields of a record, without quotes. A fault beside a quote leaves them in."""
    text, place, parts = content.decode("utf-8", "replace"), 0, []
    while True:
        match = _FIELD.match(text, place)
        parts.append(match[2] if match[1] is None else match[1].replace('""', '"'))
        place = match.end() + 1
        if place > len(text):
            return parts


def count_fields(content: bytes) -> int:
    """The number of fields of a record without a fault."""
    if b'"' in content:
        return _QUOTED.sub(b"", content).count(b",") + 1 if _SIMPLE.fullmatch(content) else len(fields(content))
    return content.count(b",") + 1


def _identity(file: BinaryIO) -> Identity:
    status = os.fstat(file.fileno())
    return Identity(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _blocks(file: BinaryIO, path: Path) -> Iterator[bytes]:
    """The file in blocks of whole lines, about a megabyte each."""
    line = 1
    while block := file.read(_BLOCK):
        if not block.endswith(b"\n"):
            block += file.readline(LONGEST_LINE + 1)
        last = block.rfind(b"\n", 0, -1) + 1
        if len(block) - last > LONGEST_LINE:
            reason = f"is longer than {LONGEST_LINE >> 20} MB"
            raise refused(path, line + block.count(b"\n", 0, last), reason, "Export it as lines of text.")
        yield block
        line += block.count(b"\n")


def _check_text(path: Path, line: int, block: bytes) -> None:
    """Raises UnreadableFile for a NUL, and for bytes that are not UTF-8."""
    if (place := block.find(b"\0")) >= 0:
        raise refused(path, line + block.count(b"\n", 0, place), "has a NUL, which is no text", "Export the file as text.")
    if not block.isascii():
        try:
            block.decode("utf-8")
        except UnicodeDecodeError as problem:
            number = line + block.count(b"\n", 0, problem.start)
            raise refused(path, number, "is not UTF-8", "Export the file as UTF-8.") from None


def _outside_quotes(block: bytes, quoted: bool) -> tuple[bytes, bool]:
    """The line ends of a well-quoted block that are outside of its quotes, and whether a quote is open at its end."""
    marks = (b'"' if quoted else b"") + block.translate(None, _ALL_BUT_MARKS)
    outside, quote, _ = _QUOTED.sub(b"", marks.replace(b'""', b"")).partition(b'"')
    return outside, bool(quote)


def _is_well_quoted(block: bytes, quoted: bool) -> bool:
    """Whether every quote of a block opens a field, closes one, or is one of a pair inside a field.

    Args:
        block: whole lines.
        quoted: whether a quote is open before it.
    """
    import numpy

    signs = numpy.frombuffer(b'\n"' + block + b"\n" if quoted else b"\n" + block + b"\n", numpy.uint8)
    quotes = numpy.flatnonzero(signs == ord('"'))
    before, after = signs[quotes[::2] - 1], signs[quotes[1::2] + 1]
    return _all_in(before, b',\n"') and _all_in(after, b',\r\n"')


def _all_in(signs: "numpy.ndarray", allowed: bytes) -> bool:
    import numpy

    table = numpy.zeros(256, bool)
    table[list(allowed)] = True
    return bool(table[signs].all())


def _after(line: bytes, number: int, opened: int) -> tuple[int, str]:
    """The line on which the quote was opened that is open after the line, 0 for none, and what is wrong with the line.

    Args:
        line: the line, with its end.
        number: its number.
        opened: the line on which the quote was opened that is open before it; 0 for none.

    With _HIDING, the first of the two is the line on which that quote was opened.
    """
    if not opened and _SIMPLE.fullmatch(line):
        return 0, ""
    place, fault, spaced = 0, "", False
    while True:
        if not opened and (match := _OPENING.match(line, place)):
            place, opened, spaced = match.end(), number, bool(match[1])
        if opened:
            match = _CLOSING.match(line, place)
            if not match:
                return opened, _HIDING if spaced else fault
            fault = SPACE_BESIDE_QUOTE if spaced or match[1] else fault
            place = match.end()
            if line[place : place + 1] not in (b",", b"\r", b"\n", b""):
                # With another quote, the text could go on in the next line.
                hiding = opened < number or line.count(b'"', place) % 2
                stray = (found := line.find(b"\r", place)) >= 0 and _is_stray(line, found)
                return (opened, _HIDING) if hiding else (0, _STRAY if stray else TEXT_AFTER_QUOTE)
            opened, spaced = 0, False
        else:
            place = _UNQUOTED.match(line, place).end()
        if line[place : place + 1] != b",":
            return 0, _STRAY if _is_stray(line, place) else fault
        place += 1


def _is_stray(line: bytes, place: int) -> bool:
    """Whether a carriage return at that place of a line does not belong to its end."""
    return line[place:] not in (b"\r\n", b"\n", b"")


def _lost(path: Path, line: int, last: int, how: str) -> UnreadableFile:
    lost = f"{counted(last - line + 1, 'line')} from it to line {last:,} cannot be told apart"
    return refused(path, line, f"has a quote that {how}: the {lost}", "Export the file again, with the quotes in pairs.")
