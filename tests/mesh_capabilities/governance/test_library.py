"""The policies of a mesh: a domain adds policies for itself and replaces none."""

import pytest

from mesh_capabilities.governance.library import load_library

POLICY = """-- id: {id}
-- title: {title}
-- why: We think so.
-- severity: error
-- scope: products
-- phase: ci
-- fix: Do it.
-- owner: team:shop
-- effective from: 2026-01-01
select product as subject, 'm' as message, 'e' as evidence from products
"""
WAIVER = "policy: accountable_owner\nsubject: shop/things\n"


@pytest.fixture
def own(company):
    """Writes a policy of a domain and loads the library."""

    def own(name="own", id=None, title="Our things are ours.", domain="shop"):
        text = POLICY.format(id=id or f"{domain}.{name}", title=title)
        company.write(f"domains/{domain}/policies/{name}.sql", text)
        return load_library(company.root, ["shop", "books"])

    return own


def test_every_mesh_has_the_policies_of_the_platform(company):
    library = load_library(company.root, ["shop"])
    assert library.policy("accountable_owner").domain is None
    assert len(library.policies) >= 21
    assert (library.broken_policies, library.waivers, library.broken_waivers) == ((), (), ())


def test_a_domain_adds_policies(own):
    library = own()
    assert library.policy("shop.own").domain == "shop"
    assert library.policy("shop.own").file == "domains/shop/policies/own.sql"
    assert library.broken_policies == ()


@pytest.mark.parametrize("id", ["accountable_owner", "shop.accountable_owner"])
def test_a_domain_cannot_replace_a_policy_of_the_mesh_by_its_name(own, id):
    library = own("accountable_owner", id)
    (broken,) = library.broken_policies
    assert broken.file == "domains/shop/policies/accountable_owner.sql"
    assert "has the name of accountable_owner, a policy of the whole mesh. A domain adds policies" in str(broken.problem)
    assert library.policy("accountable_owner").domain is None
    assert library.policy("shop.accountable_owner") is None


@pytest.mark.parametrize("title", ["Every column has a classification.", "every  COLUMN has a classification"])
def test_a_domain_cannot_shadow_a_policy_of_the_mesh_by_its_title(own, title):
    (broken,) = own(title=title).broken_policies
    assert "has the title of columns_classified, a policy of the whole mesh" in str(broken.problem)


@pytest.mark.parametrize("id", ["own", "books.own", "own.shop"])
def test_a_domain_s_policy_cannot_take_the_id_of_another_domain(own, id):
    (broken,) = own(id=id).broken_policies
    assert f"has the id '{id}'" in str(broken.problem)


def test_two_domains_may_have_policies_of_one_name(own):
    own()
    assert {policy.id for policy in own(domain="books").policies} >= {"shop.own", "books.own"}


def test_a_policy_that_cannot_be_read_hides_no_other(company, own):
    company.write("domains/shop/policies/broken.sql", "select 1\n")
    library = own()
    assert [broken.file for broken in library.broken_policies] == ["domains/shop/policies/broken.sql"]
    assert library.policy("shop.own")


def test_a_waiver_that_cannot_be_read_hides_no_other(company):
    full = f"{WAIVER}reason: r\nrequested_by: team:shop\napproved_by: team:platform\ncontrol: c\n"
    company.write("domains/shop/waivers/full.yaml", f"{full}starts_on: 2026-01-01\nexpires_on: 2026-02-01\n")
    company.write("domains/shop/waivers/half.yaml", WAIVER)
    library = load_library(company.root, ["shop"])
    assert [waiver.file for waiver in library.waivers] == ["domains/shop/waivers/full.yaml"]
    assert [broken.file for broken in library.broken_waivers] == ["domains/shop/waivers/half.yaml"]
