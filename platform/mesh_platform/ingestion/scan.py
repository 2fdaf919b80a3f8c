"""How DuckDB is told to read a source file, so that what cannot be read is rejected and nothing is bent into shape."""

import re
from pathlib import Path

from mesh_platform.ingestion.source import CsvSource
from mesh_platform.names import identifier, literal

_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_FINER = 4
"""How many digits more than promised are read, to see whether there are any."""
_WHOLE = {"SMALLINT": 5, "INTEGER": 10, "BIGINT": 19}
"""How many digits the largest whole number of a type has; a longer one is rejected while it is read."""

# Nothing a sheet holds by mistake reads as one, so whatever stands behind the last comma is rejected with its line.
_NOTHING = ("nothing behind the last comma", "UUID")


def select(source: CsvSource, path: Path) -> str:
    """The query that reads the file in the types its owner means; it fails rather than round a number.

    Rows that cannot be read go to DuckDB's `reject_errors`.
    """
    names = ((identifier(name), kind) for name, kind in source.columns.items())
    columns = ", ".join(f"{_converted(name, kind)} AS {name}" for name, kind in names)
    # Asked for, or DuckDB would not look at that column at all.
    last = f" WHERE {identifier(_NOTHING[0])} IS NULL" if source.trailing_comma else ""
    return f"SELECT {columns} FROM {_scan(source, path)}{last}"


def _scan(source: CsvSource, path: Path) -> str:
    columns = {name: _scanned(kind) for name, kind in source.columns.items()}
    if source.trailing_comma:
        columns[_NOTHING[0]] = _NOTHING[1]
    kinds = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in columns.items())
    nulls = ", ".join(literal(text) for text in dict.fromkeys(["", source.null]))
    # The name of a file is a pattern to DuckDB; in brackets each special character stands for itself.
    exactly = re.sub(r"([*?\[])", r"[\1]", str(path))
    return (
        f"read_csv({literal(exactly)}, columns = {{{kinds}}}, nullstr = [{nulls}], auto_detect = false, header = true, "
        f"timestampformat = {literal(source.timestamp_format)}, "
        f"delim = ',', quote = '\"', escape = '\"', store_rejects = true, rejects_limit = 0)"
    )


def _scanned(kind: str) -> str:
    if kind == "TIMESTAMPTZ":
        return "TIMESTAMP"  # read as TIMESTAMPTZ, DuckDB 1.5 turns what is no time into NULL without a word
    if decimal := _DECIMAL.fullmatch(kind):
        return f"DECIMAL({min(int(decimal[1]) + _FINER, 38)},{int(decimal[2]) + _FINER})"
    return f"DECIMAL({_WHOLE[kind] + _FINER},{_FINER})" if kind in _WHOLE else kind


def _converted(name: str, kind: str) -> str:
    if _scanned(kind) == kind:
        return name
    if kind == "TIMESTAMPTZ":
        return f"make_timestamptz(epoch_us({name}))"  # what is read is UTC; a cast asks the calendar, at fifteen times the cost
    finer = f"error({literal(f'{name} is finer than {kind}: ')} || {name}::VARCHAR)"
    return f"CASE WHEN {name} <> {name}::{kind} THEN {finer} ELSE {name}::{kind} END"
