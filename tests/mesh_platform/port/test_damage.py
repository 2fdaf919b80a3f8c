"""Truncated, missing and corrupt files: the newest undamaged version is served, with a message that says what to do next."""

import os

import pytest

from mesh_platform.errors import PortDamaged, PublishError, QueryRefused
from mesh_platform.names import PortAddress
from mesh_platform.port.query import query_ports


@pytest.fixture
def served(publish, orders):
    """sales/orders with the versions 0 to 4; version n has one row, n."""
    for number in range(5):
        publish(f"SELECT {number} AS id", rows=number)
    return orders


def entry(port, number):
    return port.log.file(number)


TORN = {
    "truncated": lambda whole: whole[:200],
    "cut at the end of a line": lambda whole: whole.splitlines(keepends=True)[0],
    "emptied": lambda whole: b"",
    "zeros": lambda whole: bytes(len(whole)),
    "garbage": lambda whole: os.urandom(len(whole)),
    "something else": lambda whole: b'["no", "action"]\n',
}


@pytest.mark.parametrize("tear", TORN.values(), ids=TORN.keys())
def test_behind_a_torn_newest_entry_the_version_before_it_is_served(served, home, tear):
    entry(served, 4).write_bytes(tear(entry(served, 4).read_bytes()))
    version = served.current()
    assert (version.number, version.rows) == (3, 3)
    assert "sales/orders: version 4 is damaged" in version.damage
    assert "Version 3 is served instead. `mesh run sales/orders`" in version.damage
    assert query_ports(home, "FROM sales.orders").rows == [(3,)]
    assert query_ports(home, "FROM sales.orders").remarks == [version.damage]
    assert [version.number for version in served.history()] == [3, 2, 1, 0]
    assert served.damages() and all("version 4 is damaged" in damage for damage in served.damages())


@pytest.mark.parametrize("tear", TORN.values(), ids=TORN.keys())
def test_the_next_publish_sets_a_torn_newest_entry_aside_and_goes_on(served, publish, tear):
    torn = tear(entry(served, 4).read_bytes())
    entry(served, 4).write_bytes(torn)
    version = publish("SELECT 7 AS id", rows=7)
    assert (version.number, version.rows, version.damage) == (4, 7, "")
    assert served.current() == version
    assert [aside.read_bytes() for aside in (served.folder / "_damaged").iterdir()] == [torn]
    assert served.damages() == []


def test_two_entries_of_the_same_number_are_both_kept_aside(served, publish):
    for _ in range(2):
        entry(served, 4).write_bytes(b"")
        publish("SELECT 7 AS id")
    assert len(list((served.folder / "_damaged").iterdir())) == 2


def test_a_first_version_whose_entry_is_torn_is_named_and_published_again(publish, orders, home):
    publish("SELECT 1 AS id")
    entry(orders, 0).write_bytes(b"")
    with pytest.raises(PortDamaged, match="sales/orders: version 0 is damaged.*`mesh run sales/orders` sets that entry aside"):
        orders.current()
    with pytest.raises(QueryRefused, match="sales/orders: version 0 is damaged"):
        query_ports(home, "FROM sales.orders")
    assert publish("SELECT 2 AS id", rows=2).number == 0
    assert orders.current().rows == 2


HOLES = {"missing": lambda path: path.unlink(), "garbage": lambda path: path.write_bytes(b"garbage")}


@pytest.mark.parametrize("spoil", HOLES.values(), ids=HOLES.keys())
def test_a_hole_in_the_history_serves_what_was_before_it_and_stops_the_next_publish(served, publish, home, spoil):
    spoil(entry(served, 2))
    version = served.current()
    assert (version.number, version.rows) == (1, 1)
    assert "version 2 is damaged" in version.damage and "Restore the file from a backup" in version.damage
    assert query_ports(home, "FROM sales.orders").rows == [(1,)]
    with pytest.raises(PortDamaged, match=f"version 2 is damaged.*move {served.folder} away.*`mesh run sales/orders`"):
        publish("SELECT 9 AS id")
    with pytest.raises(PortDamaged, match="version 2 is damaged"):
        served.rollback(0)
    with pytest.raises(PortDamaged, match="version 2 is damaged"):
        served.at(4)
    assert 2 not in [version.number for version in served.history()]


def test_the_way_out_of_a_hole_is_one(served, publish):
    entry(served, 2).unlink()
    served.folder.rename(served.folder.with_name("moved-away"))
    assert publish("SELECT 9 AS id", rows=9).number == 0
    assert served.current().rows == 9


def test_a_lost_first_entry_leaves_nothing_to_serve_and_says_so(served, home, publish):
    entry(served, 0).unlink()
    with pytest.raises(PortDamaged, match="version 0 is damaged, .*json is missing.*backup"):
        served.current()
    publish("SELECT 1 AS id", address=PortAddress("marketing", "leads"))
    answer = query_ports(home, "FROM marketing.leads")
    assert answer.rows == [(1,)], "other ports are read as ever"
    assert "sales/orders: version 0 is damaged" in answer.remarks[0]


SPOILED_PARTS = {
    "missing": (lambda path: path.unlink(), "is missing"),
    "truncated": (lambda path: os.truncate(path, 100), "has 100 bytes and was written with"),
}


@pytest.mark.parametrize(("spoil", "text"), SPOILED_PARTS.values(), ids=SPOILED_PARTS.keys())
def test_a_served_file_that_is_not_whole_is_named_and_the_version_before_it_served(served, publish, home, spoil, text):
    (part,) = served.current().files
    spoil(part)
    version = served.current()
    assert version.number == 3
    assert f"{part} {text}" in version.damage
    assert query_ports(home, "FROM sales.orders").rows == [(3,)]
    with pytest.raises(PortDamaged, match="`mesh rollback sales/orders`"):
        served.at(4)
    assert served.rollback(2).rows == 2, "the way out is one"
    assert publish("SELECT 8 AS id", rows=8).damage == ""


def test_every_file_of_a_port_lost_is_named(served):
    for part in served.folder.glob("*.parquet"):
        part.unlink()
    with pytest.raises(PortDamaged, match="sales/orders: version 4 is damaged, .* is missing"):
        served.current()


CUT = {
    "emptied": lambda whole: b"",
    "half of it": lambda whole: whole[: len(whole) // 2],
    "without its last byte": lambda whole: whole[:-1],
    "without its beginning": lambda whole: whole[10:],
    "its footer's length only": lambda whole: b"PAR1" + whole[-8:],
}


@pytest.mark.parametrize("cut", CUT.values(), ids=CUT.keys())
def test_a_candidate_that_was_cut_after_its_audit_is_refused_by_name(served, parquet, contract, provenance, tmp_path, cut):
    candidate = parquet("SELECT 9 AS id", tmp_path / "mine.parquet")
    candidate.write_bytes(cut(candidate.read_bytes()))
    with pytest.raises(PublishError, match="sales/orders was not published: its candidate .* is not a complete Parquet file"):
        served.publish(candidate, contract({"id": "INTEGER"}), provenance())
    assert candidate.exists()
    assert served.current().number == 4


@pytest.fixture
def checkpointed(publish, orders):
    """A port for which delta-rs writes a checkpoint every five versions instead of every hundred."""
    publish("SELECT 0 AS id", rows=0)
    text = entry(orders, 0).read_text()
    assert text.count('"configuration":{') == 1
    entry(orders, 0).write_text(text.replace('"configuration":{', '"configuration":{"delta.checkpointInterval":"5",'))
    return orders


def test_a_checkpoint_makes_up_for_what_is_before_it_and_one_of_garbage_is_named(publish, checkpointed):
    for number in range(1, 7):
        publish(f"SELECT {number} AS id", rows=number)
    (checkpoint,) = checkpointed.log.folder.glob("*.checkpoint*.parquet")
    entry(checkpointed, 2).unlink()
    assert (checkpointed.current().rows, checkpointed.current().damage) == (6, "")
    assert publish("SELECT 7 AS id").number == 7
    checkpoint.write_bytes(b"garbage")
    with pytest.raises(PortDamaged, match="sales/orders: version 7 is damaged"):
        checkpointed.at(7)


def hint(text):
    return lambda path: path.write_text(text)


def as_folder(path):
    path.mkdir()
    (path / "inside").write_text("something")


def as_link(to):
    return lambda path: path.symlink_to(to)


HINTS = {
    **{
        f"version {number}": hint(f'{{"version": {number}, "size": 5}}')
        for number in (-1, 0, 3, 6, 99, 2**63 - 1, 2**64, 10**30)
    },
    **{
        repr(text[:20]): hint(text)
        for text in ("", "garbage", "[]", "null", "{}", '{"version": "4"}', "\0" * 50, "[" * 100_000)
    },
    "another size": hint('{"version": 4, "size": -1}'),
    "parts that do not exist": hint('{"version": 4, "size": 1, "parts": 3}'),
    "not UTF-8": lambda path: path.write_bytes(b"\xff\xfe"),
    "a folder": as_folder,
    "a pipe": os.mkfifo,
    "a link to nothing": as_link("nothing"),
    "a link to itself": as_link("_last_checkpoint"),
    "a link to a folder": as_link("."),
    "a link to an endless file": as_link("/dev/zero"),
}


@pytest.mark.parametrize("damage", HINTS.values(), ids=HINTS)
@pytest.mark.parametrize("checkpoint", [True, False], ids=["with a checkpoint", "without one"])
def test_a_damaged_hint_at_the_newest_checkpoint_costs_nothing(publish, checkpointed, home, damage, checkpoint):
    for number in range(1, 7):
        publish(f"SELECT {number} AS id", rows=number)
    for file in checkpointed.log.folder.glob("*checkpoint*"):
        if not checkpoint or file.name == "_last_checkpoint":
            file.unlink()
    file = checkpointed.log.folder / "_last_checkpoint"
    damage(file)
    assert [(version.number, version.readable) for version in checkpointed.history()] == [
        (number, True) for number in range(6, -1, -1)
    ]
    for number in (0, 3, 4, 5):
        assert checkpointed.at(number).rows == number
    assert (checkpointed.current().number, checkpointed.damages()) == (6, [])
    assert publish("SELECT 7 AS id", rows=7).number == 7
    assert checkpointed.rollback(2).number == 8
    assert (checkpointed.current().rows, checkpointed.damages()) == (2, [])


@pytest.mark.parametrize("damage", HINTS.values(), ids=HINTS)
def test_a_damaged_hint_locks_no_port_for_its_writers(publish, orders, damage):
    publish("SELECT 0 AS id", rows=0)
    damage(orders.log.folder / "_last_checkpoint")
    assert publish("SELECT 1 AS id", rows=1).number == 1


def test_a_damaged_hint_beside_a_torn_entry_hides_no_version(served, publish):
    (served.log.folder / "_last_checkpoint").write_text('{"version": 99, "size": 5}')
    entry(served, 4).write_bytes(b"")
    assert served.current().number == 3
    assert publish("SELECT 7 AS id", rows=7).number == 4


def test_a_commit_whose_checkpoint_does_not_fit_the_disk_is_published_all_the_same(
    publish, checkpointed, contract, provenance, parquet, tmp_path, small_files_only
):
    """delta-rs writes a checkpoint after the commit; if that fails, it raises as if the commit had failed."""
    for number in range(1, 4):
        publish(f"SELECT {number} AS id", rows=number)
    mine = parquet("SELECT 4 AS id", tmp_path / "mine.parquet")
    with small_files_only(3_000):
        version = checkpointed.publish(mine, contract({"id": "INTEGER"}), provenance(rows=4))
    assert (version.number, version.rows) == (4, 4)
    assert list(checkpointed.log.folder.glob("*.checkpoint*")) == []
    assert checkpointed.current() == version
    for number in range(5, 9):
        publish(f"SELECT {number} AS id", rows=number)
    with small_files_only(3_000):
        assert checkpointed.rollback(4).number == 9, "going back is no other matter"
    assert version.files[0].exists() and not mine.exists()
