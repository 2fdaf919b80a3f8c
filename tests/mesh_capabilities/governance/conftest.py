"""Metadata tables without a mesh: a test gives the columns that matter, and defaults follow from the names."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import duckdb
import pytest

from mesh_capabilities.governance import policy_tables
from mesh_capabilities.governance.catalog.tables import TABLES
from mesh_capabilities.governance.library import Library
from mesh_capabilities.governance.policy import Policy
from mesh_capabilities.governance.policy_report import PolicyReport, run_policies
from support.commands import call, command, shop  # noqa: F401

TODAY = date(2026, 6, 1)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)

Rows = Mapping[str, Iterable[Mapping[str, Any]]]


def _domain(row):
    return {"state": "loaded", "owner": f"team:{row['domain']}", "file": f"domains/{row['domain']}/domain.yaml"}


def _product(row):
    domain, _, name = row["product"].partition("/")
    return {"domain": domain, "name": name, "status": "active", "file": f"domains/{domain}/products/{name}.odps.yaml"}


def _port(row):
    domain, _, name = row["port"].partition("/")
    made = {"major": 1, "newest": True, "published": False, "domain": domain, "name": name, "product": row["port"]}
    return {**made, "contract": f"{domain}.{name}.v{row.get('major', 1)}"}


def _contract(row):
    domain, name, major = row["contract"].split(".")
    made = {"domain": domain, "product": f"{domain}/{name}", "port": f"{domain}/{name}", "major": int(major.removeprefix("v"))}
    return {**made, "version": "1.0.0", "valid": True, "file": f"domains/{domain}/contracts/{name}.{major}.odcs.yaml"}


def _column(row):
    domain, name, major = row["contract"].split(".")
    made = {"port": f"{domain}/{name}", "major": int(major.removeprefix("v")), "type": "VARCHAR", "primary_key": False}
    return {**made, "position": 1, "classification": "internal", "description": "What it means."}


def _input(row):
    domain = row["product"].partition("/")[0]
    port = row["input"].replace("/", ".")
    return {"domain": domain, "input_domain": row["input"].partition("/")[0], "input_major": 1, "contract": f"{port}.v1"}


def _used(row):
    made = {"product": row["port"], "domain": row["port"].partition("/")[0], "input_domain": row["input"].partition("/")[0]}
    return {**made, "file": f"dbt_projects/{row['port'].replace('/', '/models/ports/')}.sql"}


def _rule(row):
    domain, name, _ = row["contract"].split(".")
    return {"port": f"{domain}/{name}", "severity": "error", "source": "contract", "check": row["kind"]}


_DEFAULTS = {
    "domains": _domain,
    "products": _product,
    "ports": _port,
    "contracts": _contract,
    "columns": _column,
    "inputs_declared": _input,
    "inputs_used": _used,
    "rules": _rule,
    "column_lineage": lambda row: {"kind": "value"},
    "relations_read": lambda row: {"model": "things", "allowed": True},
    "contract_changes": lambda row: {"since": "published", "happened": "changed", "breaking": False, "sufficient": True},
}


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    """One for all tests: opening one takes longer than most of them. A report holds only until the next one is made."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def mesh_tables(rows: Rows, today: date = TODAY) -> duckdb.DuckDBPyConnection:
    """A connection like the catalog's, with these rows in its tables."""
    connection = _connection()
    strange = rows.keys() - TABLES.keys() - policy_tables.POLICY_TABLES.keys()
    assert not strange, f"there are no tables {strange}"
    full = {name: [{**_DEFAULTS.get(name, dict)(row), **row} for row in given] for name, given in rows.items()}
    for name, given in full.items():
        known = {**TABLES, **policy_tables.POLICY_TABLES}[name].columns
        assert all(row.keys() <= known.keys() for row in given), f"{name} has no such columns: {given}"
    for name, table in TABLES.items():
        policy_tables.create_table(connection, name, table, full.get(name, ()))
    policy_tables.create_policy_tables(connection, today, full.get("contract_changes", ()), full.get("columns_of_views", ()))
    return connection


def _judged(policies: Iterable[Policy], rows: Rows, today: date = TODAY, waivers=(), seconds: float = 20) -> PolicyReport:
    policies = tuple(policies)
    return run_policies(Library(policies, tuple(waivers)), policies, mesh_tables(rows, today), today, NOW, seconds)


@pytest.fixture(scope="session")
def judged():
    """Evaluates policies on tables with some rows, and gives the report."""
    return _judged
