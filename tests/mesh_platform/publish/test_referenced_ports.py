"""The files that a relationship refers to: those that the run reads, is about to publish, or those served."""

from pathlib import Path

import pytest

from mesh_platform.contract.contract import Contract
from mesh_platform.contract.document import load_contract
from mesh_platform.contract.rule import Referenced
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import PortVersion, Provenance
from mesh_platform.publish.pinning import referenced_files

OWNERS = PortAddress("shop", "owners")
ASKED = Referenced(OWNERS, 1)


@pytest.fixture
def home(tmp_path: Path) -> MeshHome:
    return MeshHome(tmp_path / "home")


@pytest.fixture
def things(company) -> Contract:
    """A contract whose column `id` refers to shop/owners."""
    company.contract("owners")
    related = [{"to": "owners.v1.odcs.yaml#/schema/owners/properties/id"}]
    column = {"name": "id", "logicalType": "integer", "physicalType": "INTEGER", "relationships": related}
    return load_contract(company.contract(columns=[column]), company.root)


@pytest.fixture
def publish(company, home, parquet, tmp_path):
    """Publishes another version of shop/owners."""
    contract = load_contract(company.contract("owners"), company.root)

    def publish() -> PortVersion:
        provenance = Provenance(contract.id, contract.version, contract.file, contract.digest, rows=1, rules=1)
        port = OutputPort(OWNERS, home.port(OWNERS, 1))
        return port.publish(parquet("SELECT 1 AS id", home.root / "candidate.parquet"), contract, provenance)

    return publish


def test_nothing_stands_for_a_port_that_was_never_published(things, home):
    assert referenced_files(things.references, home) == {}


def test_what_is_served_comes_last(things, home, publish):
    publish()
    served = publish()
    assert referenced_files(things.references, home) == {ASKED: served.files}


def test_what_the_run_reads_comes_first_even_if_a_newer_version_is_served(things, home, publish):
    pinned = publish()
    publish()
    candidates = {OWNERS: [home.root / "owners.parquet"]}
    assert referenced_files(things.references, home, {OWNERS: pinned}, candidates) == {ASKED: pinned.files}


def test_what_the_run_is_about_to_publish_comes_before_what_is_served(things, home, publish):
    publish()
    built = [home.root / "owners.parquet"]
    assert referenced_files(things.references, home, {}, {OWNERS: built}) == {ASKED: built}


def test_another_major_that_the_run_reads_is_another_port(things, home, publish):
    served = publish()
    newer = PortVersion(OWNERS, 0, served.committed, Provenance("shop.owners.v2", "2.0.0", "", "", 1, 1), (Path("v2.parquet"),))
    assert referenced_files(things.references, home, {OWNERS: newer}) == {ASKED: served.files}
