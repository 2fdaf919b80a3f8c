"""The functions of DuckDB whose result depends on more than their arguments: no expression in a view of consumers calls one."""

import re
import time

import duckdb
import pytest

from mesh_isolation.sql import CLOCK_WORDS, SqlRefused, check_scalar, varying_functions

FUNCTIONS = duckdb.execute(
    "SELECT function_name, function_type, stability, parameter_types, coalesce(description, '') || ' ' || "
    "coalesce(macro_definition, '') FROM duckdb_functions() WHERE function_type IN ('scalar', 'macro') ORDER BY ALL"
).fetchall()

DOCUMENTED = {
    *("age(x)", "ago(x)", "get_current_time()", "get_current_timestamp()", "now()", "today()", "transaction_timestamp()"),
    *("current_localtime()", "current_localtimestamp()", "pg_conf_load_time()", "pg_postmaster_start_time()"),
    *("random()", "setseed(0.5)", "uuid()", "uuidv4()", "uuidv7()", "gen_random_uuid()", "nextval('s')", "currval('s')"),
    *("txid_current()", "current_connection_id()", "current_query_id()", "current_transaction_id()", "current_query()"),
    *("getvariable('x')", "current_setting('threads')", "pg_sleep(1)", "sleep_ms(1)", "stats(x)", "write_log('x')"),
}
"""Calls whose result another connection, or another time, changes: duckdb.org/docs/stable/sql/functions, of version 1.5.5."""

HARMLESS = {
    *("!__postfix", "factorial", "array_unique", "list_unique", "equi_width_bins", "generate_series", "struct_insert"),
    *("struct_pack", "struct_update", "union_value", "union_extract", "union_tag"),
}
"""Functions whose description has one of the words below in another sense."""

SUSPICIOUS = re.compile(
    r"\b(current\w*|local\w*|now|today|random\w*|clock|session|variable|sequence|seed|unique|generates?|setting|environment)\b",
    re.I,
)


def refused(expression):
    try:
        check_scalar(expression)
    except SqlRefused:
        return True
    return False


def test_this_list_is_about_the_version_that_is_installed():
    assert duckdb.__version__ == "1.5.5"


@pytest.mark.parametrize("call", sorted(DOCUMENTED))
def test_a_call_that_reads_more_than_its_arguments_is_refused_and_known(call):
    assert refused(call)
    assert refused(f"[{call.upper()}]")
    assert refused(f"list_transform([x], lambda y: {call.replace('x', 'y', 1) if '(x)' in call else call})")
    assert call.partition("(")[0] in varying_functions()


def test_age_between_two_times_reads_no_clock():
    check_scalar("age(until, since)")
    for call in ("age(x)", "AGE(x)", '"age"(x)', "main.age(x)", "system.main.age(x)", "x.age()"):
        assert refused(call)


def test_a_function_that_duckdb_calls_volatile_is_refused():
    odd = [name for name, _, stability, *_ in FUNCTIONS if stability not in (None, "CONSISTENT") and not refused(f"{name}()")]
    assert odd == []


def test_a_function_whose_description_speaks_of_a_state_is_refused_or_known_to_be_harmless():
    speaking = {name for name, *_, words in FUNCTIONS if SUSPICIOUS.search(f"{words} {name.replace('_', ' ')}")}
    assert {name for name in speaking if not refused(f'"{name}"(x, y)')} == HARMLESS


def test_a_macro_over_a_varying_function_varies():
    macros = {name for name, kind, *_, body in FUNCTIONS if kind == "macro" and {*re.findall(r"\w+", body)} & CLOCK_WORDS}
    assert macros
    assert macros <= varying_functions()
    assert all(refused(f"{name}(x)") for name in macros)


SAMPLES = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UBIGINT", "DOUBLE", "FLOAT", "ANY", "T"), "2"),
    **{"VARCHAR": "'day'", "BOOLEAN": "true", "DATE": "DATE '2020-02-29'", "TIMESTAMP": "TIMESTAMP '2020-02-29 12:00:00'"},
    **{"TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ '2020-02-29 12:00:00+00'", "INTERVAL": "INTERVAL 1 DAY", "BLOB": "'a'::BLOB"},
    **{"TIME": "TIME '12:00:00'", "T[]": "[2]", "ANY[]": "[2]", "JSON": "'{}'::JSON", "UUID": "uuid_blob()"},
}


def test_an_allowed_function_has_the_same_result_a_second_later_on_another_connection():
    calls = set()
    for name, kind, _, types, _ in FUNCTIONS:
        call = f"{name}({', '.join(SAMPLES.get(part, '2') for part in types or ())})"
        if kind == "scalar" and name.isidentifier() and not refused(call):
            calls.add(call)
    before = results(calls)
    time.sleep(1.1)
    assert len(before) > 300
    assert results(calls) == before


def results(calls):
    """The results of the calls that have one, as text."""
    texts = {}
    with duckdb.connect() as connection:
        for call in sorted(calls):
            try:
                texts[call] = connection.execute(f"SELECT ({call})::VARCHAR").fetchone()
            except duckdb.Error:
                continue
    return texts
