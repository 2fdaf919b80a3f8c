"""DuckDB reads a text as sqlglot does, or the text is refused: its cut into tokens is compared with what DuckDB parses."""

import json
import random
import re
from pathlib import Path

import duckdb
import pytest
from sqlglot.errors import TokenError

from mesh_capabilities.columns.derivation import Origin, Relation
from mesh_capabilities.columns.parsed import ColumnsKept, OtherCut, parsed
from mesh_capabilities.columns.sql_derivation import derive
from mesh_capabilities.errors import LineageError
from mesh_isolation.lexer import SPACES

SHAPES = Path(__file__).with_name("shapes.sql").read_text(encoding="utf-8").splitlines()
TABLE = Relation("sales", "t")
COLUMNS = {TABLE: ["state", "who", "city"]}
OTHERS = (
    "\x0b\x0c\x1c\x1f\x7f\x85\u0300\u034f\u061c\u1680\u180e\u200c\u200d\u200e\u2028\u2029\u202a\u2061\u2066\ufe0f\ufffc"
    "\U000e0020"
)
"""Further signs that some reader takes for a space, for nothing, or for an end of a line."""
WORDS = [
    "who", "city", "State", "t.who", '"city"', '"a""b"', "map", "as", "é", "fal\u017fe", "false", "\u0131n", "group  by", "x",
    "e", "n", "b", "_1",
]  # fmt: skip
QUOTED = [
    "'a'", "'it''s'", "'/*'", "'--'", "''", "$$ it's $$", "$a$ $b$ $a$", "$é$'$é$", "e'\\''", "E'\\\\'", "'{#'", "'#}'",
    "x'ab'", "'$$'", 'U&"\\0061"', "n'x'", "b'1'",
]  # fmt: skip
SIGNS = [
    "{#1: who", "#1", "#}", "{#", "{{", "}}", "{%", "%}", "{", "}", "(", ")", "[1]", ",", "->", "->>", "||", "::", "<<", "-",
    "*", "/", "<=", "!~~", "~~~", ".", "..", "$", "$1", "@", "^@", "\\", "`", "?", ":=", ";", "1", "1.", ".5", "1e", "1e5",
    "0x1f", "1_0", "1__0", "//", "**", "=>", "==", "<>", "!=", "@>", "&&", ">>",
]  # fmt: skip
PLAIN = [
    " ", "\n", "\r", "\t", "", "/* c */", "/* ' */", '/* " */', "/* $$ */", "-- c\n", "-- it's\r", "/* /* */ */", "/* -- */",
    "-- /*\n",
]  # fmt: skip
GAPS = ["/*/*/", "/**/", "/* #} */", "{# c #}", "{#", "#}", "- -", *SPACES, *OTHERS]
WHOLE = [
    "select {0}{1}{0}, city as note from (select who as city, 1 as x from t)",
    "select state, map {{#1: who{0}}}{0}[#1] as note from t",
    "select {0}who {0}as {1}{0} from t where {1} {0}= {1}",
    "select * from t where {1}{0}{1}{0}{1}",
    "select {1}{0}{1}{0}, 'none' as note{0} from t -- */ }}[#1]",
    "select {1} as{0} note, {1}{0}from{0} t{0} group{0} by{0} all",
]


def _tree(connection, sql):
    (text,) = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
    document = json.loads(text)
    return None if document["error"] else _without_places(document)


def _without_places(part):
    if isinstance(part, dict):
        return {key: _without_places(value) for key, value in part.items() if key != "query_location"}
    return [*map(_without_places, part)] if isinstance(part, list) else part


def _apart(sql, tokens):
    lines = "\n".join(sql[token.start : token.end + 1] for token in tokens)
    return re.sub(r"<\n<|>\n>|\.\n(?=[0-9])", lambda signs: signs[0].replace("\n", ""), lines)  # the cuts that do no harm


def _texts(number):
    choose = random.Random(20)
    for _ in range(number):
        parts = [*WORDS, *QUOTED, *SIGNS]
        text = choose.choice(WHOLE)
        while "{0}" in text or "{1}" in text:
            text = text.replace("{0}", choose.choice(PLAIN if choose.random() < 0.9 else GAPS), 1)
            text = text.replace("{1}", choose.choice(WORDS if choose.random() < 0.6 else parts), 1)
        yield text.replace("{{", "{").replace("}}", "}")


def test_what_is_accepted_is_what_duckdb_parses():
    """The tokens of sqlglot, each on a line of its own and without comments, are the same query for DuckDB."""
    tried = accepted = refused = 0
    wrong = []
    with duckdb.connect() as connection:
        for sql in _texts(2_000):
            try:
                whole = _tree(connection, sql)
            except (duckdb.Error, UnicodeError):
                continue
            if whole is None:
                continue
            tried += 1
            try:
                tokens = ColumnsKept().tokenize(sql)
            except TokenError:
                refused += 1
                continue
            accepted += 1
            if whole != _tree(connection, _apart(sql, tokens)):
                wrong.append(sql)
    assert wrong == []
    assert (tried > 500, accepted > 300, refused > 100) == (True, True, True), (tried, accepted, refused)


ATTACKS = [
    "select state, map {#1: who /* #} ([1], ['none']) as note from sales.t -- */ }[#1] as note from sales.t",
    "select state, \u200bcity as note from (select state, who as city, 'none' as \"\u200bcity\" from sales.t)",
    '/* " */ select state, "\u200bcity" as note from (select state, who as " city", \'none\' as "\u200bcity" from sales.t)',
    'select state, fal\u017fe as note from (select state, who as "fal\u017fe" from sales.t)',
    "select state, who/* /*/ */ as a, 'none' /* */ */ as note from sales.t",
    "select state, {{- 1: who -}} as note from sales.t",
]


@pytest.mark.parametrize("sql", ATTACKS)
@pytest.mark.parametrize("inside", [False, True])
def test_a_text_that_duckdb_reads_otherwise_is_followed_as_duckdb_reads_it_or_refused(sql, inside):
    models = {Relation("staging", "inner"): sql} if inside else {}
    try:
        derivation = derive("select * from staging.inner" if inside else sql, COLUMNS, models)
    except LineageError as problem:
        assert "sqlglot" in problem.found or "cannot be parsed" in problem.found
    else:
        assert Origin(TABLE, "who") in derivation.values["note"]


def test_every_sign_that_duckdb_takes_for_a_space_is_known():
    signs = "".join(chr(code) for code in range(0x80, 0x110000) if not 0xD800 <= code < 0xE000)
    with duckdb.connect() as connection:
        (statement,) = connection.extract_statements(f"select 1 /* {signs} */ as a")
    kept = set(statement.query)
    assert {sign for sign in signs if sign not in kept} == {*SPACES}


@pytest.mark.parametrize("sign", [*SPACES, *OTHERS])
def test_a_sign_in_a_name_is_a_part_of_it_or_refused(sign):
    with duckdb.connect() as connection:
        for form in ("select {}city from t", "select city{} from t", "select ci{}ty from t", 'select "{}city" from t'):
            sql = form.format(sign)
            try:
                tokens = ColumnsKept().tokenize(sql)
            except TokenError:
                continue
            assert _tree(connection, _apart(sql, tokens)) == _tree(connection, sql)


def test_signs_in_comments_and_letters_of_any_language_change_nothing():
    for sql in (
        "select città as é from t -- \u00a0",
        'select /* \u200b\u2028 */ "naïve name" from t',
        "select '\u2028' || a from t",
        *SHAPES,
    ):
        parsed(sql)


def test_a_text_that_is_cut_otherwise_is_refused_with_the_place():
    with pytest.raises(OtherCut, match="in line 2, DuckDB can read '\\\\u200bcity from t'"):
        parsed("select\n\u200bcity from t")
