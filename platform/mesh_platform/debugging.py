"""Where an error came from, for whoever asks with --debug: the traceback behind a sentence."""

import os
import sys
import traceback

_ASKED = "MESH_DEBUG"


def ask() -> None:
    """From now on tracebacks are shown, in this process and in those it starts."""
    os.environ[_ASKED] = "1"


def asked() -> bool:
    """Whether tracebacks are shown."""
    return os.environ.get(_ASKED) == "1"


def trace(problem: BaseException | str) -> None:
    """Writes the traceback of `problem`, or a text that is one, to standard error, if it was asked for."""
    if asked():
        text = problem if isinstance(problem, str) else "".join(traceback.format_exception(problem))
        sys.stderr.write(f"{text.rstrip()}\n")
