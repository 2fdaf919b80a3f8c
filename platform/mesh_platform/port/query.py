"""Read-only SQL over published ports, without access to anything else."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from mesh_isolation.engine import lock
from mesh_isolation.python_values import shown_rows
from mesh_isolation.text import nearest
from mesh_platform.errors import PortDamaged, QueryRefused
from mesh_platform.home import MeshHome, bucket_of_ports
from mesh_platform.names import literal
from mesh_platform.port.shelf import published_ports, reading, view_statements
from mesh_platform.port.version import PortVersion
from mesh_platform.restricted_sql import one_select

_TABLES = "\nPorts are written domain.port; `mesh products` lists them."
_STATEMENT = "\nWrite one SELECT; `mesh products` lists the ports, `mesh show DOMAIN/PORT` the columns of one."

_EXPLAIN = re.compile(r"^\s*EXPLAIN(\s+ANALYZE)?\s", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """The result of a query."""

    columns: Sequence[str]
    rows: Sequence[tuple[Any, ...]]
    remarks: Sequence[str] = ()
    """Messages about damaged ports, whether the query reads them or not."""


def query_ports(home: MeshHome, sql: str, most: int | None = None) -> Answer:
    """Runs one SELECT over the served versions of all ports, written `sales.orders`, and reads up to `most` rows of it.

    Raises QueryRefused for anything but one SELECT, and for SQL that DuckDB rejects.
    """
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        served, remarks = _served(home, sql)
        for version in served:
            try:
                with reading(version):
                    list(map(connection.execute, view_statements(version)))
            except PortDamaged as problem:
                remarks.append(str(problem))
        connection.execute(f"SET temp_directory = {literal(home.root / 'tmp')}")
        lock(connection, folders=[str(home.ports)])
        way_out = _STATEMENT
        try:
            # EXPLAIN ANALYZE runs the statement that it explains, so that must be a SELECT as well.
            statement = one_select(_EXPLAIN.sub("", sql, count=1))
            # DuckDB reads a table that it does not know from the file of that name.
            views = connection.execute("SELECT lower(schema_name || '.' || view_name), internal FROM duckdb_views()").fetchall()
            for name in statement.tables:
                if not {name, f"main.{name}", name.removeprefix("memory.")} & dict(views).keys():
                    way_out = _TABLES
                    ports = [port for port, internal in views if not internal]
                    raise QueryRefused(f"reads {name!r}, which is no published port. {nearest(name, ports)}")
            result = connection.sql(sql)
            rows = result.fetchall() if _EXPLAIN.match(sql) else shown_rows(result, most)
            return Answer(result.columns, rows, remarks)
        except QueryRefused as problem:
            raise QueryRefused(f"The query failed: it {problem.found}", "\n".join([way_out, *remarks])) from None
        except duckdb.Error as problem:
            raise QueryRefused(f"The query failed: {str(problem).strip()}", "\n".join([way_out, *remarks])) from None


def _served(home: MeshHome, sql: str) -> tuple[list[PortVersion], list[str]]:
    """The served version of every port, and messages about damaged ports. A port without an undamaged version is left out.

    Of ports in a bucket, only those whose names occur in the query are included, because the others need not be fetched.
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
