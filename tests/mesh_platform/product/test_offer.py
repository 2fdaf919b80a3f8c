"""The offer of a domain: every port has a contract, every contract has a port, and they match."""

import pytest

from mesh_platform.errors import ContractError
from mesh_platform.product.offer import load_offer

PARTS = {"name": "parts", "version": "1.0.0", "contractId": "shop.parts.v1"}


def test_products_and_contracts_of_a_domain_are_held_together(company):
    domain = company.domain()
    company.product("things", ports=["things", "parts"])
    company.product("prices")
    company.contract("things")
    company.contract("parts", dataProduct="things")
    company.contract("prices")
    offer = load_offer(domain)
    assert sorted(offer.products) == ["prices", "things"]
    assert sorted(offer.contracts) == ["parts", "prices", "things"]
    assert offer.product_of("parts") is offer.product_of("things") is offer.products["things"]
    assert offer.product_of("prices").name == "prices"


def test_a_new_domain_offers_nothing_yet(company):
    offer = load_offer(company.domain())
    assert (offer.products, offer.contracts) == ({}, {})


def test_a_port_without_a_contract_is_told_which_file_to_write(company):
    domain = company.domain()
    company.product("things")
    with pytest.raises(ContractError, match="'things', a port without a contract") as refusal:
        load_offer(domain)
    assert "domains/shop/products/things.odps.yaml" in str(refusal.value)
    assert "domains/shop/contracts/things.v1.odcs.yaml" in str(refusal.value)


def test_a_contract_of_another_major_is_no_contract_of_the_port(company):
    domain = company.domain()
    company.product("things")
    company.contract("things", version="2.0.0", id="shop.things.v2", file="things.v2.odcs.yaml")
    with pytest.raises(ContractError, match=r"nothing has the id shop\.things\.v1"):
        load_offer(domain)


def test_a_contract_without_a_port_is_told_where_to_list_it(company):
    domain = company.domain()
    company.contract("things")
    with pytest.raises(
        ContractError, match=r"domains/shop/contracts/things\.v1\.odcs\.yaml is a contract without a port"
    ) as refusal:
        load_offer(domain)
    assert "domains/shop/products" in str(refusal.value)


def test_product_and_contract_agree_on_the_version(company):
    domain = company.domain()
    company.product("things")
    company.contract("things", version="1.1.0")
    with pytest.raises(ContractError, match=r"'things' in version 1\.0\.0, its contract is 1\.1\.0"):
        load_offer(domain)


@pytest.mark.parametrize("other", ["goods", None])
def test_product_and_contract_agree_on_the_product(company, other):
    domain = company.domain()
    company.product("things")
    company.contract("things", dataProduct=other)
    with pytest.raises(ContractError, match=rf"things\.v1\.odcs\.yaml has dataProduct: {other!r}") as refusal:
        load_offer(domain)
    assert "things.odps.yaml publishes it" in str(refusal.value)


def test_a_port_belongs_to_one_product(company):
    domain = company.domain()
    company.product("things", ports=["things", "parts"])
    company.product("goods", ports=["parts"])
    company.contract("things")
    company.contract("parts", dataProduct="things")
    with pytest.raises(ContractError, match=r"goods\.odps\.yaml publishes it"):
        load_offer(domain)


def test_a_port_is_listed_once(company):
    domain = company.domain()
    company.product("things", ports=["things", "things"])
    company.contract("things")
    with pytest.raises(ContractError, match="both publish 'things'.*Remove it from one of them"):
        load_offer(domain)


def test_files_that_are_neither_contract_nor_descriptor_are_left_alone(company):
    domain = company.domain()
    company.product("things")
    company.contract("things")
    company.write("domains/shop/contracts/README.md", "Our contracts.")
    company.write("domains/shop/products/notes.yaml", "no: product")
    assert list(load_offer(domain).contracts) == ["things"]


def test_one_broken_contract_is_named_whatever_else_is_fine(company):
    domain = company.domain()
    company.product("things")
    company.contract("things")
    company.write("domains/shop/contracts/broken.v1.odcs.yaml", "kind: [")
    with pytest.raises(ContractError, match=r"broken\.v1\.odcs\.yaml is not YAML"):
        load_offer(domain)


def two_majors(company, **first):
    """shop/things in two majors; `first` holds further keys of the contract of the earlier one."""
    domain = company.domain()
    both = [{"name": "things", "version": f"{major}.0.0", "contractId": f"shop.things.v{major}"} for major in (2, 1)]
    company.product("things", outputPorts=both)
    company.contract("things", **first)
    company.contract("things", version="2.0.0", id="shop.things.v2", file="things.v2.odcs.yaml")
    return domain


def test_two_majors_of_a_port_are_offered_at_once_and_the_newest_is_the_model_s(company):
    domain = two_majors(company, customProperties=[{"property": "servedFrom", "value": "shop.things.v2"}])
    offer = load_offer(domain)
    assert offer.contracts["things"].id == "shop.things.v2"
    assert [contract.id for contract in offer.earlier["things"]] == ["shop.things.v1"]
    assert offer.product_of("things").name == "things"


@pytest.mark.parametrize("served_from", [None, "shop.things.v1", "shop.parts.v2", "nonsense"])
def test_an_earlier_major_that_is_not_served_is_refused_with_the_missing_key(company, served_from):
    custom = [{"property": "servedFrom", "value": served_from}] if served_from else None
    domain = two_majors(company, customProperties=custom)
    with pytest.raises(ContractError, match=r"things\.v1\.odcs\.yaml describes an earlier major") as refusal:
        load_offer(domain)
    assert refusal.value.way_out.startswith("Add servedFrom: shop.things.v2")
