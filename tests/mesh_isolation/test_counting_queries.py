"""Which queries count rows: held against their results on tables of several sizes, the empty one included."""

import duckdb
import pytest

from mesh_isolation.predicates import query_of

COUNTS = """
select count(*) from t
select COUNT(a) as n from t where a > 1
select count(distinct b) from t
select count() from (select distinct b from t)
select count(*) filter (where a > 1) from t
select count(*) from t join t as u using (a)
select count(*) from (select b from t group by b having count(*) > 1)
select count(*) from (select a from t union select a from t)
select count(*) from (select a from t limit 1)
with u as (select a from t where a > 1) select count(*) from u
select count(*) from t where a in (select max(a) from t)
select count(case when a > 1 then 1 end) from t
""".strip().splitlines()
OTHERS = """
select count(*) over () from t
select count(a) over (partition by b) from t
select count(*) over w from t window w as (order by a)
select count(*) filter (where a > 1) over () from t
select distinct count(*) over () from t
select count(*) from t group by b
select count(*) from t group by all having count(*) > 1
select count(*) from t group by rollup (b)
select count(*) from t group by grouping sets ((b), ())
select count(*) from t having count(*) > 1
select count(*) from t limit 0
select count(*) from t offset 1
select count(*) from t where a > 1 group by ()
select count(*) from t qualify row_number() over () = 2
select count(*) from t union all select count(*) from t
select count(*) from t except select 0
select count(*) from t intersect select 1
select b, count(*) from t group by b
select count(*) - 1 from t
select -count(*) from t
select count(*) / 2 from t
select count(*)::varchar from t
select sum(a) from t
select avg(a) from t
select max(a) from t
select count(*) * 1.5 from t
select (select count(*) from t where a > u.a) from t as u
select unnest([count(*), 1]) from t
select nullif(count(*), 0) from t
select count(a) export_state from t
select list(a) from t
select * from (select count(*) from t)
select approx_count_distinct(a) from t
select count_if(a > 1) from t
values (1)
from t
""".strip().splitlines()
TABLES = [[], [(1, "x")], [(1, "x"), (2, "x"), (3, "y")], [(None, None), (-5, "x")]]


def one_number_of_rows(sql):
    """Whether the result is one number of rows, of every table."""
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t (a INTEGER, b VARCHAR)")
        for rows in TABLES:
            connection.execute("DELETE FROM t")
            for row in rows:
                connection.execute("INSERT INTO t VALUES (?, ?)", row)
            result = connection.execute(sql).fetchall()
            if len(result) != 1 or len(result[0]) != 1 or type(result[0][0]) is not int or result[0][0] < 0:
                return False
    return True


@pytest.mark.parametrize("sql", COUNTS + OTHERS)
def test_a_query_that_is_read_as_a_count_of_rows_is_one(sql):
    assert not query_of(sql).counts or one_number_of_rows(sql)


@pytest.mark.parametrize("sql", COUNTS)
def test_a_count_of_rows_is_read_as_one(sql):
    assert query_of(sql).counts


@pytest.mark.parametrize("sql", OTHERS)
def test_no_other_query_is_read_as_a_count_of_rows(sql):
    assert not query_of(sql).counts
