"""What a candidate would change: rows by key and column by column, and whole rows where no key tells them apart."""

from decimal import Decimal

import pytest

from mesh_capabilities.review.difference import SHOWN, difference
from mesh_platform.contract.document import load_contract
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import Provenance

COLUMNS = (
    {"name": "id", "physicalType": "INTEGER", "primaryKey": True},
    {"name": "price", "physicalType": "DECIMAL(10,2)"},
    {"name": "note", "physicalType": "VARCHAR"},
)
SERVED = "(1, 1.5, 'a'), (2, 2.5, NULL), (3, 3.5, 'c')"


def rows(values, columns="id::INTEGER AS id, price::DECIMAL(10,2) AS price, note"):
    return f"SELECT {columns} FROM (VALUES {values}) t(id, price, note)"


@pytest.fixture
def served(company, parquet):
    """A version of three rows."""
    contract = load_contract(company.contract("things", columns=COLUMNS), company.root)
    port = OutputPort(contract.address, company.root / ".mesh/ports/shop/things/v1")
    said = {"contract": contract.id, "contract_version": "1.0.0", "contract_file": contract.file, "contract_digest": "x"}
    return port.publish(parquet(rows(SERVED)), contract, Provenance(**said, rows=3, rules=1))


@pytest.fixture
def compare(served, parquet):
    """The difference of a candidate from what is served."""
    return lambda sql, key=("id",), version=served: difference(version, parquet(sql), key)


def test_the_same_rows_in_another_order_are_no_difference(compare):
    found = compare(rows("(3, 3.5, 'c'), (1, 1.5, 'a'), (2, 2.5, NULL)"))
    assert (found.none, found.version, found.before, found.after) == (True, 0, 3, 3)
    assert (found.added_rows, found.removed_rows, found.changed_rows, found.by_column) == ((), (), (), {})


def test_rows_are_added_removed_and_changed_by_their_key(compare):
    found = compare(rows("(1, 1.5, 'b'), (2, 9.5, 'b'), (4, 4.5, 'd')"))
    assert (found.added, found.removed, found.changed, found.none) == (1, 1, 2, False)
    assert found.by_column == {"price": 1, "note": 2}
    assert found.added_rows == ({"id": 4, "price": Decimal("4.50"), "note": "d"},)
    assert found.removed_rows == ({"id": 3, "price": Decimal("3.50"), "note": "c"},)
    assert found.changed_rows == (
        {"id": 1, "note": ("a", "b")},
        {"id": 2, "price": (Decimal("2.50"), Decimal("9.50")), "note": (None, "b")},
    )


def test_what_becomes_null_has_changed(compare):
    found = compare(rows("(1, NULL, 'a'), (2, 2.5, NULL), (3, 3.5, 'c')"))
    assert (found.changed, found.by_column) == (1, {"price": 1})


def test_columns_that_come_go_or_change_their_type_are_told(compare):
    found = compare(rows(SERVED, "id::INTEGER AS id, price::VARCHAR AS price, 7 AS weight"))
    assert (found.new_columns, found.lost_columns) == (("weight",), ("note",))
    assert found.retyped == {"price": ("DECIMAL(10,2)", "VARCHAR")}
    assert (found.added, found.removed, found.changed) == (0, 0, 3)  # 1.5 as text is not 1.50


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ("(1, 1.5, 'a'), (2, 2.5, NULL), (2, 2.5, 'x')", ("id",)),
        ("(1, 1.5, 'a'), (2, 2.5, NULL), (2, 2.5, 'x')", ()),
        ("(1, 1.5, 'a'), (2, 2.5, NULL), (2, 2.5, 'x')", ("missing",)),
    ],
)
def test_without_a_key_that_tells_rows_apart_whole_rows_are_compared(compare, values, key):
    found = compare(rows(values), key)
    assert (found.added, found.removed, found.changed) == (1, 1, None)
    assert [row["note"] for row in (*found.added_rows, *found.removed_rows)] == ["x", "c"]


def test_a_key_of_several_columns_may_hold_nulls(compare):
    found = compare(rows("(1, 1.5, 'a'), (2, 3.0, NULL), (3, 3.5, 'c')"), ("id", "note"))
    assert (found.added, found.removed, found.changed, found.by_column) == (0, 0, 1, {"price": 1})


def test_a_candidate_without_any_column_of_before_is_all_new(compare):
    found = compare("SELECT 1 AS other")
    assert (found.added, found.removed, found.changed, found.lost_columns) == (1, 3, None, ("id", "price", "note"))


def test_beside_nothing_every_row_is_new(compare):
    found = compare(rows(SERVED), version=None)
    assert (found.version, found.before, found.after, found.added) == (None, 0, 3, 3)
    assert len(found.added_rows) == SHOWN


def test_only_a_few_rows_are_shown(compare):
    found = compare("SELECT i::INTEGER AS id, 0::DECIMAL(10,2) AS price, 'n' AS note FROM range(1, 2000) t(i)")
    assert (found.added, found.changed) == (1996, 3)
    assert len(found.added_rows) == SHOWN
    assert [row["id"] for row in found.added_rows] == [4, 5, 6]
