"""Handing over a text that a command has made: on standard output, in a file, or in a JSON document."""

import sys
from collections.abc import Mapping
from pathlib import Path

from mesh_platform.cli.output import print_json, verdict
from mesh_platform.errors import FileRefused


def deliver(text: str, to: str | None, as_json: bool, said: Mapping[str, object], done: str, replace: bool = True) -> None:
    """Writes `text` to the file `to` and says so; without one it is all that goes to standard output.

    Args:
        text: what was made.
        to: the file; folders above it are made.
        as_json: print a document of what is `said`, with the text or the file's name in it.
        said: what the document says besides.
        done: the verdict, as far as it is known without the file's name.
        replace: whether a file that is there may be overwritten. Raises FileRefused if not, or if it cannot be.
    """
    if to:
        write(text, Path(to), replace)
    if as_json:
        print_json({**said, **({"file": to} if to else {"text": text})})
    elif to:
        verdict(True, f"{done} to {to}")
    else:
        sys.stdout.write(text)


def write(text: str, path: Path, replace: bool = True) -> None:
    """Writes a file whole. Raises FileRefused when that is not possible or not wanted."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w" if replace else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as problem:
        raise FileRefused(f"{path} is there already, and is not overwritten.", "Name another file.") from problem
    except OSError as problem:
        raise FileRefused(f"{path} cannot be written: {problem.strerror}.", "Name another file.") from problem
