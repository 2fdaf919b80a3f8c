"""The sweeper: files that nothing needs are removed; files that are read or being published stay."""

import threading

import pytest

from mesh_platform.errors import PortDamaged, PublishError
from mesh_platform.port.commit import alone, at_work
from mesh_platform.port.sweeper import sweep_candidates, sweep_port, sweep_quietly


@pytest.fixture
def littered(publish, orders):
    """sales/orders with two versions and the leftovers of killed publishes."""
    for number in range(2):
        publish(f"SELECT {number} AS id", rows=number)
    (orders.folder / "part-0f2a.parquet").write_bytes(b"moved, and never committed")
    (orders.folder / "day=2018-01-01").mkdir()
    (orders.folder / "day=2018-01-01/part-7.parquet").write_bytes(b"the same in a partition")
    (orders.log.folder / "00000000000000000002.json#1").write_bytes(b"written, and never linked")
    (orders.log.folder / "_commit_0f2a.json.tmp").write_bytes(b"the same of an older delta-rs")
    return orders


LITTER = ["00000000000000000002.json#1", "_commit_0f2a.json.tmp", "part-7.parquet", "part-0f2a.parquet"]


def files(port):
    return {path.relative_to(port.folder).as_posix() for path in port.folder.rglob("*") if path.is_file()}


def test_what_no_commit_speaks_of_goes_and_every_version_stays(littered):
    before = files(littered)
    swept = sweep_port(littered)
    assert [leftover.file.name for leftover in swept] == LITTER
    assert before - files(littered) == {leftover.file.relative_to(littered.folder).as_posix() for leftover in swept}
    assert [littered.at(number).rows for number in (0, 1)] == [0, 1]
    assert sweep_port(littered) == []


def test_a_dry_run_only_tells(littered):
    before = files(littered)
    assert [leftover.file.name for leftover in sweep_port(littered, dry_run=True)] == LITTER
    assert [leftover.size for leftover in sweep_port(littered, dry_run=True)][-1] == len(b"moved, and never committed")
    assert files(littered) == before


def test_a_first_publish_that_was_killed_leaves_nothing(orders):
    orders.folder.mkdir(parents=True)
    assert sweep_port(orders) == []
    (orders.folder / "part-0.parquet").write_bytes(b"")
    assert len(sweep_port(orders)) == 1
    assert not orders.published


def test_a_port_without_a_folder_has_nothing_to_sweep(orders):
    assert sweep_port(orders) == []
    assert not orders.folder.exists()


def test_files_that_the_platform_did_not_write_are_left_alone(littered):
    for name in ("notes.txt", "_delta_log/_last_checkpoint", "_delta_log/00000000000000000001.crc", "_damaged/part-1.parquet"):
        (littered.folder / name).parent.mkdir(exist_ok=True)
        (littered.folder / name).write_text("{}")
    before = files(littered)
    assert {leftover.file.name for leftover in sweep_port(littered)} == set(LITTER)
    assert len(before - files(littered)) == len(LITTER)


def test_after_a_rollback_both_sides_of_it_stay(littered):
    littered.rollback(0)
    sweep_port(littered)
    assert [littered.at(number).rows for number in (0, 1, 2)] == [0, 1, 0]


def test_nothing_is_swept_while_another_process_publishes(littered):
    before = files(littered)
    with at_work(littered.folder), pytest.raises(PublishError, match="Another process is still writing to"):
        sweep_port(littered)
    assert files(littered) == before


def test_a_candidate_on_its_way_into_the_port_is_never_swept(littered, contract, provenance, parquet, tmp_path):
    """The port is swept continuously while versions are published."""
    done, wrong = threading.Event(), []

    def sweep():
        while not done.is_set():
            try:
                sweep_port(littered)
            except PublishError:
                continue
            except Exception as problem:
                wrong.append(problem)

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    try:
        for number in range(2, 22):
            mine = parquet(f"SELECT {number} AS id", tmp_path / "mine.parquet")
            littered.publish(mine, contract({"id": "INTEGER"}), provenance(rows=number))
    finally:
        done.set()
        sweeper.join()
    assert wrong == []
    assert [littered.at(number).rows for number in range(22)] == list(range(22))


def test_whoever_died_at_work_is_not_waited_for(littered, tmp_path):
    with alone(littered.folder, wait=0):
        pass
    with pytest.raises(ZeroDivisionError), at_work(littered.folder):
        raise ZeroDivisionError
    with alone(littered.folder, wait=0):
        pass


def test_where_the_history_has_a_hole_no_data_are_swept(littered, publish):
    publish("SELECT 2 AS id")
    littered.log.file(1).unlink()
    before = files(littered)
    for dry_run in (True, False):
        with pytest.raises(PortDamaged, match="version 1 is damaged"):
            sweep_port(littered, dry_run)
    assert files(littered) == before


def test_sweeping_sets_a_torn_newest_entry_aside_so_that_other_readers_go_on(littered, publish):
    from deltalake import DeltaTable

    publish("SELECT 2 AS id")
    littered.log.file(2).write_bytes(b"{")
    sweep_port(littered)
    assert DeltaTable(littered.folder).version() == 1
    assert (littered.folder / "_damaged").is_dir()


def test_candidates_that_were_never_finished_go_and_refused_ones_stay(home):
    folder = home.candidates("sales")
    folder.mkdir(parents=True)
    for name in ("orders.parquet", "tmp_orders.parquet"):
        (folder / name).write_bytes(b"")
    assert [leftover.file.name for leftover in sweep_candidates(folder, dry_run=True)] == ["tmp_orders.parquet"]
    sweep_candidates(folder)
    assert [file.name for file in folder.iterdir()] == ["orders.parquet"]


def test_what_stands_in_the_way_of_one_port_does_not_hold_up_the_others(littered, publish, home, orders):
    from mesh_platform.names import PortAddress
    from mesh_platform.port.output_port import OutputPort

    damaged = OutputPort(PortAddress("sales", "sellers"), home.port(PortAddress("sales", "sellers"), 1))
    for number in range(3):
        publish(f"SELECT {number} AS id", address=damaged.address)
    damaged.log.file(1).unlink()
    assert len(sweep_quietly([damaged, littered], home.candidates("sales"), home.built("sales"))) == len(LITTER)
