"""Every type that a contract can have is stored in Delta and read back unchanged."""

from datetime import date, datetime

import pytest
from deltalake import DeltaTable, QueryBuilder

from mesh_platform.contract.types import duckdb_type

TYPES = {
    "TINYINT": ("-128", -128),
    "BLOB": (r"'\xAA\x00'::BLOB", b"\xaa\x00"),
    "TIMESTAMP": ("TIMESTAMP '2018-01-31 12:00:00'", datetime(2018, 1, 31, 12)),
    "VARCHAR[]": ("['a', NULL]", ["a", None]),
    'STRUCT("a b" DATE, c INTEGER[])': ("{'a b': DATE '2018-01-31', 'c': [1]}", {"a b": date(2018, 1, 31), "c": [1]}),
    "MAP(VARCHAR, BIGINT)": ("MAP {'k': 1}", {"k": 1}),
}


@pytest.mark.parametrize(("kind", "value", "expected"), [(kind, *pair) for kind, pair in TYPES.items()], ids=list(TYPES))
def test_a_type_is_stored_and_read_back(orders, contract, provenance, parquet, home, duck, kind, value, expected):
    candidate = parquet(f"SELECT CAST({value} AS {kind}) AS a", home.root / "candidate.parquet")
    first = orders.publish(candidate, contract({"a": kind}), provenance())
    again = parquet(f"SELECT CAST({value} AS {kind}) AS a", home.root / "candidate.parquet")
    second = orders.publish(again, contract({"a": kind}), provenance())
    for version in (first, second):
        assert duck.read_parquet([str(file) for file in version.files]).fetchall() == [(expected,)]
    assert [version.types for version in (first, second)] == [(duckdb_type(kind, None),)] * 2
    table = DeltaTable(str(orders.folder))
    assert (
        QueryBuilder()
        .register("orders", table)
        .execute("SELECT count(*) AS n FROM orders WHERE a IS NOT NULL")
        .read_all()
        .num_rows
        == 1
    )
