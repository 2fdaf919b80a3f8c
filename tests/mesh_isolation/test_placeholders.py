"""Placeholders in SQL: what stands in their place, and which are left."""

import pytest

from mesh_isolation.placeholders import filled, unknown_placeholder

MEANINGS = {"table": '"t"', "schema": '"t"', "column": '"c"'}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select {column} from ${table}", 'select "c" from "t"'),
        ("select count(\"${column}\") from `{table}` where '{column}' > 1", 'select count("c") from "t" where "c" > 1'),
        ("from ${schema}.${table}", 'from "t"'),
        ('from "{schema}"."{table}"', 'from "t"'),
        ("from ${schema} x", 'from "t" x'),
        ("select {'a': 1}, '${other}' from {table}", "select {'a': 1}, '${other}' from \"t\""),
        ("from {{table}}", "from {{table}}"),
        ("from ${{table}}", "from ${{table}}"),
    ],
)
def test_a_placeholder_is_replaced_with_the_quotes_around_it(sql, expected):
    assert filled(sql, MEANINGS, "schema") == expected


def test_a_meaning_is_not_read_again():
    assert filled("{column}", {"column": '"{table}"', "table": "t"}) == '"{table}"'


@pytest.mark.parametrize(
    ("sql", "word", "near"),
    [
        ("from ${tabel}", "${tabel}", "${table}"),
        ("from {{ table }}", "{{ table }}", "${table}"),
        ("from ${TABLE}", "${TABLE}", "${table}"),
        ("select {colum}", "{colum}", "${column}"),
        ("-- {note}\nselect '{text}', \"{name}\", ${x.y}", "${x.y}", "${schema}"),
    ],
)
def test_a_placeholder_that_is_left_is_named_with_the_nearest(sql, word, near):
    found, way_out = unknown_placeholder(sql, MEANINGS)
    assert found == word
    assert near in way_out


@pytest.mark.parametrize(
    "sql", ["select 1", "select '{a}'", "select {'a': 1}", "select {a: 1}", "/* ${a} */ select 1", "'a{2}'"]
)
def test_braces_that_are_content_are_no_placeholder(sql):
    assert unknown_placeholder(sql, MEANINGS) is None
