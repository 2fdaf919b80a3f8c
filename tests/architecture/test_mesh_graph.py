"""The graph of the whole mesh is the reviewed one: keys, dependencies, owners, kinds, groups and checks."""

import difflib
import os
import subprocess
import sys
from graphlib import TopologicalSorter

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


def paragraphs(text: str) -> dict[str, str]:
    """What is said of each asset, and of each domain as a whole, by its name."""
    return {part.splitlines()[0].partition(":")[0]: part for part in text.strip().split("\n\n") if part}


def reviewed_part(now: dict[str, str], reviewed: dict[str, str]) -> dict[str, str]:
    """What is there now without what is new: a new asset is reviewed by its own files, and counted when it is taken in."""
    grown = {f"# {name.partition('/')[0]}" for name in now.keys() - reviewed.keys()}
    told = {name: without_grown(part, reviewed) if "/raw_" in name else part for name, part in now.items() if name in reviewed}
    return {name: reviewed[name] if name in grown else part for name, part in told.items()}


def without_grown(source: str, reviewed: dict[str, str]) -> str:
    """A source that reads the whole mesh, without the assets that have come to it."""
    start, mark, rest = source.partition("  deps: ")
    deps, end, below = rest.partition("\n")
    return start + mark + ", ".join(dep for dep in deps.split(", ") if dep in reviewed) + end + below


def test_the_graph_of_the_mesh_is_the_reviewed_one(graph, root):
    reviewed = paragraphs((root / "tests/architecture/mesh_graph.txt").read_text(encoding="utf-8"))
    now = reviewed_part(paragraphs(graph), reviewed)
    texts = ["\n\n".join(parts[name] for name in sorted(parts)).splitlines() for parts in (reviewed, now)]
    difference = difflib.unified_diff(*texts, "reviewed", "now", lineterm="", n=2)
    assert now == reviewed, "\n".join([f"The graph has changed. If it should have: {REFRESH}", *difference])


def test_what_is_new_in_the_graph_changes_nothing_that_was_reviewed():
    reviewed = {"# shop": "# shop: 1 assets", "shop/things": "shop/things\n  group: shop"}
    grown = {**reviewed, "# shop": "# shop: 2 assets", "shop/more": "shop/more", "# books": "# books: 0 assets"}
    assert reviewed_part(grown, reviewed) == reviewed
    assert reviewed_part({**grown, "shop/things": "shop/things\n  group: other"}, reviewed) != reviewed
    assert reviewed_part({"# shop": "# shop: 1 assets"}, reviewed) != reviewed
    assert reviewed_part({**reviewed, "# shop": "# shop: 2 assets"}, reviewed) != reviewed


def test_who_reads_the_whole_mesh_may_read_what_is_new():
    reviewed = {"shop/things": "shop/things", "office/raw_mesh": "office/raw_mesh\n  deps: shop/things\n  checks: read"}
    grown = {**reviewed, "office/raw_mesh": "office/raw_mesh\n  deps: shop/more, shop/things\n  checks: read"}
    assert reviewed_part({**grown, "shop/more": "shop/more"}, reviewed) == reviewed
    assert reviewed_part({**grown, "office/raw_mesh": "office/raw_mesh\n  checks: read"}, reviewed) != reviewed


def test_arrows_between_domains_point_one_way(graph):
    consumed, asset = {}, ""
    for line in graph.splitlines():
        if line.startswith("  deps: "):
            domains = {dep.split("/")[0] for dep in line.removeprefix("  deps: ").split(", ")}
            consumed.setdefault(asset, set()).update(domains - {asset})
        elif line and not line.startswith((" ", "#")):
            asset = line.split("/")[0]
    assert asset
    assert list(TopologicalSorter(consumed).static_order())  # raises CycleError where there is a circle
