"""The command line with the verbs of all capabilities: explained with examples, and as light to start as without them."""

import subprocess
import sys
from pathlib import Path

import pytest

from mesh_platform.capabilities import every_capability, listed
from mesh_platform.cli.app import command_line
from support.commands import call, command
from support.verbs import check_example, check_explained, verbs_of

__all__ = ["call", "command"]

ROOT = Path(__file__).parents[2]
VERBS = verbs_of(command_line(every_capability()))
NAMES = [" ".join(path) for path in VERBS]
HEAVY = ["dagster", "dbt", "pandas", "duckdb", "deltalake", "jsonschema", "sqlalchemy", "yaml", "jinja2", "sqlglot", "copier"]


def test_this_repository_lists_every_capability_that_it_has():
    folders = {path.parent.name for path in ROOT.glob("platform/mesh_capabilities/*/__init__.py")}
    assert set(listed(ROOT)) == folders


def test_the_verbs_are_those_of_the_documentation():
    assert sorted(NAMES) == [
        "mesh adopt",
        "mesh check",
        "mesh contract diff",
        "mesh contract export",
        "mesh contract gate",
        "mesh contract import",
        "mesh contract lint",
        "mesh contract show",
        "mesh contract test",
        "mesh dev",
        "mesh doctor",
        "mesh history",
        "mesh impact",
        "mesh lineage export",
        "mesh lineage show",
        "mesh new domain",
        "mesh new port",
        "mesh new product",
        "mesh new subscription",
        "mesh policy check",
        "mesh policy explain",
        "mesh policy list",
        "mesh portal build",
        "mesh portal serve",
        "mesh ports sweep",
        "mesh ports vacuum",
        "mesh ports verify",
        "mesh product deprecate",
        "mesh product promote",
        "mesh product retire",
        "mesh product status",
        "mesh products",
        "mesh quarantine drop",
        "mesh quarantine list",
        "mesh quarantine show",
        "mesh query",
        "mesh reproduce",
        "mesh rollback",
        "mesh run",
        "mesh show",
        "mesh status",
        "mesh trace",
        "mesh ui",
        "mesh undo",
        "mesh update",
    ]


@pytest.mark.parametrize("path", VERBS, ids=NAMES)
def test_every_verb_shows_an_example_that_it_understands(path, call):
    check_example(path, VERBS[path], call.text(*path[1:], "--help"))


@pytest.mark.parametrize("path", VERBS, ids=NAMES)
def test_every_verb_and_every_option_is_explained(path):
    check_explained(VERBS[path])


def test_help_with_every_capability_loads_nothing_heavy():
    code = (
        "import sys; sys.argv = ['mesh', '--help']\nfrom mesh_platform.cli.app import command_line_here as here\n"
        f"here()(standalone_mode=False)\nprint('loaded:', sorted(set(sys.modules) & {set(HEAVY)!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "loaded: []", done.stderr


def test_inside_a_mesh_the_verbs_are_those_of_the_listed_capabilities(company, call, monkeypatch):
    company.registry()
    company.write("mesh.toml", 'capabilities = ["doctor"]\n')
    monkeypatch.chdir(company.root)
    assert "doctor" in call.text("--help") and "impact" not in call.text("--help")
    refused = call("impact", "shop/things")
    assert refused.exit_code == 2
    assert "No such command 'impact'. It belongs to the capability 'columns', which mesh.toml does not list." in " ".join(
        refused.output.replace("│", " ").split()
    )


@pytest.mark.parametrize("arguments", [["--help"], ["status"], ["doctor"]])
def test_a_capability_that_does_not_load_stops_every_command_and_is_named(company, command, arguments):
    company.registry()
    company.write("mesh.toml", 'capabilities = ["governance_2"]\n')
    done = command(*arguments, cwd=company.root)
    assert done.returncode == 1
    assert "The capability 'governance_2', which mesh.toml lists, does not load: ModuleNotFoundError" in done.stderr
