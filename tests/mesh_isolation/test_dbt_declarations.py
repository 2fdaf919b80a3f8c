"""A part of a dbt project that dbt ignores is an error which names the file, the name and the nearest known one."""

import pytest

from mesh_isolation import dbt_messages
from mesh_isolation.dbt_commands import flags_of, run_dbt
from mesh_isolation.dbt_messages import hide_values, node_message, with_nearest
from mesh_isolation.known_names import KnownNames
from mesh_isolation.sandbox import Sandbox, call

PROJECT = """name: shop
version: "1.0"
profile: shop
macro-paths: [macros]
models:
  shop:
    staging: {+materialized: view}
    ports: {+materialized: table, +location: nowhere}
    reports: {+materialized: view}
"""
YML, SQL = "models/ports/orders.yml", "models/ports/orders.sql"
FILES = {
    "dbt_project.yml": PROJECT,
    "models/staging/stg_orders.sql": "select * from {{ source('raw', 'orders') }}",
    "models/staging/sources.yml": "sources: [{name: raw, tables: [{name: orders}]}]",
    SQL: "select 1 as id, 2 as amount from {{ ref('stg_orders') }}",
    YML: "models: [{name: orders, columns: [{name: id, data_tests: [unique, {not_null: {config: {where: id > 0}}}]}]}]",
    "macros/cents.sql": "{% macro cents(x) %}{{ x }}{{ config.get('own') }}{% endmacro %}"
    "{% test keeps_every_row(model, of) %}select * from {{ model }} where false{% endtest %}",
    "seeds/kinds.csv": "kind\n1\n",
    "seeds/kinds.yml": "seeds: [{name: kinds, config: {column_types: {kind: integer}}}]",
    "snapshots/prices.yml": "snapshots: [{name: prices, relation: ref('orders'),"
    " config: {unique_key: id, strategy: check, check_cols: [amount], hard_deletes: ignore}}]",
    "tests/no_orders_are_lost.sql": "select * from {{ ref('orders') }} where false",
    "tests/tests.yml": "data_tests: [{name: no_orders_are_lost, config: {severity: warn}}]",
}


@pytest.fixture
def dbt(tmp_path):
    """Runs a command of dbt on the project with these files changed, and returns its problem."""
    project, target, warehouse = tmp_path / "shop", tmp_path / "state/target", tmp_path / "warehouse/shop.duckdb"
    target.mkdir(parents=True), warehouse.parent.mkdir()

    def run(changes=None, verb="parse"):
        for name, text in {**FILES, **(changes or {})}.items():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).write_text(text, encoding="utf-8")
        inputs = {
            "arguments": [verb, *flags_of(project, target, str(warehouse))],
            "warehouse": str(warehouse),
            "files": [str(project / "seeds/kinds.csv")],
            "folders": [str(warehouse.parent)],
        }
        profiles = target.parent / "profiles.yml"
        answer = call(run_dbt, inputs, Sandbox([project, profiles], [target, warehouse.parent]))
        assert answer["success"] or answer["problem"] or answer["nodes"]
        return " ".join(answer["problem"].split()), answer["nodes"]

    run.project = project
    return run


def model(text):
    return {YML: f"models: [{{name: orders, {text}}}]"}


def of_test(text):
    return model(f"columns: [{{name: id, data_tests: [{{unique: {text}}}]}}]")


def project(old, new=""):
    return {"dbt_project.yml": PROJECT.replace(old, new) if new else PROJECT + old}


IGNORED = {
    "a model": ({YML: "models: [{name: order, data_tests: [unique: {column_name: id}]}]"}, YML, "model order,", "orders"),
    "a model under seeds": ({YML: "seeds: [{name: orders}]"}, YML, "orders under seeds", "models"),
    "a seed": ({"seeds/kinds.yml": "seeds: [{name: kind}]"}, "seeds/kinds.yml", "seed kind,", "kinds"),
    "a snapshot": ({"snapshots/more.yml": "snapshots: [{name: price}]"}, "snapshots/more.yml", "snapshot price,", "prices"),
    "a macro": ({"macros/cents.yml": "macros: [{name: cent}]"}, "macros/cents.yml", "macro cent,", "cents"),
    "a singular test": (
        {"tests/tests.yml": "data_tests: [{name: no_order_are_lost}]"},
        "tests/tests.yml",
        "test no_order_are_lost,",
        "no_orders_are_lost",
    ),
    "the key of tests": (
        model("columns: [{name: id, data_test: [unique]}]"),
        YML,
        "key data_test in models[0].columns[0]",
        "data_tests",
    ),
    "the key of columns": (model("column: [{name: id}]"), YML, "key column in models[0]", "columns"),
    "the key of models": ({YML: "model: [{name: orders}]"}, YML, "key model,", "models"),
    "the key of a source": (
        {"models/staging/sources.yml": "sources: [{name: raw, tables: [{name: orders, colums: [{name: id}]}]}]"},
        "models/staging/sources.yml",
        "key colums in sources[0].tables[0]",
        "columns",
    ),
    "tests at the top": ({YML: "tests: [{name: no_orders_are_lost}]"}, YML, "key tests,", "data_tests"),
    "generic tests at the top": ({YML: "data_tests: [unique: {column_name: id}]"}, YML, "key unique in data_tests[0]", ""),
    "a key twice": (model("data_tests: [unique: {column_name: id}], data_tests: []"), YML, "key 'data_tests' in line 1", ""),
    "a generic test": (
        model("data_tests: [{keeps_evry_row: {arguments: {of: ref('stg_orders')}}}]"),
        YML,
        "test keeps_evry_row,",
        "keeps_every_row",
    ),
    "a test of no model": (
        model("data_tests: [{keeps_every_row: {arguments: {of: ref('stg_order')}}}]"),
        YML,
        "test of stg_order,",
        "stg_orders",
    ),
    "a test of no source": (
        model("data_tests: [{keeps_every_row: {arguments: {of: \"source('raw', 'order')\"}}}]"),
        YML,
        "source raw.order,",
        "raw.orders",
    ),
    "a test that reads a disabled model": (
        {"models/old.sql": "{{ config(enabled=false) }} select 1 as id"}
        | model("data_tests: [{keeps_every_row: {arguments: {of: ref('old')}}}]"),
        YML,
        "because it reads old, which is disabled",
        "Enable old",
    ),
    "the key of a severity": (
        of_test("{config: {severty: warn}}"),
        YML,
        "setting severty of the test unique_orders_id",
        "severity",
    ),
    "the key of a condition": (of_test("{config: {wher: id = 1}}"), YML, "setting wher", "where"),
    "the key that enables a test": (of_test("{config: {enabeld: true}}"), YML, "setting enabeld", "enabled"),
    "the key that enables a model": (model("config: {enabeld: true}"), YML, "setting enabeld of the model orders", "enabled"),
    "a setting in SQL": (
        {SQL: "{{ config(materialised='table') }} select 1 as id"},
        SQL,
        "setting materialised",
        "materialized",
    ),
    "a setting of the project": (
        project("ports: {+mat", "ports: {+mt"),
        "dbt_project.yml",
        "setting mterialized",
        "materialized",
    ),
    "a setting of its tests": (
        project("data_tests: {shop: {+severty: warn}}\n"),
        "dbt_project.yml",
        "setting severty",
        "severity",
    ),
    "a folder of the project": (project("    ports:", "    port:"), "dbt_project.yml", "models.shop.port,", "ports"),
    "the name of the project": (project("  shop:\n", "  shp:\n"), "dbt_project.yml", "models.shp.ports,", "shop"),
    "a folder of tests": (project("test-paths: [test]\n"), "dbt_project.yml", "folder test (test-paths", "tests"),
    "a folder of models beside that of the settings": (
        {"models/stagng/returns.sql": "select 1 as id"} | project("    reports: {+materialized: view}\n", "    "),
        "dbt_project.yml",
        "models in stagng",
        "staging",
    ),
    **{
        f"a folder {name}": ({f"{right}/{file}": text, f"{name}/other_{file}": text}, right, f"folder {name};", f"{right} (")
        for right, name, file, text in (
            ("tests", "test", "none.sql", "select 1 where false"),
            ("models", "Models", "more.sql", "select 1 as id"),
            ("macros", "marcos", "more.sql", "{% macro more() %}1{% endmacro %}"),
            ("seeds", "seed", "more.csv", "id\n1\n"),
            ("snapshots", "snap_shot", "more.yml", "snapshots: []"),
        )
    },
    "a variable": (
        {SQL: "select {{ var('commission_rate', 1) }} as id"} | project("vars: {commision_rate: 2}\n"),
        "dbt_project.yml",
        "variable commision_rate,",
        "commission_rate",
    ),
    "constraints that are not enforced": (
        model("columns: [{name: id, data_type: integer, constraints: [{type: not_null}]}]"),
        YML,
        "constraints of the model orders",
        "data_tests",
    ),
    # dbt refuses these itself, some without the file.
    "a severity": (of_test("{config: {severity: wran}}"), YML, "Got 'wran'", ""),
    "a switch": (of_test("{config: {enabled: flase}}"), YML, "'flase' is not of type 'boolean'", ""),
    "the severity of a source's test": (
        {
            "models/staging/sources.yml": "sources: [{name: raw, tables: [{name: orders, columns: [{name: id, data_tests: "
            "[unique: {config: {severity: wran}}]}]}]}]"
        },
        "models/staging/sources.yml",
        "Got 'wran'",
        "",
    ),
    "the model of a unit test": (
        {YML: "unit_tests: [{name: one, model: order, given: [], expect: {rows: [{id: 1}]}}]"},
        YML,
        "Unable to find model 'shop.order'",
        "",
    ),
}
"""What is misspelt → the changed files; the file, the name and the way out of the error."""


@pytest.mark.parametrize("case", IGNORED.values(), ids=IGNORED)
def test_what_dbt_ignores_is_refused_with_its_file_and_the_nearest_name(dbt, case):
    changes, file, named, way_out = case
    problem, _ = dbt(changes)
    assert file in problem and named in problem
    assert way_out in problem.partition(named)[2]


def test_a_warning_is_given_again_while_dbt_has_kept_its_parsed_state(dbt):
    assert dbt()[0] == ""
    for verb in ("parse", "parse", "compile", "build"):
        assert "describes the model order," in dbt(IGNORED["a model"][0], verb)[0]
    assert dbt()[0] == ""


def test_a_project_cannot_silence_the_warning(dbt):
    problem, _ = dbt(IGNORED["a model"][0] | project("flags: {warn_error_options: {silence: [NoNodeForYamlKey]}}\n"))
    assert "describes the model order," in problem


def test_all_that_is_ignored_is_counted(dbt):
    problem, _ = dbt(IGNORED["a model"][0] | IGNORED["a seed"][0] | IGNORED["a macro"][0])
    assert problem.endswith("The project has 2 more faults of this kind.")


ACCEPTED = {
    "a domain without files": {name: "" for name in FILES if name != "dbt_project.yml"}
    | {"seeds/kinds.csv": "kind\n1\n", SQL: "select 1"},
    "an earlier spelling": model("tests: [{keeps_every_row: {of: ref('stg_orders')}}], meta: {own: 1}"),
    "own keys under meta": model("config: {meta: {ownr: me}}, columns: [{name: id, config: {meta: {own: 1}}}]"),
    "a setting that a macro reads": model("config: {own: 1}"),
    "settings of the adapter": {SQL: "{{ config(format='parquet', options={}, indexes=[]) }} select 1 as id"},
    "anchors": {YML: "anchors: [&t {name: orders}]\nversion: 2\nmodels: [*t]"},
    "a disabled model with its tests": {
        "models/old.sql": "{{ config(enabled=false) }} select 1 as id",
        "models/old.yml": "models: [{name: old, data_tests: [unique: {column_name: id}]}]",
    },
    "a variable that is read": {SQL: "select {{ var('rate', 1) }} as id"} | project("vars: {shop: {rate: 2}}\n"),
    "constraints that are enforced": model(
        "config: {contract: {enforced: true}}, columns: "
        "[{name: id, data_type: integer, constraints: [{type: not_null}]}, {name: amount, data_type: integer}]"
    ),
    "folders of one's own": {f"{name}/notes.md": "Notes." for name in ("docs", "notebooks", "scripts", "notes", "models/docs")},
    "exposures and groups": {
        "models/uses.yml": "groups: [{name: us, owner: {email: a@b.c}}]\n"
        "exposures: [{name: page, type: dashboard, owner: {email: a@b.c}, depends_on: [ref('orders')]}]"
    },
}


@pytest.mark.parametrize("changes", ACCEPTED.values(), ids=ACCEPTED)
def test_what_dbt_reads_is_accepted(dbt, changes):
    assert dbt(changes)[0] == ""


UNKNOWN = {
    "a macro": ("select {{ cens(1) }} as id", "'cens' is undefined. Did you mean cents?"),
    "a function of dbt": ("select 1 as id from {{ reff('stg_orders') }}", "'reff' is undefined. Did you mean ref?"),
    "a filter": ("select {{ 1 | uper }} as id", "No filter named 'uper'. Did you mean upper?"),
    "an argument": ("select {{ cents(y=1) }} as id", "macro 'dbt_macro__cents' takes no keyword argument 'y'"),
    "too many arguments": ("select {{ cents(1, 2) }} as id", "macro 'dbt_macro__cents' takes not more than 1 argument(s)"),
    "a missing argument": ("select {{ cents() | upper }}", ""),
    "a model": ("select * from {{ ref('stg_order') }}", "named 'stg_order' which was not found. Did you mean stg_orders?"),
    "a source": ("select * from {{ source('raw', 'order') }}", "named 'raw.order' which was not found. Did you mean orders?"),
}


@pytest.mark.parametrize("case", UNKNOWN.values(), ids=UNKNOWN)
def test_the_message_about_an_unknown_name_names_the_nearest_one(dbt, case):
    sql, expected = case
    problem, nodes = dbt(
        {SQL: sql, "snapshots/prices.yml": "", YML: "", "models/staging/stg_orders.sql": "select 1 as id"}, "build"
    )
    if problem:
        text = with_nearest(problem, KnownNames([dbt.project]))
        assert all(part in text for part in expected.split(". ")), text
    elif expected:
        (message,) = {node["message"] for node in nodes if node["status"] == "error"}
        assert node_message(message, KnownNames([dbt.project])).endswith(f"(models/ports/orders.sql): {expected}")


def test_a_name_that_is_not_in_the_project_can_be_a_value_and_is_not_shown(tmp_path):
    (tmp_path / "orders.sql").write_text("select {{ cents(1) }}", encoding="utf-8")
    names = KnownNames([tmp_path])
    for text in ("'{}' is undefined", "No filter named '{}'.", "macro '{}' takes not more than 1 argument(s)"):
        message = f"Compilation Error in model orders (models/orders.sql)\n  {text}"
        assert "cents" in node_message(message.format("cents"), names)
        assert node_message(message.format("Anna"), names).endswith("not shown, because it can quote values")


MADE = "is not shown, because it can be made of data, and the test"
LARGEST = "(select max(id) from (select 260704875 as id))"
FAILED = {
    "rows": ("select 1 as id from range(2)", "its query returned 2 rows, and must return none"),
    "one row": ("select 1 as id", "its query returned 1 row, and must return none"),
    "a limit": (
        "{{ config(error_if='>1') }} select 1 from range(1200)",
        "count(*) of its query is 1,200, and the test fails if it is >1",
    ),
    "a warning": ("{{ config(severity='warn') }} select 1", "its query returned 1 row, and must return none"),
    "a warning beyond a limit": (
        "{{ config(severity='warn', warn_if='> 1') }} select 1 from range(1200)",
        "count(*) of its query is 1,200, and the test warns if it is > 1",
    ),
    "the first rows": (
        "{{ config(limit=500) }} select 1 from range(1200)",
        "its query returned 500 rows, and must return none",
    ),
    "rows that are kept": (
        "{{ config(store_failures=true) }} select 1 as id from range(1200)",
        "its query returned 1,200 rows, and must return none",
    ),
    "a query that ends with a comment": ("select 1 from range(3) -- of (", "its query returned 3 rows, and must return none"),
    "another number": (
        "{{ config(fail_calc='max(id)') }} select 260704875 as id",
        f"max(id) of its query {MADE} fails if it is != 0",
    ),
    "another number that warns": (
        "{{ config(fail_calc='max(id)', severity='warn', warn_if='> 7') }} select 260704875 as id",
        f"max(id) of its query {MADE} warns if it is > 7",
    ),
    "a number that looks like a count": (
        "{{ config(fail_calc='count(*) + max(id)') }} select 260704875 as id",
        f"count(*) + max(id) of its query {MADE} fails if it is != 0",
    ),
    "a query that closes its bracket": (
        f"select 1 as id) as t having false union all select {LARGEST}, true, true from (select 1 as id",
        f"count(*) of its query {MADE} fails if it is != 0",
    ),
    "a limit that ends the query": (
        "{{ config(warn_if='!= 0 as should_warn, true as should_error from (select 1) as t having false union all select "
        + LARGEST
        + ", true') }} select 1 as id",
        f"count(*) of its query {MADE} fails if it is != 0",
    ),
    "a query that counts as dbt does before it closes its bracket": (
        "{% if execute %}{% do run_query('select count(*) as failures, count(*) != 0 as should_warn, count(*) != 0 as "
        "should_error from (\nselect 1\n) dbt_internal_test') %}{% endif %}"
        f"select 1 as id) as t having false union all select {LARGEST}, true, true from (select 1 as id",
        f"count(*) of its query {MADE} fails if it is != 0",
    ),
}
UNREADABLE = {
    "a text": "{{ config(fail_calc=\"'26 07'\", warn_if='is not null', error_if='is not null') }} select 1 as id",
    "a text like an error": "{{ config(fail_calc=\"'Catalog Error: 26 07'\", warn_if='is not null', error_if='is not null') }} "
    "select 1 as id",
    "a fraction": "{{ config(fail_calc='max(id)') }} select 26.07 as id",
    "a limit that is a text": "{{ config(warn_if=\"|| ' 26 07'\") }} select 1 as id",
    "more rows": "select 1 as id) as t having false union all select 1, true, true from range(26) as t union all "
    "select count(*), true, true from (select 1 as id",
}
"""Results of a test that dbt cannot read. Two digits by themselves pass the filter of names."""
OVERRIDES = {
    "the macro of the statement": "{% macro get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) %}"
    f"select {LARGEST} as failures, true as should_warn, true as should_error{{% endmacro %}}",
    "the macro of an adapter": "{% macro duckdb__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) %}"
    f"select {LARGEST} as failures, true as should_warn, true as should_error{{% endmacro %}}",
    "the materialization": "{% materialization test, default %}{% call statement('main', fetch_result=True) %}"
    "select count(*) as failures, count(*) != 0 as should_warn, count(*) != 0 as should_error from (\nselect 1\n) "
    "dbt_internal_test{% endcall %}{% call statement('main', fetch_result=True) %}"
    f"select {LARGEST} as failures, true as should_warn, true as should_error{{% endcall %}}"
    "{{ return({'relations': []}) }}{% endmaterialization %}",
}
"""What a project can put in place of dbt's own count."""


@pytest.fixture
def failed(dbt):
    """Builds the project with one more test, which finds something, and returns the node of the test, without values."""

    def run(sql, more=None):
        without = {"models/staging/stg_orders.sql": "select 1 as id", "tests/tests.yml": "", "snapshots/prices.yml": ""}
        test = {"tests/no_orders_are_lost.sql": f"{sql}\n-- {{{{ ref('orders') }}}}"}
        problem, nodes = dbt(without | test | (more or {}), "build")
        hide_values({"problem": problem, "nodes": nodes, "fetched": False}, KnownNames([dbt.project]))
        (node,) = [node for node in nodes if node["name"] == "no_orders_are_lost"]
        return node

    return run


@pytest.mark.parametrize("case", FAILED.values(), ids=FAILED)
def test_a_failed_test_says_in_words_what_it_found(failed, case):
    sql, expected = case
    node = failed(sql)
    assert (node["status"] in ("fail", "warn"), node["message"]) == (True, expected)
    assert node["file"] == "tests/no_orders_are_lost.sql"


@pytest.mark.parametrize("sql", UNREADABLE.values(), ids=UNREADABLE)
def test_a_result_that_dbt_cannot_read_is_not_quoted(failed, sql):
    node = failed(sql)
    assert node["status"] == "error"
    assert node["message"].endswith("its message is not shown, because it can quote values")
    assert not {"26", "27", "07"}.intersection(node["message"].split())


@pytest.mark.parametrize("macro", OVERRIDES.values(), ids=OVERRIDES)
def test_a_number_that_a_macro_of_the_project_returns_is_not_shown(failed, macro):
    node = failed("select 1 as id", {"macros/own.sql": macro})
    assert (node["status"], node["message"]) == ("fail", f"count(*) of its query {MADE} fails if it is != 0")


@pytest.mark.parametrize("rows", [1, 2, 999, 1_000, 260_704_875, None])
@pytest.mark.parametrize("limit", ["!= 0", "> 1"])
@pytest.mark.parametrize("outcome", ["fails", "warns"])
def test_the_sentence_of_a_test_is_whole_although_no_file_has_its_words(rows, limit, outcome):
    found = {"rows": rows, "fail_calc": "count(*)", "outcome": outcome, "limit": limit}
    message = dbt_messages.test_message(found, KnownNames([]))
    assert "…" not in message
    assert (f"{rows:,}" in message) if rows else (MADE in message)
    assert f"and the test {outcome} if it is {limit}" in message or "and must return none" in message


@pytest.mark.parametrize("rows", ["260704875", True, 1.5, [260704875], {}])
def test_a_number_of_another_type_is_not_shown(rows):
    assert MADE in dbt_messages.test_message({"rows": rows, "fail_calc": 7, "limit": None}, KnownNames([]))
