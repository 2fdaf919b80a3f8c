"""A short version of the failure harness, the same code: a few kills of a publish."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb

HERE = Path(__file__).parent


def test_kills_at_random_points_of_a_publish_lose_tear_and_leave_nothing():
    command = [sys.executable, HERE / "run.py", "--kills", "10", "--runs", "0", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert (found["torn_reads"], found["lost"], found["orphans_left"]) == ([], [], [])
    assert (found["kills"], sum(found["hits"].values()), found["readers"]) == (10, 10, 8)
    assert found["acknowledged"] >= 1 and found["versions"] >= found["acknowledged"]
    assert found["reads"] >= 8
    assert "✔ 10 kills of a publish" in done.stderr


def test_a_reader_notices_a_torn_version(monkeypatch, tmp_path):
    """What the harness counts can be other than nothing."""
    monkeypatch.syspath_prepend(HERE)
    reader, shop = importlib.import_module("reader"), importlib.import_module("shop")

    def problem(sql):
        file = str(tmp_path / "version.parquet")
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({sql}) TO '{file}' (FORMAT parquet)")
            return reader.problem_of([file], connection)

    assert problem(shop.select(3)) == ""
    assert "rows of the versions 3 and 4" in problem(f"{shop.select(3)} UNION ALL {shop.select(4)}")
    assert "where version 3 has" in problem(f"{shop.select(3)} WHERE range > 0")
    assert "where version 3 has" in problem(f"{shop.select(3)} UNION ALL {shop.select(3)}")
    assert "a wrong checksum" in problem(f"SELECT * REPLACE (value + 1 AS value) FROM ({shop.select(3)})")


def test_a_lost_version_is_counted_as_lost(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(HERE)
    monkeypatch.delenv("MESH_HOME", raising=False)
    shop, counting = (importlib.import_module(name) for name in ("shop", "counting"))
    shop.make_shop(tmp_path)
    # In a process of its own, because it forks.
    code = "from pathlib import Path; import kills; kills.publish_once(Path('.'), 5)"
    environment = os.environ | {"PYTHONPATH": str(HERE)}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True, timeout=120)
    port = shop.the_shop(tmp_path)[2]
    assert counting.count_kept(tmp_path, port)["lost"] == []
    for part in port.at(0).files:
        part.unlink()
    assert "version 0" in counting.count_kept(tmp_path, port)["lost"][0]
    (port.folder / "part-0.parquet").write_bytes(b"")
    assert counting.left_behind(port, set()) == ["part-0.parquet"]
