"""A clock that goes backwards: versions stay ordered by number, and no age is negative."""

import json
import os
from datetime import UTC, datetime, timedelta

import pytest

from mesh_isolation.terminal import age


@pytest.fixture
def committed_ahead(publish, orders):
    """Version 0 with a commit time in the future, written by a wrong clock; then version 1, after the clock was corrected."""
    publish("SELECT 0 AS id", rows=0)
    entry = orders.log.file(0)
    later = datetime.now(UTC) + timedelta(hours=3)
    lines = [json.loads(line) for line in entry.read_text().splitlines()]
    for line in lines:
        for action in line.values():
            for key in ("timestamp", "modificationTime"):
                if key in action:
                    action[key] = int(later.timestamp() * 1000)
    entry.write_text("".join(json.dumps(line) + "\n" for line in lines))
    for file in (entry, *orders.folder.glob("*.parquet")):
        os.utime(file, (later.timestamp(), later.timestamp()))
    return orders


def test_the_newest_version_is_the_one_with_the_highest_number_whatever_the_clock_said(committed_ahead, publish):
    version = publish("SELECT 1 AS id", rows=1)
    assert version.number == 1
    assert committed_ahead.current() == version
    assert [version.number for version in committed_ahead.history()] == [1, 0]
    assert committed_ahead.history()[0].committed < committed_ahead.history()[1].committed
    assert committed_ahead.rollback(0).number == 2


def test_an_age_is_never_negative():
    assert age(datetime.now(UTC) + timedelta(seconds=5)) == "0 s ago"
    assert age(datetime.now(UTC) + timedelta(hours=3)).startswith("in the future (")
