"""The graph of the whole mesh is the reviewed one: keys, dependencies, owners, kinds, groups and checks."""

import difflib
import os
import subprocess
import sys

import pytest

REFRESH = ".venv/bin/python tests/architecture/mesh_graph.py --refresh"


@pytest.fixture(scope="module")
def graph(root, tmp_path_factory):
    """The graph as the code locations define it now."""
    home = tmp_path_factory.mktemp("home")
    environment = {name: value for name, value in os.environ.items() if name not in ("DAGSTER_HOME", "MESH_SOURCE")}
    done = subprocess.run(
        [sys.executable, "tests/architecture/mesh_graph.py"],
        cwd=root,
        env={**environment, "MESH_HOME": str(home)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_graph_of_the_mesh_is_the_reviewed_one(graph, root):
    reviewed = (root / "tests/architecture/mesh_graph.txt").read_text(encoding="utf-8")
    difference = difflib.unified_diff(reviewed.splitlines(), graph.splitlines(), "reviewed", "now", lineterm="", n=2)
    assert graph == reviewed, "\n".join([f"The graph has changed. If it should have: {REFRESH}", *difference])


def test_arrows_between_domains_point_one_way(graph):
    arrows, asset = set(), ""
    for line in graph.splitlines():
        if line.startswith("  deps: "):
            arrows |= {(dep.split("/")[0], asset) for dep in line.removeprefix("  deps: ").split(", ")}
        elif line and not line.startswith((" ", "#")):
            asset = line.split("/")[0]
    assert {arrow for arrow in arrows if arrow[0] != arrow[1]} == {
        ("sales", "marketing"),
        ("sales", "finance"),
        ("marketing", "finance"),
        ("sales", "governance"),
        ("marketing", "governance"),
        ("finance", "governance"),
    }
