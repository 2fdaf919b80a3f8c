"""Which queries are read as the same: held against their results, with capitals and names changed one at a time."""

import re

import duckdb
import pytest

from mesh_isolation.predicates import query_of

QUERIES = """
select try_cast(s as ENUM('SP', 'rj'))::varchar from t order by s limit 1
select enum_range(NULL::ENUM('A'))::varchar
select n as m from t order by m limit 1
select -n as n from t order by n limit 1
select -n as m from t where m < -1 order by t.n limit 1
select count(n) as m from t having m > 1
select count(*) as s from t group by s order by s desc limit 1
select -n as m from t qualify row_number() over (order by m) = 1
select (from (pivot t on s in ('SP', 'rj') using count(*)) as p select p::varchar order by all limit 1)
select {'A': count(*)}::varchar from t
select to_json({'A': count(*)})::varchar from t
select struct_pack(A := count(*))::varchar from t
select struct_insert({'a': 1}, B := 2)::varchar
select cast(row(1) as STRUCT(A INTEGER))::varchar
select union_tag(union_value(A := 1))::varchar
select min(k) from (select n as X, n as Y from t) unpivot (v for k in (X, Y))
select min(k) from (select n as X, n as y from t) unpivot (v for k in (columns(*)))
select q::varchar from (select count(*) as A from t) as q
select to_json(q)::varchar from (select count(*) as A from t) as q
with q as (select count(*) as A from t) select q::varchar from q
select (select q::varchar from (select 1 as A) as q)
select list(q)::varchar from (select count(*) as A from t) as q
select sum(columns(c -> c like 'A%')) from (select n as A1, 2 * n as a2 from t)
select sum(columns('A.*')) from (select n as A1, 2 * n as b2 from t)
select alias(N) from t limit 1
select struct_pack(*columns(*))::varchar from (select count(*) as A from t)
select count(*) from t where s = 'SP'
select count(*) from t where s in ('SP', 'rj')
select count(*) from t where s like 'S%'
select max(s collate NOCASE) from t where s > 'a' collate NOCASE
select json_object('A', count(*))::varchar from t
select map {'A': count(*)}::varchar from t
select max(T.N) from t as T join t as U using (S) where U.n > 1
with Q as (select n as A from t) select max(a) from q
select max(A) from (select N as a from T)
select count(*) from (select S, count(*) as A from t group by s having a > 1)
select max(list_transform([n], X -> X + 1)[1]) from t
select max(n) over (partition by S order by N) from t order by all limit 1
select COUNT(DISTINCT S) as M from t
select max(cast(n as VARCHAR)) from t
select A.n from t as A order by A.n limit 1
""".strip().splitlines()
ROWS = [(1, "SP"), (2, "rj"), (3, "SP"), (-1, "sp"), (None, None)]


def result(sql):
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t (n INTEGER, s VARCHAR)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", ROWS)
        try:
            return connection.execute(sql).fetchall()
        except duckdb.Error as problem:
            return type(problem)


def variants(sql):
    """The query with the capitals of one word changed, and with one name of a result removed or another."""
    for word in re.finditer("[A-Za-z]+", sql):
        yield sql[: word.start()] + word[0].swapcase() + sql[word.end() :]
    for alias in re.finditer(r" as (\w+)(?= from)", sql):
        yield sql[: alias.start()] + sql[alias.end() :]
        yield f"{sql[: alias.start()]} as other{sql[alias.end() :]}"
    for field in re.finditer(r"'A'|\bA :=", sql):
        yield sql[: field.start()] + field[0].replace("A", "B") + sql[field.end() :]


@pytest.mark.parametrize("sql", QUERIES)
def test_queries_that_are_read_as_the_same_have_one_result(sql):
    assert isinstance(result(sql), list)
    for other in variants(sql):
        if query_of(other) == query_of(sql):
            assert result(other) == result(sql), other


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("select COUNT(A) from T", "select count(a) as n -- all\n from t"),
        ("select max(X.A) from T as X join U using (ID)", "SELECT max(x.a) FROM t AS x JOIN u USING (id)"),
        ("with U as (select A as B from t) select max(B) from U", "with u as (select a as b from T) select max(b) from u"),
        ("select max(A) from T group by A having N > 1", "select max(a) from t group by a having n > 1"),
        ("select A as B from T order by b limit 1", "select a as b from t order by B limit 1"),
        ("select list_transform(L, X -> X + 1)[1] from T limit 1", "select LIST_TRANSFORM(l, x -> x + 1)[1] from t limit 1"),
        ("select count(a) as a from T", "select count(a) from t"),
        ("select {'A': A}::varchar from T", "select {'A': a}::VARCHAR from t"),
        ("select try_cast(A as enum('x'))::varchar from T", "select TRY_CAST(a AS enum('x'))::varchar from t"),
    ],
)  # fmt: skip
def test_capitals_that_no_result_shows_make_no_other_query(one, other):
    assert query_of(one) == query_of(other)
