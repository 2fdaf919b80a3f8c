"""The statements with which dbt builds a node, and statements that only look like them."""

from types import SimpleNamespace

import duckdb
import pytest

from mesh_isolation.expected_writes import Door

QUERY = "select id, note from shop.things -- all )"
MADE = f"create table wh.main.stg__dbt_tmp as (\n{QUERY}\n)"
TEMPORARY = f"create temporary table stg__dbt_tmp20260101 as (\n{QUERY}\n)"
RENAMED = 'alter table "wh"."main"."stg__dbt_tmp" rename to "stg"'


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        yield connection


def node(name="stg", kind="model", **further):
    standard = {"unique_id": f"{kind}.{name}", "name": name, "alias": name, "database": "wh", "schema": "main"}
    return SimpleNamespace(**standard, resource_type=kind, **further)


def refused(connection, *statements, kind="model", beside=(), only="{}"):
    """The statements that are not expected of the node, in their order."""
    nodes = [node(kind=kind), *(node(name) for name in ("other", *beside))]
    door = Door({one.unique_id: one for one in nodes}, "/candidates", only)
    building = door.enter(nodes[0])
    building.queries.append(QUERY)
    found = []
    for sql in statements:
        try:
            door.check(sql, connection, building)
        except duckdb.PermissionException:
            found.append(sql)
    return found


HOW_DBT_BUILDS = (
    f"/* dbt */ {MADE};",
    'alter table wh.main."STG" rename to stg__dbt_backup',
    RENAMED,
    'drop table if exists "wh"."main"."stg__dbt_backup" cascade',
    f"create view wh.main.stg as (\n{QUERY}\n);",
    TEMPORARY,
    'delete from wh.main.stg where (id) in (select (id) from "stg__dbt_tmp20260101"); '
    "insert into wh.main.stg (id, note) (select id, note from stg__dbt_tmp20260101)",
    "merge into wh.main.stg as dbt_internal_dest using stg__dbt_tmp20260101 as dbt_internal_source "
    "on (dbt_internal_source.id = dbt_internal_dest.id) when matched then update set note = dbt_internal_source.note "
    "when not matched then insert by name",
    "create table wh.main.stg (id integer not null, note varchar, primary key (id)); "
    f"insert into wh.main.stg (id, note) (select id, note from (\n{QUERY}\n) as model_subq)",
    "comment on column wh.main.stg.note is $$; drop table x$$",
    "select 1; select 2",
)
NOT_OF_DBT = (
    "begin",
    "select 1; commit",
    "rollback",
    "abort",
    "update wh.main.stg set note = id",
    "alter table wh.main.stg rename column id to note",
    "alter table wh.main.stg add column further varchar default 'x'",
    "alter table wh.main.other rename to stg",
    "create table wh.main.other as (\n" + QUERY + "\n)",
    "create table wh.main.stg as (\nselect id, note from shop.people\n)",
    "create table wh.main.stg as (\nselect note as id, id as note from (\n" + QUERY + "\n)\n)",
    "create table wh.main.stg as ( -- (\n" + QUERY + ") union all from shop.people\n)",
    "insert into wh.main.stg (id, note) (select note, id from stg__dbt_tmp20260101)",
    "insert into wh.main.stg (id, note) (select id, note from shop.people)",
    "insert into wh.main.stg (id, note) select id, note from stg__dbt_tmp20260101 where id in (from shop.people)",
    "delete from wh.main.stg where id in (select id from stg__dbt_tmp20260101, shop.people)",
    "delete from wh.main.stg where id in (select id from (shop.people join wh.main.stg on true))",
    "delete from wh.main.stg where exists (table shop.people)",
    "delete from wh.main.other where id in (select id from stg__dbt_tmp20260101)",
    "merge into wh.main.stg as dbt_internal_dest using stg__dbt_tmp20260101 as dbt_internal_source "
    "on (true) when matched then update set note = dbt_internal_source.id when not matched then insert by name",
    "merge into wh.main.stg as dbt_internal_dest using shop.people as dbt_internal_source "
    "on (true) when matched then update by name when not matched then insert by name",
    "create table wh.main.stg (id integer, note varchar as (id))",
    "comment on column wh.main.other.note is 'x'",
    "comment on column wh.main.stg.note is null; drop table wh.main.other",
    "create macro main.upper(x) as x",
    "create type main.kind as enum ('a')",
    "create sequence main.s",
    "create view main.aside as from shop.people",
    "create temporary table things as (\n" + QUERY + "\n)",
    "drop table if exists wh.main.other cascade",
    "truncate table wh.main.stg",
    "explain analyze delete from wh.main.stg",
)


def test_how_dbt_builds_a_model_is_expected(connection):
    assert refused(connection, *HOW_DBT_BUILDS) == []


@pytest.mark.parametrize("sql", NOT_OF_DBT)
def test_a_statement_that_only_looks_like_one_of_dbt_is_not(connection, sql):
    assert refused(connection, TEMPORARY, sql) == [sql]


def test_a_table_is_renamed_to_the_model_only_if_it_was_made_of_its_query(connection):
    assert refused(connection, RENAMED) == [RENAMED]
    assert refused(connection, MADE, RENAMED, RENAMED) == [RENAMED]


def test_a_table_of_another_model_is_not_one_beside_the_model(connection):
    assert refused(connection, MADE, RENAMED, beside=["stg__dbt_tmp"]) == [MADE, RENAMED]


@pytest.mark.parametrize("kind", ["test", "unit_test", "operation"])
def test_what_builds_no_model_changes_no_model(connection, kind):
    insert = "insert into wh.main.stg (id) (select id from stg__dbt_tmp20260101)"
    assert refused(connection, insert, "select 1", kind=kind) == [insert]


def test_a_test_keeps_its_failures_and_a_unit_test_only_its_temporary_table(connection):
    kept = "create table wh.main.stg as (select * from shop.things limit 5)"
    assert refused(connection, kept, TEMPORARY, kind="test") == []
    assert refused(connection, kept, TEMPORARY, kind="unit_test") == [kept]


def test_a_port_writes_its_own_candidate_of_the_days_that_the_platform_has_chosen(connection):
    def candidate(name="stg", only="day > '2026'"):
        ending = "(format parquet, compression zstd, compression_level 1)"
        return f"copy (\nselect * from (\n{QUERY}\n) where {only}\n) to '/candidates/{name}.parquet' {ending}"

    odd = candidate("other"), candidate(only="true"), candidate(only="day > '2026' union all from shop.people")
    assert refused(connection, candidate(), *odd, only='{"stg": "day > \'2026\'"}') == [*odd]


def test_a_build_begins_without_what_an_earlier_one_left(connection):
    connection.execute("create macro upper(x) as x; create macro of(x) as table select x; create sequence s")
    connection.execute("create type kind as enum ('a'); create table kept as select 1 as id")
    assert refused(connection, "select 1") == []
    assert connection.execute("select function_name from duckdb_functions() where not internal").fetchall() == []
    assert connection.execute("select type_name from duckdb_types() where not internal").fetchall() == []
    assert connection.execute("select count(*) from duckdb_sequences()").fetchone() == (0,)
    assert connection.execute("select id from kept").fetchone() == (1,)
