"""The scratch home of a rebuild: active within the `with` statement, removed afterwards."""

import os
import time

import pytest

from mesh_capabilities.reproduction.rebuild import scratch_home
from mesh_platform.home import MeshHome


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
