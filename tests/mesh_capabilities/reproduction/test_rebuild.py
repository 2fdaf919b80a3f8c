"""The scratch home of a rebuild: active within the `with` statement, removed afterwards."""

import hashlib
import os
import tempfile
import time
from types import SimpleNamespace

import pytest

from mesh_capabilities.reproduction.rebuild import _ingest, scratch_home
from mesh_platform.build.warehouse import WarehouseFile
from mesh_platform.home import MeshHome
from mesh_platform.ingestion.source import RAW, WAREHOUSE, CsvSource


def test_the_scratch_home_is_active_within_and_removed_afterwards(tmp_path, monkeypatch):
    monkeypatch.setenv("MESH_HOME", str(tmp_path))
    with scratch_home(MeshHome(tmp_path)) as scratch:
        assert MeshHome.of(tmp_path / "repository") == scratch != MeshHome(tmp_path)
        (scratch.root / "something").touch()
    assert os.environ["MESH_HOME"] == str(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_it_is_removed_after_an_error_too(tmp_path, monkeypatch):
    monkeypatch.delenv("MESH_HOME", raising=False)
    with pytest.raises(KeyboardInterrupt), scratch_home(MeshHome(tmp_path)):
        raise KeyboardInterrupt
    assert "MESH_HOME" not in os.environ
    assert list(tmp_path.iterdir()) == []


def test_an_old_folder_of_a_killed_process_is_removed_as_well(tmp_path, monkeypatch):
    monkeypatch.delenv("MESH_HOME", raising=False)
    left, at_work = tmp_path / "scratch/left", tmp_path / "scratch/at_work"
    for folder in (left, at_work):
        folder.mkdir(parents=True)
    long_ago = time.time() - 100_000
    os.utime(left, (long_ago, long_ago))
    with scratch_home(MeshHome(tmp_path)):
        pass
    assert [path.name for path in (tmp_path / "scratch").iterdir()] == ["at_work"]


def test_source_files_are_read_wherever_they_are(tmp_path, monkeypatch):
    # A rebuild links them. Every connection may read temporary files, and a mesh below the temporary folder hides that.
    for name in ("temporary", "files"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (file := tmp_path / "files/things.csv").write_text("id\n7\n")
    source = CsvSource("things", "shop/things.csv", {"id": "INTEGER"}, "Things.")
    recipe = SimpleNamespace(
        offer=SimpleNamespace(domain=SimpleNamespace(name="shop")),
        contract=SimpleNamespace(address="shop/things"),
        sources=[(source, SimpleNamespace(path=file, sha256=hashlib.sha256(file.read_bytes()).hexdigest()))],
    )
    warehouse = WarehouseFile(tmp_path / "shop.duckdb")
    _ingest(recipe, MeshHome(tmp_path / "scratch"), warehouse)
    with warehouse.get_connection() as connection:
        assert connection.execute(f"SELECT * FROM {WAREHOUSE}.{RAW}.things").fetchall() == [(7,)]
