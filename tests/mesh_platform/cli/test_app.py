"""The command line: fast to start, help with examples, plain text in a pipe, and exit codes."""

import subprocess
import sys

import pytest

from mesh_platform.cli.app import app
from support.command_line import check_example, check_explained, commands_of

HEAVY = ["dagster", "dbt", "pandas", "duckdb", "deltalake", "jsonschema", "sqlalchemy", "yaml"]


COMMANDS = commands_of(app)
NAMES = [" ".join(path) for path in COMMANDS]


@pytest.mark.parametrize(
    "code",
    [
        "import mesh_platform.cli.app",
        "import sys; sys.argv = ['mesh', '--help']; from mesh_platform.cli.app import command_line_here as here; "
        "here()(standalone_mode=False)",
    ],
    ids=["import", "help"],
)
def test_help_is_there_without_loading_anything_heavy(code):
    script = f"import sys\n{code}\nprint('loaded:', sorted(set(sys.modules) & {set(HEAVY)!r}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "loaded: []", done.stderr


def test_the_core_has_these_verbs():
    assert NAMES == [
        "mesh run",
        "mesh ui",
        "mesh status",
        "mesh products",
        "mesh show",
        "mesh query",
        "mesh history",
        "mesh rollback",
        "mesh quarantine list",
        "mesh quarantine show",
        "mesh quarantine drop",
    ]


@pytest.mark.parametrize("path", COMMANDS, ids=NAMES)
def test_every_verb_shows_an_example_that_it_understands(path, call):
    check_example(path, COMMANDS[path], call.text(*path[1:], "--help"))


@pytest.mark.parametrize("path", COMMANDS, ids=NAMES)
def test_every_verb_and_every_option_is_explained(path):
    check_explained(COMMANDS[path])


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_both_spellings_of_help_list_every_verb_and_the_exit_codes(call, flag):
    shown = call.text(flag)
    assert all(path[1] in shown for path in COMMANDS)
    assert "Exit codes" in shown


@pytest.mark.parametrize("arguments", [["--help"], ["query", "--help"], ["products"], ["nonsense"]])
def test_nothing_but_text_goes_into_a_pipe(command, shop, arguments):
    done = command(*arguments, cwd=shop.root)
    assert done.stdout + done.stderr != ""
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["run", "--nonsense"],
        ["show"],
        ["rollback", "shop/things"],
        ["ui", "--port", "0"],
        ["run", "--wait", "long"],
        ["contract", "nonsense"],
    ],
)
def test_a_command_that_is_not_understood_ends_with_2_and_says_so_on_standard_error(call, arguments):
    result = call(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Usage: mesh" in result.stderr


def test_the_exit_code_reaches_the_shell(command, shop, publish, tmp_path):
    publish("(1, 1, 'x')")
    assert command("nonsense", cwd=shop.root).returncode == 2
    assert command("show", "shop/things", cwd=shop.root).returncode == 0
    refused = command("show", "shop/nothing", cwd=shop.root)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("✘ There is no port shop/nothing.")
    outside = command("status", cwd=tmp_path)
    assert (outside.returncode, outside.stdout) == (1, "")
    assert "There is no workspace.yaml" in outside.stderr
    assert "Traceback" not in refused.stderr + outside.stderr


SCRIPT = f"{sys.executable} -c 'from mesh_platform.cli import start; start()'"
FULL = "Standard output cannot be written: No space left on device."


@pytest.mark.parametrize(
    ("line", "code", "errors"),
    [
        ("query \"select i, repeat('x', 100) from range(20000) t(i)\" --json | head -n 1", 0, ""),
        ("query \"select i, repeat('x', 100) from range(20000) t(i)\" --limit 20000 | head -n 1", 0, ""),
        ("--help | true", 0, ""),
        ("status | true", 0, ""),
        ("show shop/nothing --json | true", 1, "There is no port shop/nothing."),
        ("nonsense | true", 2, "No such command"),
        ("status > /dev/full", 1, FULL),
        ("products --json > /dev/full", 1, FULL),
        ("show shop/nothing --json > /dev/full", 1, "There is no port shop/nothing."),
        ("status >&-", 1, "Standard output cannot be written: Bad file descriptor."),
        ("status 2>&- | cat", 0, ""),
        ("status 0<&- 2>&- | cat", 0, ""),
    ],
)
def test_what_happens_to_its_output_does_not_end_a_command_and_what_is_lost_is_said(shop, publish, line, code, errors):
    publish("(1, 1, 'x')")
    words = ["bash", "-c", f"{SCRIPT} {line}; exit ${{PIPESTATUS[0]}}"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    assert errors in done.stderr if errors else done.stderr == ""
    assert "Traceback" not in done.stderr and "Errno" not in done.stderr


@pytest.mark.parametrize("module", ["mesh_platform.cli.app", "typer", "mesh_platform.capabilities"])
def test_an_interruption_while_the_command_is_still_loading_is_one_like_any_other(shop, module):
    """The module is interrupted while it is imported."""
    script = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts it in the background ignores it\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, *rest):\n"
        f"        if name == {module!r}: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupted())\n"
        "sys.argv = ['mesh', 'status']\n"
        "from mesh_platform.cli import start\n"
        "start()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "\nInterrupted.\n")
