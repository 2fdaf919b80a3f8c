"""Concurrent publishes and full disks: a port changes completely or not at all, and no data are lost."""

import resource
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mesh_platform.errors import MeshError, PublishError, UnknownPort
from mesh_platform.port.output_port import OutputPort


class Meanwhile(type(Path())):
    """A candidate; something else happens while it is moved into the port."""

    happens = staticmethod(lambda: None)

    def replace(self, target):
        moved = super().replace(target)
        type(self).happens()
        return moved


@pytest.fixture
def meanwhile(monkeypatch):
    """Makes the candidate at a path, with the function to call while it is moved."""

    def make(path, happens):
        monkeypatch.setattr(Meanwhile, "happens", staticmethod(happens))
        return Meanwhile(path)

    return make


def at_once(run, calls):
    """Calls `run` with each of the arguments, each in its own thread."""
    threads = [threading.Thread(target=run, args=arguments) for arguments in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("published_before", [0, 2], ids=["first version", "later version"])
def test_who_comes_second_is_refused_and_keeps_the_candidate(
    publish, orders, contract, provenance, parquet, tmp_path, meanwhile, published_before
):
    for _ in range(published_before):
        publish("SELECT 0 AS id")
    mine = parquet("SELECT 1 AS id", tmp_path / "mine.parquet")
    slow = meanwhile(mine, lambda: publish("SELECT 2 AS id", rows=77))
    before = mine.read_bytes()
    with pytest.raises(PublishError, match="sales/orders was not published.*run it again"):
        orders.publish(slow, contract({"id": "INTEGER"}), provenance())
    assert mine.read_bytes() == before
    assert (orders.current().number, orders.current().rows) == (published_before, 77)
    assert len(list(orders.folder.glob("*.parquet"))) == published_before + 1


def test_of_many_at_once_every_one_is_a_version_or_is_refused(orders, contract, provenance, parquet, publish, tmp_path):
    publish("SELECT 0 AS id", rows=0)
    candidates = [parquet(f"SELECT {number} AS id", tmp_path / f"{number}.parquet") for number in range(1, 7)]
    start, published, refused, crashed = threading.Barrier(len(candidates)), {}, [], []

    def run(number, candidate):
        start.wait()
        try:
            published[number] = orders.publish(candidate, contract({"id": "INTEGER"}), provenance(rows=number)).number
        except PublishError:
            refused.append(candidate)
        except Exception as problem:
            crashed.append(problem)

    at_once(run, enumerate(candidates, start=1))
    assert crashed == []
    assert len(published) + len(refused) == len(candidates)
    assert sorted(published.values()) == list(range(1, len(published) + 1))
    assert all(candidate.exists() for candidate in refused)
    assert {number: orders.at(version).rows for number, version in published.items()} == {
        number: number for number in published
    }
    assert [path for path in candidates if path.exists()] == sorted(refused)


PUBLISHER = """
import sys
from pathlib import Path
from mesh_platform.contract.column import Column
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import PublishError
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import Provenance
import deltalake

address = PortAddress("sales", "orders")
contract = Contract("sales.orders.v1", "1.0.0", address, None, "", "", (Column("id", "INTEGER"),), (), (), None, "", "")
print("ready", flush=True)
sys.stdin.readline()
try:
    port = OutputPort(address, Path(sys.argv[1]))
    print(port.publish(Path(sys.argv[2]), contract, Provenance("sales.orders.v1", "1.0.0", "", "", 1, 1)).number)
except PublishError:
    print("refused")
"""


def test_processes_that_publish_the_first_version_at_once_do_not_mix(orders, parquet, tmp_path):
    candidates = [parquet(f"SELECT {number} AS id", tmp_path / f"{number}.parquet") for number in range(3)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PUBLISHER, str(orders.folder), str(candidate)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for candidate in candidates
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate()[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    published = sorted(int(answer) for answer in answers if answer != "refused")
    assert published == list(range(len(published))) != []
    assert [candidate.exists() for candidate in candidates] == [answer == "refused" for answer in answers]
    assert orders.current().number == published[-1]


def test_going_back_while_somebody_publishes_goes_through_or_is_refused(publish, orders):
    for number in range(3):
        publish(f"SELECT {number} AS id", rows=number)
    start, outcomes = threading.Barrier(6), []

    def run(number):
        start.wait()
        try:
            outcomes.append(OutputPort(orders.address, orders.folder).rollback(number % 2).provenance.rolled_back_to)
        except Exception as problem:
            outcomes.append(problem)

    at_once(run, [(number,) for number in range(6)])
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception) and not isinstance(outcome, MeshError)] == []


def test_a_reader_beside_a_busy_writer_sees_every_version_with_its_own_past(publish, orders):
    publish("SELECT 0 AS id", rows=0)
    done, wrong = threading.Event(), []

    def read():
        while not done.is_set():
            try:
                current, history = orders.current(), orders.history()
                wrong.extend(
                    (version.number, version.rows) for version in (current, *history) if version.number != version.rows
                )
            except Exception as problem:
                wrong.append(problem)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(1, 16):
            publish(f"SELECT {number} AS id", rows=number)
    finally:
        done.set()
        reader.join()
    assert wrong == []


def test_a_disk_that_fills_up_during_the_commit_costs_neither_candidate_nor_served_version(
    publish, orders, contract, provenance, parquet, tmp_path
):
    publish("SELECT 1 AS id", rows=1)
    mine = parquet("SELECT 2 AS id", tmp_path / "mine.parquet")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(PublishError, match="sales/orders was not published"):
            orders.publish(mine, contract({"id": "INTEGER"}), provenance(rows=2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert mine.exists()
    assert (orders.current().number, orders.current().rows) == (0, 1)
    assert orders.publish(mine, contract({"id": "INTEGER"}), provenance(rows=2)).number == 1


def test_a_candidate_that_is_not_there_publishes_nothing(publish, orders, contract, provenance, tmp_path):
    publish("SELECT 1 AS id")
    with pytest.raises(PublishError, match="sales/orders was not published"):
        orders.publish(tmp_path / "missing.parquet", contract({"id": "INTEGER"}), provenance())
    assert orders.current().number == 0


def test_a_first_version_that_was_never_committed_is_none_and_can_be_published_again(publish, orders):
    (orders.folder / "_delta_log").mkdir(parents=True)
    with pytest.raises(UnknownPort, match="is not published yet"):
        orders.current()
    assert publish("SELECT 1 AS id").number == 0


def test_a_full_disk_at_the_first_version_leaves_a_port_that_can_be_published(orders, contract, provenance, parquet, tmp_path):
    mine = parquet("SELECT 2 AS id", tmp_path / "mine.parquet")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(PublishError, match="sales/orders was not published"):
            orders.publish(mine, contract({"id": "INTEGER"}), provenance())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert mine.exists()
    assert orders.publish(mine, contract({"id": "INTEGER"}), provenance()).number == 0
