"""A CSV file as a table with types: a text becomes a value only if the value, written back, is the text.

DuckDB reads every column as text, and one expression for each column casts it. A cast of DuckDB alone accepts too much: it
rounds `9.999` to `10.00`, reads `1_000` as a number, and cuts `2017-01-05x` to a day. `ACCEPTED` has the rule of each type.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from mesh_isolation.csv_file import LONGEST_RECORD, CsvFile, Record, count_fields, fields, records, records_at
from mesh_isolation.engine import identifier, literal
from mesh_isolation.python_values import INTEGERS
from mesh_isolation.team_files import UnreadableFile
from mesh_isolation.text import counted, visible, without_values
from mesh_isolation.time_text import OFFSET

if TYPE_CHECKING:
    import duckdb

DEFAULT_TIMES = "%Y-%m-%d %H:%M:%S"

WRITTEN_TIMES = ""
"""In place of a format of times: as DuckDB writes them, in the years that have four digits."""

_WHOLE = r"-?[0-9]+(\.0+)?"
_DIGITS = {"float": 6, "double": 15}
"""How many significant digits of a decimal number a binary one always keeps."""
_SMALLEST = {"float": "1.1754944e-38", "double": "2.2250738585072014e-308"}
"""The smallest number with all these digits."""

_TRIED = {*INTEGERS, *_DIGITS, "decimal", "boolean", "date", "timestamp", "timestamp with time zone", "uuid", "varchar"}
"""The types of which TRY_CAST raises no error. It does for a map with a key twice, and for a geometry that is none."""

ACCEPTED = {
    "VARCHAR": "every text",
    "INTEGER and its like": "digits, and a minus sign if it is below zero; leading zeros, a fraction of zeros: `007`, `30.0`",
    "DECIMAL(p,s)": "the same with a point and a fraction; zeros after the declared places: `1.5`, `01.50`, `1.500`",
    "DOUBLE, FLOAT": "a number, also with an exponent, whose digits the value keeps (up to 15, or 6); no `nan`, no `inf`",
    "BOOLEAN": "`true` or `false`, in letters of either case",
    "DATE": "`YYYY-MM-DD`",
    "TIMESTAMP, TIMESTAMPTZ": "the source's `timestamp_format`, with all its zeros; an offset below 16 hours",
    "UUID": "32 hexadecimal digits in groups of 8, 4, 4, 4 and 12, with hyphens, in letters of either case",
    "every other type": "the text that DuckDB writes for the value",
}
"""Which texts become a value of a type."""


@dataclass(frozen=True)
class Form:
    """How a file is written.

    Args:
        columns: the name and the DuckDB type of each column.
        null: a text that means "unknown", in addition to the empty text.
        timestamp_format: the format of times, as for strptime.
        trailing_comma: whether every line ends with a comma that separates nothing.
    """

    columns: Mapping[str, str]
    null: str = ""
    timestamp_format: str = DEFAULT_TIMES
    trailing_comma: bool = False

    @property
    def fields(self) -> int:
        """How many fields a record has."""
        return len(self.columns) + self.trailing_comma


class Aside(NamedTuple):
    """A record that is not in the table."""

    line: int
    reason: str
    """It has no value of the record, only its shape."""
    text: str


def shape(text: str) -> str:
    """A text without what it says: `9` for each digit, `a` for each letter, at most 40 characters."""
    shown = visible(re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", text[:41])))
    return f"{shown[:40]}…" if len(text) > 40 else shown


def strict(kind: str, name: str, text: str, value: str, timestamp_format: str = DEFAULT_TIMES) -> str:
    """SQL for the value of a text, NULL if the rule of its type does not accept the text.

    Args:
        kind: the id of the type, as in `duckdb.DuckDBPyType.id`.
        name: DuckDB's spelling of the type.
        text: SQL of the text.
        value: SQL of its cast as in `cast`.
        timestamp_format: the format of times, as for strptime, or WRITTEN_TIMES.
    """
    same = f"{value}::VARCHAR = {text}"
    sign = f"({value} <> 0 OR {text}[1] <> '-')"
    if kind in INTEGERS:
        return f"CASE WHEN {same} THEN {value} WHEN regexp_full_match({text}, '{_WHOLE}') AND {sign} THEN {value} END"
    if kind == "decimal":
        places = int(name.rstrip(")").rpartition(",")[2])
        number = rf"-?[0-9]+(\.[0-9]{{1,{places}}}0*)?" if places else _WHOLE
        return f"CASE WHEN {same} THEN {value} WHEN regexp_full_match({text}, '{number}') AND {sign} THEN {value} END"
    if kind in _DIGITS:
        return _binary(kind, text, value)
    if kind in ("timestamp", "timestamp with time zone"):
        instant = f"make_timestamptz(epoch_us({value}))" if kind != "timestamp" else value
        if timestamp_format == WRITTEN_TIMES:
            return f"CASE WHEN {same} AND strlen(split_part({text}, '.', 1)) = 19 THEN {instant} END"
        if timestamp_format == DEFAULT_TIMES:
            return f"CASE WHEN {same} AND strlen({text}) = 19 THEN {instant} END"
        return f"CASE WHEN {_in_format(text, value, timestamp_format)} AND isfinite({value}) THEN {instant} END"
    conditions = {
        "boolean": f"lower({text}) IN ('true', 'false')",
        "date": f"{same} AND strlen({text}) = 10",
        "uuid": f"{value}::VARCHAR = lower({text})",
    }
    infinite = f" AND isfinite({value})" if kind.startswith("timestamp") else ""
    return only_if(f"{conditions.get(kind, same)}{infinite}", value, kind)


def only_if(condition: str, value: str, kind: str) -> str:
    """SQL for a value of the type with that id, NULL unless the condition is true. No CASE has arrays of a fixed size."""
    if kind in ("array", "struct"):
        return f"[{value}][CASE WHEN {condition} THEN 1 END]"
    return f"CASE WHEN {condition} THEN {value} END"


def cast(kind: str, name: str, text: str, timestamp_format: str = DEFAULT_TIMES) -> str:
    """SQL for the value of a text as DuckDB casts it; arguments as for `strict`."""
    if kind == "timestamp with time zone":  # a cast to it uses the calendar, at fifteen times the cost
        name = "TIMESTAMP"
    if name == "TIMESTAMP" and timestamp_format not in (DEFAULT_TIMES, WRITTEN_TIMES):
        return f"try_strptime({text}, {literal(timestamp_format)})::TIMESTAMP"
    value = f"TRY_CAST({text} AS {name})"
    return value if kind in _TRIED else f"TRY({value})"


def _in_format(text: str, value: str, timestamp_format: str) -> str:
    if not timestamp_format.endswith("%z"):
        return f"strftime({value}, {literal(timestamp_format)}) = {text}"
    # The value is in UTC, so the text is compared without its offset.
    local, code = f"regexp_replace({text}, '{OFFSET}$', '')", literal(timestamp_format.removesuffix("%z"))
    return f"{local} <> {text} AND strftime(try_strptime({local}, {code}), {code}) = {local}"


def _binary(kind: str, text: str, value: str) -> str:
    digits, smallest = _DIGITS[kind], _SMALLEST[kind]
    number, exponent = r"-?[0-9]+(\.[0-9]+)?", r"([eE][+-]?[0-9]+)?"
    # The digits of the number without its sign, exponent and point, and without the zeros at both ends.
    mantissa = f"trim(regexp_replace({text}, '[eE].*$|[.-]', '', 'g'), '0')"
    kept = f"strlen({mantissa}) <= {digits} AND (abs({value}) >= {smallest} OR {mantissa} = '')"
    return (
        f"CASE WHEN isfinite({value}) AND ({value}::VARCHAR = {text} "
        f"OR (regexp_full_match({text}, '{number}{exponent}') AND {kept})) THEN {value} END"
    )


def select(path: Path, form: Form, connection: "duckdb.DuckDBPyConnection") -> str:
    """The query that reads a file with its types: a column `s<number>` for each, and the number of the first that is not read.

    That number is in the column `fault`, and NULL for a record that is read. Raises DuckDB's error for a type that it does not
    know.
    """
    return select_from(_scan(path, form.fields), form, connection)


def select_from(records: str, form: Form, connection: "duckdb.DuckDBPyConnection") -> str:
    """The query of `select` over other records: SQL of a table with the texts of each field in the column `c<number>`."""
    texts, values, faults = [], [], []
    for number, declared in enumerate(form.columns.values()):
        kind = connection.type(declared)
        text = f"nullif(c{number}, {literal(form.null)})" if form.null else f"c{number}"
        texts.append(f"{text} AS t{number}")
        if str(kind) == "VARCHAR":
            values.append(f"t{number} AS s{number}")
            continue
        texts.append(f"{cast(kind.id, str(kind), text, form.timestamp_format)} AS v{number}")
        values += [
            f"t{number}",
            f"{strict(kind.id, str(kind), f't{number}', f'v{number}', form.timestamp_format)} AS s{number}",
        ]
        faults.append(f"WHEN s{number} IS NULL AND t{number} IS NOT NULL THEN {number}")
    if form.trailing_comma:
        last = len(form.columns)
        texts.append(f"c{last} AS t{last}")
        values.append(f"t{last}")
        faults.append(f"WHEN t{last} IS NOT NULL THEN {last}")
    fault = f"CASE {' '.join(faults)} END" if faults else "NULL"
    inner = f"SELECT {', '.join(values)} FROM (SELECT {', '.join(texts)} FROM {records})"
    return f"SELECT *, {fault} AS fault FROM ({inner})"


def _scan(path: Path, fields: int) -> str:
    columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(fields))
    # DuckDB reads a file name as a glob pattern; brackets make each special character literal.
    exactly = re.sub(r"([*?\[])", r"[\1]", str(path))
    return (
        f"read_csv({literal(exactly)}, columns = {{{columns}}}, nullstr = [''], auto_detect = false, header = true, "
        f"delim = ',', quote = '\"', escape = '\"', max_line_size = {LONGEST_RECORD}, store_rejects = true, rejects_limit = 0)"
    )


def load(
    file: CsvFile, form: Form, table: str, connection: "duckdb.DuckDBPyConnection", check: Callable[[], None] = lambda: None
) -> list[Aside]:
    """Replaces a table by the records of a file, and returns the records that are not in it, in their order.

    A file in which every record becomes a row is scanned once. Otherwise a second scan finds the records that do not. DuckDB
    has another idea of a record with a fault beside a quote, and needs memory without a limit for one of many lines; so it gets
    a copy of such a file without these.

    Args:
        file: the file, surveyed.
        form: how it is written.
        table: the table's name, quoted.
        connection: one in which no other file was read, and which reads temporary files besides.
        check: called now and then; what it raises ends the reading.

    Raises UnreadableFile when the file as a whole cannot be read.
    """
    if not file.faulty:
        rows = _fill(table, file.path, form, connection)
        (rejected,) = connection.execute("SELECT count(*) FROM reject_errors").fetchone()
        if rows == file.records and not rejected:
            return []
        faults = _faults(file.path, form, connection)
        if rows + len(faults) == file.records and not rejected:
            at = records_at(file, form.fields, faults)
            return [_no_value(record, form, faults[number]) for number, record in at]
        aside, read = _aside(file, form, faults, check)
        if read == rows:
            return aside
    with TemporaryDirectory(prefix="mesh-") as folder:
        copy = Path(folder, "whole.csv")
        with copy.open("wb") as whole:
            for record in records(file.path, form.fields, check):
                if not _flaw(record, form):
                    whole.write(record.content + b"\n")
        rows = _fill(table, copy, form, connection)
        aside, read = _aside(file, form, _faults(copy, form, connection), check)
    if read != rows:
        reason = f"cannot be read: it should give {counted(read, 'row')}, and gives {rows:,}"
        raise UnreadableFile(file.path, reason, "Export the file again, with the quotes in pairs.")
    return aside


def _fill(table: str, path: Path, form: Form, connection: "duckdb.DuckDBPyConnection") -> int:
    """Replaces the table by the records that become rows, and returns their number."""
    import duckdb

    columns = ", ".join(f"s{number} AS {identifier(name)}" for number, name in enumerate(form.columns))
    rows = f"SELECT {columns} FROM (SELECT * FROM ({select(path, form, connection)}) WHERE fault IS NULL)"
    # The optimizer would push the condition below the casts, and so have each of them twice.
    connection.execute("PRAGMA disable_optimizer")
    try:
        connection.execute(f"CREATE OR REPLACE TABLE {table} AS {rows}")
    except (duckdb.DataError, duckdb.InvalidInputException) as problem:
        raise UnreadableFile(path, f"cannot be read: {without_values(problem)}", "Export the file again.") from problem
    finally:
        with suppress(duckdb.TransactionException):  # after an error, a transaction executes nothing more
            connection.execute("PRAGMA enable_optimizer")
    return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def _faults(path: Path, form: Form, connection: "duckdb.DuckDBPyConnection") -> dict[int, int]:
    """The records with a text that is no value, by their place among those with the right number of fields; with its column."""
    # Without an order, rows are numbered as they are in the file.
    rows = f"SELECT row_number() OVER () - 1 AS place, fault FROM ({select(path, form, connection)})"
    return dict(connection.execute(f"SELECT place, fault FROM ({rows}) WHERE fault IS NOT NULL").fetchall())


def _aside(file: CsvFile, form: Form, faults: Mapping[int, int], check: Callable[[], None]) -> tuple[list[Aside], int]:
    """The records that do not become rows, and the number of those that do."""
    aside: list[Aside] = []
    place = 0
    for record in islice(records(file.path, form.fields, check), 1, None):
        if reason := _flaw(record, form):
            aside.append(Aside(record.line, reason, record.content.decode("utf-8")))
            continue
        if place in faults:
            aside.append(_no_value(record, form, faults[place]))
        place += 1
    return aside, place - len(faults)


def _no_value(record: Record, form: Form, column: int) -> Aside:
    """A record whose text in that column, counted from 0, is no value."""
    reason = _reason(form, column, fields(record.content)[column])
    return Aside(record.line, reason, record.content.decode("utf-8"))


def _flaw(record: Record, form: Form) -> str:
    """Why a record is not divided into fields; empty if it is."""
    if record.fault:
        return record.fault
    if len(record.content) > LONGEST_RECORD:
        return f"the row has {len(record.content):,} bytes, and at most {LONGEST_RECORD:,} are read"
    number = count_fields(record.content)
    if number > form.fields and not any(fields(record.content)[form.fields :]):
        return ""  # further fields that are empty hold nothing
    return "" if number == form.fields else f"Expected Number of Columns: {form.fields} Found: {number}"


def _reason(form: Form, number: int, text: str) -> str:
    if number == len(form.columns):
        return f"a text like {shape(text)} is behind the last comma"
    name, kind = list(form.columns.items())[number]
    times = f" in the format {form.timestamp_format}" if kind.upper().startswith("TIMESTAMP") else ""
    return f'column "{visible(name)}": a text like {shape(text)} is no {kind}{times}'
