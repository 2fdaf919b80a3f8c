"""Ports in a bucket, which several machines share: the same promises as on a disk, held by conditional writes."""

import hashlib
import os
import subprocess
import sys
import threading
import time
import uuid
from datetime import UTC, date, datetime, timedelta
from wsgiref.simple_server import WSGIRequestHandler, make_server

import duckdb
import pytest

from mesh_capabilities.buckets import bucket as bucket_module
from mesh_capabilities.kept_contracts import kept_contract
from mesh_capabilities.maintenance.vacuum import plan_vacuum
from mesh_capabilities.maintenance.verify import inspect_targets
from mesh_capabilities.maintenance.withdraw import remove_major
from mesh_isolation.days import DayRange
from mesh_platform.contract.contract import Partition, Retention
from mesh_platform.errors import PortDamaged, PortsUnreachable, PublishError, QueryRefused, UnknownPort
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort, contract_path, keep_contract
from mesh_platform.port.partitioned_port import PartitionedPort, cut
from mesh_platform.port.place import place_of
from mesh_platform.port.query import query_ports
from mesh_platform.port.shelf import port_folders, published_ports
from mesh_platform.port.sweeper import sweep_port

pytestmark = pytest.mark.deploy

ORDERS = PortAddress("sales", "orders")


@pytest.fixture(autouse=True)
def in_a_bucket(object_store, monkeypatch):
    """Every test has a prefix of its own."""
    for name, value in object_store.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MESH_PORTS", f"s3://mesh/tests/{uuid.uuid4().hex}")


@pytest.fixture
def elsewhere(tmp_path):
    """The home of the same mesh on another machine."""
    return MeshHome(tmp_path / "elsewhere")


def orders_in(home):
    return OutputPort(ORDERS, home.port(ORDERS, 1))


def objects(port):
    return sorted(port.log.place._listed())


def test_what_one_machine_publishes_the_other_one_reads(home, elsewhere, publish):
    publish("SELECT 1 AS id", rows=1)
    publish("SELECT unnest([1, 2]) AS id", rows=2)
    there = orders_in(elsewhere)
    assert query_ports(elsewhere, "SELECT sum(id) FROM sales.orders").rows == [(3,)]
    assert (there.current().number, there.at(0).rows) == (1, 1)
    assert [version.number for version in there.history()] == [1, 0]
    publish("SELECT 9 AS id", rows=1, into=elsewhere)
    assert query_ports(home, "SELECT id FROM sales.orders").rows == [(9,)]


def test_nothing_of_a_port_in_a_bucket_lies_where_ports_on_this_machine_do(home, publish, monkeypatch):
    publish("SELECT 1 AS id")
    monkeypatch.delenv("MESH_PORTS")
    assert not home.ports.exists()
    assert published_ports(home) == {}


def test_every_port_and_major_of_the_bucket_is_found_from_an_empty_home(elsewhere, publish):
    publish("SELECT 1 AS id")
    publish("SELECT 1 AS id", version="2.0.0")
    publish("SELECT 1 AS id", address=PortAddress("finance", "payments"))
    found = [(str(port.address), port.folder.name) for port in port_folders(elsewhere)]
    assert sorted(found) == [("finance/payments", "v1"), ("sales/orders", "v1"), ("sales/orders", "v2")]
    assert place_of(elsewhere.port(ORDERS, 1)).majors() == {1, 2}
    assert published_ports(elsewhere)[ORDERS].folder.name == "v2"


def test_only_the_files_that_a_query_can_read_are_fetched(elsewhere, publish):
    publish("SELECT 1 AS id")
    payments = PortAddress("finance", "payments")
    publish("SELECT 2 AS id", address=payments)
    query_ports(elsewhere, "SELECT * FROM finance.payments")
    assert len(list(elsewhere.port(payments, 1).glob("*.parquet"))) == 1
    assert list(elsewhere.port(ORDERS, 1).glob("*.parquet")) == []
    with pytest.raises(QueryRefused, match="nothing"):
        query_ports(elsewhere, "SELECT * FROM sales.nothing")


def test_to_say_what_is_served_no_data_are_fetched(elsewhere, publish):
    publish("SELECT 1 AS id")
    port = orders_in(elsewhere)
    assert (port.current().rows, port.history()[0].readable) == (1, True)
    assert list(port.folder.glob("*.parquet")) == []


PUBLISHER = """
import sys
from pathlib import Path
from mesh_platform.contract.column import Column
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import PublishError
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import Provenance
import deltalake, obstore

address = PortAddress("sales", "orders")
contract = Contract("sales.orders.v1", "1.0.0", address, None, "", "", (Column("id", "INTEGER"),), (), (), None, "", "")
port = OutputPort(address, MeshHome(Path(sys.argv[1])).port(address, 1))
print("ready", flush=True)
sys.stdin.readline()
try:
    said = Provenance("sales.orders.v1", "1.0.0", "", "", int(sys.argv[3]), 1)
    print(port.publish(Path(sys.argv[2]), contract, said).number)
except PublishError as problem:
    print("refused:", problem)
"""


def at_once(candidates):
    """Publishes each candidate from a process and a home of its own, all at the same moment; gives their answers."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PUBLISHER, str(candidate.parent / f"home{number}"), str(candidate), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number, candidate in enumerate(candidates)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60)[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return answers


@pytest.mark.parametrize("before", [0, 1])
def test_of_publishers_on_several_machines_one_wins_and_the_others_are_refused_by_name(
    home, parquet, publish, tmp_path, before
):
    for _ in range(before):
        publish("SELECT 100 AS id", rows=100)
    candidates = [parquet(f"SELECT {number} AS id", tmp_path / f"{number}.parquet") for number in range(4)]
    answers = at_once(candidates)
    refused = [answer.startswith("refused:") for answer in answers]
    published = sorted(int(answer) for answer, was in zip(answers, refused) if not was)
    # Whoever began after another had finished is the next version; nobody took the place of somebody else.
    assert published == list(range(before, before + len(published))) != []
    for answer in (answer for answer, was in zip(answers, refused) if was):
        assert "sales/orders was not published" in answer
        assert "Another process has committed to it meanwhile; run it again." in answer
    assert [candidate.exists() for candidate in candidates] == refused
    port = orders_in(home)
    assert [version.number for version in port.history()] == list(reversed(range(before + len(published))))
    for number, (answer, was) in enumerate(zip(answers, refused)):
        if not was:
            version = port.at(int(answer))
            assert version.rows == number
            assert duckdb.read_parquet(list(map(str, version.fetched()))).fetchall() == [(number,)]


def test_a_publisher_that_is_overtaken_between_its_look_and_its_commit_is_refused(
    home, elsewhere, contract, provenance, parquet, publish, monkeypatch
):
    publish("SELECT 1 AS id", rows=1)
    candidate = parquet("SELECT 2 AS id")
    kept = bucket_module.Bucket.store

    def store(place, files):
        kept(place, files)
        if place.folder == home.port(ORDERS, 1) and list(elsewhere.root.rglob("*")) == []:
            publish("SELECT 3 AS id", rows=3, into=elsewhere)

    monkeypatch.setattr(bucket_module.Bucket, "store", store)
    monkeypatch.setattr("mesh_platform.port.output_port.keep_contract", lambda *_: None)
    with pytest.raises(PublishError, match="Another process has committed"):
        orders_in(home).publish(candidate, contract({"id": "INTEGER"}), provenance(rows=2))
    assert candidate.exists()
    assert (orders_in(home).current().number, orders_in(home).current().rows) == (1, 3)


def test_going_back_is_a_version_for_every_machine(home, elsewhere, publish):
    publish("SELECT 1 AS id")
    publish("SELECT 2 AS id")
    assert orders_in(elsewhere).rollback(0).number == 2
    assert query_ports(home, "SELECT id FROM sales.orders").rows == [(1,)]
    with pytest.raises(UnknownPort, match="already serves version 2"):
        orders_in(home).rollback(2)


@pytest.fixture
def days(contract, provenance, parquet, duck, tmp_path):
    """Publishes days of January 2017 from a home: what was prepared, and the commit."""
    from dataclasses import replace

    promised = replace(contract({"id": "INTEGER", "day": "DATE"}), partition=Partition("day", date(2017, 1, 1), None))

    def prepare(home, *numbers):
        port = PartitionedPort(ORDERS, home.port(ORDERS, 1))
        base, lost = port.base()
        sql = " UNION ALL ".join(f"SELECT {n}::INTEGER AS id, DATE '2017-01-{n:02}' AS day" for n in numbers)
        wanted = DayRange.parse(f"2017-01-{min(numbers):02}..2017-01-{max(numbers):02}")
        candidate = parquet(sql, home.candidates("sales") / "orders.parquet")
        made = cut(candidate, promised, base, wanted, duck, lost)
        return lambda: port.publish_days(made, base, promised, provenance(rows=0))

    return prepare


def test_machines_that_publish_different_days_at_once_both_succeed(home, elsewhere, days):
    published = []
    prepared = [days(home, 1, 2), days(elsewhere, 3)]  # the first commit of all makes the table
    threads = [threading.Thread(target=lambda publish=publish: published.append(publish().number)) for publish in prepared]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(published) == [0, 1]
    one, other = days(home, 4), days(elsewhere, 5)
    assert [one().number, other().number] == [2, 3]
    assert query_ports(elsewhere, "SELECT list(id ORDER BY id) FROM sales.orders").rows == [([1, 2, 3, 4, 5],)]


def test_a_commit_of_days_that_another_machine_overtakes_is_made_after_it(home, elsewhere, days, monkeypatch):
    days(home, 1)()
    mine, theirs = days(home, 2), days(elsewhere, 3)
    original, overtaken = PartitionedPort._commit, []

    def commit(port, *arguments):
        if not overtaken and port.folder == home.port(ORDERS, 1):
            overtaken.append(theirs().number)
        original(port, *arguments)

    monkeypatch.setattr(PartitionedPort, "_commit", commit)
    assert (mine().number, overtaken) == (2, [1])
    assert query_ports(home, "SELECT list(id ORDER BY id) FROM sales.orders").rows == [([1, 2, 3],)]


def test_machines_that_publish_the_same_day_do_not_add_it_twice(home, elsewhere, days):
    days(home, 1)()
    first, second = days(home, 2), days(elsewhere, 2, 3)
    first()
    with pytest.raises(PublishError, match=r"version 1 has changed 2017-01-02 meanwhile\. .*run it again"):
        second()
    assert query_ports(elsewhere, "SELECT list(id ORDER BY id) FROM sales.orders").rows == [([1, 2],)]


def test_of_days_that_are_read_only_those_are_fetched(home, elsewhere, days):
    days(home, 1, 2, 3)()
    port = PartitionedPort(ORDERS, elsewhere.port(ORDERS, 1))
    from mesh_platform.port.partitioned_port import latest

    assert [file.parent.name for file in latest(port.current(), 1).fetched()] == ["day=2017-01-03"]
    assert len(list(port.folder.rglob("part-*.parquet"))) == 1


def test_a_publish_that_never_came_to_its_commit_is_swept_up_after_a_day_and_not_before(
    home, elsewhere, contract, provenance, parquet, publish, monkeypatch
):
    publish("SELECT 1 AS id")
    port, orphan = orders_in(elsewhere), home.port(ORDERS, 1) / "part-orphan.parquet"
    parquet("SELECT 2 AS id", orphan)
    port.log.place.refresh()
    place_of(home.port(ORDERS, 1)).store([orphan])
    time.sleep(1.1)  # the bucket's clock counts seconds
    publish("SELECT 3 AS id")
    assert sweep_port(port) == []
    monkeypatch.setattr(bucket_module, "_UNUSED", timedelta(0))
    assert [found.file.name for found in sweep_port(port, dry_run=True)] == ["part-orphan.parquet"]
    assert "part-orphan.parquet" in objects(port)
    assert [found.size for found in sweep_port(port)] == [orphan.stat().st_size]
    assert "part-orphan.parquet" not in objects(port)
    assert [version.readable for version in port.history()] == [True, True]


def test_a_publish_that_took_half_a_day_gives_up_before_its_commit(home, contract, provenance, parquet, monkeypatch):
    moments = iter([0.0, 43_201.0])
    monkeypatch.setattr("mesh_platform.port.commit.uptime", lambda: 0.0)
    monkeypatch.setattr(bucket_module, "uptime", lambda: next(moments) or 43_201.0)
    candidate = parquet("SELECT 1 AS id")
    with pytest.raises(PublishError, match="took half a day"):
        orders_in(home).publish(candidate, contract({"id": "INTEGER"}), provenance())
    assert candidate.exists()
    assert not orders_in(home).published


def test_a_vacuum_removes_objects_that_no_kept_version_needs(home, elsewhere, publish):
    for number in range(3):
        publish(f"SELECT {number} AS id")
    orders_in(home).at(1).fetched()
    plan = plan_vacuum(orders_in(elsewhere), Retention("1 version", versions=1), pinned=[1], now=datetime.now(UTC))
    assert (plan.kept, plan.given_up, len(plan.files)) == ((2, 1), (0,), 1)
    plan.remove()
    assert len([name for name in objects(orders_in(home)) if name.endswith(".parquet")]) == 2
    assert [version.readable for version in orders_in(home).history()] == [True, True, False]
    with pytest.raises(UnknownPort, match="Version 0 of .* can no longer be read"):
        orders_in(home).at(0)


def test_a_version_that_is_vacuumed_while_it_is_read_says_so(home, elsewhere, publish):
    publish("SELECT 1 AS id")
    pinned = orders_in(elsewhere).current()
    publish("SELECT 2 AS id")
    plan_vacuum(orders_in(home), Retention("1 version", versions=1), pinned=[], now=datetime.now(UTC)).remove()
    with pytest.raises(PortDamaged, match="a file of version 0 has been removed meanwhile.*Run it again"):
        pinned.fetched()


def test_copies_that_nobody_has_read_for_a_day_make_room(elsewhere, publish):
    for number in range(2):
        publish(f"SELECT {number} AS id")
    port = orders_in(elsewhere)
    [old] = port.at(0).fetched()
    [new] = port.at(1).fetched()
    yesterday = time.time() - 100_000
    os.utime(old, (yesterday, yesterday))
    sweep_port(port)
    assert (old.exists(), new.exists()) == (False, True)
    assert port.at(0).fetched()[0].exists()


def test_a_copy_of_the_log_that_was_cut_short_is_fetched_again(elsewhere, publish):
    publish("SELECT 1 AS id")
    port = orders_in(elsewhere)
    port.current()
    port.log.file(0).write_text("")
    assert port.current().number == 0


def test_an_entry_that_is_damaged_in_the_bucket_is_told_and_left_there(home, elsewhere, publish, parquet, contract, provenance):
    publish("SELECT 1 AS id")
    publish("SELECT 2 AS id", rows=2)
    port = orders_in(elsewhere)
    port.current()
    port.log.file(1).write_text("{")
    port.log.place.store([port.log.file(1)])
    served = orders_in(home).current()
    assert (served.number, served.rows) == (0, 1)
    assert "Restore that object below s3://mesh/tests/" in served.damage
    with pytest.raises(PortDamaged, match="version 1 is damaged"):
        orders_in(home).publish(parquet("SELECT 3 AS id"), contract({"id": "INTEGER"}), provenance())
    assert "_delta_log/00000000000000000001.json" in objects(port)


def test_a_damaged_hint_in_the_bucket_locks_no_port(home, elsewhere, publish):
    publish("SELECT 1 AS id")
    place = place_of(home.port(ORDERS, 1))
    hint = home.port(ORDERS, 1) / "_delta_log/_last_checkpoint"
    hint.write_text('{"version": 99, "size": 5}')
    place.store([hint])
    hint.unlink()
    assert publish("SELECT 2 AS id", rows=2).number == 1
    assert orders_in(elsewhere).current().rows == 2


def test_an_object_that_is_gone_is_told_though_a_copy_is_here(home, publish):
    publish("SELECT 1 AS id")
    version = publish("SELECT 2 AS id")
    place = place_of(home.port(ORDERS, 1))
    copy = version.files[0].read_bytes()
    place.remove(version.files)
    version.files[0].write_bytes(copy)
    served = orders_in(home).current()
    assert served.number == 0
    assert "is missing. Version 0 is served instead" in served.damage


def test_the_contract_of_a_version_is_kept_in_the_bucket(home, elsewhere, contract):
    from dataclasses import replace

    digest = hashlib.sha256(b"the promise").hexdigest()
    promised = replace(contract({"id": "INTEGER"}), text="the promise", digest=digest)
    keep_contract(home.port(ORDERS, 1), promised)
    assert kept_contract(elsewhere.port(ORDERS, 1), digest) == "the promise"
    contract_path(elsewhere.port(ORDERS, 1), digest).write_text("a damaged copy")
    assert kept_contract(elsewhere.port(ORDERS, 1), digest) == "the promise"
    assert kept_contract(elsewhere.port(ORDERS, 1), "2" * 64) is None


def test_a_bucket_that_does_not_answer_is_named_and_the_candidate_stays(home, parquet, contract, provenance, monkeypatch):
    monkeypatch.setenv("MESH_PORTS", "s3://no-such-bucket/mesh")
    candidate = parquet("SELECT 1 AS id")
    with pytest.raises(PortsUnreachable, match="The ports at s3://no-such-bucket/mesh cannot be reached.*Check MESH_PORTS"):
        orders_in(home).publish(candidate, contract({"id": "INTEGER"}), provenance())
    assert candidate.exists()


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def test_a_major_is_withdrawn_from_the_bucket_also_when_it_was_killed_meanwhile(home, elsewhere, publish, monkeypatch):
    for number in range(3):
        publish(f"SELECT {number} AS id")
    port = orders_in(home)
    with monkeypatch.context() as patch:
        stored = bucket_module.Bucket.remove

        def killed(place, files):
            wanted = list(files)
            if wanted == [port.log.file(1)]:
                raise KeyboardInterrupt
            stored(place, wanted)

        patch.setattr(bucket_module.Bucket, "remove", killed)
        with pytest.raises(KeyboardInterrupt):
            remove_major(port, None)
    assert orders_in(elsewhere).current().number == 1
    remove_major(orders_in(home), None)
    assert published_ports(elsewhere) == {}
    assert [name for name in objects(port) if name.endswith((".parquet", ".json"))] == []
    publish("SELECT 7 AS id")
    assert orders_in(elsewhere).current().number == 0


@pytest.fixture
def careless_store(monkeypatch):
    """An S3 server that overwrites whatever it is told to put, as some of them do."""
    import boto3
    from moto.server import DomainDispatcherApplication, create_backend_app

    moto = DomainDispatcherApplication(create_backend_app)

    def careless(environ, start_response):
        environ.pop("HTTP_IF_NONE_MATCH", None)
        return moto(environ, start_response)

    server = make_server("127.0.0.1", 0, careless, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    boto3.client("s3", endpoint_url=address, region_name="us-east-1").create_bucket(Bucket="careless")
    monkeypatch.setenv("MESH_PORTS", "s3://careless/mesh")
    yield
    server.shutdown()
    server.server_close()


def test_a_store_without_conditional_writes_is_refused_at_the_first_publish(
    careless_store, home, parquet, contract, provenance
):
    candidate = parquet("SELECT 1 AS id")
    with pytest.raises(PublishError, match="overwrites an object despite the condition that it must not exist"):
        orders_in(home).publish(candidate, contract({"id": "INTEGER"}), provenance())
    assert candidate.exists()


def test_a_damaged_copy_is_fetched_again_and_a_damaged_object_is_refused(home, elsewhere, publish):
    publish("SELECT 1 AS id", rows=1)
    (copy,) = orders_in(elsewhere).current().fetched()
    whole = copy.read_bytes()
    copy.write_bytes(whole[:50] + bytes([whole[50] ^ 1]) + whole[51:])
    assert query_ports(elsewhere, "FROM sales.orders").rows == [(1,)]
    assert copy.read_bytes() == whole, "the object is what was committed"
    place = place_of(copy.parent)
    damaged = copy.with_name(copy.name)
    damaged.write_bytes(bytes(len(whole)))
    place.store([damaged])
    damaged.unlink()
    with pytest.raises(QueryRefused, match="sales/orders: version 0 is damaged, .* has the SHA-256"):
        query_ports(elsewhere, "FROM sales.orders")
    (inspection,) = inspect_targets(Mesh(elsewhere), [], deep=True, progress=lambda text: None)
    assert "sales/orders: version 0 is damaged, s3://mesh/tests/" in inspection.problems[0]
    assert inspect_targets(Mesh(elsewhere), [], deep=False, progress=lambda text: None)[0].problems == []


class Mesh:
    """A mesh without domains, whose home has ports."""

    def __init__(self, home):
        self.home, self.domains = home, {}
