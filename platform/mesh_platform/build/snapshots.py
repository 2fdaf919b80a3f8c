"""What dbt's snapshots remember from run to run: what was published, and nothing that was refused.

dbt changes a snapshot while it builds, before the audit. So each is copied first. The copy goes when the port is
published; where it is still there at the next run, the run before was refused or died, and the snapshot is put back.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb
    from dagster_duckdb import DuckDBResource

_NOTHING = "there_was_no_snapshot"
"""The one column of a copy that says that the snapshot is new."""


def put_back(tables: Iterable[str], warehouse: "DuckDBResource") -> None:
    """Brings snapshots to where the last published version left them, and copies them for the next time.

    Args:
        tables: as SQL writes them, with their schema.
        warehouse: the domain's own.
    """
    chosen = sorted(tables)
    if not chosen:
        return
    with warehouse.get_connection() as connection:
        # The copy is there for minutes; compressing it would cost as much again.
        connection.execute("SET force_compression = 'uncompressed'")
        for table in chosen:
            copy = _copy(table)
            if _NOTHING in (columns := _columns(copy, connection)):
                connection.execute(f"DROP TABLE IF EXISTS {table}")
            elif columns:
                connection.execute(f"CREATE OR REPLACE TABLE {table} AS FROM {copy}")
            elif _columns(table, connection):
                connection.execute(f"CREATE TABLE {copy} AS FROM {table}")
            else:
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {table.partition('.')[0]}")
                connection.execute(f"CREATE TABLE {copy} ({_NOTHING} BOOLEAN)")
        connection.execute("RESET force_compression")


def settle(tables: Iterable[str], warehouse: "DuckDBResource") -> None:
    """Lets go of the copies: what the snapshots say has been published."""
    chosen = sorted(tables)
    if not chosen:
        return
    with warehouse.get_connection() as connection:
        for table in chosen:
            connection.execute(f"DROP TABLE IF EXISTS {_copy(table)}")


def _copy(table: str) -> str:
    return f'{table[:-1]}__published"'


def _columns(table: str, connection: "duckdb.DuckDBPyConnection") -> list[str]:
    """The names of the columns; none when there is no such table."""
    import duckdb

    try:
        return [name for name, *_ in connection.execute(f"DESCRIBE {table}").fetchall()]
    except duckdb.CatalogException:
        return []
