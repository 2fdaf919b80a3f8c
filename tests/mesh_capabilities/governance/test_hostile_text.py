"""Texts that users and files supply are values, never SQL: names on the command line, ids, subjects, scopes and waivers."""

from dataclasses import replace
from datetime import date

import pytest

from mesh_capabilities.errors import UnknownPolicy
from mesh_capabilities.governance.policy import SCOPES, Phase, Policy, Scope
from mesh_capabilities.governance.waiver import Waiver

HOSTILE = [
    "x LIMIT 1",
    "accountable_owner LIMIT 1",
    "shop/things limit 0",
    "' OR 1 = 1 --",
    "x') OR true OR ('",
    "shop'; DROP TABLE judged_results; --",
    '"shop"',
    "shop -- all of it",
    "shop /* and */",
    "/* shop",
    "shop\nLIMIT 1",
    "shop\r\n; SELECT 1",
    "\\' OR true --",
    "$$shop$$",
    "{subject} %s ?",
    "shöp/😀",
    "shop\u202e\u2028",
    "\N{FULLWIDTH APOSTROPHE} OR 1 = 1",
    "",
    " ",
]
UNSTORABLE = ["shop\0", "\udcffshop"]
"""Texts that an argument or a file can contain, and SQL cannot."""

POLICY = Policy(
    id="tiered",
    title="Every product has a tier.",
    why="Consumers need it.",
    severity="error",
    scope=Scope(SCOPES["products"]),
    phases=(Phase.CI,),
    fix="Add one.",
    owner="team:platform",
    effective_from=date(2026, 1, 1),
    warns_from=date(2026, 1, 1),
    query="select product as subject, 'it has no tier' as message, name as evidence from products where tier is null",
    file="policies/tiered.sql",
)
PRODUCTS = {"products": [{"product": "shop/good", "tier": "gold"}, {"product": "shop/bad"}, {"product": "books/bad"}]}
ALL = {"shop/good": "passed", "shop/bad": "violated", "books/bad": "violated"}


def states(report):
    return {row["subject"]: row["state"] for row in report.results}


@pytest.mark.parametrize("text", [*HOSTILE, *UNSTORABLE])
def test_a_target_that_does_not_exist_is_unknown_and_changes_nothing(judged, text):
    report = judged([POLICY], PRODUCTS)
    with pytest.raises(UnknownPolicy, match="is neither a policy nor a subject"):
        report.only([text])
    assert states(report) == ALL


@pytest.mark.parametrize("text", HOSTILE)
def test_a_subject_of_any_name_is_found_by_that_name_only(judged, text):
    rows = {"products": [*PRODUCTS["products"], {"product": text, "domain": "shop", "name": text}]}
    report = judged([POLICY], rows)
    assert states(report) == {**ALL, text: "violated"}
    assert [result.subject for result in report.about("shop/none", text)] == [text]
    assert states(report.only([text])) == {text: "violated"}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_policy_of_any_id_and_file_is_evaluated(judged, text):
    report = judged([replace(POLICY, id=text, file=text)], PRODUCTS)
    assert report.counts() == {text: {"passed": 1, "violated": 2}}
    broken = judged([replace(POLICY, id=text, file=text, query="select 1")], PRODUCTS)
    assert broken.counts() == {text: {"unrunnable": 1}}


@pytest.mark.parametrize("text", filter(None, HOSTILE))
def test_a_domain_of_any_name_has_its_own_subjects_only(judged, text):
    report = judged([replace(POLICY, domain=text)], {"products": [*PRODUCTS["products"], {"product": "own", "domain": text}]})
    assert states(report) == {"own": "violated"}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_waiver_of_any_text_covers_its_subject_only(judged, text):
    waiver = Waiver(
        file=text,
        domain="shop",
        policy="tiered",
        subject=text,
        reason=text,
        requested_by="team:shop",
        approved_by="team:platform",
        control=text,
        starts_on=date(2026, 5, 1),
        expires_on=date(2026, 7, 1),
    )
    rows = {"products": [*PRODUCTS["products"], {"product": text, "domain": "shop", "name": text}]}
    assert states(judged([POLICY], rows, waivers=[waiver])) == {**ALL, text: "waived"}


@pytest.mark.parametrize(
    "condition",
    [
        "true) union all select * from products where (true",
        "true) limit (1",
        "domain = 'shop') or (false",
        "true) order by (product",
        "true) group by all having (true",
        "true) qualify (true",
        "true)) as judged group by all union all select 'books/bad', 'shop', null, 'books/bad', null, null from "
        "(select * from products where (true",
        "true) union all select * replace ('shop' as domain) from products where (product = 'books/bad'",
        "true /*",
        "true; drop table products",
        "true) --",
        "'",
        "$$",
        "tier = 'a\0b'",
    ],
)
def test_a_condition_that_ends_the_condition_is_refused(judged, condition):
    report = judged([replace(POLICY, domain="shop", scope=Scope(SCOPES["products"], condition))], PRODUCTS)
    (finding,) = report.findings
    assert (finding.state, finding.port, finding.product) == ("unrunnable", None, None)
    assert finding.message.startswith("the scope of policies/tiered.sql ")


@pytest.mark.parametrize("condition", ["domain = 'shop'", "domain = 'shop' -- only", "domain in (select 'shop')"])
def test_a_condition_that_is_one_expression_is_accepted(judged, condition):
    report = judged([replace(POLICY, scope=Scope(SCOPES["products"], condition))], {"products": PRODUCTS["products"][:2]})
    assert states(report) == {"shop/good": "passed", "shop/bad": "violated"}


@pytest.mark.parametrize("query", ["select 'a\0b' as subject, '' as message, '' as evidence", "select 1 \0", "\0"])
def test_a_query_with_a_nul_character_is_refused_like_any_other(judged, query):
    report = judged([replace(POLICY, query=query)], PRODUCTS)
    assert [(finding.state, finding.message) for finding in report.findings] == [
        ("unrunnable", "policies/tiered.sql does not parse: it contains a NUL character.")
    ]


@pytest.mark.parametrize("text", [*HOSTILE, *UNSTORABLE])
def test_a_policy_that_does_not_exist_cannot_be_explained(call, shop, text):
    result = call("policy", "explain", "--", text)
    assert isinstance(result.exception, UnknownPolicy)
    assert str(result.exception).startswith("There is no policy '")


@pytest.mark.parametrize("text", ["x LIMIT 1", "\udcffshop"])
def test_the_command_ends_with_1_and_says_what_is_unknown(command, shop, text):
    for verb, message in (("check", "is neither a policy nor a subject"), ("explain", "There is no policy")):
        result = command("policy", verb, text, cwd=shop.root)
        assert (result.returncode, result.stdout) == (1, "")
        assert message in result.stderr
