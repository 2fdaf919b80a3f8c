"""Quality rules: every metric with every comparison and unit, text for people, engines for the rest, names kept apart."""

import re
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest

from mesh_isolation.numbers import WrittenNumber
from mesh_platform.contract import rule as engines
from mesh_platform.contract.audit import audit
from mesh_platform.contract.column import Column
from mesh_platform.contract.quality import COLUMN_PLACEHOLDERS, PLACEHOLDERS, quality_rule
from mesh_platform.contract.rule import Finding, register_engine
from mesh_platform.errors import ContractError

PAGE = Path(__file__).parents[3] / "docs" / "contracts" / "conformance.md"

# Of five rows: one NULL, one empty, one "n/a", and "x" twice.
ROWS = "SELECT unnest([NULL, '', 'n/a', 'x', 'x']) AS a"
METRICS = {
    "nullValues": ({"metric": "nullValues"}, 1),
    "missingValues": ({"metric": "missingValues"}, 2),
    "missingValues of its own": ({"metric": "missingValues", "arguments": {"missingValues": [None, "", "n/a"]}}, 3),
    "missingValues that are not NULL": ({"metric": "missingValues", "arguments": {"missingValues": ["n/a"]}}, 1),
    "invalidValues": ({"metric": "invalidValues", "arguments": {"validValues": ["x", "n/a"]}}, 1),
    "invalidValues by pattern": ({"metric": "invalidValues", "arguments": {"pattern": "^[a-z/]+$"}}, 1),
    "invalidValues by both": ({"metric": "invalidValues", "arguments": {"pattern": "^[a-z]*$", "validValues": ["", "n/a"]}}, 3),
    "duplicateValues": ({"metric": "duplicateValues"}, 1),
    "rowCount": ({"metric": "rowCount"}, 5),
    "sql": ({"type": "sql", "query": "SELECT count(${property}) FROM ${object}"}, 4),
    "sql of 3.0": ({"type": "sql", "query": "SELECT count({column}) FROM {table}"}, 4),
}


def comparisons(value):
    """Every operator with an operand that `value` passes, and one that it does not."""
    return [
        ({"mustBe": value}, {"mustBe": value + 1}),
        ({"mustNotBe": value + 1}, {"mustNotBe": value}),
        ({"mustBeGreaterThan": value - 0.5}, {"mustBeGreaterThan": value}),
        ({"mustBeGreaterOrEqualTo": value}, {"mustBeGreaterOrEqualTo": value + 0.5}),
        ({"mustBeLessThan": value + 0.5}, {"mustBeLessThan": value}),
        ({"mustBeLessOrEqualTo": value}, {"mustBeLessOrEqualTo": value - 0.5}),
        ({"mustBeBetween": [value, value + 1]}, {"mustBeBetween": [value + 1, value + 2]}),
        ({"mustNotBeBetween": [value + 1, value + 2]}, {"mustNotBeBetween": [value - 1, value]}),
    ]


def named(rules):
    return [{"name": f"r{number}", **rule} for number, rule in enumerate(rules)]


@pytest.mark.parametrize(("rule", "measured"), METRICS.values(), ids=METRICS)
def test_every_metric_meets_every_comparison(judge, rule, measured):
    pairs = comparisons(measured)
    rules = named({**rule, **bound} for pair in pairs for bound in pair)
    result = judge(ROWS, [{"name": "a", "logicalType": "string", "quality": rules}])
    passed = [verdict.passed for verdict in result.verdicts if verdict.rule.check.startswith("r")]
    assert passed == [True, False] * len(pairs)


@pytest.mark.parametrize(
    "metric", ["nullValues", "missingValues", "invalidValues", "invalidValues by pattern", "duplicateValues"]
)
def test_every_metric_but_the_row_count_is_also_a_share_of_the_rows(judge, metric):
    rule, measured = METRICS[metric]
    pairs = comparisons(measured * 20.0)
    rules = named({**rule, "unit": "percent", **bound} for pair in pairs for bound in pair)
    result = judge(ROWS, [{"name": "a", "logicalType": "string", "quality": rules}])
    passed = [verdict.passed for verdict in result.verdicts if verdict.rule.check.startswith("r")]
    assert passed == [True, False] * len(pairs)


def test_metrics_of_the_table_count_its_rows_and_its_duplicates(judge):
    columns = [{"name": name, "logicalType": "integer"} for name in ("a", "b")]
    several = {"metric": "duplicateValues", "arguments": {"properties": ["a", "b"]}}
    rules = [{"metric": "rowCount", "mustBe": 4}, {**several, "mustBe": 1}, {**several, "unit": "percent", "mustBe": 25}]
    rows = "SELECT * FROM (VALUES (1::BIGINT, 1::BIGINT), (1, 1), (1, 2), (1, NULL)) t(a, b)"
    assert judge(rows, columns, named(rules)).broken == []
    fewer = judge("SELECT 1::BIGINT AS a, 1::BIGINT AS b LIMIT 0", columns, named(rules))
    assert [verdict.found for verdict in fewer.broken] == ["0", "0 of 0 rows", "0.0 % of 0 rows"]


@pytest.mark.parametrize(
    ("kind", "values", "missing", "count"),
    [
        ("INTEGER", "1, -1, NULL", [-1, "n/a", ""], 1),
        ("DOUBLE", "1, -1, NULL", [-1, None], 2),
        ("DATE", "DATE '1970-01-01', DATE '2018-01-01', NULL", ["1970-01-01"], 1),
        ("INTEGER", "1, -1, NULL", ["n/a"], 0),
    ],
)
def test_missing_values_are_those_that_the_column_s_type_can_hold(judge, kind, values, missing, count):
    rule = {"metric": "missingValues", "arguments": {"missingValues": missing}, "mustBe": count}
    assert (
        judge(f"SELECT unnest([{values}])::{kind} AS a", [{"name": "a", "physicalType": kind, "quality": [rule]}]).broken == []
    )


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        ({"rule": "duplicateCount", "mustBe": 1}, 0),
        ({"rule": "duplicateCount", "mustBe": 0}, 1),
        ({"rule": "duplicateCount", "unit": "percent", "mustBeLessThan": 21}, 0),
        ({"rule": "validValues", "validValues": ["", "n/a", "x"]}, 0),
        ({"rule": "validValues", "validValues": ["", "x"]}, 1),
        ({"rule": "validValues", "validValues": ["", "x"], "mustBeLessThan": 2}, 0),
        ({"type": "library", "rule": "rowCount", "mustBeBetween": [5, 6]}, 0),
    ],
)
def test_the_rules_of_3_0_have_the_names_that_3_0_gave_them(judge, rule, broken):
    column = {"name": "a", "logicalType": "string", "quality": [rule]}
    assert len(judge(ROWS, [column], apiVersion="v3.0.2").broken) == broken


@pytest.mark.parametrize("name", PLACEHOLDERS)
@pytest.mark.parametrize("spelled", ["${%s}", "{%s}", '"{%s}"', "`${%s}`"])
def test_the_placeholders_of_other_tools_are_the_table(judge, name, spelled):
    rule = {"name": "rows", "type": "sql", "query": f"SELECT count(*) FROM {spelled % name}", "mustBe": 5}
    assert judge(ROWS, [{"name": "a", "logicalType": "string"}], [rule]).broken == []


@pytest.mark.parametrize(
    "rest",
    [
        "FROM {name}",
        'FROM "{name}" WHERE "{name}".a IS NULL OR TRUE',
        "FROM mesh.{name} AS x WHERE x.a IS NOT NULL OR x.a IS NULL",
        "FROM candidate WHERE 5 = (SELECT count(*) FROM {name} -- again {name}\n)",
        "FROM (SELECT {name}.* FROM {name} ORDER BY ALL) AS {name}",
        "FROM (FROM {name} UNION ALL FROM {name} LIMIT 5)",
    ],
)
def test_a_contract_s_object_may_stand_by_its_own_name(judge, rest):
    rule = {"name": "rows", "type": "sql", "query": f"SELECT count(*) {rest.format(name='Things')}", "mustBe": 5}
    assert judge(ROWS, [{"name": "a", "logicalType": "string"}], [rule]).broken == []


@pytest.mark.parametrize("name", COLUMN_PLACEHOLDERS)
def test_the_placeholders_of_other_tools_are_the_column(judge, name):
    query = f"SELECT count(*) FROM ${{schema}}.${{model}} WHERE ${{{name}}} = 'n/a'"
    rule = {"name": "unknown", "type": "sql", "query": query, "mustBe": 1}
    assert judge(ROWS, [{"name": "a", "logicalType": "string", "quality": [rule]}]).broken == []


@pytest.mark.parametrize(
    ("query", "found", "way_out"),
    [
        ("SELECT count(*) FROM ${modell}", "the placeholder ${modell}, which is unknown", "Did you mean ${model}?"),
        ("SELECT count(*) FROM {{ model }}", "the placeholder {{ model }}, which is unknown", "Did you mean ${model}?"),
        (
            "SELECT count({column}) FROM {model}",
            "{column}, which is unknown in a rule of a table",
            "There are ${model}, ${object}, ${schema}, ${table}",
        ),
    ],
)
def test_an_unknown_placeholder_is_refused_by_name_with_the_nearest(load, query, found, way_out):
    with pytest.raises(ContractError) as refused:
        load(quality=[{"name": "odd", "type": "sql", "query": query, "mustBe": 0}])
    assert found in str(refused.value)
    assert way_out in str(refused.value)


def test_the_page_says_what_each_placeholder_means():
    table = re.search(r"<!-- placeholders:begin -->(.*)<!-- placeholders:end -->", PAGE.read_text("utf-8"), re.DOTALL)[1]
    of_table, of_column = (set(re.findall(r"\$\{(\w+)\}", line)) for line in table.splitlines() if "${" in line)
    assert of_table == set(PLACEHOLDERS)
    assert of_column == set(COLUMN_PLACEHOLDERS)


def test_the_unit_of_a_query_is_a_word_for_people(judge):
    rule = {"name": "share", "type": "sql", "query": "SELECT 50 FROM ${object} LIMIT 1", "unit": "percent", "mustBe": 50}
    assert judge(ROWS, [{"name": "a", "logicalType": "string"}], [rule]).broken == []


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"metric": "rowCount", "unit": "percent", "mustBe": 100}, "always 100"),
        ({"metric": "nullValues", "unit": "dozens", "mustBe": 1}, "counts in 'dozens'"),
        ({"metric": "nullValues", "mustBeBetween": [2, 1]}, "the smaller number comes first"),
        ({"metric": "invalidValues", "arguments": {"validValues": "x"}, "mustBe": 0}, "a list of values"),
        (
            {"metric": "invalidValues", "arguments": {"validValues": [1.5]}, "mustBe": 0},
            "1.5 is no value of the type ANY_INTEGER",
        ),
        ({"metric": "invalidValues", "arguments": {"pattern": "(?!x)"}, "mustBe": 0}, "cannot be executed"),
        ({"metric": "invalidValues", "arguments": {"pattern": 5}, "mustBe": 0}, "the argument pattern is a text"),
    ],
)
def test_a_metric_that_makes_no_sense_is_refused_by_the_rule_s_name_and_column(load, rule, message):
    with pytest.raises(ContractError, match=rf"quality rule 'odd' of column 'a': .*{message}"):
        load(columns=[{"name": "a", "logicalType": "integer", "quality": [{"name": "odd", **rule}]}])


@pytest.mark.parametrize("arguments", [{"properties": ["b"]}, {"properties": "a"}, {"properties": [1]}])
def test_duplicates_over_no_columns_of_the_contract_are_refused(load, arguments):
    with pytest.raises(ContractError, match="duplicateValues"):
        load(quality=[{"metric": "duplicateValues", "arguments": arguments, "mustBe": 0}])


@pytest.mark.parametrize(
    ("severity", "blocks"), [("error", True), ("critical", True), ("WARNING", False), ("warning", False), ("Info", False)]
)
def test_severity_decides_whether_a_broken_rule_blocks(judge, severity, blocks):
    result = judge(ROWS, [{"name": "a", "logicalType": "string"}], [{"metric": "rowCount", "mustBe": 1, "severity": severity}])
    assert [verdict.passed for verdict in result.of_check("rowCount")] == [False]
    assert bool(result.broken) == blocks


def test_text_is_documentation_and_shown_as_such(load):
    quality = [{"type": "text", "name": "nice", "description": "The things are nice."}]
    column = {"name": "a", "logicalType": "string", "quality": [{"type": "text", "description": "Checked by hand."}]}
    contract = load(columns=[column], quality=quality)
    assert contract.documented == ("The things are nice.", "a: Checked by hand.")
    assert contract.checks == ["schema"]


@pytest.fixture
def no_engines(monkeypatch):
    """Whatever a test registers is forgotten after it."""
    monkeypatch.setattr(engines, "_registered", {})
    engines._installed.cache_clear()
    yield
    engines._installed.cache_clear()


CUSTOM = {"type": "custom", "name": "odd", "engine": "evenness", "implementation": {"column": "a"}}


def evenness(implementation, column, files):
    """An engine of the test's own, which reads the candidate itself."""
    name = '"' + (column or implementation["column"]) + '"'
    with duckdb.connect() as connection:
        data = connection.read_parquet([str(file) for file in files])
        odd = data.filter(f"{name} % 2 = 1").fetchall()
    return Finding(not odd, f"{len(odd)} odd numbers", tuple({"a": row[0]} for row in odd))


@pytest.mark.parametrize("below", ["table", "column"])
def test_a_custom_rule_is_judged_by_the_engine_that_is_registered_for_it(no_engines, load, parquet, below):
    register_engine("evenness", evenness)
    rule = [{**CUSTOM, "description": "All are even."}]
    column = {"name": "a", "physicalType": "INTEGER"} | ({"quality": rule} if below == "column" else {})
    contract = load(columns=[column], quality=rule if below == "table" else ())
    assert audit(contract, [parquet("SELECT 2 AS a")]).broken == []
    (verdict,) = audit(contract, [parquet("SELECT unnest([1, 2, 3, 5, 7, 9]) AS a")]).broken
    assert (verdict.rule.sentence, verdict.found) == ("All are even.", "5 odd numbers")
    assert verdict.examples == ({"a": 1}, {"a": 3}, {"a": 5})
    mild = {**CUSTOM, "severity": "warning"}
    shown = audit(load(columns=[{"name": "a", "physicalType": "INTEGER"}], quality=[mild]), [parquet("SELECT 1 AS a")])
    assert (shown.verdicts[-1].passed, shown.broken) == (False, [])


def test_the_engine_that_the_documents_show_does_what_they_say(no_engines, load, parquet, tmp_path):
    text = (Path(__file__).parents[3] / "docs" / "contracts" / "conformance.md").read_text("utf-8")
    (shown,) = re.findall(r"```python\n(.+?)```", text, re.DOTALL)
    exec(shown, {})
    contract = load(quality=[{**CUSTOM, "engine": "one_file"}])
    files = [parquet(f"SELECT {number} AS id", tmp_path / f"{number}.parquet") for number in (1, 2)]
    assert audit(contract, files[:1]).broken == []
    (verdict,) = audit(contract, files).broken
    assert verdict.found == "2 files"


def test_an_engine_that_fails_breaks_its_own_rule_and_no_other(no_engines, load, parquet):
    register_engine("evenness", evenness)
    quality = [CUSTOM, {"metric": "rowCount", "mustBe": 1}]
    contract = load(columns=[{"name": "b", "physicalType": "INTEGER"}], quality=quality)
    schema, odd, rows = audit(contract, [parquet("SELECT 2 AS b")]).verdicts
    assert (odd.rule.check, odd.passed, schema.passed, rows.passed) == ("odd", False, True, True)
    assert odd.found.startswith("failed to evaluate: BinderException: Binder Error")


def test_a_custom_rule_without_its_engine_is_refused_by_name(no_engines, load):
    register_engine("other", evenness)
    with pytest.raises(
        ContractError, match=r"'odd' is of type 'custom' for the engine 'evenness', which is not registered \(known: other\)"
    ):
        load(quality=[CUSTOM])


def test_an_installed_package_registers_its_engine_by_an_entry_point(no_engines, load, parquet, tmp_path, monkeypatch):
    package = tmp_path / "packages"
    (package / "evens-1.0.dist-info").mkdir(parents=True)
    (package / "evens-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: evens\nVersion: 1.0\n")
    (package / "evens-1.0.dist-info" / "entry_points.txt").write_text("[mesh_platform.engines]\nevenness = evens:judge\n")
    (package / "evens.py").write_text(
        "from mesh_platform.contract.rule import Finding\n\n"
        "def judge(implementation, column, files):\n    return Finding(False, f'{len(files)} files')\n"
    )
    monkeypatch.syspath_prepend(package)
    (verdict,) = audit(load(quality=[CUSTOM]), [parquet("SELECT 1 AS id")]).broken
    assert verdict.found == "1 files"


@pytest.mark.parametrize(
    "name", ["schema", "primary_key", "required", "unique", "values", "relationships", "dbt tests", "dbt_tests"]
)
def test_a_quality_rule_cannot_take_the_name_of_a_check_that_is_there_anyway(load, name):
    with pytest.raises(ContractError, match=f"the quality rule '{name}' would be shown as the check"):
        load(quality=[{"name": name, "metric": "rowCount", "mustBe": 1}])


@pytest.mark.parametrize(("first", "second"), [("has rows", "has_rows"), ("a", "a"), ("💥", "_"), ("rowCount", None)])
def test_two_quality_rules_cannot_share_a_name(load, first, second):
    rules = [{"metric": "rowCount", "mustBe": 1} | ({"name": name} if name else {}) for name in (first, second)]
    with pytest.raises(ContractError, match="Give it another name"):
        load(quality=rules)


def test_rules_without_a_name_share_the_check_of_their_metric(judge):
    rule = {"metric": "nullValues", "mustBe": 0}
    columns = [{"name": name, "physicalType": "INTEGER", "quality": [rule]} for name in ("a", "b")]
    result = judge("SELECT 1 AS a, NULL::INTEGER AS b", columns)
    assert [verdict.passed for verdict in result.of_check("nullValues")] == [True, False]


def test_a_share_is_compared_as_the_fraction_that_it_is(judge):
    third = {"metric": "nullValues", "unit": "percent"}
    above, below = "33.3333333333333333333333333334", "33.3333333333333333333333333333"
    rules = [
        {**third, "name": "at_most", "mustBeLessOrEqualTo": WrittenNumber(above)},
        {**third, "name": "less", "mustBeLessOrEqualTo": WrittenNumber(below)},
        {**third, "name": "same", "mustBe": WrittenNumber(below)},
    ]
    columns = {column.name: column for column in [Column("a", "INTEGER")]}
    bounds = [quality_rule(rule, "things", columns, columns["a"], ()) for rule in rules]
    assert [rule.bound.allows(Fraction(100, 3)) for rule in bounds] == [True, False, False]
    entry = {"name": "a", "physicalType": "INTEGER", "quality": [{**third, "name": "one", "mustBe": 37.5}]}
    (one,) = judge("SELECT CASE WHEN i > 2 THEN i END::INTEGER AS a FROM range(8) t(i)", [entry]).of_check("one")
    assert (one.passed, one.found) == (True, "37.5")
