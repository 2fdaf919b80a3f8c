"""Policies at a publish: only those of the phase and of the domain are evaluated, and what cannot decide refuses."""

import pytest

from mesh_capabilities.governance import evaluation
from mesh_capabilities.governance.catalog.catalog import open_catalog
from mesh_capabilities.governance.policy_gate import judged_by, policy_rulings
from mesh_capabilities.governance.policy_report import evaluate
from mesh_platform.product.offer import load_offer
from mesh_platform.project import load_project

ENDLESS = "select sum(a.i)::varchar as subject, '' as message, '' as evidence from range(10000000) a(i), range(10000000) b(i)"
BROKEN = "select nothing as subject, '' as message, '' as evidence from columns"
GOOD = "select contract as subject, '' as message, '' as evidence from columns where false"
BAD = "select contract || '.' || \"column\" as subject, 'It is tried.' as message, 'A row.' as evidence from columns"
HEADER = """-- id: {domain}.own
-- title: A policy of {domain}.
-- why: It is tried.
-- severity: {severity}
-- scope: columns
-- phase: [{phase}]
-- fix: Correct it.
-- owner: team:{domain}
-- effective from: 2026-01-01
{query}
"""


@pytest.fixture(autouse=True)
def without_policies_of_the_mesh(monkeypatch, tmp_path):
    """The small company breaks some of them."""
    monkeypatch.setattr("mesh_capabilities.governance.library.GLOBAL", tmp_path / "none")


@pytest.fixture
def ruled(shop, monkeypatch):
    """The refusal of shop/things when this domain has a policy of its own; and the policies that were evaluated."""

    def ruled(domain, phase, query, severity="error"):
        text = HEADER.format(domain=domain, phase=phase, query=query, severity=severity)
        shop.write(f"domains/{domain}/policies/own.sql", text)
        evaluated = []
        one = evaluation.Evaluation.judge
        monkeypatch.setattr(
            evaluation.Evaluation, "judge", lambda self, policy: (evaluated.append(policy.id), one(self, policy))[1]
        )
        offer = load_offer(load_project(shop.root).domains["shop"])
        return policy_rulings(offer, ["things"])["things"].refusal, evaluated

    return ruled


def test_a_policy_of_another_phase_is_not_evaluated(ruled):
    refusal, evaluated = ruled("shop", "ci", ENDLESS)
    assert "shop.own" not in evaluated
    assert refusal is None


def test_a_policy_of_another_domain_is_not_evaluated(ruled):
    refusal, evaluated = ruled("books", "publish", ENDLESS)
    assert "books.own" not in evaluated
    assert refusal is None


def test_a_policy_of_the_domain_that_cannot_be_executed_refuses_its_publishes(ruled):
    refusal, evaluated = ruled("shop", "publish", BROKEN)
    assert "shop.own" in evaluated
    assert "because the policy shop.own cannot decide: domains/shop/policies/own.sql cannot be executed" in str(refusal)


@pytest.mark.parametrize("query", ["copy (select 1) to 'x.csv'", "select 1), (2", "select * from read_text('/etc/passwd')"])
def test_neither_does_one_that_is_no_select_over_metadata(ruled, query, shop):
    before = sorted(shop.root.rglob("*.csv"))
    assert "the policy shop.own cannot decide" in str(ruled("shop", "publish", query)[0])
    assert sorted(shop.root.rglob("*.csv")) == before


def test_one_that_only_warns_refuses_nothing(ruled):
    refusal, _ = ruled("shop", "publish", BROKEN, severity="warning")
    assert refusal is None


def test_one_that_is_kept_refuses_nothing(ruled):
    refusal, evaluated = ruled("shop", "publish", GOOD)
    assert "shop.own" in evaluated
    assert refusal is None


@pytest.mark.parametrize(("phase", "refused"), [("ci", False), ("on demand", False), ("publish", True), ("ci, publish", True)])
@pytest.mark.parametrize("query", [BAD, BROKEN])
def test_a_report_on_every_phase_refuses_only_by_the_policies_of_publishing(shop, query, phase, refused):
    """`mesh check` gives its own report to the gate."""
    text = HEADER.format(domain="shop", phase=phase, query=query, severity="error")
    shop.write("domains/shop/policies/own.sql", text)
    project = load_project(shop.root)
    with judged_by(evaluate(project, open_catalog(project))):
        ruling = policy_rulings(load_offer(project.domains["shop"]), ["things"])["things"]
    assert (ruling.refusal is not None) is refused
    (check,) = ruling.checks
    assert check.passed is not (refused and query == BAD), "the check shows the same policies as the refusal"


def test_a_policy_file_of_another_domain_that_cannot_be_read_refuses_nothing(shop):
    shop.write("domains/books/policies/own.sql", "select 1")
    offer = load_offer(load_project(shop.root).domains["shop"])
    assert policy_rulings(offer, ["things"])["things"].refusal is None
    shop.write("domains/shop/policies/own.sql", "select 1")
    assert "cannot decide" in str(policy_rulings(offer, ["things"])["things"].refusal)


def test_a_policy_of_the_mesh_that_cannot_be_executed_refuses_every_domain(shop, monkeypatch, tmp_path):
    policies = tmp_path / "policies"
    policies.mkdir()
    text = HEADER.format(domain="x", phase="ci, publish", query=BROKEN, severity="error").replace("x.own", "own")
    (policies / "own.sql").write_text(text)
    monkeypatch.setattr("mesh_capabilities.governance.library.GLOBAL", policies)
    for domain, port in (("shop", "things"), ("books", "sales")):
        offer = load_offer(load_project(shop.root).domains[domain])
        assert "the policy own cannot decide" in str(policy_rulings(offer, [port])[port].refusal)
