"""Every kind of rule, kept and broken, on real Parquet: the right count, and the rows to blame."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from mesh_isolation.text import counted
from mesh_platform.errors import ContractError


class Promise(NamedTuple):
    """A rule with rows that keep it and rows that break it."""

    check: str
    sentence: str
    column: dict[str, Any]
    """What the contract says of column `a` beside its name."""
    kept: list[str]
    """Rows as SQL values."""
    broken: list[str]
    count: int
    """How many of the broken rows are to blame."""
    examples: list[Any]
    """Their values, as the message shows them."""


def integer(**entry):
    return {"physicalType": "INTEGER", **entry}


def text(**entry):
    return {"physicalType": "VARCHAR", **entry}


def options(kind, logical, **values):
    return {"physicalType": kind, "logicalType": logical, "logicalTypeOptions": values}


def quality(**rule):
    return {"physicalType": "VARCHAR", "quality": [{"mustBe": 0, **rule}]}


PROMISES = {
    "required": Promise(
        "required", "a is never null", integer(required=True), ["1", "2"], ["1", "NULL", "NULL"], 2, [None, None]
    ),
    "unique": Promise("unique", "a occurs once", integer(unique=True), ["1", "2"], ["1", "2", "1", "1"], 2, [1, 1, 1]),
    "unique without its nulls": Promise(
        "unique", "a occurs once", integer(unique=True), ["1", "NULL", "NULL"], ["NULL", "NULL", "7", "7"], 1, [7, 7]
    ),
    "primary key": Promise(
        "primary_key", "(a) identifies a row", integer(primaryKey=True), ["1", "2"], ["1", "2", "2", "3", "3"], 2, [2, 2, 3]
    ),
    "minimum": Promise(
        "values", "a is at least 1", options("INTEGER", "integer", minimum=1), ["1", "2"], ["1", "0", "-5"], 2, [0, -5]
    ),
    "maximum": Promise("values", "a is at most 9", options("INTEGER", "integer", maximum=9), ["9", "-9"], ["9", "10"], 1, [10]),
    "exclusive minimum": Promise(
        "values", "a is more than 0", options("DOUBLE", "number", exclusiveMinimum=0), ["0.001"], ["0.001", "0"], 1, [0.0]
    ),
    "exclusive maximum": Promise(
        "values", "a is less than 1", options("DOUBLE", "number", exclusiveMaximum=1), ["0.999"], ["1", "1.5"], 2, [1.0, 1.5]
    ),
    "minimum of money": Promise(
        "values",
        "a is at least 0.01",
        options("DECIMAL(10,2)", "number", minimum=0.01),
        ["0.01", "99999999.99"],
        ["0.01", "0.00"],
        1,
        [Decimal("0.00")],
    ),
    "minimum of a day": Promise(
        "values",
        "a is at least 2018-01-31",
        options("DATE", "date", minimum="2018-01-31"),
        ["DATE '2018-01-31'"],
        ["DATE '2018-01-30'"],
        1,
        [date(2018, 1, 30)],
    ),
    "maximum of a moment": Promise(
        "values",
        "a is at most 2018-01-31T12:00:00Z",
        options("TIMESTAMPTZ", "timestamp", maximum="2018-01-31T12:00:00Z"),
        ["TIMESTAMPTZ '2018-01-31 12:00:00+00'"],
        ["TIMESTAMPTZ '2018-01-31 12:00:01+00'"],
        1,
        [datetime(2018, 1, 31, 12, 0, 1, tzinfo=UTC)],
    ),
    "limits say nothing of nulls": Promise(
        "values", "a is at least 1", options("INTEGER", "integer", minimum=1), ["NULL", "1"], ["NULL", "0"], 1, [0]
    ),
    "shortest": Promise(
        "values", "a has at least 2 characters", options("VARCHAR", "string", minLength=2), ["'ab'"], ["'a'"], 1, ["a"]
    ),
    "longest": Promise(
        "values",
        "a has at most 2 characters",
        options("VARCHAR", "string", maxLength=2),
        ["'ab'", "'☃é'"],
        ["'abc'"],
        1,
        ["abc"],
    ),
    "pattern": Promise(
        "values",
        "a matches ^[a-z]+'s$",
        options("VARCHAR", "string", pattern="^[a-z]+'s$"),
        ["'shop''s'", "NULL"],
        ["'Shop''s'", "'shop'"],
        2,
        ["Shop's", "shop"],
    ),
    "nullValues": Promise(
        "nullValues", "the number of nullValues in a is 0", quality(metric="nullValues"), ["''"], ["NULL", "'x'"], 1, [None]
    ),
    "missingValues": Promise(
        "missingValues",
        "the number of missingValues in a is 0",
        quality(metric="missingValues"),
        ["'n/a'"],
        ["NULL", "''", "'x'"],
        2,
        [None, ""],
    ),
    "missingValues of its own": Promise(
        "missingValues",
        "the number of missingValues in a is 0",
        quality(metric="missingValues", arguments={"missingValues": ["n/a", "it's not known"]}),
        ["NULL", "''", "'N/A'"],
        ["'n/a'", "'it''s not known'", "'x'"],
        2,
        ["n/a", "it's not known"],
    ),
    "invalidValues": Promise(
        "invalidValues",
        "the number of invalidValues in a is 0",
        quality(metric="invalidValues", arguments={"validValues": ["open", "won't"]}),
        ["'open'", "'won''t'", "NULL"],
        ["'open'", "'Open'", "''"],
        2,
        ["Open", ""],
    ),
    "invalidValues by pattern": Promise(
        "invalidValues",
        "the number of invalidValues in a is 0",
        quality(metric="invalidValues", arguments={"pattern": r"^\d+$"}),
        ["'12'", "NULL"],
        ["'12'", "'1x'"],
        1,
        ["1x"],
    ),
    "duplicateValues": Promise(
        "duplicateValues",
        "the number of duplicates in a is 0",
        quality(metric="duplicateValues"),
        ["'x'", "'y'", "NULL", "NULL"],
        ["'x'", "'x'", "'x'", "'y'"],
        2,
        ["x", "x", "x"],
    ),
}


def rows_of(values, kind):
    return " UNION ALL ".join(f"SELECT CAST({value} AS {kind}) AS a" for value in values)


def verdict_on(judge, promise, values, **contract):
    result = judge(rows_of(values, promise.column["physicalType"]), [{"name": "a", **promise.column}], **contract)
    assert result.rows == len(values)
    (verdict,) = result.of_check(promise.check)
    assert verdict.rule.sentence == promise.sentence
    return verdict


@pytest.mark.parametrize("promise", PROMISES.values(), ids=PROMISES)
def test_rows_that_keep_a_rule_pass(judge, promise):
    verdict = verdict_on(judge, promise, promise.kept)
    assert verdict.passed
    assert verdict.examples == ()


@pytest.mark.parametrize("promise", PROMISES.values(), ids=PROMISES)
def test_rows_that_break_a_rule_are_counted_and_shown(judge, promise):
    verdict = verdict_on(judge, promise, promise.broken)
    assert not verdict.passed
    assert (
        verdict.found == f"{promise.count} of {counted(len(promise.broken), 'row')} break{'s' if promise.count == 1 else ''} it"
    )
    assert [example["a"] for example in verdict.examples] == promise.examples


def test_no_row_breaks_no_rule_about_rows(judge):
    columns = [{**promise.column, "name": f"column {number}"} for number, promise in enumerate(PROMISES.values())]
    rows = ", ".join(f'NULL::{column["physicalType"]} AS "{column["name"]}"' for column in columns)
    result = judge(f"SELECT {rows} LIMIT 0", columns)
    assert (result.rows, result.broken) == (0, [])
    assert len(result.verdicts) > len(PROMISES)


@pytest.mark.parametrize(
    ("columns", "rows", "message"),
    [
        (["a INTEGER", "b VARCHAR"], "1 AS a, 'x' AS b", None),
        (["a INTEGER", "b VARCHAR"], "'x' AS b, 1 AS a", None),
        (["a INTEGER", "b VARCHAR"], "1 AS a", "no column b"),
        (["a INTEGER"], "1 AS a, 2 AS extra", "column extra, which the contract does not promise"),
        (["a INTEGER"], "1::BIGINT AS a", "column a as BIGINT where INTEGER is promised"),
        (["a DECIMAL(10,2)"], "1::DECIMAL(12,2) AS a", "column a as DECIMAL(12,2) where DECIMAL(10,2) is promised"),
        (["a TIMESTAMPTZ"], "TIMESTAMP '2018-01-01' AS a", "column a as TIMESTAMP where TIMESTAMP WITH TIME ZONE is promised"),
        (["a INTEGER"], "1 AS A", "no column a; column A, which the contract does not promise"),
        (
            ["a INTEGER", "b DATE"],
            "'x' AS a, 2 AS c",
            "no column b; column c, which the contract does not promise; column a as VARCHAR",
        ),
    ],
)
def test_a_candidate_has_the_promised_columns_in_their_types_and_no_other(judge, columns, rows, message):
    promised = [dict(zip(("name", "physicalType"), column.split(maxsplit=1))) for column in columns]
    verdict = judge(f"SELECT {rows}", promised).verdicts[0]
    assert verdict.rule.check == "schema"
    assert verdict.passed == (message is None)
    assert message is None or verdict.found.startswith(message)


def test_other_rules_are_not_judged_on_columns_that_are_not_the_promised_ones(judge):
    result = judge("SELECT 'x' AS a FROM range(5)", [{"name": "a", **integer(required=True, unique=True)}])
    assert result.rows == 5
    assert [verdict.rule.check for verdict in result.broken] == ["schema"]
    assert result.of_check("required") == []


COMPOSITE = [
    {"name": "order", **integer(primaryKey=True, primaryKeyPosition=1)},
    {"name": "line", **integer(primaryKey=True, primaryKeyPosition=2)},
    {"name": "note", **text(required=True)},
]


def test_a_composite_key_may_repeat_in_each_of_its_columns(judge):
    result = judge("""SELECT * FROM (VALUES (1, 1, 'x'), (1, 2, 'x'), (2, 1, 'x')) t("order", line, note)""", COMPOSITE)
    assert result.broken == []


def test_a_composite_key_is_shown_with_the_rows_to_blame(judge):
    rows = """SELECT * FROM (VALUES (1, 1, 'x'), (1, 2, NULL), (1, 2, 'y'), (1, 2, 'z')) t("order", line, note)"""
    result = judge(rows, COMPOSITE)
    key, missing = result.broken
    assert (key.rule.sentence, key.found) == ("(order, line) identifies a row", "2 of 4 rows break it")
    assert key.examples == ({"order": 1, "line": 2},) * 3
    assert (missing.rule.sentence, missing.examples) == ("note is never null", ({"order": 1, "line": 2, "note": None},))


def test_nulls_in_a_key_are_missing_and_hide_no_duplicate(judge):
    values = "(1, 1, 'x'), (1, 1, 'x'), (NULL, 1, 'x'), (NULL, 1, 'x'), (2, NULL, 'x')"
    rows = f'SELECT * FROM (VALUES {values}) t("order", line, note)'
    result = judge(rows, COMPOSITE)
    assert [(verdict.rule.sentence, verdict.found) for verdict in result.broken] == [
        ("(order, line) identifies a row", "1 of 5 rows breaks it"),
        ("order is never null", "2 of 5 rows break it"),
        ("line is never null", "1 of 5 rows breaks it"),
    ]


def row_count(**rule):
    return [{"name": "enough", "metric": "rowCount", **rule}]


def test_too_few_rows_break_a_row_count_and_no_single_row_is_to_blame(judge):
    result = judge("SELECT 1 AS a FROM range(3)", [{"name": "a", **integer()}], row_count(mustBeGreaterThan=3))
    (verdict,) = result.broken
    assert (verdict.rule.check, verdict.found, verdict.examples) == ("enough", "3", ())
    assert verdict.rule.sentence == "the number of rows is more than 3"
    assert judge("SELECT 1 AS a FROM range(4)", [{"name": "a", **integer()}], row_count(mustBeGreaterThan=3)).broken == []


def test_an_empty_candidate_is_caught_by_its_row_count(judge):
    result = judge("SELECT 1 AS a LIMIT 0", [{"name": "a", **integer(primaryKey=True)}], row_count(mustBeGreaterThan=0))
    assert result.rows == 0
    assert [verdict.rule.check for verdict in result.broken] == ["enough"]


def test_duplicates_over_several_columns_are_counted(judge):
    columns = [{"name": "key", **integer(primaryKey=True)}, {"name": "a", **integer()}, {"name": "b", **integer()}]
    rule = {"metric": "duplicateValues", "arguments": {"properties": ["a", "b"]}, "mustBe": 0}
    rows = "SELECT * FROM (VALUES (1, 1, 1), (2, 1, 2), (3, 1, 1), (4, 1, NULL), (5, 1, NULL)) t(key, a, b)"
    (verdict,) = judge(rows, columns, [rule]).broken
    assert verdict.found == "1 of 5 rows breaks it"
    assert [example["key"] for example in verdict.examples] == [1, 3]


def test_duplicates_over_several_columns_are_shown_without_a_primary_key(judge):
    columns = [{"name": "a", **integer()}, {"name": "b", **integer()}]
    rule = {"metric": "duplicateValues", "arguments": {"properties": ["a", "b"]}, "mustBe": 0}
    (verdict,) = judge("SELECT 1 AS a, 2 AS b FROM range(2)", columns, [rule]).broken
    assert verdict.found == "1 of 2 rows breaks it"
    assert verdict.examples == ({"a": 1, "b": 2},) * 2


def test_duplicates_of_a_table_are_those_of_its_key(judge):
    columns = [{"name": "a", **integer(primaryKey=True)}]
    result = judge("SELECT 1 AS a FROM range(3)", columns, [{"metric": "duplicateValues", "mustBe": 0}])
    (verdict,) = result.of_check("duplicateValues")
    assert verdict.found == "2 of 3 rows break it"


def test_some_of_a_kind_may_be_allowed(judge):
    column = {"name": "a", **text(quality=[{"metric": "nullValues", "mustBeLessOrEqualTo": 1}])}
    assert judge(rows_of(["NULL", "'x'"], "VARCHAR"), [column]).broken == []
    (verdict,) = judge(rows_of(["NULL", "NULL", "'x'"], "VARCHAR"), [column]).broken
    assert verdict.found == "2 of 3 rows break it"


PERCENT = {"name": "a", **text(quality=[{"metric": "nullValues", "unit": "percent", "mustBeLessThan": 30}])}


def test_a_share_is_measured_in_percent_of_the_rows(judge):
    kept = judge(rows_of(["NULL", "'x'", "'x'", "'x'"], "VARCHAR"), [PERCENT]).of_check("nullValues")
    assert [verdict.passed for verdict in kept] == [True]
    (broken,) = judge(rows_of(["NULL", "'x'", "'x'"], "VARCHAR"), [PERCENT]).broken
    assert broken.rule.sentence == "the number of nullValues in a, in percent of the rows, is less than 30"
    assert [example["a"] for example in broken.examples] == [None]
    assert judge("SELECT ''::VARCHAR AS a LIMIT 0", [PERCENT]).broken == []


def test_a_broken_share_does_not_call_percent_rows(judge):
    (broken,) = judge(rows_of(["NULL", "NULL", "'x'", "'x'"], "VARCHAR"), [PERCENT]).broken
    assert not broken.found.startswith("50.0 of 4 rows")


@pytest.mark.parametrize(
    ("kind", "values", "valid"),
    [
        ("INTEGER", ["1", "2"], [1, 2]),
        ("DECIMAL(10,2)", ["1", "2.5"], [1, 2.5]),
        ("DOUBLE", ["1", "2.5"], [1, 2.5]),
        ("BOOLEAN", ["true"], [True]),
        ("DATE", ["DATE '2018-01-31'"], ["2018-01-31"]),
    ],
)
def test_valid_values_are_compared_as_values_of_the_column_s_type(judge, kind, values, valid):
    rule = {"metric": "invalidValues", "arguments": {"validValues": valid}, "mustBe": 0}
    assert judge(rows_of(values, kind), [{"name": "a", "physicalType": kind, "quality": [rule]}]).broken == []


@pytest.mark.parametrize(
    ("limits", "values", "broken"),
    [
        ({"minimum": 1, "exclusiveMinimum": False}, ["1", "2"], 0),
        ({"minimum": 1, "exclusiveMinimum": True}, ["1", "2"], 1),
        ({"maximum": 2, "exclusiveMaximum": False}, ["2", "3"], 1),
        ({"maximum": 3, "exclusiveMaximum": True}, ["2", "3"], 1),
    ],
)
def test_in_3_0_an_exclusive_limit_is_a_yes_or_no_beside_the_limit(judge, limits, values, broken):
    result = judge(rows_of(values, "INTEGER"), [{"name": "a", **options("INTEGER", "integer", **limits)}], apiVersion="v3.0.2")
    assert [verdict.found for verdict in result.broken] == [
        f"{broken} of 2 rows {'breaks' if broken == 1 else 'break'} it"
    ] * bool(broken)


def test_library_rules_of_3_0_say_rule_where_later_ones_say_metric(judge):
    column = {"name": "a", **text(quality=[{"rule": "nullValues", "mustBe": 0}])}
    (verdict,) = judge(rows_of(["NULL", "'x'"], "VARCHAR"), [column], apiVersion="v3.0.2").broken
    assert verdict.rule.sentence == "the number of nullValues in a is 0"


def sql(query, **rule):
    return [{"type": "sql", "name": "asked", "query": query, **({"mustBe": 2} | rule)}]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*) FROM ${object} WHERE a > 1",
        "select count(*) from {object} where a > 1",
        "SELECT count(*) FROM ${table} WHERE a > 1;",
        "\n  SELECT count(*)\n  FROM ${object}\n  WHERE a > 1\n",
        "WITH big AS (SELECT * FROM ${object} WHERE a > 1) SELECT count(*) FROM big",
    ],
)
def test_a_query_of_the_contract_s_owner_is_asked_of_the_candidate(judge, query):
    column = [{"name": "a", **integer()}]
    assert judge(rows_of(["1", "2", "3"], "INTEGER"), column, sql(query)).broken == []
    (verdict,) = judge(rows_of(["1", "1", "3"], "INTEGER"), column, sql(query)).broken
    assert (verdict.rule.check, verdict.found, verdict.examples) == ("asked", "1", ())


def test_a_query_may_end_with_a_comment(judge):
    query = "SELECT count(*) FROM ${object} WHERE a > 1 -- the big ones"
    assert judge(rows_of(["2", "3"], "INTEGER"), [{"name": "a", **integer()}], sql(query)).broken == []


def test_a_query_at_a_column_names_it(judge):
    column = {"name": 'odd "name', **integer(quality=sql("SELECT count(*) FROM ${object} WHERE ${property} > 1"))}
    result = judge('SELECT unnest([1, 2, 3])::INTEGER AS "odd ""name"', [column])
    assert result.broken == []
    assert result.verdicts[-1].rule.columns == ('odd "name',)


def test_a_query_that_gives_nothing_breaks_its_rule(judge):
    result = judge("SELECT 1 AS a LIMIT 0", [{"name": "a", **integer()}], sql("SELECT max(a) FROM ${object}"))
    assert [verdict.found for verdict in result.broken] == ["failed to evaluate: its query returns NULL"]


def test_sums_of_money_meet_the_amount_in_the_contract(judge):
    column = [{"name": "a", "physicalType": "DECIMAL(10,2)"}]
    rule = sql("SELECT sum(a) FROM ${object}", mustBe=0.3)
    assert judge(rows_of(["0.1", "0.1", "0.1"], "DECIMAL(10,2)"), column, rule).broken == []


@pytest.mark.parametrize(
    ("column", "quality"),
    [
        (integer(), sql("SELEC 1")),
        (integer(), sql("SELECT nothing FROM ${object}")),
        (integer(), sql("SELECT a FROM ${object}")),
        (integer(), sql("SELECT a, a FROM ${object} LIMIT 1")),
        (integer(), sql("SELECT 1) FROM ${object}; DROP VIEW candidate; SELECT (1")),
        (integer(), sql("SELECT 'many' FROM ${object} LIMIT 1", mustBe=None, mustBeGreaterThan=1)),
        (integer(), [{"metric": "duplicateValues", "arguments": {"properties": ["b"]}, "mustBe": 0}]),
        (options("INTEGER", "string", maxLength=2), []),
        (options("INTEGER", "string", pattern="x"), []),
        (options("VARCHAR", "string", pattern="(["), []),
        (options("DATE", "date", minimum="soon"), []),
    ],
    ids=[
        "no SQL",
        "unknown column",
        "several rows",
        "two columns",
        "several statements",
        "words compared with a number",
        "duplicates in an unknown column",
        "the length of a number",
        "a pattern of a number",
        "no pattern",
        "no day",
    ],
)
def test_a_rule_that_cannot_be_executed_is_blamed_on_the_contract_and_nothing_is_published(judge, column, quality):
    rules = [{key: value for key, value in rule.items() if value is not None} for rule in quality]
    kind = column["physicalType"]
    try:
        result = judge(f"SELECT unnest([NULL, NULL])::{kind} AS a", [{"name": "a", **column}], rules)
    except ContractError as refusal:
        assert "things.v1.odcs.yaml" in str(refusal)
    else:
        assert result.broken != []


@pytest.mark.parametrize(("severity", "blocks"), [(None, True), ("error", True), ("warning", False), ("info", False)])
def test_a_rule_of_severity_warning_shows_and_does_not_block(judge, severity, blocks):
    rule = {"name": "enough", "metric": "rowCount", "mustBeGreaterThan": 5} | ({"severity": severity} if severity else {})
    result = judge("SELECT 1 AS a", [{"name": "a", **integer()}], [rule])
    (verdict,) = result.of_check("enough")
    assert not verdict.passed
    assert result.broken == ([verdict] if blocks else [])


def test_a_description_in_the_contract_is_the_sentence_of_its_rule(judge):
    rule = {"metric": "rowCount", "mustBe": 1, "description": "There is one thing."}
    result = judge("SELECT 1 AS a", [{"name": "a", **integer()}], [rule])
    assert result.verdicts[-1].rule.sentence == "There is one thing."
