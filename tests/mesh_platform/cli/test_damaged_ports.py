"""Damaged files of a port: every command says what is wrong and what to do next, and uses what is undamaged."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from mesh_platform.errors import MeshError

COMMANDS = {
    "status": ["status"],
    "show": ["show", "shop/things"],
    "history": ["history", "shop/things"],
    "query": ["query", "SELECT id FROM shop.things"],
}


@pytest.fixture
def folder(shop, publish):
    """shop/things with three versions; version n has one row, n. books/sales is whole."""
    for number in range(3):
        publish(f"({number}, 1, 'x')", rows=1)
    publish("(7, 1, 'x')", "sales", "books", rows=1)
    return shop.root / ".mesh/ports/shop/things/v1"


def entry(folder, number):
    return folder / f"_delta_log/{number:020d}.json"


def newest_part(folder):
    added = [json.loads(line) for line in entry(folder, 2).read_text().splitlines()]
    return folder / next(action["add"]["path"] for action in added if "add" in action)


def output_of(call, verb):
    """Everything that the command prints, or the message of its error, in one line."""
    result = call(*verb)
    assert result.exception is None or isinstance(result.exception, (MeshError, SystemExit)), result.exception
    refused = str(result.exception) if isinstance(result.exception, MeshError) else ""
    return " ".join(f"{result.stdout} {result.stderr} {refused}".split())


@pytest.mark.parametrize("verb", COMMANDS.values(), ids=COMMANDS.keys())
def test_a_torn_newest_entry_is_told_with_the_way_out_and_the_version_before_it_shown(call, folder, verb):
    entry(folder, 2).write_bytes(b"")
    output = output_of(call, verb)
    assert "shop/things: version 2 is damaged" in output
    assert "`mesh run shop/things` sets that entry aside" in output
    assert call(*verb).exit_code == 0


@pytest.mark.parametrize("verb", COMMANDS.values(), ids=COMMANDS.keys())
def test_a_lost_data_file_is_told_with_the_way_out_and_the_version_before_it_shown(call, folder, verb):
    part = newest_part(folder)
    part.unlink()
    output = output_of(call, verb)
    assert "shop/things: version 2 is damaged" in output
    assert part.name in output.replace(" ", ""), "tables fold what is long"
    assert "`mesh rollback shop/things` serves an earlier one" in output
    assert call(*verb).exit_code == 0


@pytest.mark.parametrize("verb", COMMANDS.values(), ids=COMMANDS.keys())
def test_a_history_without_its_beginning_is_told_with_the_way_out(call, folder, verb):
    entry(folder, 0).unlink()
    output = output_of(call, verb)
    assert "shop/things: version 0 is damaged" in output
    assert "Restore the file from a backup" in output


def test_documents_stay_one_document_and_serve_what_is_whole(call, folder):
    entry(folder, 2).write_bytes(b"{")
    assert call.json("query", "SELECT id FROM shop.things") == [{"id": 1}]
    assert call.json("show", "shop/things")["version"] == 1
    assert [version["version"] for version in call.json("history", "shop/things")] == [1, 0]
    things = call.json("status")[0]
    assert things["version"] == 1
    assert "version 2 is damaged" in things["remarks"][0]


def test_one_port_without_a_whole_version_does_not_take_the_others_with_it(call, folder):
    entry(folder, 0).unlink()
    assert call.json("query", "SELECT id FROM books.sales") == [{"id": 7}]
    things, sales = call.json("status")
    assert (things["version"], sales["version"], sales["remarks"]) == (None, 0, [])
    assert "version 0 is damaged" in things["remarks"][0]


def test_what_was_committed_in_the_future_does_not_pass_for_up_to_date(call, folder):
    later = datetime.now(UTC) + timedelta(hours=3)
    lines = [json.loads(line) for line in entry(folder, 2).read_text().splitlines()]
    lines[0]["commitInfo"]["timestamp"] = int(later.timestamp() * 1000)
    entry(folder, 2).write_text("".join(json.dumps(line) + "\n" for line in lines))
    remark = "its commit time is in the future by this machine's clock, so its age is unknown"
    assert call.json("status")[0]["remarks"] == [remark]
    assert f"in the future ({later:%Y-%m-%d %H:%M} UTC)" in call.text("status")
