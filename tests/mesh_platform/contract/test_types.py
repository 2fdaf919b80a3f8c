"""Types: as contracts spell them, as DuckDB spells them, as Delta stores them."""

import duckdb
import pytest

from mesh_isolation.column_types import canonical, delta_type
from mesh_isolation.type_lengths import declared_length
from mesh_platform.contract.types import duckdb_type
from mesh_platform.errors import ContractError

SPELLINGS = {
    "VARCHAR": ["VARCHAR", "varchar", "TEXT", "string", "String", "VARCHAR(40)", "char ( 2 )", "STRING(7)"],
    "TINYINT": ["TINYINT"],
    "TIMESTAMP": ["TIMESTAMP", "timestamp without time zone"],
    "BLOB": ["BLOB", "bytea", "VARBINARY"],
    "VARCHAR[]": ["VARCHAR[]", "text [ ]"],
    "DECIMAL(5,2)[][]": ["NUMERIC(5, 2)[][]"],
    'STRUCT("a" INTEGER, "B c" VARCHAR[])': ['STRUCT(a INT, "B c" text[])', 'struct ( a integer , "B c" VARCHAR[] )'],
    "MAP(VARCHAR, DATE)": ["map(string, date)"],
    "SMALLINT": ["SMALLINT", "smallint"],
    "INTEGER": ["INTEGER", "INT", "int"],
    "BIGINT": ["BIGINT", "LONG"],
    "FLOAT": ["FLOAT"],
    "DOUBLE": ["DOUBLE", "double"],
    "BOOLEAN": ["BOOLEAN", "BOOL", "boolean"],
    "DATE": ["DATE"],
    "TIMESTAMP WITH TIME ZONE": ["TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE", "timestamp  with\ttime zone", "timestamptz"],
    "DECIMAL(12,2)": ["DECIMAL(12,2)", "decimal(12, 2)", "NUMERIC(12,2)", " DECIMAL ( 12 , 2 ) "],
}
DELTA = {
    "VARCHAR": "string",
    "SMALLINT": "short",
    "INTEGER": "integer",
    "BIGINT": "long",
    "FLOAT": "float",
    "DOUBLE": "double",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
    "DECIMAL(12,2)": "decimal(12,2)",
    "DECIMAL(38,10)": "decimal(38,10)",
    "TINYINT": "byte",
    "TIMESTAMP": "timestamp_ntz",
    "BLOB": "binary",
    "INTEGER[]": {"type": "array", "elementType": "integer", "containsNull": True},
    "MAP(VARCHAR, DATE)": {"type": "map", "keyType": "string", "valueType": "date", "valueContainsNull": True},
    'STRUCT("a" DATE, "b ""c" BIGINT)': {
        "type": "struct",
        "fields": [
            {"name": "a", "type": "date", "nullable": True, "metadata": {}},
            {"name": 'b "c', "type": "long", "nullable": True, "metadata": {}},
        ],
    },
}


@pytest.mark.parametrize(("expected", "spelled"), [(name, text) for name, texts in SPELLINGS.items() for text in texts])
def test_spellings_of_one_type_are_one_type(expected, spelled):
    assert duckdb_type(spelled, None) == expected


@pytest.mark.parametrize("name", DELTA)
def test_a_type_is_spelled_as_duckdb_spells_it(name):
    ((described, *_),) = [row[1:] for row in duckdb.sql(f"DESCRIBE SELECT NULL::{name} AS x").fetchall()]
    assert canonical(described) == name


@pytest.mark.parametrize(("name", "stored"), DELTA.items())
def test_delta_has_a_type_for_each(name, stored):
    assert delta_type(name) == stored


@pytest.mark.parametrize(
    ("logical", "expected"),
    [
        ("string", "VARCHAR"),
        ("integer", "ANY_INTEGER"),
        ("number", "ANY_NUMBER"),
        ("boolean", "BOOLEAN"),
        ("date", "DATE"),
        ("timestamp", "TIMESTAMP WITH TIME ZONE"),
    ],
)
def test_a_logical_type_alone_implies_one(logical, expected):
    assert duckdb_type(None, logical) == expected


def test_the_physical_type_wins_over_the_logical_one():
    assert duckdb_type("DECIMAL(10,2)", "number") == "DECIMAL(10,2)"


@pytest.mark.parametrize(
    "physical",
    ["UUID", "HUGEINT", "TIME", "UUID[]", "STRUCT(a HUGEINT)", "MAP(VARCHAR, TIME)", "DECIMAL", "", "x; y", "ANY_NUMBER"],
)
def test_a_type_that_a_port_cannot_store_is_refused_with_those_it_can(physical):
    with pytest.raises(ContractError, match="cannot store") as refusal:
        duckdb_type(physical, "string")
    assert repr(physical) in str(refusal.value)
    assert "BIGINT" in str(refusal.value)


@pytest.mark.parametrize("physical", ["DECIMAL(39,2)", "DECIMAL(5,6)", "DECIMAL(0,0)"])
def test_a_decimal_that_neither_duckdb_nor_delta_knows_is_refused(physical):
    with pytest.raises(ContractError, match="cannot store"):
        duckdb_type(physical, "number")


@pytest.mark.parametrize("logical", [None, "object", "array", "time"])
def test_a_column_without_a_type_is_refused(logical):
    with pytest.raises(ContractError, match="no physicalType"):
        duckdb_type(None, logical)


@pytest.mark.parametrize(
    "physical",
    ["STRUCT(", "STRUCT()", "STRUCT(a)", "STRUCT(a INTEGER", "STRUCT(a INTEGER,)", "STRUCT(a INTEGER))", "INTEGER[", "[]"]
    + [
        "MAP(VARCHAR)",
        "MAP(VARCHAR, VARCHAR, VARCHAR)",
        "INTEGER]",
        "INTEGER[] x",
        "STRUCT(" * 3000,
        "INTEGER" + "[]" * 9 + ";",
    ],
)
def test_a_type_that_cannot_be_read_is_refused(physical):
    with pytest.raises(ContractError, match="cannot store"):
        duckdb_type(physical, None)


@pytest.mark.parametrize(
    ("physical", "length"), [("VARCHAR(40)", 40), ("char( 2 )", 2), ("VARCHAR", None), ("DECIMAL(4,2)", None), (None, None)]
)
def test_a_type_may_state_a_length(physical, length):
    assert declared_length(physical) == length


def test_a_type_that_no_port_stores_is_spelled_as_duckdb_spells_it():
    assert canonical("HUGEINT") == "HUGEINT"
    assert canonical("ENUM('a', 'b')") == "ENUM('a', 'b')"
