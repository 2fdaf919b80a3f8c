"""The derivation of a query: the origins of its values and rows, and the columns that it names."""

import pytest

from mesh_capabilities.columns.derivation import Origin, Relation, named_relations
from mesh_capabilities.columns.sql_derivation import derive
from mesh_capabilities.errors import LineageError
from support.deadline import in_time

ORDERS, ITEMS = Relation("sales", "orders"), Relation("sales", "items")
COLUMNS = {ORDERS: ["id", "status", "bought_at"], ITEMS: ["order_id", "price", "note"]}
TYPES = {ORDERS: {"id": "INTEGER", "bought_at": "DATE"}, ITEMS: {"order_id": "int4", "price": "BIGINT", "note": "VARCHAR"}}


def short(origins):
    return {f"{origin.relation.name}.{origin.column}" for origin in origins}


def values(sql, **models):
    derivation = derive(sql, COLUMNS, {Relation("staging", name): text for name, text in models.items()})
    return {name: short(origins) for name, origins in derivation.values.items()}


def rows(sql):
    return {name: short(origins) for name, origins in derive(sql, COLUMNS, types=TYPES).rows.items()}


def test_a_value_is_followed_through_expressions_and_names():
    assert values("select id as k, upper(status) || id as text, 1 as one from sales.orders") == {
        "k": {"orders.id"},
        "text": {"orders.status", "orders.id"},
        "one": set(),
    }


def test_a_star_expands_to_all_promised_columns():
    sql = "with o as (select * from sales.orders) select o.* exclude (status) from o"
    assert values(sql) == {"id": {"orders.id"}, "bought_at": {"orders.bought_at"}}


def test_a_column_without_its_table_is_found_where_it_is_promised():
    assert values("select price, status from sales.orders join sales.items on id = order_id") == {
        "price": {"items.price"},
        "status": {"orders.status"},
    }


def test_both_sides_of_a_union_count_by_position():
    assert values("select id as x from sales.orders union all select order_id from sales.items") == {
        "x": {"orders.id", "items.order_id"}
    }


def test_a_column_that_both_sides_of_a_full_join_may_supply_comes_from_both():
    assert values(
        "select k from (select id as k from sales.orders) full join (select order_id as k from sales.items) using (k)"
    ) == {"k": {"orders.id", "items.order_id"}}


def test_a_window_s_order_is_part_of_the_value():
    assert values("select row_number() over (order by bought_at) as n from sales.orders") == {"n": {"orders.bought_at"}}


def test_a_private_model_is_followed_to_its_inputs():
    sql = "select k, total from staging.sums"
    inner = "select order_id as k, sum(price) as total from staging.items group by k"
    assert values(sql, sums=inner, items="select * from sales.items") == {"k": {"items.order_id"}, "total": {"items.price"}}


def test_a_filter_affects_the_rows_of_every_column_and_no_value():
    sql = "select id from sales.orders where status = 'open'"
    assert (values(sql), rows(sql)) == ({"id": {"orders.id"}}, {"id": {"orders.status"}})


def test_a_count_depends_on_the_rows_that_are_counted():
    sql = "select status, count(*) as n from sales.orders group by status"
    assert values(sql)["n"] == set()
    assert rows(sql) == {"status": {"orders.status"}, "n": {"orders.status"}}


def test_a_filter_in_a_subquery_counts():
    assert rows("select id from sales.orders where id in (select order_id from sales.items where note is null)") == {
        "id": {"orders.id", "items.order_id", "items.note"}
    }


def test_a_correlated_subquery_reads_the_outer_query():
    sql = "select (select sum(price) from sales.items where order_id = o.id) as spent from sales.orders as o"
    assert values(sql)["spent"] >= {"items.price", "items.order_id", "orders.id"}


def test_a_left_join_to_one_row_each_affects_only_the_columns_taken_from_it():
    sql = """
        with spent as (select order_id, sum(price) as price from sales.items where note = 'paid' group by order_id)
        select orders.status, spent.price from sales.orders left join spent on orders.id = spent.order_id
    """
    assert rows(sql) == {"status": set(), "price": {"orders.id", "items.order_id", "items.note"}}


@pytest.mark.parametrize(
    "condition", ["spent.price = orders.id", "spent.price = orders.code", "spent.price = lower(orders.id)"]
)
def test_a_left_join_across_types_may_find_several_rows(condition):
    sql = f"""
        with spent as (select price, count(*) as n from sales.items group by price)
        select orders.status from sales.orders left join spent on {condition}
    """
    assert rows(sql)["status"] >= {"items.price"}


@pytest.mark.parametrize("join", ["inner join", "left join"])
def test_a_join_that_may_drop_or_repeat_rows_affects_every_column(join):
    sql = f"select orders.status, items.price from sales.orders {join} sales.items on orders.id = items.order_id"
    assert rows(sql) == dict.fromkeys(["status", "price"], {"orders.id", "items.order_id"})


def test_distinct_rows_depend_on_all_their_columns():
    assert rows("select distinct id, status from sales.orders") == dict.fromkeys(
        ["id", "status"], {"orders.id", "orders.status"}
    )


def test_named_columns_include_unused_ones_and_no_star():
    sql = "with o as (select * from sales.orders), unused as (select note from sales.items) select id from o"
    assert short(derive(sql, COLUMNS).named) == {"orders.id", "items.note"}


def test_a_column_of_an_unknown_table_is_accepted_as_written():
    assert derive("with s as (select * from raw.leads) select a as b from s", {}).values["b"] == {
        Origin(Relation("raw", "leads"), "a")
    }


def test_a_recursive_query_is_walked_once():
    sql = "with recursive n as (select id from sales.orders union all select id + 1 from n where id < 9) select id from n"
    assert values(sql) == {"id": {"orders.id"}}


@pytest.mark.parametrize("sql", ["select from where", "", "drop table sales.orders", "select 'it"])
def test_sql_that_is_not_a_query_is_an_error(sql):
    with pytest.raises(LineageError):
        derive(sql, COLUMNS)


def test_hostile_names_are_treated_as_names():
    relation = Relation("sales", 'or"ders;--')
    derivation = derive('select "a""b;" as "x y" from sales."or""ders;--"', {relation: ['a"b;']})
    assert derivation.values == {"x y": {Origin(relation, 'a"b;')}}


@pytest.mark.parametrize(
    ("table", "adds", "made_of"),
    [
        (
            "select id, status as s from sales.orders",
            "select id, status as s from sales.orders where id > 1",
            {"orders.status"},
        ),
        (
            "select id, status as s from sales.orders",
            "select order_id as id, note as s from sales.items",
            {"orders.status", "items.note"},
        ),
        (
            "select id, status as s from sales.orders",
            "select order_id as id, coalesce(t.s, note) as s from sales.items left join staging.t on t.id = order_id",
            {"orders.status", "items.note"},
        ),
        # A value moves from column to column with each run: the first run that shows the price in `s` is the third.
        (
            "select id, status as s, '' as b, '' as c from sales.orders",
            "select t.id, t.b as s, t.c as b, price as c from staging.t join sales.items on order_id = t.id",
            {"orders.status", "items.price", "orders.id", "items.order_id"},  # the join selects the constants, too
        ),
        (
            "select id, status as s from sales.orders",
            "select note as s, order_id as id from sales.items",
            {"orders.status", "items.note"},
        ),
    ],
)
def test_an_incremental_model_is_made_of_what_makes_its_table_and_of_what_each_run_adds(table, adds, made_of):
    model = Relation("staging", "t")
    derivation = derive("select s from staging.t", COLUMNS, {model: table}, adds={model: adds})
    assert short(derivation.values["s"]) == made_of
    assert derivation.unfollowed == {}


def test_an_incremental_model_that_adds_what_cannot_be_followed_is_not_followed():
    model = Relation("staging", "t")
    table = {model: "select id, status as s from sales.orders"}
    for adds in ("select id, secret_macro(status) as s from sales.orders", "def model(dbt, session): ..."):
        assert "s" in derive("select s from staging.t", COLUMNS, table, adds={model: adds}).unfollowed


@pytest.mark.parametrize(
    "gap", ["", " ", "/**/", " /* a.b */ ", "/*/* in */*/", "--a\n", "-- /*\n", "/* -- */", "--a\r", "/*'*/", '/*"*/', "\u00a0"]
)
@pytest.mark.parametrize("before", ["", "'it''s -- /*', ", "'*/', ", "/* ' */", "$$ -- $$, ", "-- '\n"])
def test_a_relation_is_found_whatever_stands_between_its_names(gap, before):
    for quote in ("", '"', '\\"'):
        text = f"select {before} 1 from {quote}Sales{quote}{gap}.{gap}{quote}orders{quote} where true"
        assert Relation("sales", "orders") in named_relations(text)


def test_a_text_full_of_comments_that_never_end_is_read_in_a_moment():
    with in_time():
        assert named_relations("a/* " * 100_000 + "sales.orders") == {Relation("sales", "orders")}
