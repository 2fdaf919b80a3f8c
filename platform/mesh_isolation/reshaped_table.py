"""The table that a reshape returns: a value becomes one of the declared type only if, written back, it is the same.

The rules for texts are those of a file, `mesh_isolation.csv_table`. A value that has a type is cast there and back, and has to
be equal. A binary number so large that it can be the nearest one to another integer is no integer and no decimal, for pandas
makes binary numbers of integers when a column has a gap.
"""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mesh_isolation.csv_table import WRITTEN_TIMES, Aside, cast, only_if, shape, strict
from mesh_isolation.engine import identifier, literal
from mesh_isolation.python_values import DOUBTFUL, INTEGERS, text_shape
from mesh_isolation.team_files import UnreadableFile
from mesh_isolation.text import brief, visible

if TYPE_CHECKING:
    import duckdb
    from duckdb.sqltypes import DuckDBPyType

_NUMBERS = {*INTEGERS, *DOUBTFUL, "decimal"}
_OWN_WAY = {"boolean", "blob", "bit"}
"""A value of these types is not the same as any of another type, except its text: DuckDB casts 2 to true."""


def replace_by_result(
    file: Path, owner: str, columns: Mapping[str, str], table: str, connection: "duckdb.DuckDBPyConnection"
) -> list[Aside]:
    """Replaces a table by the rows of a Parquet file with these types, and returns the rows with a value that has not its type.

    The line of a row set aside is its number in the file, from 1.

    Args:
        file: what `mesh_isolation.frames.write_frame` has written.
        owner: how a message names the file.
        columns: the declared columns with their types.
        table: the table's name, quoted.

    Raises UnreadableFile, which names the owner and the column, for a column that is missing, and for one of a type of which no
    value has the declared type.
    """
    import duckdb

    scan = f"read_parquet({literal(file)}, file_row_number = true)"
    kinds = dict(zip((returned := connection.read_parquet(str(file))).columns, returned.types))
    casts, values, faults = ["file_row_number + 1 AS line"], ["line"], []
    for number, (column, declared) in enumerate(columns.items()):
        shown, text, value = brief(column), f"t{number}", f"v{number}"
        if column not in kinds:
            raise UnreadableFile(owner, f"returns no column {shown}", "Return it, or do not declare it.")
        kind, actual = connection.type(declared), kinds[column]
        cast_of_it = [f"{identifier(column)} AS {text}", f"{_cast(kind, actual, identifier(column))} AS {value}"]
        fitted = f"{_fitted(kind, actual, text, value)} AS s{number}"
        try:
            if kind.id != actual.id and actual.id != "varchar" and {kind.id, actual.id} & _OWN_WAY and kind.id != "varchar":
                raise duckdb.BinderException
            connection.execute(f"SELECT {fitted} FROM (SELECT {', '.join(cast_of_it)} FROM {scan}) LIMIT 0")
        except duckdb.BinderException:
            reason = f"returns values of the type {actual} in the column {shown}, and declares {declared}"
            raise UnreadableFile(owner, reason, "Convert the values, or declare another type.") from None
        casts += cast_of_it
        values += [text, fitted]
        faults.append(f"WHEN s{number} IS NULL AND {text} IS NOT NULL THEN {number}")
    rows = f"SELECT {', '.join(values)} FROM (SELECT {', '.join(casts)} FROM {scan})"
    rows = f"(SELECT *, CASE {' '.join(faults)} END AS fault FROM ({rows}))"
    names = ", ".join(f"s{number} AS {identifier(column)}" for number, column in enumerate(columns))
    connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT {names} FROM {rows} WHERE fault IS NULL")
    texts = ", ".join(f"t{number}::VARCHAR" for number in range(len(columns)))
    odd = connection.execute(f"SELECT line, fault, {texts} FROM {rows} WHERE fault IS NOT NULL ORDER BY line").fetchall()
    return [_aside(line, list(columns.items())[fault], row[fault], row) for line, fault, *row in odd]


def _aside(line: int, column: tuple[str, str], text: str, row: list[str | None]) -> Aside:
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(row)
    name, kind = column
    reason = f'in row {line} that the reshape returns, column "{visible(name)}": a value like {shape(text)} is no {kind}'
    return Aside(line, reason, written.getvalue())


def _cast(kind: "DuckDBPyType", actual: "DuckDBPyType", value: str) -> str:
    """SQL that casts a value of the actual type, NULL if DuckDB has none of the other type for it."""
    if str(actual) == "VARCHAR":
        return value if str(kind) == "VARCHAR" else cast(kind.id, str(kind), value, WRITTEN_TIMES)
    if actual.id in DOUBTFUL and kind.id == "decimal":  # of its shortest text, and not of a longer fraction
        value = f"{value}::VARCHAR"
    return f"TRY(TRY_CAST({value} AS {kind}))"


def _fitted(kind: "DuckDBPyType", actual: "DuckDBPyType", source: str, value: str) -> str:
    """SQL for the value that `_cast` has made of the source, NULL if it is not the same."""
    if str(kind) == str(actual):
        return f"CASE WHEN isfinite({value}) THEN {value} END" if kind.id in DOUBTFUL else value
    if str(actual) == "VARCHAR":
        return strict(kind.id, str(kind), source, value, WRITTEN_TIMES)
    if str(actual) == text_shape(kind):
        return only_if(f"{value}::{actual} IS NOT DISTINCT FROM {source}", value, kind.id)
    same = f"TRY(TRY_CAST({value} AS {actual})) IS NOT DISTINCT FROM {source}"
    if actual.id in DOUBTFUL and kind.id in _NUMBERS:
        back = f"{value}::VARCHAR::{actual}" if kind.id == "decimal" else f"{value}::{actual}"
        same = f"{back} = {source} AND isfinite({source})"
        if kind.id not in DOUBTFUL:
            same += f" AND abs({source}) < {DOUBTFUL[actual.id]}"
    return only_if(same, value, kind.id)
