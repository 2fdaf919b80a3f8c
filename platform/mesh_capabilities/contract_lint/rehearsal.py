"""Running the queries of a contract on no rows at all: what does not run there would stop the audit of every candidate."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mesh_platform.contract.contract import Contract
from mesh_platform.contract.quality import sql_measure
from mesh_platform.contract.rule import CANDIDATE
from mesh_platform.names import identifier
from mesh_platform.yaml_files import Place

if TYPE_CHECKING:
    import duckdb


def rehearse(document: Mapping[str, Any], contract: Contract) -> Iterator[tuple[Place, str]]:
    """The place and the problem of every query of `document`, which `contract` was read from, that DuckDB does not run.

    It happens in memory, where no file can be read or written, whatever a query asks for.
    """
    import duckdb

    with duckdb.connect(config={"enable_external_access": "false"}) as connection:
        columns = ", ".join(f"{identifier(column.name)} {column.type}" for column in contract.columns)
        connection.execute(f"CREATE TABLE {CANDIDATE} ({columns})")
        connection.execute("SET lock_configuration = true")
        for place, sql in _queries(document, contract):
            if problem := _problem(sql, connection):
                yield place, problem


def _problem(sql: str, connection: "duckdb.DuckDBPyConnection") -> str | None:
    import duckdb

    try:
        connection.execute(sql)
    except duckdb.Error as problem:
        return f"DuckDB does not run it: {' '.join(str(problem).split('LINE 1')[0].split())}"
    return None


def _queries(document: Mapping[str, Any], contract: Contract) -> Iterator[tuple[Place, str]]:
    columns = {column.name: column for column in contract.columns}
    for at, table in enumerate(document["schema"]):
        holders = [(("schema", at), table, None)]
        holders += [
            (("schema", at, "properties", number), said, columns[said["name"]])
            for number, said in enumerate(table["properties"])
        ]
        for place, holder, column in holders:
            for number, rule in enumerate(holder.get("quality") or ()):
                if rule.get("type") == "sql":
                    measure = sql_measure(rule, table["name"], column)
                    yield (*place, "quality", number, "query"), f"SELECT {measure.expression}, count(*) FROM {CANDIDATE}"
