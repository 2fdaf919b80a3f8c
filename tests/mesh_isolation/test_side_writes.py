"""What a dbt project can write besides the queries of its models, read from its manifest."""

import pytest

from mesh_isolation.side_writes import only_reads, side_writes, unreferenced

READING = (
    "select 1",
    "with a as (select 1) from a",
    "explain select 1",
    "explain (format json) select 1",
    "analyze",
    "select 1; from range(3)",
)
WRITING = (
    "create table a (b integer)",
    "create or replace view a as select 1",
    "create macro f(x) as x",
    "create index i on t (a)",
    "insert into a values (1)",
    "update a set b = 1",
    "delete from a",
    "merge into a using b on true when matched then delete",
    "drop table a",
    "alter table a rename to b",
    "copy a to 'x'",
    "attach 'x'",
    "begin",
    "commit",
    "rollback",
    "abort",
    "start transaction read only",
    "set memory_limit = '1GB'",
    "call pragma_version()",
    "select 1; drop table a",
    "explain analyze update a set b = 1",
    "explain (analyze, format json) delete from a",
    "no sql at all",
)


@pytest.mark.parametrize("sql", READING)
def test_a_statement_that_reads_is_one(sql):
    assert only_reads(sql)


@pytest.mark.parametrize("sql", WRITING)
def test_everything_else_counts_as_writing(sql):
    assert not only_reads(sql)


def node(name="a", kind="model", depends_on=(), **said):
    config = {"materialized": "table"} | said.pop("config", {})
    standard = {"unique_id": f"{kind}.{name}", "name": name, "alias": name, "schema": "main", "resource_type": kind}
    return {**standard, "config": config, "depends_on": {"nodes": [*depends_on]}, **said}


def manifest(*nodes, sources=(), macros=()):
    dbt = [
        ("dbt", "create_table_as", "macros/relations/table/create.sql"),
        ("dbt", "default__create_table_as", "macros/relations/table/create.sql"),
        ("dbt", "dateadd", "macros/utils/dateadd.sql"),
        ("dbt", "generate_schema_name", "macros/get_custom_name/get_custom_schema.sql"),
        *macros,
    ]
    keys = ("package_name", "name", "original_file_path", "macro_sql")
    return {
        "nodes": {one["unique_id"]: one for one in nodes},
        "sources": dict(enumerate(sources)),
        "macros": {number: dict(zip(keys, (*macro, macro[1]))) for number, macro in enumerate(dbt)},
    }


def found(*nodes, shared=(), **said):
    return sorted(side_writes(manifest(*nodes, **said), shared))


def test_models_seeds_snapshots_and_tests_alone_write_nothing_besides():
    plain = {"unique_key": ["id", "day"], "meta": {"why": "because; 'of' \"it\""}, "tags": ["x"], "on_schema_change": "fail"}
    seed = node("c", "seed", config={"delimiter": ";"})
    assert found(node(config=plain), node("b", "snapshot"), seed, node("t", "test", config={"where": "a = 'b'"})) == []


@pytest.mark.parametrize(
    ("name", "file"),
    [("create_table_as", "x.sql"), ("duckdb__create_table_as", "x.sql"), ("materialization_own_duckdb", "x.sql")],
)
def test_a_macro_in_place_of_dbt_s_own_is_named_with_its_file(name, file):
    assert found(node(), macros=[("shop", name, file)]) == [
        f"x.sql has the macro {name}, which dbt executes in place of its own"
    ]
    assert found(node(), macros=[("shop", name, file)], shared=[f"/* {name} */"]) == []


def test_macros_that_make_text_or_names_are_the_project_s_own_matter():
    names = ("dateadd", "default__dateadd", "generate_schema_name", "generate_alias_name", "cents", "default__cents")
    assert found(node(), macros=[("shop", name, "x.sql") for name in names]) == []


def test_constraints_with_sql_count_where_dbt_executes_them():
    columns = {
        "id": {"name": "id", "data_type": "decimal(12, 2)", "constraints": [{"type": "check", "expression": "id > 0; drop"}]}
    }
    assert found(node(columns=columns)) == []
    assert found(node(columns=columns, config={"contract": {"enforced": True}})) == [
        "the model a has a constraint, whose SQL is executed beside its query"
    ]
    plain = {"id": {**columns["id"], "constraints": [{"type": "not_null"}]}}
    assert found(node(columns=plain, config={"contract": {"enforced": True}})) == []


def test_a_table_of_another_model_has_to_be_reached_by_ref():
    models = [
        node("a"),
        node("b", depends_on=["model.a"]),
        node("c", depends_on=["model.b", "source.x"]),
        node("st.g"),
        node("w x"),
    ]
    project = manifest(*models) | {"sources": {"source.x": {"schema": "raw", "identifier": "a"}}}
    for sql, names in {
        "select * from main.a join b using (id)": [],
        'from MAIN."A"': [],
        'from "db"."main"."st.g" as s': ["main.st.g"],
        'select (select max(id) from "w x") from a': ["main.w x"],
        "with a as (select 1) select * from a": [],
        "from raw.a": [],
        "from raw.b": ["raw.b"],
        "from removed": ["main.removed"],
        "with removed as (from removed) from removed": ["main.removed"],
        "with a as (from b), b as (from removed) from a": ["main.removed"],
        "with recursive r as (select 1 as x union all select x + 1 from r where x < 3) from r": [],
        "select (with c as (from a) select max(id) from c), id from removed": ["main.removed"],
        "from (with removed as (from a) from removed), removed": ["main.removed"],
        "from (summarize removed)": ["main.removed"],
        "from query_table('removed')": ["system.query_table"],
        "from json_execute_serialized_sql(json_serialize_sql('from removed'))": ["system.json_execute_serialized_sql"],
        "from read_duckdb('x', table_name = 'removed')": ["system.read_duckdb"],
        "select * from a, lateral (from glob('*'))": ["system.glob"],
        "from b, range(3), unnest([1, 2]) as u(x), json_each('{}')": [],
        "select comment from duckdb_tables()": ["system.duckdb_tables"],
        "select 5! from b": [],
    }.items():
        named = [
            sentence.split(" reads ")[1].split(" without")[0]
            for sentence in unreferenced(project, {"model.c": sql}).get("model.c", ())
        ]
        assert named == names, sql


@pytest.mark.parametrize("sql", ["from 'no sql", "select 1; select 2", "pivot a on id using max(id)"])
def test_a_query_whose_tables_are_not_known_is_doubtful(sql):
    assert unreferenced(manifest(node("c")), {"model.c": sql}) == {"model.c": ["which tables the model c reads is not known"]}


def test_macros_and_packages_of_the_names_that_dbt_uses_are_named():
    macros = [("shop", "env_var", "x.sql"), ("adapter", "cents", "y.sql")]
    assert sorted(side_writes(manifest(node(), macros=macros), (), ("env_var", "adapter"))) == [
        "the package adapter has a name that dbt's own macros use",
        "x.sql has the macro env_var, which dbt executes in place of its own",
    ]


def test_a_snapshot_names_its_columns_and_computes_none():
    plain = {"unique_key": ["id", "day"], "updated_at": "at", "check_cols": "all"}
    renamed = {"snapshot_meta_column_names": {"dbt_valid_to": "until", "dbt_scd_id": None}}
    assert found(node("s", "snapshot", config={**plain, **renamed})) == []
    for setting in plain:
        assert found(node("s", "snapshot", config={**plain, setting: "(select max(name) from shop.things)"})) == [
            f"the snapshot s has the setting {setting}, whose SQL is executed beside its query"
        ]


def test_macros_that_make_text_also_make_the_text_of_a_snapshot():
    own = [("shop", "dateadd", "x.sql"), ("shop", "generate_schema_name", "x.sql")]
    assert found(node("s", "snapshot"), macros=own) == ["x.sql has the macro dateadd, which dbt executes in place of its own"]
