"""The order in which a publish flushes to disk: the data, then the commit, before it returns."""

import os
from pathlib import Path

import pytest

from mesh_platform.errors import PublishError


@pytest.fixture
def confirmed(monkeypatch):
    """The flushed paths, in order."""
    seen, fsync = [], os.fsync

    def note(handle):
        path = Path(f"/proc/self/fd/{handle}").readlink()
        fsync(handle)
        seen.append(path)

    monkeypatch.setattr(os, "fsync", note)
    return seen


def test_the_data_are_on_the_disk_before_the_commit_and_the_commit_before_the_caller_knows(
    publish, orders, confirmed, parquet, contract, provenance, tmp_path
):
    publish("SELECT 0 AS id")
    confirmed.clear()
    mine = parquet("SELECT 1 AS id", tmp_path / "mine.parquet")
    version = orders.publish(mine, contract({"id": "INTEGER"}), provenance())
    assert confirmed == [mine, orders.folder, orders.log.file(1), orders.log.folder]
    assert version.number == 1


def test_with_the_first_version_the_folders_above_it_are_confirmed_too(publish, orders, confirmed, home):
    publish("SELECT 0 AS id")
    assert confirmed[-3:] == [home.ports / "sales/orders", home.ports / "sales", home.ports]


def test_going_back_is_confirmed_as_well(publish, orders, confirmed):
    publish("SELECT 0 AS id")
    publish("SELECT 1 AS id")
    confirmed.clear()
    orders.rollback(0)
    assert confirmed == [orders.log.file(2), orders.log.folder]


def test_a_commit_that_the_disk_does_not_confirm_is_no_success_and_takes_nothing_back(
    publish, orders, monkeypatch, parquet, contract, provenance, tmp_path
):
    publish("SELECT 0 AS id")
    fsync = os.fsync

    def refuse_the_log(handle):
        if Path(f"/proc/self/fd/{handle}").readlink() == orders.log.file(1):
            raise OSError(5, "Input/output error")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", refuse_the_log)
    mine = parquet("SELECT 1 AS id", tmp_path / "mine.parquet")
    with pytest.raises(
        PublishError, match="serves version 1, but the disk has not confirmed it.*Input/output error.*run it again"
    ):
        orders.publish(mine, contract({"id": "INTEGER"}), provenance(rows=7))
    assert (orders.current().number, orders.current().rows) == (1, 7)
