"""Which SQL a policy may contain: one SELECT over metadata tables."""

import pytest

from mesh_capabilities.errors import PolicyError
from mesh_capabilities.governance.policy_tables import READABLE
from mesh_capabilities.governance.statement import check_statement

GOOD = "select product as subject, 'm' as message, 'e' as evidence from products"


def check(sql):
    return check_statement(sql, READABLE, "policies/x.sql")


@pytest.mark.parametrize(
    "sql",
    [
        GOOD,
        f"{GOOD};",
        f"{GOOD} -- and a remark",
        "with x as (select * from mesh.products) select product as subject, 'm' as message, null as evidence from x",
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 9) select i as subject, '' as message, '' as "
        "evidence from n cross join clock",
        "select unnest(tags) as subject, 'm' as message, '' as evidence from products where name in (from ports select name)",
        "from products select product as subject, 'm' as message, '' as evidence",
        "select * from (values ('a', 'b', 'c')) as v(subject, message, evidence)",
        "select 'x' as subject, '' as message, '' as evidence from range(3) as numbers(i)",
    ],
)
def test_a_select_over_metadata_is_accepted(sql):
    assert check(sql).sql.rstrip(";") in sql


def test_a_statement_lists_its_tables_and_columns():
    found = check("with x as (select product, tier from Products) select product as subject, tier from x, clock")
    assert (found.tables, found.columns) == (("clock", "products"), ("product", "tier"))


@pytest.mark.parametrize(
    "sql",
    [
        "insert into products (product) values ('x')",
        "delete from products",
        "drop table products",
        "create table x as select 1",
        "copy (select 1) to 'x.csv'",
        "attach 'x.duckdb'",
        "install httpfs",
        "load 'x.duckdb_extension'",
        "set threads = 1",
        "pragma enable_profiling",
        "call pragma_version()",
        "explain analyze select 1",
        "checkpoint",
        f"{GOOD}; drop table products",
        f"{GOOD}; {GOOD}",
        "",
        "-- nothing",
    ],
)
def test_anything_but_one_select_is_refused(sql):
    with pytest.raises(PolicyError, match="expected is one SELECT"):
        check(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select * from 'secret.csv'",
        'select * from "secret.parquet"',
        "select * from read_csv('secret.csv')",
        "select * from read_text('/etc/passwd')",
        "select * from glob('*')",
        "select * from read_parquet(['a', 'b'])",
        "select (select content from read_blob('x')) as subject",
        "select * from products where exists (select * from 'x.json')",
        "with x as (select * from read_csv('a')) select * from x",
        # A step's name is only in sight within its own query.
        'select * from (with "x.csv" as (select 1) select * from "x.csv") as a, \'x.csv\' as b',
        "select * from information_schema.tables",
        "select * from duckdb_settings()",
        "select * from duckdb_secrets()",
        "pragma database_list",
        "select * from pragma_table_info('products')",
        "select * from query('select 1')",
        "select * from query_table('products')",
        "select * from sales.orders",
        "select * from other.mesh.products",
        "select * from policy_results",
        "select * from waivers",
        "show tables",
        "describe products",
        "select getenv('HOME') as subject",
        "select current_setting('home_directory') as subject",
        "select write_log('x') as subject",
    ],
)
def test_reading_anything_else_is_refused(sql):
    with pytest.raises(PolicyError) as refusal:
        check(sql)
    assert refusal.value.found.startswith("policies/x.sql ")


def test_sql_that_does_not_parse_is_refused_with_the_reason():
    with pytest.raises(PolicyError, match='policies/x.sql does not parse: .*syntax error at or near "products"'):
        check("select product form products where")
