"""Tables as pandas holds them, with every number exact: pandas makes binary numbers of decimals and of integers with gaps."""

import math
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb
    import pandas

_LARGE = {"bigint": "Int64", "ubigint": "UInt64"}
"""The integers that a binary number of 64 bits does not hold, and the type of pandas for them and for gaps."""


def read_frame(file: Path, connection: "duckdb.DuckDBPyConnection") -> "pandas.DataFrame":
    """The table of a Parquet file. DECIMAL columns have `decimal.Decimal` objects, and None where there is no value."""
    import pandas

    table = connection.read_parquet(str(file))
    frame = table.df()
    for name, kind in zip(table.columns, table.types):
        if kind.id != "decimal" and not (kind.id in _LARGE and frame[name].isna().any()):
            continue
        values = [value for (value,) in table.select(_column(name)).fetchall()]
        frame[name] = pandas.Series(values, frame.index, _LARGE.get(kind.id, object))
    return frame


def write_frame(frame: "pandas.DataFrame", file: Path, connection: "duckdb.DuckDBPyConnection") -> None:
    """Writes a table as a Parquet file. A column with `decimal.Decimal` objects becomes text, in their digits."""
    exact = {
        name: column.map(_written) for name, column in frame.items() if any(isinstance(value, Decimal) for value in column)
    }
    connection.from_df(frame.assign(**exact) if exact else frame).write_parquet(str(file))


def _column(name: str) -> Any:
    import duckdb

    return duckdb.ColumnExpression(name)


def _written(value: Any) -> str | None:
    if value is None or not math.isfinite(value):
        return None
    return format(value, "f") if isinstance(value, Decimal) else str(value)
