"""Small contracts as the users of other systems and tools write them, each judged on good data and on bad."""

import pytest

from mesh_platform.errors import ContractError

# System: the columns as its users write them, the rule of the table, good data, and data that break the rule.
DIALECTS = {
    "Snowflake": (
        {"id": "NUMBER", "code": "VARCHAR(3)", "price": "NUMBER(10,2)", "at": "TIMESTAMP_NTZ", "tags": "ARRAY(VARCHAR)"},
        'SELECT COUNT(*) FROM ${schema}.${table} WHERE "price" < 0',
        "1::DECIMAL(38,0) AS id, 'abc' AS code, {}::DECIMAL(10,2) AS price, now()::TIMESTAMP AS at, ['x'] AS tags",
    ),
    "BigQuery": (
        {"id": "INT64", "price": "FLOAT64", "raw": "BYTES", "place": "STRUCT<town STRING, zip ARRAY<INT64>>"},
        "SELECT count(*) FROM `{model}` WHERE price < 0",
        "1::BIGINT AS id, {}::DOUBLE AS price, 'x'::BLOB AS raw, {{'town': 'A', 'zip': [1::BIGINT]}} AS place",
    ),
    "PostgreSQL": (
        {"id": "bigserial", "price": "numeric(12, 2)", "name": "character varying(5)", "at": "timestamp(6) with time zone"},
        "SELECT count(*) FROM {table} t WHERE t.price < 0",
        "1::BIGINT AS id, {}::DECIMAL(12,2) AS price, 'abcde' AS name, now() AS at",
    ),
    "Databricks": (
        {"id": "long", "price": "decimal(12,2)", "part": "struct<a:int,b:map<string,double>>", "at": "timestamp_ltz"},
        "SELECT COUNT(*) FROM ${model} WHERE price < 0",
        "1::BIGINT AS id, {}::DECIMAL(12,2) AS price, {{'a': 1, 'b': MAP {{'x': 1::DOUBLE}}}} AS part, now() AS at",
    ),
    "Trino": (
        {"id": "bigint", "price": "double", "part": "row(a integer, b varchar(3))", "raw": "varbinary"},
        "select count(*) from ${object} where price < 0",
        "1::BIGINT AS id, {}::DOUBLE AS price, {{'a': 1, 'b': 'x'}} AS part, 'x'::BLOB AS raw",
    ),
    "Iceberg": (
        {"id": "long", "price": "float", "list": "list<int>", "hash": "fixed(2)", "at": "timestamptz"},
        "select count(*) from {object} where price < 0",
        "1::BIGINT AS id, {}::FLOAT AS price, [1] AS list, 'ab'::BLOB AS hash, now() AS at",
    ),
    "SQL Server": (
        {"id": "int", "price": "smallmoney", "name": "nvarchar(max)", "at": "datetime2(6)", "share": "float(53)"},
        'SELECT COUNT(*) FROM "{schema}"."{table}" WHERE price < 0',
        "1::INTEGER AS id, {}::DECIMAL(10,4) AS price, 'x' AS name, now()::TIMESTAMP AS at, 0.5::DOUBLE AS share",
    ),
    "Oracle": (
        {"id": "NUMBER(18)", "price": "NUMBER(10,2)", "name": "VARCHAR2(3 CHAR)", "share": "BINARY_DOUBLE", "raw": "RAW(2)"},
        "SELECT COUNT(*) FROM ${table} WHERE price < 0",
        "1::DECIMAL(18,0) AS id, {}::DECIMAL(10,2) AS price, 'abc' AS name, 0.5::DOUBLE AS share, 'ab'::BLOB AS raw",
    ),
    "MySQL": (
        {"id": "int(11)", "price": "double", "name": "mediumtext", "at": "datetime(3)", "size": "mediumint"},
        "SELECT COUNT(*) FROM `${table}` WHERE price < 0",
        "1::INTEGER AS id, {}::DOUBLE AS price, 'x' AS name, now()::TIMESTAMP AS at, 7::INTEGER AS size",
    ),
    "Redshift": (
        {"id": "int8", "price": "decimal(12,2)", "name": "bpchar(3)", "flag": "bool", "raw": "varbyte(2)"},
        "select count(*) from ${schema}.${model} where price < 0",
        "1::BIGINT AS id, {}::DECIMAL(12,2) AS price, 'abc' AS name, true AS flag, 'ab'::BLOB AS raw",
    ),
}


@pytest.mark.parametrize(("columns", "query", "data"), DIALECTS.values(), ids=DIALECTS)
def test_a_contract_in_the_words_of_another_system_is_kept_and_broken(judge, columns, query, data):
    properties = [{"name": name, "physicalType": kind} for name, kind in columns.items()]
    properties[0]["quality"] = [{"name": "counted", "type": "sql", "query": "SELECT count({field}) FROM {model}", "mustBe": 1}]
    rule = [{"name": "no_debt", "type": "sql", "query": query, "mustBe": 0}]
    good, bad = (judge(f"SELECT {data.format(price)}", properties, rule) for price in (1, -1))
    assert [verdict.rule.check for verdict in good.broken] == []
    assert [verdict.rule.check for verdict in bad.broken] == ["no_debt"]


PART = {"name": "a", "logicalType": "integer", "physicalType": "int"}
WHOLES = {
    "array": ({"items": {"logicalType": "string"}}, "['x']", "[1]"),
    "LIST": ({"items": {"logicalType": "string"}}, "['x']", "'x'"),
    "object": ({"logicalType": "object", "properties": [PART]}, "{'a': 1}", "{'b': 1}"),
    "record": ({"logicalType": "object", "properties": [PART]}, "{'a': 1}", "{'a': 'x'}"),
    "struct": ({"properties": [PART]}, "{'a': 1}", "[1]"),
}


@pytest.mark.parametrize(("name", "described", "good", "bad"), [(name, *rest) for name, rest in WHOLES.items()], ids=WHOLES)
def test_a_type_without_parts_is_understood_if_the_contract_describes_them(judge, name, described, good, bad):
    columns = [{"name": "whole", "physicalType": name, **described}]
    assert judge(f"SELECT {good} AS whole", columns).broken == []
    assert [verdict.rule.check for verdict in judge(f"SELECT {bad} AS whole", columns).broken] == ["schema"]


@pytest.mark.parametrize("described", [{}, {"logicalType": "object", "properties": [PART]}])
def test_a_type_without_parts_is_refused_if_the_contract_does_not_describe_them(load, described):
    with pytest.raises(ContractError, match="it does not state its parts; the nearest is T"):
        load(columns=[{"name": "whole", "physicalType": "array", **described}])
