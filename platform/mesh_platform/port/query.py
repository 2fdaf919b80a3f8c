"""Read-only SQL over published ports: what `mesh query` runs, and nothing it could do harm with."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from mesh_platform.errors import PortDamaged, QueryRefused
from mesh_platform.home import MeshHome, bucket_of_ports
from mesh_platform.names import literal
from mesh_platform.port.shelf import published_ports, view_statements
from mesh_platform.port.version import PortVersion

_EXPLAIN = re.compile(r"^\s*EXPLAIN(\s+ANALYZE)?\s", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """The result of a query."""

    columns: Sequence[str]
    rows: Sequence[tuple[Any, ...]]
    remarks: Sequence[str] = ()
    """What is wrong with ports that it could read, whether it did or not."""


def query(home: MeshHome, sql: str) -> Answer:
    """Runs one SELECT over the served versions of all ports, written `sales.orders`.

    Raises QueryRefused for anything that is not one SELECT, and for SQL that DuckDB does not accept.
    """
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        served, remarks = _served(home, sql)
        for statement in view_statements(served):
            connection.execute(statement)
        connection.execute(f"SET temp_directory = {literal(home.root / 'tmp')}")
        # From here on the query can read the ports' folder, and no other file.
        connection.execute(f"SET allowed_directories = [{literal(home.ports)}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        try:
            # EXPLAIN ANALYZE runs what it explains: that, too, must be a SELECT.
            statements = connection.extract_statements(_EXPLAIN.sub("", sql, count=1))
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise QueryRefused("That is not one SELECT.", "`mesh query` reads; it takes a single select statement.")
            result = connection.execute(sql)
            return Answer([column[0] for column in result.description], result.fetchall(), remarks)
        except duckdb.Error as problem:
            ways_out = ["Ports are written domain.port; `mesh products` lists them.", *remarks]
            raise QueryRefused(f"The query does not run: {str(problem).strip()}", "\n" + "\n".join(ways_out)) from None


def _served(home: MeshHome, sql: str) -> tuple[list[PortVersion], list[str]]:
    """What every port serves, and what is wrong with those that are damaged; one without a whole version is left out.

    Ports in a bucket are there if the query has their name somewhere: the data of the others need not be fetched.
    """
    served, remarks = [], []
    for port in published_ports(home).values():
        if bucket_of_ports() and port.address.port not in sql.lower():
            continue
        try:
            served.append(port.current())
            remarks.append(served[-1].damage)
        except PortDamaged as problem:
            remarks.append(str(problem))
    return served, [remark for remark in remarks if remark]
