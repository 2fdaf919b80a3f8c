"""Lineage held against execution: a column of a result that moves with an input has that input in its lineage."""

import re
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError

from mesh_capabilities.columns.derivation import Derivation, Origin, Relation
from mesh_capabilities.columns.parsed import parsed
from mesh_capabilities.columns.sql_derivation import derive
from mesh_capabilities.errors import LineageError
from support.lineage_oracle import Oracle, concealed

ORDERS, ITEMS, PEOPLE = Relation("sales", "orders"), Relation("sales", "items"), Relation("sales", "people")
EVENTS, CODES = Relation("sales", "events"), Relation("sales", "codes")
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
    EVENTS: (
        {
            "id": "INTEGER", "unit": "VARCHAR", "since": "TIMESTAMP", "until": "TIMESTAMP", "payload": "VARCHAR",
            "current_date": "VARCHAR", "list": "INTEGER[]",
        },
        [
            (1, "day", datetime(2020, 1, 5, 4), datetime(2020, 3, 1), '{"c": {"d": 1}, "l": [1, 2], "day": 5}', "a", [1]),
            (2, "month", datetime(2020, 2, 6, 5), datetime(2020, 2, 9), '{"c": {"d": 2}, "l": [1]}', "b", [2]),
            (3, "year", datetime(2021, 2, 7, 6), datetime(2023, 3, 3), '{"c": {"d": 3}, "l": []}', "a", [3]),
        ],
    ),
    CODES: (
        {"code": "VARCHAR", "price": "INTEGER", "ratio": "DOUBLE", "word": "VARCHAR"},
        [("1", 4, 4.0, "a"), ("01", 5, 5.04, "A"), ("2", 5, 5.01, "b"), ("9", 6, 6.0, "B")],
    ),
}  # fmt: skip
COLUMNS = {relation: list(columns) for relation, (columns, _) in TABLES.items()}
TYPES = {relation: columns for relation, (columns, _) in TABLES.items()}

SHAPES = Path(__file__).with_name("shapes.sql").read_text(encoding="utf-8").splitlines()
"""Queries of every shape that DuckDB's SQL has for choosing, naming and combining columns."""


LOST = """
select secret_macro(id) as x, status from sales.orders
select status, amount from sales.orders where secret_macro(id) > 8
select total from read_csv('totals.csv')
select * from query('select 1 as total')
select x from somewhere
select sum(amount) over (partition by secret_macro(status)) as s from sales.orders
select id from sales.orders union all select * from query('select 1 as total')
select #2 as x from (select columns(c -> c = 'id'), status from sales.orders)
select text[1] as x from (select *, status as text from sales.orders)
(select amount as id, status from sales.orders) order by id + 0 limit 2
select * from ((select amount as id, status from sales.orders) order by -id limit 2)
""".strip().splitlines()
"""Queries that nobody can follow without the macros, files and tables behind them."""

SHOP = {
    "stg_orders": "with source as (select * from sales.orders) select id as order_id, status, amount as subtotal, "
    '"Currency" as currency, len(tags) as tag_count from source',
    "stg_items": "select md5(concat(order_id, note)) as item_key, order_id, price / 100 as price, note = 'gift' as is_gift "
    "from sales.items",
    "stg_people": "select id as person_id, city.trim() as city, home.street as street from sales.people",
    "order_totals": "select order_id, sum(price) as total, sum(case when is_gift then 1 else 0 end) as gifts, "
    "bool_or(is_gift) as has_gift from {stg_items} group by 1",
    "orders": "with joined as (select orders.*, coalesce(totals.total, 0) as total, totals.gifts, totals.has_gift, "
    "row_number() over (partition by currency order by subtotal, orders.order_id) as place from {stg_orders} as orders "
    "left join {order_totals} as totals on orders.order_id = totals.order_id) select * exclude (tag_count) from joined",
    "people": "with spent as (select order_id as person_id, sum(subtotal) as lifetime, count(*) as n, "
    "max(status) filter (where subtotal > 6) as best from {stg_orders} group by all) select people.*, spent.* exclude "
    "(person_id), case when spent.n > 1 then 'returning' else 'new' end as kind from {stg_people} as people left join spent "
    "using (person_id)",
    "days": "with recursive days as (select 1 as day union all select day + 1 from days where day < 6) select day, "
    "count(o.order_id) as orders, coalesce(sum(o.subtotal), 0) as revenue, avg(sum(o.subtotal)) over w as moving from days "
    "left join {stg_orders} as o on o.order_id = day group by day window w as (order by day rows 2 preceding)",
    "ledger": "select order_id, subtotal as amount, 'order' as kind from {stg_orders} union all by name "
    "select 'item' as kind, price as amount, order_id from {stg_items}",
    "wide": "select * from (select status, currency, subtotal from {stg_orders}) pivot (sum(subtotal) for currency in "
    "('BRL', 'EUR', 'USD') group by status) order by status",
    "newest": "select * from {orders} qualify row_number() over (partition by status order by total desc, order_id) = 1",
}
"""The models of a shop as people write them in dbt; a name in braces is a model."""


@pytest.fixture(scope="module")
def oracle():
    views = ["CREATE SCHEMA staging"]
    views += [f"CREATE VIEW staging.{name} AS {shop_sql(name)}" for name in SHOP]
    return Oracle(TABLES, views, kinds=3)


def shop_sql(name: str) -> str:
    return re.sub(r"\{(\w+)\}", r"staging.\1", SHOP[name])


def lineage(oracle, sql, models=None):
    return derive(sql, COLUMNS, models, expected=oracle.columns(sql), types=TYPES)


@pytest.mark.parametrize("sql", SHAPES)
def test_no_column_moves_without_its_lineage(oracle, sql):
    derivation = lineage(oracle, sql)
    assert concealed(oracle.moves(sql), derivation) == []
    assert derivation.unfollowed == {}


def test_a_column_has_the_name_that_duckdb_gives_it_or_is_said_to_have_none(oracle):
    wrong = {}
    for sql in SHAPES:
        derivation, names = derive(sql, COLUMNS), {name.lower() for name in oracle.columns(sql)}
        if others := {name for name in derivation.values if name.lower() not in names} - derivation.unfollowed.keys():
            wrong[sql] = others
    assert wrong == {}


def test_no_argument_of_a_function_is_lost_by_the_parser():
    with duckdb.connect() as connection:
        functions = connection.execute("SELECT DISTINCT function_name, len(parameters) FROM duckdb_functions()").fetchall()
    lost = set()
    for name, count in functions:
        arguments = [f"argument_{place}" for place in range(count)]
        try:
            tree = parsed(f"SELECT {name}({', '.join(arguments)}) AS x FROM t")
        except SqlglotError:
            continue  # an operator, or refused
        if set(arguments) - {column.name for column in tree.find_all(exp.Column)}:
            lost.add(name)
    assert len(functions) > 500
    assert lost == set()


def test_no_argument_of_a_function_is_lost_by_the_derivation():
    with duckdb.connect() as connection:
        functions = connection.execute("SELECT DISTINCT function_name, len(parameters) FROM duckdb_functions()").fetchall()
    relation, lost, followed = Relation("sales", "arguments"), set(), set()
    for name, count in functions:
        arguments = [f"argument_{place}" for place in range(count)]
        listed = ", ".join(arguments)
        for call in (f"{name}({listed})", f"{name}(distinct {listed})", f"{name}({listed}) filter (where argument_0 > 1)"):
            try:
                derivation = derive(f"SELECT {call} AS x FROM sales.arguments", {relation: arguments})
            except LineageError:
                continue  # an operator, or refused
            if "x" in derivation.unfollowed or not arguments:
                continue
            followed.add(name)
            if {Origin(relation, argument) for argument in arguments} - derivation.values.get("x", frozenset()):
                lost.add((call, *derivation.values.get("x", ())))
    assert len(followed) > 400
    assert lost == set()


def test_a_column_with_the_name_of_a_keyword_is_not_lost():
    with duckdb.connect() as connection:
        words = {word for (word,) in connection.execute("SELECT keyword_name FROM duckdb_keywords()").fetchall()}
        words |= {word.lower() for key in DuckDB.Tokenizer.KEYWORDS for word in key.split() if word.isidentifier()}
        words |= {token.name.lower() for token in DuckDB.Parser.NO_PAREN_FUNCTIONS}
        lost = set()
        for word in words:
            for use in ("{}", "greatest({}, 3)", "-{}", "{}::int", "({})", "[{}][1]", '"{}"'):
                sql = f'SELECT {use.format(word)} AS x FROM (SELECT {{}} AS "{word}" FROM sales.orders)'
                try:
                    shown = connection.execute(sql.format(7).replace("FROM sales.orders", "")).fetchall()
                    derivation = derive(sql.format("id"), COLUMNS)
                except (duckdb.Error, LineageError):
                    continue
                if shown in ([(7,)], [(-7,)]) and Origin(ORDERS, "id") not in derivation.values["x"]:
                    lost.add(word)
    assert len(words) > 500
    assert lost == set()


def test_the_names_around_a_query_may_mean_a_column_of_a_table_that_is_not_known():
    sql = "select (select max(amount) from sales.unknown) as m from sales.orders"
    derivation = derive(sql, COLUMNS)
    assert derivation.values["m"] >= {Origin(ORDERS, "amount"), Origin(Relation("sales", "unknown"), "amount")}


@pytest.mark.parametrize("known", ["orders", "items", "people"])
def test_no_column_moves_without_its_lineage_where_other_tables_are_not_known(oracle, known):
    columns = {relation: names for relation, names in COLUMNS.items() if relation.name == known}
    for sql in SHAPES[::7]:
        derivation = derive(sql, columns, expected=oracle.columns(sql))
        assert concealed(oracle.moves(sql), derivation) == [], sql


@pytest.mark.parametrize("model", SHOP)
def test_a_shop_s_models_are_followed_through_each_other(oracle, model):
    models = {Relation("staging", name): shop_sql(name) for name in SHOP}
    sql = f"select * from staging.{model}"
    moved = oracle.moves(sql, "".join(SHOP.values()))
    derivation = lineage(oracle, sql, models)
    assert moved
    assert concealed(moved, derivation) == []
    assert derivation.unfollowed == {}


@pytest.mark.parametrize("sql", LOST)
def test_what_cannot_be_followed_is_said_and_counts_as_made_of_everything_in_its_scope(sql):
    derivation = derive(sql, COLUMNS, expected=["total"] if "total" in sql else [])
    assert derivation.unfollowed
    if "sales.orders" in sql:
        everything = {Origin(ORDERS, name) for name in COLUMNS[ORDERS]}
        for name in derivation.unfollowed:
            assert everything <= derivation.values[name] | derivation.rows[name]


def test_only_the_column_that_is_not_followed_is_marked():
    derivation = derive("select secret_macro(id) as x, status from sales.orders", COLUMNS)
    assert list(derivation.unfollowed) == ["x"]
    assert derivation.values["status"] == {Origin(ORDERS, "status")}


def test_the_columns_of_a_model_in_python_are_made_of_all_that_it_reads():
    text = 'def model(dbt, session): return dbt.ref("o")\nrefs = {"o": "\\"shop\\".\\"sales\\".\\"items\\""}'
    derivation = derive("select a as b, 1 as one from staging.py", COLUMNS, {Relation("staging", "py"): text})
    assert derivation.values["b"] == {Origin(ITEMS, name) for name in COLUMNS[ITEMS]}
    assert "b" in derivation.unfollowed


def test_the_oracle_sees_an_origin_that_a_lineage_conceals(oracle):
    sql = "select upper(status) as s from sales.orders where amount > 8"
    moved = oracle.moves(sql)
    nothing = Derivation({"s": frozenset()}, {"s": frozenset()}, frozenset())
    assert concealed(moved, nothing) == ["s moves with orders.amount", "s moves with orders.status"]
    by_rows = Derivation({"s": frozenset()}, {"s": frozenset(origin for _, origin in moved)}, frozenset())
    assert concealed(moved, by_rows) == ["s shows the text of orders.status"]


TOLD = Path(__file__).with_name("told.sql").read_text(encoding="utf-8").splitlines()
"""Queries whose `x` says something of a city, although no city is in an expression of it. `codes` is a seed."""


@pytest.mark.parametrize("sql", TOLD)
def test_what_selects_generated_rows_and_constants_is_among_the_values_that_are_made_of_them(oracle, sql):
    city = Origin(PEOPLE, "city")
    derivation = derive(sql, COLUMNS, expected=oracle.columns(sql), types=TYPES, seeds=[CODES])
    moved = oracle.moves(sql)
    assert ("x", city) in moved
    assert city in derivation.values["x"]
    assert concealed(moved, derivation) == []
    assert derivation.unfollowed == {}
    assert all(origin.relation in TABLES for origin in derivation.origins)


@pytest.mark.parametrize(
    ("sql", "made_of"),
    [
        ("select 'BRL' as x from sales.people where city = 'Oslo'", set()),
        ("select count(*) as x from sales.people where city = 'Oslo' group by id", set()),
        ("select i.price as x from sales.people as p join sales.items as i on i.order_id = p.id and city <> ''", {"price"}),
        ("select n as x from sales.people as p left join (select order_id as id, count(*) as n from sales.items group by 1) "
         "as i on i.id = p.id", set()),
        ("select least(n, 5) as x from sales.people as p left join (select least(n, 6) as n, id from (select order_id as id, "
         "count(*) as n from sales.items group by 1)) as i on i.id = p.id", set()),
        ("select x from (select 'a' as x) cross join (select * from sales.people where city = 'Oslo')", set()),
        ("select x from (select * from (values ('a'), ('b')) as v (x) cross join (from sales.people where id > 1))",
         set()),
        ("select w.word as x from sales.people as p join sales.codes as w on w.code = p.city", {"word"}),
        ("select day as x from range(1, 9) as d (day) left join sales.orders as o on o.id = day group by day, status", {"id"}),
        ("select day as x from range(1, 9) as d (day) left join (select id, sum(amount) as s from sales.orders "
         "where status = 'paid' group by 1) as o on o.id = day", {"id"}),
        ("select c as x from range(1, 9) as p (c), lateral (select max(amount) as m from sales.orders) as l", set()),
        ("select unnest(tags) as x from sales.orders order by status limit 1", {"tags"}),
    ],
)  # fmt: skip
def test_what_selects_other_rows_stays_out_of_the_values(sql, made_of):
    derivation = derive(sql, COLUMNS)
    assert {origin.column for origin in derivation.values["x"]} == made_of


NUMBERS = st.sampled_from(["o.id", "amount", "o.amount + o.id", "len(tags)", "o.id.greatest(amount)", "ID"])
TEXTS = st.sampled_from(
    [
        "status",
        "currency",
        "upper(o.status)",
        'status || "Currency"',
        '"Currency".lower()',
        "case when amount > 8 then status end",
    ]
)
SOURCES = st.sampled_from(
    [
        "sales.orders as o",
        "(select * from sales.orders) as o",
        "(select * replace (status || 'x' as status) from sales.orders where amount > 6) as o",
        "(select columns('.*') from sales.orders) as o",
        "sales.orders as o left join sales.items as i on o.id = i.order_id",
        "sales.orders as o semi join sales.items as i on o.id = i.order_id and i.note = 'gift'",
        "sales.orders as o left join (select order_id, max(note) as n from sales.items group by 1) as i on i.order_id = o.id",
        "(from sales.orders union all by name select price as amount, note as status, order_id as id, [price] as tags from "
        "sales.items) as o",
    ]
)
FILTERS = st.sampled_from(["", " where status = 'open'", " where o.id in (select id from sales.people where city like '%o%')"])
OUTSIDE = st.sampled_from(
    [
        "{0}",
        "select t, n, a from ({0}) where n > 2",
        "with q as ({0}) select q.t as u, q from q",
        "select t, sum(n) as s, list(a order by a) as l from ({0}) group by all",
        "select distinct on (t) n, a from ({0}) order by t, n, a",
        "select n, t from ({0}) union all by name select city as t, id as n from sales.people",
        "select t, n, a from ({0}) order by n, t, a limit 2",
        "select max(columns('n|a')) over (partition by t) from ({0})",
        "select * exclude (a), n.greatest(a) as g from ({0}) qualify rank() over (partition by t order by n) = 1",
        "select * from (select t, n from ({0})) as x (second, first)",
        "unpivot (select t, n, a from ({0})) on n, a into name k value v",
    ]
)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(text=TEXTS, number=NUMBERS, other=NUMBERS, source=SOURCES, condition=FILTERS, outside=OUTSIDE)
def test_queries_of_any_combination_move_only_with_their_lineage(oracle, text, number, other, source, condition, outside):
    sql = outside.format(f"select {text} as t, {number} as n, {other} as a from {source}{condition}")
    derivation = lineage(oracle, sql)
    assert concealed(oracle.moves(sql), derivation) == []
    assert derivation.unfollowed == {}


KEYS = st.sampled_from(
    [
        "status",
        "id",
        "amount > (select avg(amount) from sales.orders)",
        "(select count(*) from sales.items i where i.order_id = o.id)",
        "case when (select sum(price) from sales.items i where i.order_id = o.id) > 8 then 'much' end",
        "id in (select max(order_id) from sales.items)",
        "exists(select 1 from sales.items i where i.order_id = o.id having count(*) > 1)",
    ]
)
GROUPS = st.sampled_from(
    [
        "all",
        "2, 3",
        "(2), ((3))",
        "(2, 3)",
        "rollup (2, 3)",
        "rollup ((2, 3))",
        "cube (3, 2)",
        "grouping sets (2, (3))",
        "grouping sets ((3, 2), ())",
        "grouping sets (rollup (3), cube (2))",
        "2, rollup (3)",
        "(3), grouping sets ((2))",
        "row(2, 3)",
        "-(-2), 3",
        "rollup ((2), (3, 2))",
    ]
)
ORDERS_BY = st.sampled_from(
    ["", " order by (2), 3, 1 limit 1", " order by ((3)) desc, (2), 1 limit 1", " order by -(-1), 2, 3 limit 1"]
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(one=KEYS, other=KEYS, group=GROUPS, order=ORDERS_BY)
def test_rows_of_groups_move_only_with_their_keys_however_these_are_written(oracle, one, other, group, order):
    sql = f"select count(*) as n, {one} as a, {other} as b from sales.orders o group by {group}{order}"
    derivation = lineage(oracle, sql)
    assert concealed(oracle.moves(sql), derivation) == []
    assert derivation.unfollowed == {}


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    first=st.sampled_from(["id", "order_id", '"K"']),
    second=st.sampled_from(["k", "K", "id", '"count_star()"']),
    places=st.booleans(),
)
def test_a_name_that_two_columns_of_a_group_have_is_not_unique(oracle, first, second, places):
    group = "2, 3" if places else "order_id, price"
    inner = f"select count(*), order_id as {first}, price as {second} from sales.items group by {group}"
    for name in (first, second):
        sql = f"select o.status as s, o.amount as a from sales.orders o left join ({inner}) g on o.id = g.{name}"
        assert concealed(oracle.moves(sql), lineage(oracle, sql)) == []
