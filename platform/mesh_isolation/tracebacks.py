"""Tracebacks of errors, which are shown only on request, and what is no error: an interruption."""

import os
import sys
import traceback

from mesh_isolation.text import visible

_DEBUG = "MESH_DEBUG"


def show_tracebacks() -> None:
    """Turns tracebacks on, for this process and the processes that it starts."""
    os.environ[_DEBUG] = "1"


def shows_tracebacks() -> bool:
    """Whether tracebacks are on."""
    return os.environ.get(_DEBUG) == "1"


def is_interruption(problem: BaseException | None) -> bool:
    """Whether it is Ctrl-C or Dagster's error for it, also where DuckDB reports one during a query as the cause of another."""
    # delta-rs raises an error of its own that is no Exception where it has not expected one.
    while isinstance(problem, (Exception, SystemExit, GeneratorExit)) or type(problem).__module__ == "pyo3_runtime":
        problem = problem.__cause__
    return problem is not None


def trace_error(problem: BaseException | str) -> None:
    """Writes the traceback of `problem`, or a traceback given as text, to standard error, if tracebacks are on."""
    if shows_tracebacks():
        text = problem if isinstance(problem, str) else "".join(traceback.format_exception(problem))
        sys.stderr.write(f"{visible(text.rstrip())}\n")
