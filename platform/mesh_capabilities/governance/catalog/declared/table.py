"""What a metadata table is declared with."""

from collections.abc import Mapping
from dataclasses import dataclass

TEXT, LIST, WHOLE, TRUTH = "VARCHAR", "VARCHAR[]", "BIGINT", "BOOLEAN"
MOMENT, DAY, SMALL = "TIMESTAMP WITH TIME ZONE", "DATE", "INTEGER"
PORT = (TEXT, "The port, written domain/port.")
MAJOR = (SMALL, "Major version of its contract.")
PRODUCT = (TEXT, "The product, written domain/product.")


@dataclass(frozen=True)
class Table:
    """One table: what a row is, its columns with DuckDB type and meaning, and the columns that identify a row."""

    description: str
    columns: Mapping[str, tuple[str, str]]
    key: tuple[str, ...]
