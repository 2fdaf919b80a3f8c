"""`mesh ports sweep`: files that no commit names are listed and removed."""

import pytest


@pytest.fixture
def folder(shop, publish):
    """shop/things with three versions; version n has one row, n."""
    for number in range(3):
        publish(f"({number}, 1, 'x')", rows=1)
    return shop.root / ".mesh/ports/shop/things/v1"


def test_leftovers_are_told_and_swept(call, folder):
    part = folder / "part-0.parquet"
    part.write_bytes(b"moved, and never committed")
    said = call.text("ports", "sweep", "--dry-run")
    assert "ports/shop/things/v1/part-0.parquet 26 data that no commit refers to" in said
    assert said.splitlines()[-1] == "✔ 1 file of 26 bytes would be removed"
    assert part.exists()
    assert [leftover["bytes"] for leftover in call.json("ports", "sweep")["files"]] == [26]
    assert not part.exists()
    assert call.json("ports", "sweep") == {"dry_run": False, "files": [], "bytes": 0, "left_alone": []}


def test_sweeping_tells_what_it_had_to_leave_alone(call, folder):
    (folder / f"_delta_log/{1:020d}.json").unlink()
    result = call("ports", "sweep")
    assert result.exit_code == 1
    assert "shop/things: version 1 is damaged" in " ".join(result.stderr.split())
    assert "✘ 0 files" in result.stdout
