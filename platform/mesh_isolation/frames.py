"""Tables as pandas holds them, with every value exact, and back.

pandas makes binary numbers of decimals, of integers with gaps and of those with more than 64 bits, and Parquet stores no type
for some values. What is not in `_DIRECT` passes as the text that DuckDB writes, in lists, structs and maps too.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesh_isolation.engine import identifier, literal
from mesh_isolation.python_values import Unwritable, from_text, is_missing, text_shape, to_text
from mesh_isolation.team_files import UnreadableFile
from mesh_isolation.text import brief, counted

if TYPE_CHECKING:
    import duckdb
    import pandas

_GAPS = {
    **{f"{sign}{size}int": f"{sign.upper()}Int{bits}" for sign in ("", "u") for size, bits in (("tiny", 8), ("small", 16))},
    **{"integer": "Int32", "uinteger": "UInt32", "bigint": "Int64", "ubigint": "UInt64", "boolean": "boolean"},
}
"""The types of pandas in which a value can be missing, and no gap makes a binary number of an integer."""

_TIMES = {"date", "timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns", "timestamp with time zone"}
_DIRECT = {*_GAPS, *_TIMES, "varchar", "float", "double"}
"""The ids of the types that pandas and Parquet hold."""


def write_sheet(table: str, columns: Mapping[str, str], file: Path, connection: "duckdb.DuckDBPyConnection") -> None:
    """Writes a table, named as in SQL, as a Parquet file for `read_frame`."""
    selected = []
    for column, declared in columns.items():
        kind, name = connection.type(declared), identifier(column)
        selected.append(name if kind.id in _DIRECT else f"{name}::{text_shape(kind)} AS {name}")
    connection.execute(f"COPY (SELECT {', '.join(selected)} FROM {table}) TO {literal(file)} (FORMAT parquet)")


def read_frame(file: Path, columns: Mapping[str, str], connection: "duckdb.DuckDBPyConnection") -> "pandas.DataFrame":
    """The table of `write_sheet`, in the types that the docstring of `mesh_platform.Reshape` states."""
    import pandas

    table = connection.read_parquet(str(file))
    frame = table.df()
    for column, declared in columns.items():
        kind = connection.type(declared)
        if kind.id in _GAPS:
            # A number of its own type, and 0 for what is missing: a float between would change the digits.
            name = identifier(column)
            sql = f"SELECT coalesce({name}, 0::{kind}) AS value, {name} IS NULL AS gap FROM sheet"
            both = table.query("sheet", sql).fetchnumpy()
            made = pandas.arrays.BooleanArray if kind.id == "boolean" else pandas.arrays.IntegerArray
            frame[column] = pandas.Series(made(both["value"], both["gap"]), frame.index)
        elif kind.id not in _DIRECT:
            texts = table.select(_column(column)).fetchall()
            frame[column] = pandas.Series([from_text(text, kind) for (text,) in texts], frame.index, object)
    return frame


def write_frame(frame: Any, columns: Mapping[str, str], file: Path, connection: "duckdb.DuckDBPyConnection") -> None:
    """Writes the columns of a DataFrame that are declared as a Parquet file, whose values `reshaped_table` judges.

    What is no number, truth or time of a type of pandas is text, or has the `text_shape` of its declared type.

    Raises UnreadableFile, which names the column, for one that is missing or has values that no text stands for.
    """
    import pandas

    if not isinstance(frame, pandas.DataFrame):
        raise UnreadableFile("It", f"returns a {type(frame).__name__} and no DataFrame", "Return a DataFrame.")
    arrays, selected = {}, []
    for number, (column, declared) in enumerate(columns.items()):
        places = [place for place, label in enumerate(frame.columns) if str(label) == column]
        if len(places) != 1:
            reason = f"returns {counted(len(places), 'column') if places else 'no column'} {brief(column)}"
            raise UnreadableFile("It", reason, "Return it once.")
        try:
            values, sql = _array(frame.iloc[:, places[0]], connection.type(declared))
        except Unwritable as problem:
            found = f"returns values {problem.name} in the column {brief(column)}, and declares {declared}"
            raise UnreadableFile("It", found, "Convert the values, or declare another type.") from None
        arrays[f"c{number}"] = values
        selected.append(f"{sql.format(f'c{number}')} AS {identifier(column)}")
    table = connection.from_df(pandas.DataFrame(arrays))
    table.query("returned", f"SELECT {', '.join(selected)} FROM returned").write_parquet(str(file))


def _array(column: "pandas.Series", kind: "duckdb.sqltypes.DuckDBPyType") -> tuple[Any, str]:
    """A column's values as an array that DuckDB reads in one type, and SQL for what is written of them, `{}` for its name."""
    import numpy
    import pandas

    dtype = column.dtype
    if isinstance(dtype, (pandas.Float32Dtype, pandas.Float64Dtype)):
        return column.to_numpy(dtype.numpy_dtype, na_value=numpy.nan), "{}"
    if str(dtype) in _GAPS.values() or isinstance(dtype, numpy.dtype) and dtype.kind in "biu":
        return column.array, "{}"
    if isinstance(dtype, numpy.dtype) and dtype.kind == "f" and dtype.itemsize <= 8:
        return column.to_numpy("float32" if dtype.itemsize < 4 else dtype), "{}"
    if isinstance(dtype, pandas.DatetimeTZDtype) or isinstance(dtype, numpy.dtype) and dtype.kind == "M":
        return (column if column.dt.unit == "ns" else column.dt.as_unit("us")).array, "{}"
    if isinstance(dtype, numpy.dtype) and dtype.kind == "m":
        return (column if column.dt.unit == "ns" else column.dt.as_unit("us")).array, "{}::VARCHAR"  # Parquet has milliseconds
    if isinstance(dtype, pandas.StringDtype):
        return column.array, "{}"
    values, shape = [*column.astype(object)], text_shape(kind)
    if shape != "VARCHAR" and not all(isinstance(value, str) or is_missing(value) for value in values):
        texts = [None if (text := to_text(value, kind)) is None else json.dumps(text) for value in values]
        return pandas.array(texts, "string"), f"{{}}::JSON::{shape.replace('{', '{{').replace('}', '}}')}"
    if shape != "VARCHAR":
        return pandas.array([None if is_missing(value) else value for value in values], "string"), "{}"
    # A time with a zone is an instant; its text as a value of the type has no offset.
    offset = "+00" if kind.id == "timestamp with time zone" else ""
    texts = [
        text if isinstance(value, str) or text is None else text.removesuffix(offset)
        for value, text in ((value, to_text(value, kind)) for value in values)
    ]
    return pandas.array(texts, "string"), "{}"


def _column(name: str) -> Any:
    import duckdb

    return duckdb.ColumnExpression(name)
