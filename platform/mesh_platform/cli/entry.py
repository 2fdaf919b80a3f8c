"""The process around the verbs: its exit code, and what becomes of an error before a person sees it."""

import atexit
import os
import sys
from collections.abc import Callable

import typer

from mesh_platform.errors import MeshError, asked, trace


def run_and_end(build: Callable[[], typer.Typer]) -> None:
    """Builds and runs the command line and ends the process with the exit code of the verb."""
    try:
        code = _run(build)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read our output has had enough
        code = 0
    sys.stderr.flush()
    atexit._run_exitfuncs()
    # Not sys.exit: taking half a million objects apart one by one costs a second and is of no use to anybody.
    os._exit(code)


def _run(build: Callable[[], typer.Typer]) -> int:
    try:
        build()(_debug_first(sys.argv[1:]))
    except SystemExit as end:
        if type(sys.stdout).__name__ == "PacifyFlushWrapper":  # how the command line library marks a broken pipe
            return 0
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except MeshError as error:
        trace(error)
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        raise
    except Exception as problem:
        if isinstance(problem.__cause__, KeyboardInterrupt):  # so DuckDB says that Ctrl-C came while it was at work
            return _interrupted()
        trace(problem)
        said = " ".join(f"{type(problem).__name__}: {problem}".split())
        hint = "" if asked() else " Run the same with --debug to see where; if it cannot be your files, report it."
        _say(f"The platform met what it was not prepared for: {said.rstrip('.')}.{hint}")
        return 1
    return 0


def _interrupted() -> int:
    sys.stderr.write("\nInterrupted; what was published before stays, nothing is half-published.\n")
    return 130


def _debug_first(arguments: list[str]) -> list[str]:
    """The arguments with --debug where the command line library looks for it; people add it at the end."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    before = [argument for argument in arguments[:end] if argument != "--debug"]
    return [*(["--debug"] if "--debug" in arguments[:end] else []), *before, *arguments[end:]]


def _say(sentence: str) -> None:
    from rich.markup import escape

    from mesh_platform.cli.output import console

    console(stderr=True).print(f"[red]✘[/] {escape(sentence)}", soft_wrap=True)
