"""Which results can be made of hidden values: a corpus, and what the queries return when only the hidden values change."""

import duckdb
import pytest

from mesh_isolation.disclosure import _MAKE_ROWS, discloses

HIDDEN, VISIBLE = frozenset({"city", "zip"}), frozenset({"state", "n", "address"})

SHOWN = """
select count(*) from t
select count(*) from t where city = 'b'
select count(CITY) from t
select count(distinct t.city) from t
select count_if(zip > 11) from t
select sum(zip > 11) from t
select sum((zip > 11)::integer) from t
select count(*) filter (where city like 'b%') from t
select count(*) - count(distinct city) from t
select 100.0 * count(*) filter (where city is null) / count(*) from t
select count(*) from (select city from t group by city having count(*) > 1)
select count(*) from (select distinct city, zip from t)
with people as (select city from t where zip > 11) select count(city) from people
select max(n) from t
select max(t.n) from t
select sum(n) from t as u where u.state = 'y'
select max(address.street) from t
select max(number) from (select state, count(*) as number from t group by state)
with states as (select state, sum(n) as whole from t group by all) select max(whole) from states
select max(n) from t join t as u using (state, n)
select 7
""".strip().splitlines()
"""Results that are no hidden value: counts of rows, and what is made of visible columns."""

MADE = """
select max(zip) from t
select MAX("ZIP") from t
select max(('0x' || substr(md5(city), 1, 7))::integer) from t
select min(ascii(city)) from t
select sum(zip) from t
select avg(length(city)) from t
select sum(n * (city = 'b')::integer) from t
select sum(n) filter (where city = 'b') from t
select max(case when city = 'b' then 1 end) from t
select sum(case when city = 'b' then 1000 else 0 end) from t
select count(*) * max(zip) from t
select nullif(max(zip), count(*)) from t
select count(*) + 2 * count(city) + 4 * count(zip) from t
select max(hash(t)) from t
select max(hash(u)) from t as u
select max(#5) from t
select max(columns('z.*')) from t
select max(hash(*columns(*))) from t
select max(zip) from (select * from t)
select max(x) from (select zip as x from t)
select max(state) from (select n, city as state from t)
select max(e) from t as u(a, b, c, d, e)
with u(a, b, c, d, e) as (from t) select max(e) from u
select max(max::integer) from (summarize t) where column_name = 'zip'
select max(n) from t natural join t as u
select max(n) from t join t as u using (zip)
select max(x) from (pivot t on state in ('x', 'y') using max(zip))
select max(v) from (unpivot t on n, zip into name k value v)
select max(n) from t where city = (select min(city) from t)
select max(hash(whole)) + max((select 1 as whole)) from t as whole
select count(*) from range((select max(zip) from t))
select count(*) from t, range(zip)
select count(*) from t, lateral (select unnest(range(zip)))
select count(*) from (select unnest(range(zip)) from t)
select count(*) from (select unlist(range(zip)) from t)
select count(*) from (select generate_subscripts(range(zip), 1) from t)
select count(*) from (select regexp_split_to_table(repeat(' ', zip), ' ') from t)
select count(*) from t as a, t as b where a.n < b.zip
select count(*) from t as a join t as b on a.n < b.zip
select count(*) from (select row_number() over () as r from t) where r <= (select max(zip) from t)
select count(*) from t where n <= (select min(zip) from t)
select count(*) from (select n from t qualify row_number() over (order by n) <= max(zip) over ())
with recursive r as (select max(zip) as n from t union all select n - 1 from r where n > 0) select count(*) from r
select count(*) from (select city from t group by grouping sets ((city), (), (zip)))
select count(*) from (select city from t union all select city from t)
select count(*) over () from t where city = 'b'
select count(zip), count(city) from t
select count(*) from t having max(zip) > 1 union all select max(zip) from t
select count(city) export_state from t
select list(zip) from t
from t
nothing of SQL
select 1; select max(zip) from t
""".strip().splitlines()
"""Results that can be made of a hidden value, and what cannot be told."""

COLUMNS = "state varchar, n integer, address struct(street varchar), city varchar, zip integer"
TABLE = "('x', 1, {'street': 'q'}, 'a', 11), ('y', 2, {'street': 'r'}, 'b', 12), ('y', 3, {'street': 's'}, 'b', 13)"
CHANGED = "('x', 1, {'street': 'q'}, 'c', 911), ('y', 2, {'street': 'r'}, 'd', 712), ('y', 3, {'street': 's'}, 'e', 813)"


def result(sql, rows):
    with duckdb.connect() as connection:
        connection.execute(f"create table t ({COLUMNS}); insert into t values {rows}")
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize("sql", SHOWN)
def test_a_count_of_rows_and_what_visible_columns_make_is_shown(sql):
    assert not discloses(sql, HIDDEN, VISIBLE)
    ((before,),), ((after,),) = result(sql, TABLE), result(sql, CHANGED)
    assert before == after or abs(after - before) <= (100 if "100.0" in sql else 3), "as many as there are rows"


@pytest.mark.parametrize("sql", MADE)
def test_what_can_be_made_of_a_hidden_value_is_not_shown(sql):
    assert discloses(sql, HIDDEN, VISIBLE)


@pytest.mark.parametrize("sql", [*SHOWN, *MADE])
def test_without_hidden_columns_everything_is_shown(sql):
    assert not discloses(sql, frozenset(), HIDDEN | VISIBLE)


AGGREGATES = ["max({})", "min({})", "any_value({})", "sum({})", "list({})[1]", "count(*) * max({})", "count({}) + sum({})"]
VALUES = ["zip", "t.zip", "hash(city)", "length(city)", "(zip, city).zip", "x", "hash(t)", "[zip][1]"]
SOURCES = [
    "t",
    "(from t) as t",
    "(select *, zip as x from t) as t",
    "t where n > 0 group by all",
    "(select zip as x, * from t) t",
]


@pytest.mark.parametrize("aggregate", AGGREGATES)
@pytest.mark.parametrize("value", VALUES)
def test_no_aggregate_of_a_hidden_value_is_shown_wherever_it_is_read_from(aggregate, value):
    for source in SOURCES:
        assert discloses(f"select {aggregate.format(value, value)} from {source}", HIDDEN, VISIBLE), source


def test_every_macro_of_duckdb_that_makes_rows_is_known():
    macros = duckdb.sql(
        "select distinct function_name from duckdb_functions() "
        "where function_type = 'macro' and macro_definition ilike '%unnest%'"
    )
    assert {name for (name,) in macros.fetchall()} <= {*_MAKE_ROWS}
