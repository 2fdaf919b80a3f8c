"""Every rule has a verdict: one that cannot be evaluated is broken with its reason, and costs the others nothing."""

import pytest

from mesh_platform.contract import rule as engines
from mesh_platform.contract.audit import audit
from mesh_platform.contract.rule import Finding, Rule, register_engine

COLUMNS = [
    {"name": "a", "physicalType": "INTEGER", "logicalType": "integer", "required": True, "logicalTypeOptions": {"minimum": 1}},
    {"name": "mail", "physicalType": "VARCHAR", "logicalType": "string", "classification": "personal"},
]
ROWS = "SELECT * FROM (VALUES (1, 'x@a.example'), (0, 'y@a.example')) t(a, mail)"
OTHERS = {"required": True, "values": False, "counted": True}
"""The verdicts on the other rules of the contract, by check."""


def asked(query, **more):
    return {"type": "sql", "name": "odd", "query": query, "mustBe": 1, **more}


FAILING = {
    "many rows": (asked("select a from ${object}"), "its query returns more than 1 row"),
    "many columns": (asked("select a, a from ${object} limit 1"), "its query returns 2 columns instead of one value"),
    "no row": (asked("select a from ${object} where a > 5"), "its query returns no row"),
    "NULL": (asked("select max(a) from ${object} where a > 5"), "its query returns NULL"),
    "a text": (asked("select max(mail) from ${object}"), "its query returns a text, and is compared with a number"),
    "a number for a text": (asked("select max(a) from ${object}", mustBe="1"), "its query returns a number, and is compared"),
    "a list": (asked("select list(a) from ${object}"), "its query returns a text, and is compared with a number"),
    "an unknown column": (asked("select max(nothing) from ${object}"), "its query cannot be executed: Binder Error"),
    "a value that no cast takes": (
        asked("select sum(mail::integer) from ${object}"),
        "its query cannot be executed: Conversion Error",
    ),
    "an error of its own": (asked("select error('boom') from ${object}"), "its query cannot be executed"),
    "too much time": (
        asked(
            "select count(*) from range(100000000) a, range(100000) b",
            customProperties=[{"property": "limits", "value": {"seconds": 0.2}}],
        ),
        "its query was stopped: it took more than 0.2 s",
    ),
    "an engine that fails": ({"type": "custom", "name": "odd", "engine": "fails", "implementation": "x"}, "ValueError"),
}


@pytest.fixture(autouse=True)
def failing_engine(monkeypatch):
    monkeypatch.setattr(engines, "_registered", {})

    def fails(implementation, column, files):
        raise ValueError("y@a.example is odd")

    register_engine("fails", fails)


PEOPLE = [
    *COLUMNS,
    {"name": "born", "physicalType": "DATE", "logicalType": "date", "classification": "personal"},
    {"name": "joined", "physicalType": "DATE", "logicalType": "date"},
]
OF_PEOPLE = (
    "SELECT *, DATE '1977-07-17' AS born, DATE '2017-07-17' AS joined FROM (VALUES (1, 'x'), (7, '267816057')) t(a, mail)"
)
MEASURED = {
    "a number that is a value": ("select max(try_cast(mail as integer)) from ${object}", None),
    "a number that is made of a value": ("select max(ascii(mail)) - 1 from ${object}", None),
    "a count": ("select count(*) from ${object} where mail > 'a'", "1"),
    "a number of another column": ("select max(a) from ${object}", "7"),
}


@pytest.mark.parametrize("bound", [{"mustBe": 267816057}, {"mustBe": 5}, {"mustBeGreaterThan": 0}, {"mustBeLessThan": 0}])
@pytest.mark.parametrize(("query", "found"), MEASURED.values(), ids=MEASURED)
def test_a_number_that_can_be_made_of_a_personal_value_has_a_verdict_and_is_not_shown(judge, query, found, bound):
    entry = {name: value for name, value in asked(query).items() if name != "mustBe"} | bound
    (odd,) = judge(OF_PEOPLE, PEOPLE, [entry]).of_check("odd")
    assert odd.found == found
    assert str(odd).endswith(f"; found {found or 'a number that is made of personal data'}")


@pytest.mark.parametrize(("column", "shown"), [("born", False), ("joined", True)])
def test_the_age_of_a_personal_day_is_not_shown(load, parquet, column, shown):
    level = {"property": "latency", "value": 1, "unit": "d", "element": f"things.{column}"}
    contract = load(columns=PEOPLE, slaProperties=[level])
    (verdict,) = audit(contract, [parquet(OF_PEOPLE)]).of_check("service_levels")
    assert (verdict.passed, verdict.found is not None) == (False, shown)
    assert ("days" in str(verdict), "made of personal data" in str(verdict)) == (shown, not shown)


@pytest.mark.parametrize("severity", ["error", "warning"])
@pytest.mark.parametrize(("entry", "reason"), FAILING.values(), ids=FAILING)
def test_a_rule_that_cannot_be_evaluated_is_broken_by_name_and_the_others_are_judged(judge, entry, reason, severity):
    counted = {"metric": "rowCount", "name": "counted", "mustBe": 2}
    result = judge(ROWS, COLUMNS, [{**entry, "severity": severity}, counted])
    (odd,) = result.of_check("odd")
    assert not odd.passed
    assert odd.found.startswith(f"failed to evaluate: {reason}")
    assert f"; failed to evaluate: {reason}" in str(odd)
    assert "a.example" not in str(odd), "the reason shows no personal value"
    assert result.unevaluated == [odd]
    assert {check: result.of_check(check)[0].passed for check in OTHERS} == OTHERS
    assert [verdict.rule.check for verdict in result.broken] == ["values", *(["odd"] if severity == "error" else [])]


def test_every_rule_can_fail_at_once_and_each_says_why(judge):
    entries = [{**entry, "name": f"odd{number}"} for number, (entry, _) in enumerate(FAILING.values())]
    result = judge(ROWS, COLUMNS, entries)
    for number, (_, reason) in enumerate(FAILING.values()):
        assert reason in str(result.of_check(f"odd{number}")[0])
    assert len(result.unevaluated) == len(FAILING)


def test_a_measure_that_fails_on_some_rows_blames_no_row_and_costs_no_other_rule(load, parquet):
    contract = load(columns=COLUMNS)
    failing = '("mail")::INTEGER > 0'
    rule = Rule("odd", "mail is a number", ("mail",), f"count(*) FILTER (WHERE {failing})", failing=failing)
    other = Rule("rows", "has two rows", measure="count(*) - 2")
    result = audit(type(contract)(**{**vars(contract), "rules": (*contract.rules, rule, other)}), [parquet(ROWS)])
    (odd,), (rows,) = result.of_check("odd"), result.of_check("rows")
    assert (odd.passed, odd.rule.failing, odd.examples, rows.passed) == (False, None, (), True)
    assert (
        odd.found
        == "failed to evaluate: Conversion Error: a value of the column mail does not fit INT32 (values are not shown)"
    )


def test_the_interruption_of_a_user_is_no_verdict(load, parquet):
    def stops(implementation, column, files):
        raise KeyboardInterrupt

    register_engine("stops", stops)
    contract = load(columns=COLUMNS, quality=[{"type": "custom", "name": "odd", "engine": "stops", "implementation": ""}])
    with pytest.raises(KeyboardInterrupt):
        audit(contract, [parquet(ROWS)])


def test_an_engine_answers_for_the_files_that_it_cannot_open(load, parquet):
    def denied(implementation, column, files):
        raise PermissionError(13, "Permission denied", "/nowhere")

    register_engine("denied", denied)
    contract = load(columns=COLUMNS, quality=[{"type": "custom", "name": "odd", "engine": "denied", "implementation": ""}])
    (odd,) = audit(contract, [parquet(ROWS)]).unevaluated
    assert odd.found == "failed to evaluate: PermissionError"


def test_an_engine_that_passes_passes(load, parquet):
    register_engine("passes", lambda implementation, column, files: Finding(True, "nothing"))
    contract = load(columns=[COLUMNS[0]], quality=[{"type": "custom", "name": "odd", "engine": "passes", "implementation": ""}])
    assert audit(contract, [parquet("SELECT 1 AS a")]).broken == []
