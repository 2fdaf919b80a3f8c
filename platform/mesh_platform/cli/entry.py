"""The process around a command: its exit code, and how errors are printed."""

import atexit
import os
import sys
from collections.abc import Callable

import typer

from mesh_isolation.terminal import write_plainly
from mesh_platform.errors import MeshError, described, is_interruption, machine_fault, shows_tracebacks, trace_error


def run_and_end(build: Callable[[], typer.Typer]) -> None:
    """Builds and runs the command line, and ends the process with the exit code of the command."""
    write_plainly(sys.stdout, sys.stderr)
    try:
        code = _run(build)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of the output has closed it
        code = 0
    sys.stderr.flush()
    atexit._run_exitfuncs()
    # Not sys.exit: deallocating half a million objects one by one takes a second.
    os._exit(code)


def _run(build: Callable[[], typer.Typer]) -> int:
    try:
        build()(_debug_first(sys.argv[1:]))
    except SystemExit as end:
        if type(sys.stdout).__name__ == "PacifyFlushWrapper":  # how the command line library marks a broken pipe
            return 0
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except MeshError as error:
        trace_error(error)
        _print_error(str(error))
        return 1
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        raise
    except Exception as problem:
        if is_interruption(problem):
            return _interrupted()
        trace_error(problem)
        if fault := machine_fault(problem):
            _print_error(str(fault))
            return 1
        hint = "" if shows_tracebacks() else " Run it again with --debug to see the traceback, and report it as a bug."
        _print_error(f"Unexpected error: {described(problem)}.{hint}")
        return 1
    return 0


def _interrupted() -> int:
    sys.stderr.write("\nInterrupted. Versions published before stay served; no port is partially published.\n")
    return 130


def _debug_first(arguments: list[str]) -> list[str]:
    """The arguments with --debug moved to the front, where the command line library expects it."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    before = [argument for argument in arguments[:end] if argument != "--debug"]
    return [*(["--debug"] if "--debug" in arguments[:end] else []), *before, *arguments[end:]]


def _print_error(sentence: str) -> None:
    from mesh_platform.cli.output import console

    console(stderr=True).print("[red]✘[/] {}", sentence, soft_wrap=True)
