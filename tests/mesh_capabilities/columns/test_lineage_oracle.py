"""Lineage held against execution: a column of a result that moves with an input has that input in its lineage."""

from pathlib import Path

import pytest

from mesh_capabilities.columns.derivation import Relation
from mesh_capabilities.columns.sql_derivation import derive
from support.lineage_oracle import Oracle

ORDERS, ITEMS, PEOPLE = Relation("sales", "orders"), Relation("sales", "items"), Relation("sales", "people")
TABLES = {
    ORDERS: (
        {"id": "INTEGER", "status": "VARCHAR", "amount": "INTEGER", "tags": "INTEGER[]", "Currency": "VARCHAR"},
        [
            (1, "open", 10, [1, 2], "BRL"),
            (2, "paid", 20, [2], "EUR"),
            (3, "open", 30, [3, 4, 5], "BRL"),
            (4, "sent", 5, [], "USD"),
            (4, "paid", 7, [1], "EUR"),
        ],
    ),
    ITEMS: (
        {"order_id": "INTEGER", "price": "INTEGER", "note": "VARCHAR"},
        [(1, 4, "gift"), (1, 6, "plain"), (2, 20, "gift"), (5, 8, "none"), (3, 2, "plain")],
    ),
    PEOPLE: (
        {"id": "INTEGER", "city": "VARCHAR", "home": "STRUCT(street VARCHAR, number INTEGER)"},
        [
            (1, " Rio ", {"street": "a", "number": 1}),
            (2, "Oslo", {"street": "b", "number": 2}),
            (3, "Berlin", {"street": "a", "number": 3}),
        ],
    ),
}
COLUMNS = {relation: list(columns) for relation, (columns, _) in TABLES.items()}

SHAPES = Path(__file__).with_name("shapes.sql").read_text(encoding="utf-8").splitlines()
"""Queries of every shape that DuckDB's SQL has for choosing, naming and combining columns."""


@pytest.fixture(scope="module")
def oracle():
    return Oracle(TABLES)


@pytest.mark.parametrize("sql", SHAPES)
def test_no_column_moves_without_its_lineage(oracle, sql):
    assert oracle.wrong(sql, derive(sql, COLUMNS, expected=oracle.columns(sql))) == []
