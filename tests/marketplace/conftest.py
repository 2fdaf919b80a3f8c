"""One generation, shared by the tests that look into its files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from marketplace import generate

ORDERS = 3_000


class Sample(NamedTuple):
    """Generated files and what is known of them."""

    folder: Path
    known: dict
    progress: dict[str, int]
    """What was last heard of each file while it was written."""
    sql: Callable[[str], list[tuple]]
    """Asks the files, each a table named like the file without `olist_` and `_dataset`; every column is text."""

    def number(self, query: str) -> int:
        ((count,),) = self.sql(query)
        return count


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder = tmp_path_factory.mktemp("sources")
    progress = {}
    known = generate(folder, ORDERS, progress=lambda file_name, rows: progress.update({file_name: rows}))
    connection = duckdb.connect()
    for path in sorted(folder.glob("*/*.csv")):
        table = path.stem.removeprefix("olist_").removesuffix("_dataset").replace("-", "_")
        connection.execute(f"""
            CREATE TABLE {table} AS
            FROM read_csv('{path}', header = true, all_varchar = true, delim = ',', quote = '"', escape = '"')
        """)
    return Sample(folder, json.loads(json.dumps(known)), progress, lambda query: connection.execute(query).fetchall())
