"""The limits of a policy's SQL: one read-only SELECT over metadata tables, within a time limit."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from threading import Timer

import duckdb

from mesh_capabilities.errors import PolicyError
from mesh_capabilities.governance.policy import Policy
from mesh_isolation.sql import FOREIGN, Statement
from mesh_platform.errors import QueryRefused
from mesh_platform.restricted_sql import check_expression, one_select

RESULT = ("subject", "message", "evidence")
"""The columns that a policy's query returns, in this order."""

SECONDS = FOREIGN.seconds
"""How long one policy may take. All of them together take less on a mesh of 5,000 products."""


def check_policy(policy: Policy, known: Collection[str]) -> Statement:
    """The statement of a policy. Raises PolicyError unless its query and its scope only read metadata tables.

    Args:
        policy: any policy.
        known: the names of the tables that a policy may read.
    """
    if policy.scope.condition:
        check_condition(policy.scope.subjects.table, policy.scope.condition, known, f"the scope of {policy.file}")
    return check_statement(policy.query, known, policy.file)


def check_statement(sql: str, known: Collection[str], where: str) -> Statement:
    """The statement in `sql`. Raises PolicyError unless it is exactly one SELECT over known tables.

    Args:
        sql: the text of the policy's file below its header.
        known: the names of the tables that a policy may read.
        where: the policy's file, for messages.
    """
    try:
        return one_select(sql, frozenset(known))
    except QueryRefused as problem:
        raise PolicyError(f"{where} {problem.found}", problem.way_out) from None


def check_condition(table: str, condition: str, known: Collection[str], where: str) -> None:
    """Raises PolicyError unless `condition` is one expression over the rows of `table` that only reads known tables."""
    # A text that closes the parentheses around it could add subjects of other domains.
    check_statement(f"SELECT * FROM {table} WHERE (\n{condition}\n)", known, where)
    try:
        check_expression(condition)
    except QueryRefused as problem:
        raise PolicyError(
            f"{where} is not a single condition: it {problem.found}", f"Write one expression over the columns of {table}."
        ) from None


def check_violation_columns(table: str, connection: duckdb.DuckDBPyConnection, where: str) -> None:
    """Raises PolicyError unless the table, the result of a policy's query, has the columns that a policy returns."""
    columns = tuple(column[0] for column in connection.execute(f"FROM {table} LIMIT 0").description)
    if columns != RESULT:
        raise PolicyError(
            f"{where} returns {', '.join(columns)}.", f"Return {', '.join(RESULT)}, in this order, one row per violation."
        )


@contextmanager
def time_limit(seconds: float, connection: duckdb.DuckDBPyConnection, where: str) -> Iterator[None]:
    """Interrupts what the connection executes within the block after `seconds`.

    Raises PolicyError then, and for any other error of DuckDB's; `where` is the policy's file, for messages.
    """
    timer = Timer(seconds, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    except duckdb.InterruptException:
        raise PolicyError(
            f"{where} was interrupted: it took longer than {seconds:g} s.", "Join by keys, and select violations only."
        ) from None
    except duckdb.Error as problem:
        raise PolicyError(f"{where} cannot be executed: {_one_line(problem)}.", "Correct its SQL.") from None
    finally:
        timer.cancel()


def _one_line(problem: Exception) -> str:
    return " ".join(str(problem).split()).rstrip(".")
