"""The process around a command: its exit code, and how errors are printed."""

import atexit
import os
import sys
from collections.abc import Callable

import typer

from mesh_isolation.terminal import open_outputs
from mesh_platform.errors import MeshError, described, is_interruption, machine_fault, shows_tracebacks, trace_error

PUBLISHED_STAYS = "Versions published before stay served; no port is partially published."
_leaves: list[str] = []


def if_interrupted(leaves: str) -> None:
    """Sets the sentence about what the command leaves when it is interrupted; the command calls it before its work."""
    _leaves[:] = [leaves]


def run_and_end(build: Callable[[], typer.Typer]) -> None:
    """Builds and runs the command line, and ends the process with the exit code of the command."""
    ended = open_outputs()
    code = _run(build)
    if problem := ended():
        way_out = "The command itself went on to its end. Free space on that disk, or write to another place."
        sys.stderr.write(f"✘ Standard output cannot be written: {problem.strerror}. {way_out}\n")
        code = code or 1
    atexit._run_exitfuncs()
    # Not sys.exit: deallocating half a million objects one by one takes a second.
    os._exit(code)


def _run(build: Callable[[], typer.Typer]) -> int:
    try:
        build()(_debug_first(sys.argv[1:]))
    except SystemExit as end:
        usage = end.__context__
        if is_interruption(usage):
            return _failed(usage)
        if hasattr(usage, "format_message"):  # the command line library has printed it on standard error
            _print_document("UsageError", usage.format_message(), "Run the command with --help.")
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as problem:  # delta-rs panics with one
        return _failed(problem)
    return 0


def _failed(problem: BaseException) -> int:
    """Prints an error on standard error and, with --json, as a document on standard output. Returns the exit code."""
    if is_interruption(problem):
        sys.stderr.write(f"\n{' '.join(['Interrupted.', *_leaves])}\n")
        _print_document("Interrupted", "Interrupted.", "".join(_leaves))
        return 130
    trace_error(problem)
    problem = problem if isinstance(problem, MeshError) else machine_fault(problem) or problem
    if isinstance(problem, MeshError):
        kind, found, way_out = type(problem).__name__, problem.found, problem.way_out
    else:
        kind, found = "UnexpectedError", f"Unexpected error: {described(problem)}."
        way_out = "" if shows_tracebacks() else "Run it again with --debug to see the traceback, and report it as a bug."
    from mesh_isolation.terminal import console

    console(stderr=True).print("[red]✘[/] {}", f"{found} {way_out}".strip(), soft_wrap=True)
    _print_document(kind, found, way_out.strip())
    return 1


def _print_document(kind: str, found: str, way_out: str) -> None:
    if "--json" in sys.argv[1 : sys.argv.index("--") if "--" in sys.argv else None]:
        from mesh_isolation.terminal import print_json

        print_json({"error": {"kind": kind, "found": found, "way_out": way_out}})


def _debug_first(arguments: list[str]) -> list[str]:
    """The arguments with --debug moved to the front, where the command line library expects it."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    before = [argument for argument in arguments[:end] if argument != "--debug"]
    return [*(["--debug"] if "--debug" in arguments[:end] else []), *before, *arguments[end:]]
