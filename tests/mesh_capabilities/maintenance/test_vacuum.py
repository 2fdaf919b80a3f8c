"""What a vacuum keeps: what is served, what others were made of, and what the contract's retention says."""

from datetime import timedelta

import pytest

from mesh_capabilities.maintenance.vacuum import pinned_versions, plan_vacuum
from mesh_platform.contract.contract import Retention
from mesh_platform.errors import PortDamaged, UnknownPort
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort

NEWEST = Retention("1 version", versions=1)
LEADS = PortAddress("marketing", "leads")


@pytest.fixture
def five(publish, orders):
    """The port sales/orders with versions 0 to 4; version n holds the one row n."""
    for number in range(5):
        publish(f"SELECT {number} AS id", rows=number)
    return orders


def readable(port):
    return [version.number for version in port.history() if version.readable]


def test_without_a_retention_everything_is_kept(five):
    found = plan_vacuum(five, None, ())
    assert (found.kept, found.given_up, found.files) == ((4, 3, 2, 1, 0), (), ())


def test_so_many_of_the_newest_versions_are_kept(five):
    found = plan_vacuum(five, Retention("2 versions", versions=2), ())
    assert (found.kept, found.given_up) == ((4, 3), (2, 1, 0))
    assert {file for number in (0, 1, 2) for file in five.at(number).files} == set(found.files)
    assert found.bytes == sum(file.stat().st_size for file in found.files)


def test_looking_removes_nothing_and_removing_removes_what_was_said(five):
    found = plan_vacuum(five, NEWEST, ())
    assert readable(five) == [4, 3, 2, 1, 0]
    found.remove()
    assert readable(five) == [4]
    assert [file.name for file in five.folder.glob("*.parquet")] == [five.current().files[0].name]
    assert plan_vacuum(five, NEWEST, ()).files == ()


@pytest.mark.parametrize("number", [0, 3])
def test_a_version_without_files_is_refused_by_name_and_stays_in_the_history(five, number):
    plan_vacuum(five, NEWEST, ()).remove()
    for ask in (five.at, five.rollback):
        with pytest.raises(UnknownPort, match=f"Version {number} of sales/orders can no longer be read: its files"):
            ask(number)
    assert [version.rows for version in five.history()] == [4, 3, 2, 1, 0]
    assert five.current().number == 4


def test_a_version_that_another_port_was_made_of_is_kept(five, publish, home):
    publish("SELECT 1 AS id", address=LEADS, inputs={"sales/orders": 0})
    publish("SELECT 1 AS id", address=LEADS, inputs={"sales/orders": 2, "sales/customers": 7})
    leads = OutputPort(LEADS, home.port(LEADS, 1))
    pinned = pinned_versions([leads.current(), five.current()])
    assert pinned == {"sales/orders": {2}, "sales/customers": {7}}
    found = plan_vacuum(five, NEWEST, pinned["sales/orders"])
    assert (found.kept, found.given_up) == ((4, 2), (3, 1, 0))
    found.remove()
    assert five.at(2).rows == 2


def test_a_version_that_was_rolled_back_to_shares_its_files_and_both_are_kept(five):
    five.rollback(1)
    found = plan_vacuum(five, NEWEST, ())
    assert (found.kept, found.given_up) == ((5, 1), (4, 3, 2, 0))
    found.remove()
    assert five.current().rows == five.at(1).rows == 1
    assert five.current().files[0].exists()


def test_time_counts_from_the_moment_at_which_the_next_version_came(five):
    history = five.history()
    third, fourth = history[1].committed, history[0].committed
    kept = Retention("1 h", time=timedelta(hours=1))
    assert plan_vacuum(five, kept, (), fourth + timedelta(minutes=59)).kept == (4, 3, 2, 1, 0)
    assert plan_vacuum(five, kept, (), third + timedelta(hours=1)).kept[:3] == (4, 3, 2)
    assert plan_vacuum(five, kept, (), fourth + timedelta(hours=1, microseconds=1)).kept == (4,)


def test_a_file_that_no_commit_knows_is_left_alone(five):
    about_to_be_committed = five.folder / "part-of-somebody-else.parquet"
    about_to_be_committed.write_bytes(b"x")
    plan_vacuum(five, NEWEST, ()).remove()
    assert about_to_be_committed.exists()


def test_what_is_gone_already_is_no_obstacle(five):
    found = plan_vacuum(five, NEWEST, ())
    five.at(0).files[0].unlink()
    found.remove()
    again = plan_vacuum(five, NEWEST, ())
    assert (again.kept, again.given_up, again.files) == ((4,), (), ())


def test_after_a_vacuum_the_port_goes_on(five, publish):
    plan_vacuum(five, NEWEST, ()).remove()
    assert publish("SELECT 5 AS id", rows=5).number == 5
    assert five.rollback(4).provenance.rolled_back_to == 4
    assert five.current().rows == 4


def test_where_the_newest_version_is_damaged_the_one_that_is_served_is_kept(five):
    five.at(4).files[0].unlink()
    assert five.current().number == 3
    plan_vacuum(five, NEWEST, ()).remove()
    assert (five.current().number, readable(five)) == (3, [3])


def test_where_the_log_has_a_hole_nothing_is_removed(five):
    five.log.file(2).unlink()
    with pytest.raises(PortDamaged, match="sales/orders: version 2 is damaged"):
        plan_vacuum(five, NEWEST, ())
