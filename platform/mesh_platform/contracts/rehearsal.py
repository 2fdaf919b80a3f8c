"""Running the SQL of a contract on no rows at all: what does not run there would stop the audit of every candidate."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mesh_platform.contracts.candidate import CANDIDATE
from mesh_platform.contracts.contract import Contract
from mesh_platform.contracts.positions import Place
from mesh_platform.contracts.quality import quality_rule
from mesh_platform.errors import ContractError
from mesh_platform.naming import identifier, literal

if TYPE_CHECKING:
    import duckdb


def rehearse(document: Mapping[str, Any], contract: Contract) -> Iterator[tuple[Place, str]]:
    """The place and the problem of every query and every pattern of `document` that DuckDB does not run.

    It happens in memory, where no file can be read or written, whatever a query asks for.
    """
    import duckdb

    with duckdb.connect(config={"enable_external_access": "false"}) as connection:
        columns = ", ".join(f"{identifier(column.name)} {column.type}" for column in contract.columns)
        connection.execute(f"CREATE TABLE {CANDIDATE} ({columns})")
        connection.execute("SET lock_configuration = true")
        for place, sql in _statements(document, contract):
            if problem := _problem(sql, connection):
                yield place, problem


def _problem(sql: str, connection: "duckdb.DuckDBPyConnection") -> str | None:
    import duckdb

    try:
        connection.execute(sql)
    except duckdb.Error as problem:
        return f"DuckDB does not run it: {' '.join(str(problem).split('LINE 1')[0].split())}"
    return None


def _statements(document: Mapping[str, Any], contract: Contract) -> Iterator[tuple[Place, str]]:
    for at, table in enumerate(document.get("schema") or ()):
        for number, rule in enumerate(table.get("quality") or ()):
            yield from _of_rule(rule, ("schema", at, "quality", number), None, contract)
        for number, (said, column) in enumerate(zip(table.get("properties") or (), contract.columns)):
            place = ("schema", at, "properties", number)
            if isinstance(pattern := (said.get("logicalTypeOptions") or {}).get("pattern"), str):
                yield (*place, "logicalTypeOptions", "pattern"), f"SELECT regexp_matches('', {literal(pattern)})"
            for inner, rule in enumerate(said.get("quality") or ()):
                yield from _of_rule(rule, (*place, "quality", inner), column, contract)


def _of_rule(rule: Mapping[str, Any], place: Place, column: Any, contract: Contract) -> Iterator[tuple[Place, str]]:
    if isinstance(pattern := (rule.get("arguments") or {}).get("pattern"), str):
        yield (*place, "arguments", "pattern"), f"SELECT regexp_matches('', {literal(pattern)})"
    if rule.get("type") == "sql":
        try:
            columns = {column.name: column for column in contract.columns}
            made = quality_rule(dict(rule), contract.address.port, columns, column, contract.primary_key)
        except ContractError:
            return  # reading the contract has said so
        yield (*place, "query"), f"SELECT {made.measure}, count(*) FROM {CANDIDATE}"
