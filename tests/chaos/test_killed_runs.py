"""A short version of the failure harness, the same code: two kills of a whole run."""

import importlib
import random
from pathlib import Path

import pytest

from mesh_platform.home import MeshHome

HERE = Path(__file__).parent


@pytest.fixture
def whole_mesh(monkeypatch):
    monkeypatch.syspath_prepend(HERE)
    return importlib.import_module("whole_mesh")


@pytest.mark.long
def test_after_two_killed_runs_of_a_mesh_the_next_one_heals(mesh, whole_mesh):
    MeshHome(mesh.home).remember_source(mesh.sources)
    chance = random.Random(7)
    killed = [whole_mesh.kill_run(mesh.root, chance, moments=9) for _ in range(2)]
    assert [one.wrong for one in killed] == [[], []]
    unfinished = whole_mesh.unfinished_runs(mesh.root)
    assert len(unfinished) == 1, "the first was ended by the second; nobody has ended the second yet"
    assert whole_mesh.heal(mesh.root) == []
    assert whole_mesh.unfinished_runs(mesh.root) == []
