"""What the code of a model reads besides its inputs: each kind is found, and what only looks like it is not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesh_capabilities.reproduction.code_doubts import code_doubts
from mesh_isolation.sql import varying_functions
from mesh_platform.build.dbt import CompiledModel


@pytest.fixture
def project(tmp_path):
    """A dbt project with one model, `things`; returns its doubts for a text of the model and further files."""

    def doubts(sql="select 1 as id", raw=None, materialized="view", files=(), names=("things",)):
        for path, text in {"models/things.sql": raw if raw is not None else sql, **dict(files)}.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, encoding="utf-8")
        model = CompiledModel("things", "main", "models/things.sql", materialized, sql, "things")
        return list(code_doubts([model], names, tmp_path))

    return doubts


VARYING = [
    "now()", "NOW ()", '"now"()', "now /* why */ ()", "random()", "uuid()", "gen_random_uuid()", "get_current_timestamp()",
    "today()", "age(born)", "nextval('ids')", "current_date", "CURRENT_TIMESTAMP", "localtimestamp", "current_localtimestamp()",
]  # fmt: skip
SAME = [
    "'now()'", "$$random()$$", "now", "x.random", '"current_date"', "1 -- now()\n", "1 /* random() */", "lower(now)",
    "date_trunc('day', at)", "sample", "'é' || 'uuid()'", "hash(id)",
]  # fmt: skip


@pytest.mark.parametrize("expression", VARYING)
def test_sql_that_gives_something_else_the_next_time_is_a_doubt(project, expression):
    (doubt,) = project(f"select 'ü' as u, {expression} as x from orders")
    assert doubt.startswith("things reads ") and doubt.endswith(", which may have another value")


@pytest.mark.parametrize("expression", SAME)
def test_names_texts_and_comments_that_only_look_like_it_are_none(project, expression):
    assert project(f"select {expression} as x from orders") == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(VARYING + SAME), min_size=1, max_size=6), st.sampled_from([", ", " ,\n", "/* , */,"]))
def test_a_list_of_expressions_has_a_doubt_if_one_of_them_has(tmp_path_factory, parts, between):
    sql = f"select {between.join(f'({part})' for part in parts)} from orders"
    model = CompiledModel("things", "main", "models/things.sql", "view", sql, "things")
    doubts = list(code_doubts([model], ["things"], tmp_path_factory.getbasetemp() / "none"))
    assert bool(doubts) == any(part in VARYING for part in parts)


def test_every_function_that_duckdb_calls_volatile_counts():
    assert {"now", "random", "uuid", "uuidv7", "nextval", "current_date", "txid_current"} <= varying_functions()
    assert not {"lower", "sum", "date_trunc", "hash"} & varying_functions()


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("select * from orders using sample 10%", "sample"),
        ("select * from orders tablesample reservoir(5)", "tablesample"),
        ("select * from 'seeds/x.csv'", "a file"),
        ("select * from read_csv('seeds/x.csv')", "read_csv()"),
        ("select * from duckdb_tables()", "duckdb_tables()"),
    ],
)
def test_samples_and_files_are_doubts(project, sql, what):
    assert project(sql) == [f"things reads {what}, which may have another value"]


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        ("select '{{ run_started_at }}' as at", "the time of the run"),
        ("select '{{ modules.datetime.datetime.now() }}' as at", "Python modules such as the clock"),
        ("select '{{ env_var('RATE', '1') }}' as rate", "an environment variable"),
        ("{% set read = env_var %} select '{{ read('RATE') }}' as rate", "an environment variable"),
        ("{% set rows = run_query('select 1') %} select 1", "the result of a query"),
        ("select * from {{ this }}", "its own earlier rows"),
        ("{{ config(post_hook='delete from orders') }} select 1", "what a hook does"),
    ],
)
def test_jinja_whose_value_no_commit_records_is_a_doubt_in_a_model_and_in_a_macro_that_it_names(project, raw, what):
    sentence = f"things reads {what}, which may have another value"
    assert project(raw=raw) == [sentence]
    macros = {"macros/outer.sql": "{% macro outer() %}{{ inner() }}{% endmacro %}"}
    macros["macros/inner.sql"] = f"{{% macro inner() %}}{raw}{{% endmacro %}}"
    assert project(raw="select {{ outer() }}", files=macros) == [sentence]
    assert project(raw="select {{ other() }}") == [], "a macro that nobody names has no effect"


def test_comments_of_jinja_and_texts_outside_of_it_are_no_doubts(project):
    assert project(raw="{# env_var('X') and run_started_at #} select 'env_var' as this -- run_query") == []


def test_incremental_custom_python_and_unknown_models_and_seeds_are_doubts(project):
    assert project(materialized="incremental") == ["things is incremental, and the rows of its earlier runs are not kept"]
    (custom,) = project(materialized="insert_by_period")
    assert custom.startswith("things is materialised as insert_by_period")
    files = {"models/scored.py": "def model(dbt, session): ...", "seeds/regions.csv": "id\n1\n"}
    assert project(files=files, names=("regions", "scored", "vanished")) == [
        "it reads the seed regions, whose types and settings are not recorded",
        "scored is a Python model, whose environment is not recorded",
        "dbt did not compile vanished, so what it reads is not known",
    ]


def test_packages_and_what_the_projects_yaml_reads_are_doubts(project):
    assert project(files={"profiles.yml": "path: \"{{ env_var('MESH_HOME') }}\""}) == [], "the platform's own"
    (package,) = project(files={"packages.yml": "packages:\n- local: ../utils\n"})
    assert package == "its project uses packages of dbt (not installed), whose versions are not recorded"
    files = {"dbt_packages/utils/dbt_project.yml": "name: utils\n", "dbt_packages/utils/macros/m.sql": ""}
    assert project(files=files) == [package.replace("not installed", "utils")]


@pytest.mark.parametrize(
    ("yaml", "what"),
    [
        ("vars:\n  rate: \"{{ env_var('RATE') }}\"\n", "an environment variable"),
        ("on-run-start:\n  - drop table x\n", "what a hook does"),
        ("models:\n  shop:\n    +post-hook: delete from x\n", "what a hook does"),
    ],
)
def test_what_the_projects_yaml_reads_is_a_doubt(project, yaml, what):
    files = {"dbt_project.yml": f"name: shop\n{yaml}"}
    assert project(files=files) == [f"its project's YAML reads {what}, which may have another value"]
