"""The results of policies: violated, warned, draft, waived, passed or unrunnable."""

import re
from dataclasses import replace
from datetime import date

import pytest

from mesh_capabilities.governance.policy import SCOPES, Phase, Policy, Scope
from mesh_capabilities.governance.waiver import Waiver

POLICY = Policy(
    id="tiered",
    title="Every product has a tier.",
    why="Why not.",
    severity="error",
    scope=Scope(SCOPES["products"]),
    phases=(Phase.CI,),
    fix="Say one.",
    owner="team:platform",
    effective_from=date(2026, 1, 1),
    warns_from=date(2026, 1, 1),
    query="select product as subject, 'it has no tier' as message, file as evidence from products where tier is null",
    file="policies/tiered.sql",
)
PRODUCTS = {"products": [{"product": "shop/good", "tier": "gold"}, {"product": "shop/bad"}, {"product": "books/bad"}]}
WAIVER = Waiver(
    file="domains/shop/waivers/x.yaml",
    domain="shop",
    policy="tiered",
    subject="shop/bad",
    reason="It is new.",
    requested_by="team:shop",
    approved_by="team:platform",
    control="It is marked as new.",
    starts_on=date(2026, 5, 1),
    expires_on=date(2026, 7, 1),
)


def found(report):
    return {row["subject"]: row["state"] for row in report.results}


def query(sql):
    return replace(POLICY, query=sql)


def test_every_subject_in_scope_has_a_result(judged):
    report = judged([POLICY], PRODUCTS)
    assert found(report) == {"shop/good": "passed", "shop/bad": "violated", "books/bad": "violated"}
    assert report.counts() == {"tiered": {"passed": 1, "violated": 2}}
    (bad, _) = report.findings
    assert (bad.subject, bad.message, bad.evidence, bad.domain, bad.product, bad.file) == (
        "books/bad",
        "it has no tier",
        "domains/books/products/bad.odps.yaml",
        "books",
        "books/bad",
        "domains/books/products/bad.odps.yaml",
    )
    assert not report.passed


def test_the_sentences_of_findings_name_the_file_and_say_once_how_to_mend_them(judged):
    report = judged([POLICY], PRODUCTS)
    assert report.sentences(report.findings) == [
        "tiered: books/bad: it has no tier (domains/books/products/bad.odps.yaml). Say one.",
        "tiered: shop/bad: it has no tier (domains/shop/products/bad.odps.yaml)",
    ]


def test_the_sentence_of_a_policy_that_cannot_be_executed_says_nothing_of_the_subjects(judged):
    report = judged([query("select nothing as subject, 'x' as message, 'x' as evidence from products")], PRODUCTS)
    (sentence,) = report.sentences(report.findings)
    assert sentence.startswith("tiered: ")
    assert "Say one." not in sentence


@pytest.mark.parametrize(
    ("changes", "state", "passed"),
    [
        ({"effective_from": date(2027, 1, 1), "warns_from": date(2026, 12, 1)}, "draft", True),
        ({"effective_from": date(2027, 1, 1)}, "warned", True),
        ({"severity": "warning"}, "warned", True),
        ({}, "violated", False),
    ],
)
def test_what_a_violation_means_depends_on_the_day_and_the_severity(judged, changes, state, passed):
    report = judged([replace(POLICY, **changes)], PRODUCTS)
    assert found(report)["shop/bad"] == state
    assert report.passed is passed


def test_a_condition_narrows_the_scope(judged):
    report = judged(
        [replace(POLICY, scope=Scope(SCOPES["products"], "domain = 'shop' -- not books"))],
        {"products": [*PRODUCTS["products"][:2]]},
    )
    assert found(report) == {"shop/good": "passed", "shop/bad": "violated"}


def test_one_subject_can_violate_a_policy_twice(judged):
    twice = (
        "select product as subject, 'no ' || n as message, null as evidence from products, range(2) as t(n) where tier is null"
    )
    report = judged([query(twice)], PRODUCTS)
    assert report.counts() == {"tiered": {"passed": 1, "violated": 4}}


def test_a_domain_s_policy_evaluates_its_own_subjects_only(judged):
    report = judged([replace(POLICY, id="shop.tiered", domain="shop")], PRODUCTS)
    assert found(report) == {"shop/good": "passed", "shop/bad": "violated"}


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("selec nothing", "does not parse"),
        ("select product from products", "returns product. Return subject, message, evidence"),
        ("select product as subject, '' as message, '' as evidence, 1 as more from products", "returns subject, message,"),
        ("select nothing as subject, '' as message, '' as evidence from products", "cannot be executed: Binder Error"),
        ("select 1/0 as subject, error('boom') as message, '' as evidence from products", "cannot be executed: .*boom"),
        ("select null as subject, '' as message, '' as evidence from products", "returns the subject None"),
        ("select 'shop/bda' as subject, '' as message, '' as evidence", "returns the subject 'shop/bda', which is not in its"),
        ("drop table products", "is a statement of type DROP; expected is one SELECT"),
    ],
)
def test_a_policy_that_cannot_be_executed_is_a_finding_and_stops_no_other(judged, sql, told):
    broken = replace(POLICY, id="broken", query=sql, file="policies/broken.sql")
    report = judged([broken, POLICY], PRODUCTS)
    assert report.counts()["tiered"] == {"passed": 1, "violated": 2}
    assert report.counts()["broken"] == {"unrunnable": 1}
    (finding,) = (finding for finding in report.findings if finding.policy == "broken")
    assert finding.subject == "policies/broken.sql"
    assert re.search(told, f"{finding.message} {finding.evidence}"), finding
    assert not report.passed


def test_a_scope_that_reads_a_file_is_refused(judged):
    report = judged(
        [replace(POLICY, scope=Scope(SCOPES["products"], "name in (select content from read_text('x'))"))], PRODUCTS
    )
    assert "the scope of policies/tiered.sql calls 'read_text'" in report.findings[0].message


def test_a_policy_that_takes_too_long_is_interrupted_and_stops_no_other(judged):
    endless = "select sum(a.i * b.i) as subject, '' as message, '' as evidence from range(1000000) a(i), range(1000000) b(i)"
    report = judged([replace(POLICY, id="endless", query=endless, file="policies/endless.sql"), POLICY], PRODUCTS, seconds=0.3)
    assert report.counts()["endless"] == {"unrunnable": 1}
    assert "policies/endless.sql was interrupted: it took longer than 0.3 s" in report.findings[0].message
    assert report.counts()["tiered"] == {"passed": 1, "violated": 2}


def test_names_in_the_metadata_are_never_executed(judged):
    name = "shop/'); drop table products; --"
    report = judged([POLICY], {"products": [{"product": name, "name": "<script>alert(1)</script>", "file": "../x"}]})
    assert found(report) == {name: "violated"}


def test_a_waived_subject_is_waived_and_never_passed(judged):
    report = judged([POLICY], PRODUCTS, waivers=[WAIVER])
    assert found(report) == {"shop/good": "passed", "shop/bad": "waived", "books/bad": "violated"}
    assert [(state.state, state.problem) for state in report.waiver_states] == [("valid", None)]
    assert [finding.waiver for finding in report.findings] == [None, WAIVER.file]


@pytest.mark.parametrize(
    ("changes", "today", "state", "told"),
    [
        ({}, date(2026, 7, 2), "expired", "It expired on 2026-07-01"),
        ({}, date(2026, 4, 30), "unmatched", "It starts on 2026-05-01"),
        ({"subject": "shop/good"}, date(2026, 6, 1), "unmatched", "reports no violation of shop/good"),
        ({"subject": "shop/ba"}, date(2026, 6, 1), "unmatched", "reports no violation of shop/ba"),
        ({"subject": "books/bad"}, date(2026, 6, 1), "unmatched", "reports no violation of books/bad in shop"),
        ({"policy": "tierd"}, date(2026, 6, 1), "refused", "It waives the policy 'tierd', which does not exist"),
    ],
)
def test_a_waiver_that_is_not_valid_waives_nothing(judged, changes, today, state, told):
    report = judged([POLICY], PRODUCTS, today, [replace(WAIVER, **changes)])
    assert found(report) == {"shop/good": "passed", "shop/bad": "violated", "books/bad": "violated"}
    ((waiver),) = report.waiver_states
    assert waiver.state == state
    assert told in waiver.problem
    assert waiver.row["waiver"] == WAIVER.file


def test_an_expired_waiver_fails_the_check_without_a_violation(judged):
    good = {"products": [{"product": "shop/bad", "tier": "gold"}]}
    assert not judged([POLICY], good, date(2026, 7, 2), [WAIVER]).passed
    assert judged([POLICY], good, date(2026, 6, 2), [WAIVER]).passed  # it only warns that nobody needs it


@pytest.mark.parametrize("day", [WAIVER.starts_on, WAIVER.expires_on])
def test_a_waiver_is_valid_on_its_first_and_last_day(judged, day):
    assert found(judged([POLICY], PRODUCTS, day, [WAIVER]))["shop/bad"] == "waived"


def test_a_privacy_policy_cannot_be_waived(judged):
    report = judged([replace(POLICY, privacy=True)], PRODUCTS, waivers=[WAIVER])
    assert found(report)["shop/bad"] == "violated"
    ((waiver),) = report.waiver_states
    assert waiver.state == "refused"
    assert "a privacy policy, which cannot be waived" in waiver.problem


def test_waivers_of_policies_that_were_not_evaluated_are_not_reported(judged):
    other = replace(POLICY, id="other")
    report = judged([POLICY], PRODUCTS, waivers=[replace(WAIVER, policy="tiered")])
    assert len(report.waiver_states) == 1
    assert judged([other], PRODUCTS).waiver_states == ()


def test_rows_have_the_columns_of_the_catalog(judged):
    from mesh_capabilities.governance.catalog.tables import TABLES

    report = judged([POLICY], PRODUCTS, waivers=[WAIVER])
    for name, rows in (("policies", report.policies), ("policy_results", report.results), ("waivers", report.waivers)):
        assert rows
        assert all(list(row) == list(TABLES[name].columns) for row in rows), name


def test_the_results_about_a_port_include_those_of_its_product(judged):
    columns = replace(
        POLICY,
        id="small",
        scope=Scope(SCOPES["columns"]),
        query="select contract || '.' || \"column\" as subject, 'm' as message, '' as evidence from columns",
    )
    rows = {
        "products": PRODUCTS["products"],
        "contracts": [{"contract": "shop.bad.v1"}],
        "columns": [{"contract": "shop.bad.v1", "column": "a"}, {"contract": "shop.good.v1", "column": "a"}],
    }
    report = judged([POLICY, columns], rows)
    assert [(one.policy, one.subject) for one in report.about("shop/bad", "shop/bad")] == [
        ("tiered", "shop/bad"),
        ("small", "shop.bad.v1.a"),
    ]


def test_a_report_can_be_restricted_to_some_subjects(judged):
    from mesh_capabilities.errors import UnknownPolicy

    report = judged([POLICY], PRODUCTS, waivers=[WAIVER]).only(["books"])
    assert found(report) == {"books/bad": "violated"}
    assert report.waiver_states == ()
    with pytest.raises(UnknownPolicy, match="'shop/nothing' is neither a policy nor a subject"):
        judged([POLICY], PRODUCTS).only(["shop/nothing"])
