"""A domain that lets dbt build something else than it compiles, so that the policies judge another lineage.

`things.note` of shop is personal. The port of books has a column of that name which its contract calls public. Each attempt
makes its values of the personal ones, in a project whose compiled SQL, read by itself, does not show it. A real build and the
real policies decide; the port must not be published with such a value.
"""

import json
import re
import shutil
from pathlib import Path

import duckdb
import pytest
import yaml

from mesh_capabilities.columns.executed import unlike_compiled
from mesh_platform.build import dbt
from mesh_platform.build.dbt import CompiledModel, NodeResult
from mesh_platform.build.port_graph import load_port_graph
from mesh_platform.build.warehouse import WarehouseFile
from mesh_platform.errors import MeshError
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.product.offer import load_offer
from mesh_platform.project import load_domain
from mesh_platform.publish.attempt import Purpose, Work
from mesh_platform.publish.publishing import commit, keep, publish

PLANTED = "a planted personal value"
THINGS = "{{ source('shop', 'things') }}"
HONEST = {
    "models/stg.sql": f"select id, price, 'none' as note from {THINGS}",
    "models/ports/sales.sql": "{{ config(materialized='port') }} select id, price, note from {{ ref('stg') }}",
}
NOTES = f"select id, note from {THINGS}"
UPDATE = "update main.stg set note = (select max(note) from shop.things)"
SPELT = (
    "def model(dbt, session):\n    dbt.config(materialized='table')\n    dbt.ref('honest')\n"
    "    place = 'sh' + 'op' + chr(46) + 'thi' + 'ngs'\n    return session.sql('select note as word from ' + place)\n"
)
"""A model in Python that does not name what it reads."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"
IN_A_BUILD = "{% if flags.WHICH == 'build' %}"


def staged(condition: str) -> dict[str, str]:
    """Personal values in the staging model when the condition holds."""
    note = f"{{% if {condition} %}}note{{% else %}}'none'{{% endif %}}"
    return {"models/stg.sql": f"select id, price, {note} as note from {THINGS}"}


def configured(**settings: object) -> dict[str, str]:
    """A staging model with these settings."""
    said = ", ".join(f"{name}={value!r}" for name, value in settings.items())
    return {"models/stg.sql": f"{{{{ config({said}) }}}} {HONEST['models/stg.sql']}"}


COPY = (
    "copy (\n select * from (\nselect id, price, note from shop.things\n ) where true\n ) to "
    "'{{ env_var('MESH_HOME') }}/built/books/sales.parquet' (format parquet, compression zstd, compression_level 1)"
)
ATTEMPTS: dict[str, dict[str, object]] = {
    "the command": staged("flags.WHICH == 'build'"),
    "the command, as an argument": staged("invocation_args_dict.which == 'build'"),
    "a flag that the platform sets": staged("flags.INTROSPECT"),
    "a variable of the build": staged("env_var('MESH_ONLY', '')"),
    "the command, in the port itself": {
        "models/ports/sales.sql": "{{ config(materialized='port') }} select id, price, {% if flags.WHICH == 'build' %}"
        f"note{{% else %}}'none'{{% endif %}} as note from {THINGS}"
    },
    "the command, in a macro": {
        "macros/which.sql": "{% macro noted() %}{{ 'note' if flags.WHICH == 'build' else \"'none'\" }}{% endmacro %}",
        "models/stg.sql": f"select id, price, {{{{ noted() }}}} as note from {THINGS}",
    },
    "the command, in a filter of names": {
        "models/stg.sql": f"select id, price, columns('{{{{ 'note' if flags.WHICH == 'build' else 'empty' }}}}') as note "
        f"from (select *, 'none' as empty from {THINGS})"
    },
    "a comment for sqlglot alone": {
        "models/stg.sql": "select id, price, map {{ '{#' }}1: note /* #} ([1], ['none']) as note "
        f"from {THINGS} -- */ }}[#1] as note from {THINGS}"
    },
    "a space for DuckDB alone": {
        "models/stg.sql": f"select id, price, \u200bnote from (select id, price, note, 'none' as \"\u200bnote\" from {THINGS})"
    },
    "a name behind a quote in a comment, in which DuckDB replaces a space": {
        "models/stg.sql": '/* " */ select id, price, "\u200bnote" as note '
        f'from (select id, price, note as " note", \'none\' as "\u200bnote" from {THINGS})'
    },
    "a keyword for sqlglot alone": {
        "models/stg.sql": f'select id, price, fal\u017fe as note from (select id, price, note as "fal\u017fe" from {THINGS})'
    },
    "the command, in a number": {
        "models/stg.sql": "select id, price, #{{ 3 if flags.WHICH == 'build' else 4 }} as note "
        f"from (select id, price, note, 'none' as empty from {THINGS})"
    },
    "a model that only a build has": {
        "models/extra.sql": "{{ config(enabled=(flags.WHICH == 'build')) }} " + NOTES,
        "models/stg.sql": f"select id, price, {IN_A_BUILD}(select max(note) from {{{{ ref('extra') }}}}){{% else %}}'none'"
        f"{{% endif %}} as note from {THINGS}",
    },
    "a name that only a build gives": {
        "dbt_project.yml": {"flags": {"partial_parse": False}},
        "models/other.sql": "{{ config(alias='stg' if flags.WHICH == 'build' else 'other') }} "
        f"select id, price, note from {THINGS}",
        "models/stg.sql": "{{ config(alias='other' if flags.WHICH == 'build' else 'stg') }} " + HONEST["models/stg.sql"],
        "models/ports/sales.sql": "{{ config(materialized='port') }} select id, price, note from main.stg "
        "-- {{ ref('stg') }} {{ ref('other') }}",
    },
    "a hook before the port": {
        "models/ports/sales.sql": "{{ config(materialized='port', pre_hook=\"" + UPDATE + '") }} '
        "select id, price, note from {{ ref('stg') }}"
    },
    "a hook after the staging model": configured(post_hook=UPDATE),
    "a hook of all models": {"dbt_project.yml": {"models": {"books": {"+post-hook": [UPDATE]}}}},
    "a hook that only a build has": {
        "dbt_project.yml": {"flags": {"partial_parse": False}},
        "models/stg.sql": "{% set hook = '" + UPDATE + "' if flags.WHICH == 'build' else 'select 1' %}"
        "{{ config(post_hook=hook) }} " + HONEST["models/stg.sql"],
    },
    "a hook that renders itself": configured(post_hook="{{ '" + UPDATE + "' }}"),
    "a hook that replaces the view of the input": configured(
        pre_hook="create or replace view shop.things as select id, price, note from shop.things"
    ),
    "a hook that defines a function": {
        "models/ports/sales.sql": "{{ config(materialized='port', pre_hook='create macro plain(x) as "
        "(select max(note) from shop.things)') }} select id, price, plain(note) as note from {{ ref('stg') }}"
    },
    "a hook that writes the candidate": {
        "models/ports/sales.sql": "{{ config(materialized='port', post_hook=" + json.dumps(COPY) + ") }} "
        "select id, price, note from {{ ref('stg') }}"
    },
    "a hook of the run": {
        "dbt_project.yml": {"on-run-start": ["create or replace table main.extra as " + "select 'x' as note"]}
    },
    "a query while a model compiles": {
        "models/ports/sales.sql": "{{ config(materialized='port') }} " + IN_A_BUILD + '{% do run_query("' + UPDATE + '") %}'
        "{% endif %} select id, price, note from {{ ref('stg') }}"
    },
    "a statement while a model compiles": {
        "models/ports/sales.sql": "{{ config(materialized='port') }} "
        + IN_A_BUILD
        + "{% call statement() %}"
        + UPDATE
        + "{% endcall %}{% endif %} select id, price, note from {{ ref('stg') }}"
    },
    "the adapter while a model compiles": {
        "models/ports/sales.sql": "{{ config(materialized='port') }} "
        + IN_A_BUILD
        + '{% do adapter.execute("'
        + UPDATE
        + '") %}'
        "{% endif %} select id, price, note from {{ ref('stg') }}"
    },
    "a query while a test compiles": {
        "tests/t.sql": IN_A_BUILD
        + '{% do run_query("'
        + UPDATE
        + "\") %}{% endif %} select * from {{ ref('stg') }} where false"
    },
    "rows of a failed test, under the name of a model": {
        "tests/t.sql": "{{ config(store_failures=true, alias='stg', schema=none, severity='warn') }} "
        "{{ config(fail_calc='0') }} "
        f"select t.id, t.price, t.note from {THINGS} as t join {{{{ ref('stg') }}}} using (id)",
        "macros/names.sql": "{% macro generate_schema_name(custom, node) %}main{% endmacro %}",
    },
    "a macro in place of dbt's own": {
        "macros/table.sql": "{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql') %}create or "
        "replace table {{ relation }} as select id, price, note from shop.things{% endmacro %}"
    },
    "a macro of a package in place of dbt's own": {
        "dbt_project.yml": {"dispatch": [{"macro_namespace": "dbt", "search_order": ["evil", "dbt"]}]},
        "packages.yml": {"packages": [{"local": "evil"}]},
        "dbt_packages/evil/dbt_project.yml": {"name": "evil", "version": "1.0.0", "profile": "books"},
        "dbt_packages/evil/macros/table.sql": "{% macro default__get_create_table_as_sql(temporary, relation, sql) %}create or "
        "replace table {{ relation }} as select id, price, note from shop.things{% endmacro %}",
    },
    "a package that is named like dbt's own": {
        "packages.yml": {"packages": [{"local": "evil"}]},
        "dbt_packages/evil/dbt_project.yml": {"name": "dbt_duckdb", "version": "1.0.0", "profile": "books"},
        "dbt_packages/evil/macros/table.sql": "{% macro duckdb__create_table_as(temporary, relation, compiled_code, "
        "language='sql') %}create or replace table {{ relation }} as select id, price, note from shop.things{% endmacro %}",
    },
    "a project that is named like dbt's own": {
        "dbt_project.yml": {"name": "dbt", "models": {"dbt": {"+materialized": "table"}, "books": {}}},
        "macros/table.sql": "{% macro default__create_table_as(temporary, relation, sql) %}create or replace table "
        "{{ relation }} as select id, price, note from shop.things{% endmacro %}",
    },
    "another materialisation of a port": {
        "macros/port.sql": Path(dbt.__file__)
        .with_name("macros")
        .joinpath("port.sql")
        .read_text(encoding="utf-8")
        .replace("{{ compiled_code }}", "select id, price, note from shop.things"),
        "dbt_project.yml": {"macro-paths": ["macros"]},
    },
    "a materialisation of its own": {
        **configured(materialized="own"),
        "macros/own.sql": "{% materialization own, adapter='duckdb' %}{% call statement('main') %}create or replace table "
        "{{ this }} as select id, price, note from shop.things{% endcall %}{{ return({'relations': [this]}) }}"
        "{% endmaterialization %}",
    },
    "SQL before the statement": configured(
        sql_header="create or replace table main.aside as select max(note) as note from shop.things;"
    ),
    "a name that ends another statement": configured(
        alias='stg" as select id, price, note from shop.things; create or replace table "books"."main"."aside'
    ),
    "expressions of a merge": configured(
        materialized="incremental",
        incremental_strategy="merge",
        unique_key="id",
        merge_update_set_expressions={"note": "(select max(note) from shop.things)"},
    ),
    "a column of a merge that is an expression": configured(
        materialized="incremental",
        incremental_strategy="merge",
        unique_key="id",
        merge_update_columns=["note = (select max(note) from shop.things), note"],
    ),
    "a table in place of the view of an input": {
        "models/evil.sql": "{{ config(alias='things', schema='shop') }} "
        f"select id, price, 'x' as kind, note as label from {THINGS}",
        "macros/names.sql": "{% macro generate_schema_name(custom, node) %}{{ custom or 'main' }}{% endmacro %}",
        "models/stg.sql": f"select id, price, columns(c -> c = 'label') as note from {THINGS} -- {{{{ ref('evil') }}}}",
    },
}
"""Files below the dbt project of books, beside or in place of the honest ones. A mapping is merged into dbt_project.yml."""

WRITTEN = "update main.stg set note = (select max(note) from shop.things)"
AROUND = f"; {WRITTEN}; commit; begin; "


def with_test(**settings: object) -> dict[str, object]:
    """A test of the staging model with these settings."""
    test = {"not_null": {"arguments": {"column_name": "id"}, "config": settings}}
    return {"models/stg.yml": {"models": [{"name": "stg", "data_tests": [test]}]}}


def snapped(**settings: object) -> dict[str, object]:
    """The port reads a snapshot with these settings."""
    snapshot = {"name": "kept", "relation": "ref('stg')", "config": {"unique_key": "id", "strategy": "timestamp"} | settings}
    port = "{{ config(materialized='port') }} select id, price, dbt_updated_at::varchar as note from {{ ref('kept') }}"
    return {"snapshots/kept.yml": {"snapshots": [snapshot]}, "models/ports/sales.sql": port}


ATTEMPTS |= {
    "a macro in place of a function of dbt": {
        "macros/own.sql": '{% macro fromjson(text) %}{% do run_query("' + WRITTEN + '") %}{{ return({}) }}{% endmacro %}'
    },
    "a macro in place of a function of dbt, which changes the predicate": {
        "macros/own.sql": "{% macro fromjson(text) %}{{ return({'sales': 'true union all select id, price, note from "
        "shop.things'}) }}{% endmacro %}"
    },
    "a macro in place of a variable of dbt": {
        "macros/own.sql": "{% macro namespace() %}{{ return(builtins) }}{% endmacro %}"
        '{% macro env_var(name, other) %}{% do run_query("' + WRITTEN + '") %}{{ return(builtins.env_var(name, other)) }}'
        "{% endmacro %}"
    },
    "a test that ends its query": {
        "tests/t.sql": f"select 1 where false) t{AROUND}select 0 as failures, false as should_warn, false as should_error from "
        "(select 1 from {{ ref('stg') }}"
    },
    "a test that counts its failures with a statement": with_test(
        fail_calc=f"0, false, false {AROUND} select 0 as failures, false as should_warn, count(*)"
    ),
    "a test that warns with a statement": with_test(
        warn_if=f"> 0 as should_warn, false as should_error{AROUND}select 0, 1 = 1"
    ),
    "a test with a limit that is a statement": {
        "tests/t.sql": "{{ config(limit='1) t" + AROUND + "select 0 as failures, false as should_warn, false as should_error "
        "from (select 1') }} select * from {{ ref('stg') }} where false"
    },
    "a unit test of a statement": {
        "models/stg.yml": {
            "unit_tests": [
                {
                    "name": "u",
                    "model": "stg",
                    "given": [
                        {
                            "input": "source('shop', 'things')",
                            "format": "sql",
                            "rows": f"select 1 as id) select 1) as s); {WRITTEN}; commit; begin; select * from (select * from "
                            "(with x as (select 1 as id",
                        }
                    ],
                    "expect": {"rows": [{"id": 1}]},
                }
            ]
        }
    },
    "a column whose name is a statement": {
        "models/stg.sql": '{{ config(persist_docs={"columns": true}) }} select id, price, \'none\' as note, 1 as "note is '
        f'null; {WRITTEN}; comment on column main.stg.note" from {THINGS}',
        "models/stg.yml": {
            "models": [
                {
                    "name": "stg",
                    "columns": [{"name": f"note is null; {WRITTEN}; comment on column main.stg.note", "description": "x"}],
                }
            ]
        },
    },
    "a column of a contract that is a statement": {
        "models/stg.yml": {
            "models": [
                {
                    "name": "stg",
                    "config": {"contract": {"enforced": True}},
                    "columns": [
                        {"name": "id", "data_type": "integer"},
                        {"name": "price", "data_type": "decimal(10, 2)"},
                        {"name": "note", "data_type": "varchar generated always as (id)"},
                    ],
                }
            ]
        },
    },
    "a snapshot that computes its time": snapped(updated_at="(select max(note) from shop.things)"),
    "a snapshot that computes its key": snapped(
        unique_key="id, (select max(note) from shop.things)", strategy="check", check_cols=["price"]
    )
    | {
        "models/ports/sales.sql": "{{ config(materialized='port') }} select id, price, dbt_scd_id as note "
        "from {{ ref('kept') }}"
    },
    "a query that is not followed, in a build": {
        "models/ports/sales.sql": "{{ config(materialized='port') }} select id, price, "
        + IN_A_BUILD
        + "(select max(note) from shop.things){% else %}'none'{% endif %} as note from {{ ref('stg') }} where 5! > 0"
    },
    "batches that only a build has": {
        "models/stg.sql": "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='stamp', "
        "batch_size='year', begin='2026-01-01') }} select id, price, "
        + IN_A_BUILD
        + f"note{{% else %}}'none'{{% endif %}} as note, now()::timestamp as stamp from {THINGS}"
    },
    "a table that is explained": {
        "models/ports/sales.sql": "{{ config(materialized='port') }} "
        + IN_A_BUILD
        + '{% do run_query("explain analyze '
        + UPDATE
        + "\") %}{% endif %} select id, price, note from {{ ref('stg') }}"
    },
}


def in_the_port(jinja: str, note: str = "note") -> dict[str, str]:
    """The port with some Jinja before its query."""
    query = f"select id, price, {note} as note from {{{{ ref('stg') }}}}"
    return {"models/ports/sales.sql": f"{{{{ config(materialized='port') }}}} {jinja} {query}"}


IN_EXECUTION = "{% if execute and flags.WHICH == 'build' %}"
CURSOR = "adapter.add_query('select 1')[1]"
LARGEST = "select max(note) from shop.things"
ROWS = f"adapter.execute('{LARGEST}', fetch=True)[1]"
ATTEMPTS |= {
    **{
        f"the engine's own connection, by {name}": in_the_port(f"{IN_EXECUTION}{{% do {call.format(UPDATE)} %}}{{% endif %}}")
        for name, call in {
            "the cursor of a cursor": f'{CURSOR}.cursor().execute("{{}}")',
            "another method": f'{CURSOR}.sql("{{}}")',
            "many rows": f'{CURSOR}.executemany("{{}}", [])',
            "the connection of dbt": "adapter.add_query('select 1')[0].handle.cursor().cursor().execute(\"{}\")",
        }.items()
    },
    "the end of a transaction while a model compiles": in_the_port(
        IN_EXECUTION + "{% do run_query('rollback') %}{% do run_query('" + UPDATE.replace("'", "") + "') %}{% endif %}"
    ),
    "a rollback by the connection of dbt": in_the_port(
        IN_EXECUTION + "{% do adapter.add_query('select 1')[0].handle.rollback() %}{% endif %}"
    ),
    **{
        f"a value of a query in the text, by {by}": in_the_port(
            f"{{% set v %}}{IN_EXECUTION}{value}{{% endif %}}{{% endset %}}", "'{{ v }}'"
        )
        for by, value in {
            "run_query": f"{{{{ run_query('{LARGEST}').columns[0].values()[0] }}}}",
            "the adapter": f"{{{{ {ROWS}.columns[0].values()[0] }}}}",
            "the cursor": f"{{{{ adapter.add_query('{LARGEST}')[1].fetchall()[0][0] }}}}",
            "a statement": f"{{% call statement('s', fetch_result=true) %}}{LARGEST}{{% endcall %}}"
            "{{ load_result('s').data[0][0] }}",
            "the name of a column": "{{ adapter.get_column_schema_from_query('from (pivot shop.things on note "
            "using count(*) group by id)')[-1].name }}",
        }.items()
    },
    "a value of a query in the text of another model": {
        "models/stg.sql": IN_EXECUTION
        + f"{{% do graph.update({{'v': {ROWS}.columns[0].values()[0]}}) %}}{{% endif %}}"
        + HONEST["models/stg.sql"],
        **in_the_port("", "'{{ graph.v }}'"),
    },
    "a value of a query in the text of a later run": {
        "models/stg.sql": "{{ config(materialized='incremental') }} {% set v = run_query('select max(note) from shop.things')"
        ".columns[0].values()[0] if execute and is_incremental() else 'none' %} select id, price, '{{ v }}' as note from "
        + THINGS,
        "models/ports/sales.sql": "{{ config(materialized='port') }} select id, any_value(price) as price, max(note) as note "
        "from {{ ref('stg') }} group by id",
    },
    "a candidate that Jinja writes": {
        "tests/t.sql": IN_EXECUTION
        + f"{{% do {ROWS}.to_csv(env_var('MESH_HOME') ~ '/built/books/sales.parquet') %}}{{% endif %}}"
        + "select * from {{ ref('sales') }} where false"
    },
    "a file of an input that Jinja reads": in_the_port(
        IN_EXECUTION + "{% set v = adapter.execute('select file_name from parquet_file_metadata((select 1))', fetch=True) %}"
        "{% endif %}",
    ),
    "a name that a Python model spells": {
        "models/deep/hidden.py": SPELT,
        "models/honest.sql": f"select id, price from {THINGS}",
        "models/stg.sql": "select id, price, (select max(word) from {{ ref('hidden') }}) as note from {{ ref('honest') }}",
    },
    "a model in Python that only a build reads": {
        "models/deep/hidden.py": SPELT.replace("    dbt.ref('honest')\n", ""),
        "models/honest.sql": f"select id, price from {THINGS}",
        "models/stg.sql": "-- depends_on: {{ ref('hidden') }}\n"
        f"{IN_A_BUILD}select id, price, (select max(word) from {{{{ ref('hidden') }}}}) as note from {{{{ ref('honest') }}}}"
        "{% else %}select id, price, 'none' as note from {{ ref('honest') }}{% endif %} -- {{ ref('honest') }}",
    },
    "an argument of a function that has the name of a type": {
        "models/stg.sql": f"select id, price, translate('{LETTERS}', '{LETTERS}', rpad(note, {len(LETTERS)}, ' ')) as note "
        f"from {THINGS}"
    },
    "a Python model that Jinja runs": in_the_port(
        "{% if execute %}{% do submit_python_job(model, 'import os') %}{% endif %}",
    ),
}

FROM_HIDDEN = {
    "models/ports/sales.sql": "{{ config(materialized='port') }} select stg.id, price, hidden.note from {{ ref('stg') }} "
    "as stg join {{ ref('hidden') }} as hidden using (id)"
}


def hidden(settings: str = "") -> dict[str, object]:
    """The port takes its note from a private model with these settings."""
    return FROM_HIDDEN | {"models/deep/hidden.sql": f"{settings} {NOTES}"}


def properties(**said: object) -> dict[str, object]:
    """The properties of the private model, in YAML."""
    return {"models/deep/hidden.yml": {"models": [{"name": "hidden"} | said]}}


PYTHON = "def model(dbt, session):\n    dbt.config({})\n    return dbt.source('shop', 'things')\n"
NAMES = "{% macro generate_alias_name(custom_alias_name=none, node=none) %}{{ node.name ~ '_x' if node.name == 'hidden' else "
OTHER_NAMES = {
    "an alias in its file": hidden("{{ config(alias='people') }}"),
    "the alias of an input": hidden("{{ config(alias='things') }}"),
    "an alias in its properties": hidden() | properties(config={"alias": "people"}),
    "an alias of its folder": hidden() | {"dbt_project.yml": {"models": {"books": {"deep": {"+alias": "people"}}}}},
    "an alias by a macro": hidden() | {"macros/names.sql": NAMES + "custom_alias_name or node.name }}{% endmacro %}"},
    "a version": hidden()
    | properties(latest_version=2, versions=[{"v": 1, "defined_in": "hidden"}, {"v": 2, "defined_in": "second"}])
    | {"models/deep/second.sql": NOTES},
    "a version with an alias": hidden()
    | properties(latest_version=1, versions=[{"v": 1, "defined_in": "hidden", "config": {"alias": "people"}}]),
    "a schema": hidden("{{ config(schema='deep') }}"),
    "a schema and an alias": hidden("{{ config(schema='deep', alias='people') }}"),
    "a schema by a macro": hidden("{{ config(schema='deep', alias='people') }}")
    | {"macros/names.sql": "{% macro generate_schema_name(custom, node) %}{{ custom or 'main' }}{% endmacro %}"},
    "a name in another case": hidden("{{ config(alias='Hidden') }}"),
    "an ephemeral model": hidden("{{ config(materialized='ephemeral', alias='people') }}"),
    "a snapshot": FROM_HIDDEN
    | {
        "snapshots/hidden.sql": "{% snapshot hidden %}{{ config(unique_key='id', strategy='check', check_cols='all', "
        "alias='people') }}" + NOTES + "{% endsnapshot %}"
    },
    "a model in Python": FROM_HIDDEN | {"models/deep/hidden.py": PYTHON.format("alias='people'")},
    "a model in Python, in a schema": FROM_HIDDEN | {"models/deep/hidden.py": PYTHON.format("alias='people', schema='deep'")},
    "a model before it": hidden("{{ config(alias='people') }}")
    | {
        "models/deep/hidden.sql": "{{ config(alias='people') }} select id, note from {{ ref('first') }}",
        "models/deep/first.sql": "{{ config(alias='one') }} " + NOTES,
    },
    "a doubt": FROM_HIDDEN
    | {
        "models/deep/hidden.sql": "{{ config(alias='people') }} select id, note from {{ ref('first') }} "
        "join main.aside using (id)",
        "models/deep/first.sql": "select id, 'none' as note from " + THINGS,
        "models/aside.sql": NOTES,
    },
}
"""A private model that has another name in the warehouse than in its project."""


def sourced(**source: object) -> dict[str, object]:
    """The port takes its note from a source of this kind. A private model and the failures of a test hold what is personal."""
    source = {"name": "raw", "tables": [{"name": "memo"}]} | source
    name, table = source["name"], source["tables"][0]["name"]
    reads = {"config": {"meta": {"dagster": {"asset_key": [name, table]}}}}
    source["tables"] = [reads | {**one, "config": reads["config"] | one.get("config", {})} for one in source["tables"]]
    return {
        "models/deep/hidden.sql": NOTES,
        "models/odd.yml": {"sources": [source]},
        "tests/failing.sql": "{{ config(store_failures=true, alias='failing', severity='warn') }} " + NOTES,
        "models/ports/sales.sql": "{{ config(materialized='port') }} select id, price, (select max(note) from {{ source("
        f"{name!r}, {table!r}) }}}}) as note from {{{{ ref('stg') }}}} -- {{{{ ref('hidden') }}}}",
    }


def table(name: str = "memo", **said: object) -> dict[str, object]:
    """The tables of a source: one."""
    return {"tables": [{"name": name} | said]}


AUDIT = "main_dbt_test__audit"
ASIDE = {"macros/names.sql": "{% macro generate_schema_name(custom, node) %}{{ custom or 'main' }}{% endmacro %}"}
WHERE_IN_A_BUILD = "{{{{ '{}' if flags.WHICH == 'build' else '{}' }}}}"
OTHER_SOURCES = {
    "a private model": sourced(schema="main", **table(identifier="hidden")),
    "a private model, by its name": sourced(schema="main", **table("hidden")),
    "a private model, in another case": sourced(schema="MAIN", **table(identifier="Hidden")),
    "a private model, as the port of a domain": sourced(name="shop", schema="main", **table("things", identifier="hidden")),
    "a private model in a schema": sourced(name="aside", **table("hidden"))
    | ASIDE
    | {"models/deep/hidden.sql": "{{ config(schema='aside') }} " + NOTES},
    "a private model in a schema, in another case": sourced(name="Aside", **table("hidden"))
    | ASIDE
    | {"models/deep/hidden.sql": "{{ config(schema='aside') }} " + NOTES},
    "a schema named like dbt's own": sourced(name="main", **table("hidden")),
    "the failures of a test": sourced(schema=AUDIT, **table(identifier="failing")),
    "the failures of a test, by their schema": sourced(name=AUDIT, **table("failing")),
    "an input": sourced(schema="shop", **table(identifier="things")),
    "an input, by its schema": sourced(schema="shop", **table("things")),
    "an input, by its table": sourced(name="shop", **table("stores", identifier="things")),
    "an input in a database": sourced(database="temp", schema="raw", **table()),
    "an input of another name": sourced(name="raw", schema="shop", **table("things"), quoting={"schema": False}),
    "a place elsewhere": sourced(**table(config={"meta": {"external_location": "main.hidden"}})),
    "a place elsewhere, of the source": sourced(meta={"external_location": "(select note from main.hidden)"}),
    "a place elsewhere, of the source's config": sourced(config={"meta": {"external_location": "(from main.{name})"}}),
    "a plugin": sourced(**table(config={"meta": {"plugin": "sqlalchemy"}})),
    "a name that is a query": sourced(**table('memo" union all select note from "main"."hidden')),
    "a name without quotes that is a query": sourced(
        **table("memo union all select note from main.hidden"), quoting={"identifier": False}
    ),
    "the catalog": sourced(name="information_schema", **table("tables")),
    "no domain": sourced(name="nowhere", **table("things")),
    "another schema in a build": sourced(schema=WHERE_IN_A_BUILD.format("shop", "raw"), **table("things"))
    | {"dbt_project.yml": {"flags": {"partial_parse": False}}},
    "another table in a build": sourced(**table(identifier=WHERE_IN_A_BUILD.format("hidden", "memo")))
    | {"dbt_project.yml": {"flags": {"partial_parse": False}}},
    "another schema when dbt does not only parse": sourced(
        schema="{{ 'raw' if flags.WHICH == 'parse' else 'shop' }}", **table("things")
    )
    | {"dbt_project.yml": {"flags": {"partial_parse": False}}},
}
"""A source that stands for another table than its name says."""

STALE = {
    "a hook that undoes the build": {
        "models/stg.sql": "{{ config(post_hook='rollback; begin transaction') }} " + HONEST["models/stg.sql"]
    },
    "a hook that aborts the build": {
        "models/stg.sql": "{{ config(pre_hook='begin transaction', post_hook='abort') }} " + HONEST["models/stg.sql"]
    },
    "a query in a text": {
        "models/ports/sales.sql": "{{ config(materialized='port') }} select id, price, note from json_execute_serialized_sql("
        "json_serialize_sql('select id, price, note from main.stg'))"
    },
    "a table by its name in a text": {
        "models/ports/sales.sql": "{{ config(materialized='port') }} select id, price, note from query_table('stg')"
    },
    "the file of the warehouse": {
        "models/ports/sales.sql": "{{ config(materialized='port') }} select id, price, note from "
        "read_duckdb('{{ target.path }}', table_name = 'stg')"
    },
}
"""How a project reads the table that its earlier build has left, and that its queries do not show."""

COLUMNS = (
    {"name": "id", "physicalType": "INTEGER", "primaryKey": True, "description": "Identifies it.", "classification": "public"},
    {"name": "price", "physicalType": "DECIMAL(10,2)", "description": "In reais.", "classification": "public"},
    {"name": "note", "physicalType": "VARCHAR", "description": "A remark.", "classification": "public"},
)


@pytest.fixture
def capabilities():
    return ("columns", "contract_change", "contract_lint", "governance")


@pytest.fixture
def mesh(shop, publish_shop):
    shop.contract("sales", "books", COLUMNS)
    inputs = [{"name": "things", "version": "1.0.0", "contractId": "shop.things.v1"}]
    support = [{"channel": "#data-books", "url": "mailto:books@example.com"}]
    shop.product("sales", "books", inputPorts=inputs, support=support)
    shop.contract("things", "shop", [*COLUMNS[:2], {**COLUMNS[2], "classification": "personal"}])
    source = {"name": "things", "config": {"meta": {"dagster": {"asset_key": ["shop", "things"]}}}}
    shop.write("dbt_projects/books/models/sources.yml", {"sources": [{"name": "shop", "tables": [source]}]})
    publish_shop(f"(1, 2.50, '{PLANTED}')")
    return shop


def write(mesh, files):
    macros = Path(dbt.__file__).parent / "macros"
    project = {
        "name": "books",
        "version": "1.0.0",
        "profile": "books",
        "macro-paths": [str(macros), "macros"],
        "models": {"books": {"+materialized": "table"}},
    }
    for name, content in {"dbt_project.yml": {}, **HONEST, **files}.items():
        if name == "dbt_project.yml":
            content = project | content
            content["models"] = {"books": {"+materialized": "table", **content["models"]["books"]}}
        mesh.write(f"dbt_projects/books/{name}", content if isinstance(content, str) else yaml.safe_dump(content))


def attempt(mesh):
    """The error of a publish of books, and the notes that it serves then."""
    domain = load_domain(mesh.root, "books")
    try:
        graph = load_port_graph(domain)
        work = Work(load_offer(domain), graph, WarehouseFile(domain.home.warehouse("books")))
        (tried,) = publish(work.attempts(["sales"]), work, commit)
        problem = tried.problem
    except MeshError as raised:
        problem = raised
    port = OutputPort(PortAddress("books", "sales"), domain.home.port(PortAddress("books", "sales"), 1))
    try:
        files = port.current().files
    except MeshError:
        return problem, []
    return problem, [note for (note,) in duckdb.execute(f"select note from read_parquet({[*map(str, files)]})").fetchall()]


def test_an_honest_project_is_published(mesh):
    write(mesh, {})
    problem, notes = attempt(mesh)
    assert (str(problem), notes) == ("None", ["none"])


def test_what_the_compiled_sql_shows_is_refused_before_the_build(mesh):
    write(mesh, staged("true"))
    problem, notes = attempt(mesh)
    assert "derived from shop/things.note, which is personal" in str(problem)
    assert notes == []


@pytest.mark.parametrize("name", ATTEMPTS)
def test_personal_values_are_not_published_under_another_lineage(mesh, name):
    write(mesh, ATTEMPTS[name])
    for _ in range(2 if "merge" in name else 1):  # a merge changes rows at its second run
        problem, notes = attempt(mesh)
        assert problem, name
        assert "not prepared for" not in str(problem)
        assert PLANTED not in str(problem)
        assert notes == []


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_a_model_of_two_names_is_one_model(mesh, name):
    write(mesh, OTHER_NAMES[name])
    problem, notes = attempt(mesh)
    assert "derived from shop/things.note, which is personal" in str(problem)
    assert notes == []


@pytest.mark.parametrize("name", OTHER_SOURCES)
def test_a_source_is_what_its_name_says(mesh, name):
    write(mesh, OTHER_SOURCES[name])
    problem, notes = attempt(mesh)
    said = str(problem)
    assert re.search("models/odd.yml has the source |derived from shop/things.note|not declare|cannot parse", said), said
    assert PLANTED not in said
    assert notes == []


def test_a_table_that_an_earlier_query_left_is_not_read_under_the_lineage_of_today(mesh):
    port = "{{ config(materialized='port') }} select id, price, 'none' as note from {{ ref('stg') }}"
    write(mesh, {"models/stg.sql": f"select id, price, note from {THINGS}", "models/ports/sales.sql": port})
    assert attempt(mesh) == (None, ["none"])
    read = "{{ config(materialized='port') }} select id, price, note from main.stg -- " + THINGS
    write(mesh, {"models/ports/sales.sql": read})
    problem, notes = attempt(mesh)
    assert notes == ["none"]
    assert "note: it is public, but may be derived from shop/things.note" in str(problem)


@pytest.mark.parametrize("name", STALE)
def test_the_rows_of_an_earlier_query_are_not_published_under_the_lineage_of_today(mesh, name):
    none = "{{ config(materialized='port') }} select id, price, 'none' as note from {{ ref('stg') }}"
    write(mesh, {"models/stg.sql": f"select id, price, note from {THINGS}", "models/ports/sales.sql": none})
    assert attempt(mesh) == (None, ["none"])
    write(mesh, STALE[name])
    problem, notes = attempt(mesh)
    assert problem, name
    assert "not prepared for" not in str(problem)
    assert PLANTED not in str(problem)
    assert notes == ["none"]


@pytest.mark.parametrize("function", ["enable_logging(storage='file')", "enable_profiling()", "truncate_duckdb_logs()"])
def test_a_query_changes_no_setting(mesh, function):
    write(mesh, {"tests/t.sql": "select * from {{ ref('stg') }}, " + function})
    problem, notes = attempt(mesh)
    assert "may not execute a statement of type " + function.partition("(")[0].upper() in str(problem)
    assert notes == []


LEFT = {
    "a macro in place of a function": (
        "create or replace macro main.upper(x) as (select max(note) from shop.things)",
        "upper('x')",
    ),
    "a macro that is a table": (
        "create macro main.aside() as table select max(note) as note from shop.things",
        "(select max(note) from aside())",
    ),
    "a type": (
        "create type main.aside as enum (select note from shop.things)",
        "(select max(one) from unnest(enum_range(null::aside)) as u(one))",
    ),
    "a table": ("create table main.aside as select note from shop.things", "(select max(note) from main.aside)"),
    "a view": ("create view main.aside as select note from shop.things", "(select max(note) from aside)"),
    "a comment": (f"comment on table main.stg is '{PLANTED}'", "(select max(comment) from duckdb_tables())"),
    "a table in another schema": (
        "create schema aside; create table aside.things as from shop.things",
        "(select max(note) from aside.things join main.stg using (id))",
    ),
}
"""What an earlier build has left in the warehouse, and how the project of today reads it."""


@pytest.mark.parametrize("name", LEFT)
def test_what_an_earlier_project_left_is_not_read_under_the_lineage_of_today(mesh, name):
    left, read = LEFT[name]
    write(mesh, {})
    assert attempt(mesh) == (None, ["none"])
    with duckdb.connect(str(load_domain(mesh.root, "books").home.warehouse("books"))) as warehouse:
        warehouse.execute(left)
    port = f"{{{{ config(materialized='port') }}}} select id, price, {read} as note from {{{{ ref('stg') }}}} -- {THINGS}"
    write(mesh, {"models/ports/sales.sql": port})
    problem, notes = attempt(mesh)
    assert PLANTED not in str(problem)
    assert PLANTED not in map(str.casefold, notes)
    assert problem or (name, notes) == ("a macro in place of a function", ["X"])


def test_a_table_that_keeps_its_rows_is_in_doubt_after_a_project_that_could_change_it(mesh):
    kept = "{{ config(materialized='incremental', unique_key='id', incremental_strategy='delete+insert') }} "
    honest = {
        "models/stg.sql": f"{kept} select id, price, 'none' as note from {THINGS} "
        "{% if is_incremental() %}where id > 1{% endif %}"
    }
    write(mesh, honest)
    assert attempt(mesh) == (None, ["none"])
    write(mesh, {**honest, "models/stg.yml": {"models": [{"name": "stg", "config": {"post_hook": UPDATE}}]}})
    domain = load_domain(mesh.root, "books")
    tried = Work(
        load_offer(domain), load_port_graph(domain), WarehouseFile(domain.home.warehouse("books")), purpose=Purpose.TRIAL
    )
    (built,) = publish(tried.attempts(["sales"]), tried, keep)
    assert built.error is None
    mesh.write("dbt_projects/books/models/stg.yml", "models: []\n")
    problem, notes = attempt(mesh)
    assert "it is public, but may be derived from shop/things.note, which is personal" in str(problem)
    assert notes == ["none"]
    shutil.rmtree(domain.home.warehouse("books").parent)
    assert attempt(mesh) == (None, ["none"])


def test_what_was_not_followed_must_be_executed_as_it_was_compiled(mesh):
    def model(sql, doubt=""):
        return CompiledModel("sales", "main", "models/ports/sales.sql", "port", sql, "sales", doubt=doubt)

    def confirmed(judged, executed):
        node = NodeResult("model.books.sales", "sales", "model", "success", 1, "", "models/ports/sales.sql", model=executed)
        return str(unlike_compiled(load_domain(mesh.root, "books"), "sales", [judged], [node]))

    compiled = "select id, 'none' as note from main.stg where 5! > 0"
    executed = "select id, (select max(note) from shop.things) as note from main.stg where 5! > 0"
    assert confirmed(model(compiled), model(compiled)) == "None"
    assert "the lineage of what was executed is not known" in confirmed(model(compiled), model(executed))
    assert "the lineage of what was executed is not known" in confirmed(
        model(compiled), model(executed.replace("5! > 0", "true"))
    )
    assert "the lineage of what was executed is not known" in confirmed(model(compiled), model(compiled, doubt="It writes"))
    assert confirmed(model(compiled, doubt="It writes"), model(executed, doubt="It writes")) == "None"


def test_a_hook_in_another_file_than_the_query_is_seen_in_a_lineage_that_was_kept(mesh):
    write(mesh, {})
    assert attempt(mesh) == (None, ["none"])
    write(mesh, {"models/stg.yml": {"models": [{"name": "stg", "config": {"post_hook": UPDATE}}]}})
    problem, notes = attempt(mesh)
    assert "it is public, but may be derived from shop/things.note, which is personal" in str(problem)
    assert notes == ["none"]


def test_a_project_with_a_hook_counts_as_made_of_everything_that_its_domain_reads(mesh):
    write(mesh, configured(post_hook=UPDATE) | {"models/ports/sales.sql": HONEST["models/ports/sales.sql"]})
    stg = "{{ config(post_hook='" + UPDATE + "') }} select 1 as id, 1.00 as price, 'none' as note"
    mesh.write("dbt_projects/books/models/stg.sql", stg)
    problem, notes = attempt(mesh)
    assert "note: it is public, but may be derived from shop/things.note, which is personal" in str(problem)
    assert notes == []


def test_what_dbt_refuses_while_a_model_compiles_is_named(mesh):
    write(mesh, ATTEMPTS["a query while a model compiles"])
    problem, _ = attempt(mesh)
    assert "models/ports/sales.sql The build of a domain may not change a table while dbt compiles a model" in str(problem)


def test_a_template_that_always_asks_for_rows_is_named(mesh):
    value = f"{{% if execute %}}{{% set v = {ROWS}.columns[0].values()[0] %}}{{% endif %}}"
    write(mesh, in_the_port(value, "'{{ v }}'"))
    problem, _ = attempt(mesh)
    assert "may be derived from shop/things.note" in str(problem)
    assert "in model sales (models/ports/sales.sql) its Jinja asks the warehouse for rows" in str(problem)


ALLOWED = {
    "the time of the run": {
        "models/stg.sql": "select id, price, '{{ run_started_at }}' || '{{ invocation_id }}' || {{ run_started_at.second }} "
        f"as note from {THINGS}"
    },
    "a source with settings that leave it what it is": {
        "models/odd.yml": {
            "sources": [
                {
                    "name": "raw",
                    "schema": "raw",
                    "database": "books",
                    "description": "Read by nobody.",
                    "quoting": {"identifier": False},
                    "meta": {"team": "books"},
                    "tables": [{"name": "memo", "identifier": "memo", "config": {"meta": {"of": "books"}}}],
                }
            ]
        },
        "models/stg.sql": HONEST["models/stg.sql"] + " -- {{ source('raw', 'memo') }}",
    },
    "a private model of another name": OTHER_NAMES["a schema and an alias"]
    | {"models/deep/hidden.sql": "{{ config(alias='people', schema='deep') }} select id, 'none' as note from " + THINGS},
    "a hook that reads": configured(pre_hook="select count(*) from shop.things"),
    "a query of the build": {
        "models/ports/sales.sql": "{{ config(materialized='port') }} {% if flags.WHICH == 'build' %}{% set n = "
        "run_query('select count(*) from main.stg') %}{% endif %} select id, price, note from {{ ref('stg') }}"
    },
    "rows added by a later run": {
        "models/stg.sql": "{{ config(materialized='incremental', unique_key='id', incremental_strategy='delete+insert') }} "
        f"select id, price, 'none' as note from {THINGS} {{% if is_incremental() %}}where id > 0{{% endif %}}"
    },
    "every materialisation": {
        "models/seen.sql": "{{ config(materialized='view') }} select * from {{ ref('stg') }}",
        "models/within.sql": "{{ config(materialized='ephemeral') }} select * from {{ ref('seen') }} -- a step",
        "models/checked.sql": "{{ config(contract={'enforced': true}, indexes=[{'columns': ['id']}]) }} select id, note from "
        "{{ ref('within') }}",
        "models/added.sql": "{{ config(materialized='incremental', incremental_strategy='append', on_schema_change="
        "'append_new_columns') }} select id, note {{ ', 1 as further' if is_incremental() }} from {{ ref('checked') }}",
        "models/merged.sql": "{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id') }} "
        "select id, note from {{ ref('added') }} {% if is_incremental() %}where id >= (select max(id) from {{ this }})"
        "{% endif %}",
        "models/replaced.sql": "{{ config(materialized='incremental', unique_key=['id', 'note']) }} "
        "select distinct id, note from {{ ref('merged') }}",
        "models/batches.sql": "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='stamp', "
        "batch_size='year', begin='2025-01-01') }} select id, note, now()::timestamp as stamp from {{ ref('replaced') }}",
        "snapshots/kept.yml": {
            "snapshots": [
                {
                    "name": "by_time",
                    "relation": "ref('batches')",
                    "config": {
                        "unique_key": "id",
                        "strategy": "timestamp",
                        "updated_at": "stamp",
                        "hard_deletes": "invalidate",
                    },
                },
                {
                    "name": "by_values",
                    "relation": "ref('by_time')",
                    "config": {"unique_key": ["id", "note"], "strategy": "check", "check_cols": ["stamp"]},
                },
            ]
        },
        "seeds/kinds.csv": "id,kind\n1,a\n",
        "seeds/slow.csv": "id,kind\n1,a\n",
        "seeds/kinds.yml": {"seeds": [{"name": "slow", "config": {"fast": False, "column_types": {"id": "bigint"}}}]},
        "models/ports/sales.sql": "{{ config(materialized='port') }} select stg.id, price, any_value(stg.note) as note from "
        "{{ ref('stg') }} join {{ ref('by_values') }} using (id) join {{ ref('kinds') }} using (id) join {{ ref('slow') }} "
        "using (id) group by all",
        "models/all.yml": {
            "models": [
                {
                    "name": "seen",
                    "description": "It's a view; of $$ all.",
                    "config": {"persist_docs": {"relation": True, "columns": True}},
                    "columns": [
                        {
                            "name": "id",
                            "description": "The number; it's unique.",
                            "data_tests": ["unique", {"not_null": {"config": {"store_failures": True, "limit": 5}}}],
                        }
                    ],
                },
                {
                    "name": "checked",
                    "columns": [
                        {"name": "id", "data_type": "integer", "constraints": [{"type": "not_null"}]},
                        {"name": "note", "data_type": "varchar"},
                    ],
                },
            ],
            "unit_tests": [
                {
                    "name": "sees_all",
                    "model": "seen",
                    "given": [{"input": "ref('stg')", "rows": [{"id": 1}]}],
                    "expect": {"rows": [{"id": 1}]},
                }
            ],
        },
        "tests/t.sql": "{{ config(store_failures=true, store_failures_as='view', severity='warn') }} "
        "select * from {{ ref('seen') }} where id is null",
    },
    "macros of its own, and tests that store their rows": {
        "macros/names.sql": "{% macro generate_schema_name(custom, node) %}{{ custom or 'main' }}{% endmacro %}"
        "{% macro dateadd(datepart, interval, from_date_or_timestamp) %}1{% endmacro %}{% macro noted() %}'none'{% endmacro %}",
        "models/stg.sql": f"select id, price, {{{{ noted() }}}} as note from {THINGS}",
        "tests/t.sql": "{{ config(store_failures=true) }} select * from {{ ref('stg') }} where id is null",
    },
}


@pytest.mark.parametrize("name", ALLOWED)
def test_what_leaves_the_lineage_as_it_is_is_published(mesh, name):
    write(mesh, ALLOWED[name])
    for _ in range(2):
        problem, notes = attempt(mesh)
        assert (problem and str(problem), len(notes)) == (None, 1)
        assert PLANTED not in notes
