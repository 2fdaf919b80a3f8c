"""How errors are printed: one message; with --debug, the traceback as well."""

import json
import os
import subprocess
import sys

import pytest

STUMBLE = """
import sys
from mesh_platform.cli import ports
def stumble(*_):
    raise TypeError("unhashable type:\\n 'list'")
ports.show_products = stumble
from mesh_platform.cli.app import main
sys.argv = ["mesh", *sys.argv[1:]]
main()
"""


def stumbled(*arguments):
    environment = {name: value for name, value in os.environ.items() if name != "MESH_DEBUG"}
    return subprocess.run([sys.executable, "-c", STUMBLE, *arguments], env=environment, capture_output=True, text=True)


def test_an_unexpected_error_is_one_message_with_a_hint():
    done = stumbled("products")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "✘ Unexpected error: TypeError: unhashable type: 'list'. "
        "Run it again with --debug to see the traceback, and report it as a bug.\n"
    )


@pytest.mark.parametrize(
    "raising",
    [
        "raise BlockingIOError(11, 'Resource temporarily unavailable')",
        'raise RuntimeError("can\'t start new thread")',
        "raise type('PanicException', (BaseException,), {'__module__': 'pyo3_runtime'})"
        "('a thread: Resource temporarily unavailable')",
    ],
    ids=["process", "thread", "thread of a library"],
)
def test_a_machine_without_processes_is_no_surprise(raising):
    code = STUMBLE.replace("""raise TypeError("unhashable type:\\n 'list'")""", raising)
    assert raising in code
    done = subprocess.run([sys.executable, "-c", code, "products", "--json"], capture_output=True, text=True)
    assert done.returncode == 1
    error = json.loads(done.stdout)["error"]
    assert (error["kind"], "starts no further process or thread" in error["found"]) == ("MachineFault", True)
    assert "ulimit -u" in error["way_out"]


def test_ctrl_c_in_the_middle_of_a_query_is_an_interruption_and_no_surprise():
    """DuckDB raises a RuntimeError for it."""
    query = """
import os, signal, sys, threading
sys.argv = ["mesh", "products"]
import duckdb
from mesh_platform import project
from mesh_platform.cli import app

signal.signal(signal.SIGINT, signal.default_int_handler)  # the parent process may have disabled it

def ask(*_, **__):
    threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT]).start()
    duckdb.sql("SELECT count(*) FROM range(1000000000000) t(n) WHERE hash(n) % 7 = 3").fetchall()

project.load_project = ask
app.main()
"""
    done = subprocess.run([sys.executable, "-c", query], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.strip() == "Interrupted."


@pytest.mark.parametrize("arguments", [["--debug", "products"], ["products", "--debug"]])
def test_debug_shows_where_before_or_after_the_verb(arguments):
    done = stumbled(*arguments)
    assert done.returncode == 1
    assert "Traceback (most recent call last)" in done.stderr
    assert "in stumble" in done.stderr
    assert "--debug" not in done.stderr.splitlines()[-1]


def test_debug_shows_the_traceback_behind_an_error_of_the_mesh(command, shop):
    plain, debugged = command("show", "shop/nothing", cwd=shop.root), command("show", "shop/nothing", "--debug", cwd=shop.root)
    assert plain.returncode == debugged.returncode == 1
    assert "Traceback" not in plain.stderr
    assert debugged.stderr.startswith("Traceback")
    assert debugged.stderr.endswith(plain.stderr)


def test_debug_after_a_double_dash_belongs_to_the_verb(command, shop):
    done = command("show", "--", "--debug", cwd=shop.root)
    assert done.returncode == 1
    assert "'--debug' is not a port address" in done.stderr


def test_debug_shows_why_a_domain_does_not_load(command, shop):
    shop.registry("shop", "nowhere")
    shop.domain_file("nowhere")
    done = command("run", "nowhere", "--debug", cwd=shop.root)
    assert "ModuleNotFoundError: No module named 'nowhere'" in done.stderr
    assert "Traceback" in done.stderr


INTERRUPTED = """
import sys
from mesh_platform.cli import ports
def interrupt(*_):
    raise KeyboardInterrupt
ports.show_products = interrupt
from mesh_platform.cli.app import main
sys.argv = ["mesh", *sys.argv[1:]]
main()
"""


def test_a_word_of_a_command_that_publishes_nothing_says_nothing_about_versions():
    interrupted = INTERRUPTED.replace("show_products", "run_query")
    done = subprocess.run([sys.executable, "-c", interrupted, "query", "run"], capture_output=True, text=True)
    assert (done.returncode, done.stderr.strip()) == (130, "Interrupted.")


@pytest.mark.parametrize("stays", ["", "Versions published before stay served; no port is partially published."])
@pytest.mark.parametrize("arguments", [["products"], ["products", "--json"]])
def test_ctrl_c_anywhere_in_a_verb_that_publishes_prints_what_it_leaves(arguments, stays):
    """The command line library turns it into an exit code without a word."""
    interrupted = INTERRUPTED
    if stays:
        interrupted = INTERRUPTED.replace("show_products", "roll_back")
        arguments = ["rollback", "shop/things", "--to", "0", *arguments[1:]]
    done = subprocess.run([sys.executable, "-c", interrupted, *arguments], capture_output=True, text=True)
    assert done.returncode == 130
    assert done.stderr.strip() == f"Interrupted. {stays}".strip()
    error = {"kind": "Interrupted", "found": "Interrupted.", "way_out": stays}
    assert (json.loads(done.stdout) if "--json" in arguments else done.stdout) == (
        {"error": error} if "--json" in arguments else ""
    )
