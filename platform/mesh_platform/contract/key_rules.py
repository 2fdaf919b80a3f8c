"""What the columns' own properties promise of rows: keys, no missing values, no value twice."""

from collections.abc import Iterator

from mesh_platform.contract.claims import NeverNull
from mesh_platform.contract.column import Column
from mesh_platform.contract.rule import Rule, no_duplicates, no_row, within
from mesh_platform.names import identifier


def key_rules(columns: tuple[Column, ...], primary_key: tuple[str, ...]) -> Iterator[Rule]:
    """ODCS `primaryKey`, `required` and `unique`. A primary key is required in each of its columns."""
    if primary_key:
        yield no_duplicates("primary_key", primary_key, f"({', '.join(primary_key)}) identifies a row")
    for column in columns:
        yield from (within(rule, column.set_aside) for rule in _of_column(column, primary_key))


def _of_column(column: Column, primary_key: tuple[str, ...]) -> Iterator[Rule]:
    name = identifier(column.name)
    if column.required or column.name in primary_key:
        yield no_row("required", column.name, f"{column.name} is never null", f"{name} IS NULL", NeverNull(column.name))
    if column.unique and primary_key != (column.name,):
        yield no_duplicates("unique", (column.name,), f"{column.name} occurs once")
