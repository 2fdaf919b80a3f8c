"""A port that is years old: no writer removes an entry of its log, and no sweep removes the data of an entry that is missing.

The time is simulated: the entries and their commits get the age that they would have.
"""

import json
import os
import re
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from deltalake import DeltaTable

from mesh_isolation.delta import KEEPS_HISTORY
from mesh_platform.errors import PortDamaged
from mesh_platform.port.partitioned_port import PartitionedPort, cut
from mesh_platform.port.sweeper import sweep_port
from support.growing import EVENTS, promised, rows

__all__ = ["promised"]

DAYS = 136


def age(port, days=0):
    """Gives every entry of the log the age that it has if the port was published once a day until so many days ago."""
    numbers = port.log.numbers()
    for number in numbers:
        entry, then = port.log.file(number), datetime.now(UTC) - timedelta(days + len(numbers) - number)
        first, *rest = entry.read_text().splitlines()
        commit = json.loads(first)
        commit["commitInfo"]["timestamp"] = int(then.timestamp() * 1000)
        entry.write_text("\n".join([json.dumps(commit), *rest]))
        os.utime(entry, (then.timestamp(), then.timestamp()))
    for checkpoint in port.log.folder.glob("*checkpoint*"):
        os.utime(checkpoint, (0, 0))


def forget_properties(port):
    """Makes the table one that an earlier release created."""
    entry = port.log.file(0)
    text, count = re.subn(r'"configuration":\{[^}]*\}', '"configuration":{}', entry.read_text())
    assert count == 1
    entry.write_text(text)


def repeat(port, versions):
    """Continues a port with two versions by further ones, each a copy of the last entry with a data file of its own."""
    (last,) = port.at(1).files
    for number in range(2, versions):
        part = last.with_name(f"part-{uuid.uuid4()}-{last.stem.rpartition('-')[2]}.parquet")
        part.write_bytes(last.read_bytes())
        lines = []
        for line in map(json.loads, port.log.file(number - 1).read_text().splitlines()):
            if "remove" in line:
                line["remove"]["path"] = last.name
            if "add" in line:
                line["add"]["path"] = part.name
            lines.append(json.dumps(line))
        port.log.file(number).write_text("\n".join(lines))
        last = part


@pytest.fixture(params=["a table of today", "a table of an earlier release"])
def aged(request, publish, orders):
    """A port that was published once a day, with the checkpoint that delta-rs writes after a hundred versions."""
    for number in range(2):
        publish(f"SELECT {number} AS id", rows=1)
    if "earlier" in request.param:
        forget_properties(orders)
    repeat(orders, DAYS)
    DeltaTable(orders.folder, version=99).create_checkpoint()
    age(orders)
    return orders


def test_a_version_a_day_for_136_days_leaves_every_one_of_them_readable(aged, publish):
    before = aged.log.numbers()
    published = publish("SELECT 7 AS id", rows=1)
    assert aged.log.numbers() == list(range(published.number + 1)), "no entry was removed"
    assert sweep_port(aged) == []
    history = aged.history()
    assert [version.number for version in history] == list(reversed(range(published.number + 1)))
    assert all(version.readable for version in history)
    assert {aged.at(number).rows for number in (before[0], 50, 98, before[-1])} == {1}
    assert published.number <= len(before) + 1, "at most one commit was added to protect an older table"
    assert KEEPS_HISTORY.items() <= DeltaTable(aged.folder).metadata().configuration.items()


def test_the_protection_of_an_older_table_is_a_version_with_the_data_of_the_one_before(publish, orders):
    publish("SELECT 1 AS id", rows=1, run="the first")
    forget_properties(orders)
    assert publish("SELECT 2 AS id FROM range(2)", rows=2, run="the second").number == 2
    newest, protection, first = orders.history()
    assert (newest.rows, protection.rows, first.rows) == (2, 1, 1)
    assert protection.provenance == replace(first.provenance, run=None)
    assert orders.at(1).files == orders.at(0).files
    assert publish("SELECT 3 AS id", rows=1).number == 3, "it is protected once"


def test_a_port_by_day_keeps_its_history_too(home, parquet, promised, provenance, duck):
    port = PartitionedPort(EVENTS, home.port(EVENTS, 1))

    def publish(sql):
        base, lost = port.base()
        days = cut(parquet(sql, home.candidates("sales") / "orders.parquet"), promised, base, None, duck, lost)
        return port.publish_days(days, base, promised, provenance())

    publish(rows((1, 1)))
    forget_properties(port)
    entry = port.log.file(0)
    entry.write_text(entry.read_text().replace('"configuration":{', '"configuration":{"delta.checkpointInterval":"5"'))
    for day in range(2, 12):
        publish(rows(*((day, day) for day in range(1, day + 1))))
    age(port, 60)
    newest = publish(rows(*((0, day) for day in range(1, 12)))).number
    assert port.log.numbers() == list(range(newest + 1))
    assert [version.readable for version in port.history()] == [True] * (newest + 1)
    assert [version.provenance.days for version in port.history()][-2] == [], "the protection replaced no day"
    assert sweep_port(port) == []


@pytest.mark.parametrize("aged", ["a table of today"], indirect=True)
def test_another_writer_removes_neither_entries_nor_files(aged):
    """As any writer that honours the table's properties, here delta-rs alone."""
    before = {path for path in aged.folder.rglob("*") if path.is_file()}
    table = DeltaTable(aged.folder)
    table.create_checkpoint()
    table.cleanup_metadata()
    assert table.vacuum(dry_run=False) == []
    assert before <= set(aged.folder.rglob("*"))


def test_going_back_to_a_version_of_an_older_table_keeps_the_history(publish, orders):
    publish("SELECT 0 AS id", rows=0)
    forget_properties(orders)
    entry = orders.log.file(0)
    entry.write_text(entry.read_text().replace('"configuration":{', '"configuration":{"delta.checkpointInterval":"3"'))
    for number in range(1, 5):
        publish(f"SELECT {number} AS id", rows=1)
    age(orders, 60)
    served = orders.rollback(0)
    assert served.rows == 0
    assert orders.current().files == served.files
    assert orders.log.numbers() == list(range(orders.current().number + 1))
    assert KEEPS_HISTORY.items() <= DeltaTable(orders.folder).metadata().configuration.items()


@pytest.mark.parametrize("aged", ["a table of an earlier release"], indirect=True)
def test_a_sweep_keeps_the_data_of_entries_that_another_writer_has_removed_and_says_so(aged):
    DeltaTable(aged.folder).cleanup_metadata()
    assert aged.log.numbers()[0] == 99
    data = set(aged.folder.glob("*.parquet"))
    for dry_run in (True, False):
        with pytest.raises(PortDamaged, match=r"its log begins with version 99.*; 99 data files without a commit") as refusal:
            sweep_port(aged, dry_run)
    assert "are kept" in str(refusal.value)
    assert set(aged.folder.glob("*.parquet")) == data
