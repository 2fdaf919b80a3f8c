"""A product at any stage of its life, in a small mesh of two domains."""

from datetime import UTC, date, datetime

import pytest

from mesh_capabilities.lifecycle.lifecycle_facts import LifecycleFacts
from mesh_capabilities.lifecycle.machine import Request
from mesh_platform.project import load_project

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
THINGS = {"name": "things", "version": "1.0.0", "contractId": "shop.things.v1"}


def ending(ends=None, successor=None):
    """The custom properties that say how a product ends."""
    said = {"endsOn": ends, "successor": successor}
    return [{"property": key, "value": value} for key, value in said.items() if value] or None


@pytest.fixture
def ask():
    """A request on the first of June 2026."""

    def ask(why="", successor=None, ends=None, by="team:shop"):
        return Request(by, NOW, why, successor, date.fromisoformat(ends) if ends else None)

    return ask


@pytest.fixture
def shop(company):
    """shop/things, and the empty domain books."""
    company.registry("shop", "books")
    company.domain_file("shop")
    company.domain_file("books")
    company.contract("things")
    company.product("things")
    return company


@pytest.fixture
def facts(shop):
    """What is known of shop/things, or of another product, as the files stand now."""
    return lambda product="shop/things": LifecycleFacts(load_project(shop.root), product)


@pytest.fixture
def publish(facts, parquet):
    """Publishes two things under the contract as it stands."""
    from mesh_platform.contract.document import load_contract
    from mesh_platform.port.output_port import OutputPort
    from mesh_platform.port.version import Provenance

    def publish():
        found = facts()
        path = found.domain.contracts / "things.v1.odcs.yaml"
        contract = load_contract(path, found.project.root)
        port = OutputPort(contract.address, found.project.home.port(contract.address, 1))
        said = {"contract": contract.id, "contract_version": contract.version, "contract_file": contract.file}
        provenance = Provenance(**said, contract_digest=contract.digest, rows=2, rules=3, warnings=1)
        return port.publish(parquet("SELECT unnest([1, 2])::INTEGER AS id"), contract, provenance)

    return publish
