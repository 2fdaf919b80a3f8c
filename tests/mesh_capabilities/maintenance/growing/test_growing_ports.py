"""A port that grows day by day: the vacuum keeps what the contract keeps, and leaves to the sweeper what no commit names."""

from datetime import date

from mesh_capabilities.maintenance.vacuum import plan_vacuum
from mesh_platform.contract.contract import Retention
from mesh_platform.port.sweeper import sweep_port
from support.growing import alone, rows


def test_the_sweeper_keeps_what_every_version_is_made_of_and_the_vacuum_what_is_kept(port, publish):
    for number in range(3):
        publish(rows((number, 1), (2, 2)))
    stray = port.folder / "day=2017-01-01" / "part-of-the-dead.parquet"
    stray.write_bytes(b"moved, and never committed")
    assert plan_vacuum(port, Retention("1 version", versions=1), ()).given_up == (1, 0)
    plan_vacuum(port, Retention("1 version", versions=1), ()).remove()
    assert stray.exists(), "nobody knows here whether it is about to be committed"
    assert [leftover.file for leftover in sweep_port(port)] == [stray]
    assert [version.number for version in port.history() if version.readable] == [2]
    assert (alone(port), sweep_port(port)) == ([(2, date(2017, 1, 1)), (2, date(2017, 1, 2))], [])
