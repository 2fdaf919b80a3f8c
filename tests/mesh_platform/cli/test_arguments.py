"""Completion in the shell: what it offers, and how it is installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mesh_platform.cli import arguments

MESH = Path(sys.executable).parent / "mesh"


@pytest.fixture
def offered(shop):
    """A function that returns what bash offers for the last word of a line."""

    def complete(line):
        words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1), "_MESH_COMPLETE": "complete_bash"}
        done = subprocess.run([MESH], cwd=shop.root, env={**os.environ, **words}, capture_output=True, text=True)
        return done.stdout.split()

    return complete


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("mesh pro", ["products"]),
        ("mesh show s", ["shop/things"]),
        ("mesh run ", ["books", "shop"]),
        ("mesh run shop/", ["shop/things"]),
        ("mesh history nothing", []),
    ],
)
def test_verbs_domains_ports_and_products_are_offered(offered, line, words):
    assert offered(line) == words


def test_a_port_with_two_majors_is_offered_once(shop):
    shop.contract("things", file="things.v2.odcs.yaml")
    assert arguments.matching_ports("shop/") == ["shop/things"]


def test_a_damaged_mesh_still_completes(shop):
    shop.write("domains/shop/contracts/things.v1.odcs.yaml", "no contract: [")
    shop.write("domains/shop/domain.yaml", "")
    assert arguments.matching_targets("sh") == ["shop"]
    assert arguments.matching_ports("shop/") == ["shop/things"]


def test_outside_of_a_mesh_nothing_is_offered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert arguments.matching_targets("") == arguments.matching_ports("") == []


def test_it_is_installed_where_the_shell_looks(tmp_path):
    rest = {name: value for name, value in os.environ.items() if not name.startswith("_TYPER")}
    environment = {**rest, "HOME": str(tmp_path)}
    shell = ["bash", "-c", f"'{MESH}' --install-completion; true"]
    done = subprocess.run(shell, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert "bash completion installed" in done.stdout, done.stderr
    script = (tmp_path / ".bash_completions/mesh.sh").read_text()
    assert "complete -o default -F _mesh_completion mesh" in script
    assert str(tmp_path / ".bash_completions/mesh.sh") in (tmp_path / ".bashrc").read_text()
