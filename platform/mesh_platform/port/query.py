"""Read-only SQL over published ports, without access to anything else."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from mesh_platform.errors import MeshError, PortDamaged, QueryRefused
from mesh_platform.home import MeshHome, bucket_of_ports
from mesh_platform.names import literal
from mesh_platform.port.shelf import published_ports, reading, view_statements
from mesh_platform.port.version import PortVersion

_EXPLAIN = re.compile(r"^\s*EXPLAIN(\s+ANALYZE)?\s", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """The result of a query."""

    columns: Sequence[str]
    rows: Sequence[tuple[Any, ...]]
    remarks: Sequence[str] = ()
    """Messages about damaged ports, whether the query reads them or not."""


def query(home: MeshHome, sql: str) -> Answer:
    """Runs one SELECT over the served versions of all ports, written `sales.orders`.

    Raises QueryRefused for anything but one SELECT, and for SQL that DuckDB rejects.
    """
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        served, remarks = _served(home, sql)
        for version in served:
            try:
                with reading(version):
                    list(map(connection.execute, view_statements([version])))
            except MeshError as problem:
                remarks.append(str(problem))
        connection.execute(f"SET temp_directory = {literal(home.root / 'tmp')}")
        # From here on, the query can read files in the ports' folder and no others.
        connection.execute(f"SET allowed_directories = [{literal(home.ports)}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        try:
            # EXPLAIN ANALYZE runs the statement that it explains, so that must be a SELECT as well.
            statements = connection.extract_statements(_EXPLAIN.sub("", sql, count=1))
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise QueryRefused("The query is not a single SELECT.", "`mesh query` runs one SELECT statement at a time.")
            result = connection.execute(sql)
            return Answer([column[0] for column in result.description], result.fetchall(), remarks)
        except duckdb.Error as problem:
            ways_out = ["Ports are written domain.port; `mesh products` lists them.", *remarks]
            raise QueryRefused(f"The query failed: {str(problem).strip()}", "\n" + "\n".join(ways_out)) from None


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
