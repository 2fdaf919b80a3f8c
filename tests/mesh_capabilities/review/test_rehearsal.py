"""A trial publication: a message leads to nothing that is removed with the throw-away mesh, and a stale input is named."""

import pytest

from mesh_capabilities.review.rehearsal import Rehearsed, lasting, with_refused_upstream
from mesh_platform.errors import ContractViolation, PublishError, SourceError
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress


@pytest.fixture
def thrown_away(tmp_path):
    return MeshHome(tmp_path / "check/mesh")


def errors(home):
    """For every kind of message that names a file of its mesh: the error, and what is left of it."""
    broken = "sales/orders breaks its contract sales.orders.v1 1.0.0 and was not published:\n    values: price is at least 0"
    kept = f"\n    The candidate is kept in {home.root}/candidates/sales/orders.parquet"
    contract = "the contract is domains/sales/contracts/orders.v1.odcs.yaml."
    ends = f"{broken} The contract is domains/sales/contracts/orders.v1.odcs.yaml."
    yield ContractViolation(broken, f"{kept}; `mesh quarantine show 20261129-1-a` shows the rows; {contract}"), ends
    yield ContractViolation(broken, f"{kept}; {contract}"), ends
    counts = "sales/sellers was not published: 2 rows of s.csv could not be read, and the source allows 0 rows to be set aside."
    aside = f"{home.root}/aside/sales/sellers.csv has what was set aside, with line and reason."
    correct = "Correct the file, or let its owner state set_aside at the source."
    yield SourceError(f"{counts} {aside} {correct}"), f"{counts} {correct}"
    cut = f"sales/orders was not published: its candidate {home.root}/candidates/orders.parquet is cut; it has 3 bytes."
    yield PublishError(cut, "Run it again."), f"{cut} Run it again."
    yield (
        PublishError("sales/orders was not published.", "See a; see b. See c."),
        ("sales/orders was not published. See a; see b. See c."),
    )
    yield PublishError("sales/orders was not published."), "sales/orders was not published."


def test_a_message_keeps_everything_but_the_ways_to_what_is_removed(thrown_away):
    for error, left in errors(thrown_away):
        assert lasting(error, thrown_away) == left


def test_a_port_names_the_refused_ports_upstream_whose_served_version_was_read():
    addresses = [PortAddress.parse(f"{domain}/port") for domain in ("first", "second", "third", "fourth", "fifth")]
    first, second, third, fourth, fifth = addresses
    reads = {first: [], second: [first], third: [second, first], fourth: [third], fifth: []}
    refused = {first: "refused", third: "refused as well"}
    ports = [Rehearsed(port, "product", "owner", refused.get(port), None, None, 0, 0.0) for port in addresses]
    found = {port.address: port.read_as_served for port in with_refused_upstream(ports, reads)}
    assert found == {first: (), second: (first,), third: (), fourth: (third,), fifth: ()}
