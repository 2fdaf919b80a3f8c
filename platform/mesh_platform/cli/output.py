"""How the command line speaks: results on standard output, everything else on standard error, colours only for people."""

import json
import math
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mesh_platform.errors import FileRefused

CLOCK_TOLERANCE = timedelta(seconds=60)
"""A commit may be this much younger than the clock: clocks are set right by seconds all the time."""

_PIPE_WIDTH = 160
"""Columns of a table that nobody's window bounds."""


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What would steer a terminal instead of being shown in it."""


def console(stderr: bool = False) -> Console:
    """A console; into a pipe it writes without colours and wide enough not to cut."""
    made = Console(stderr=stderr, highlight=False)
    if not made.is_terminal:
        made = Console(stderr=stderr, highlight=False, width=_PIPE_WIDTH)
    return made


def table(*columns: str, numbers: tuple[str, ...] = ()) -> Table:
    """An empty table in the house style; the columns in `numbers` are set to the right."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    return made


def clean(text: object) -> str:
    """A text as the console prints it: its brackets are no markup, and it steers no terminal."""
    return escape(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", str(text)))


def add_row(to: Table, *cells: object) -> None:
    """Adds a row whose cells are plain text, whatever brackets they hold."""
    to.add_row(*map(clean, cells))


def print_json(document: Any) -> None:
    """The one machine-readable document of a command; exact numbers and times are written as text.

    JSON has no word for a number that is none: NaN and the infinities are null.
    """
    json.dump(_plain(document), sys.stdout, indent=2, default=str, ensure_ascii=False, allow_nan=False)
    sys.stdout.write("\n")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def verdict(good: bool, sentence: str) -> None:
    """The last line of a command, on standard output."""
    console().print(f"[{'green' if good else 'red'}]{'✔' if good else '✘'}[/] {escape(sentence)}", soft_wrap=True)


def warn(sentence: str) -> None:
    """What the reader should know beside the result; on standard error, so that a document stays one document."""
    console(stderr=True).print(f"[yellow]![/] {escape(sentence)}", soft_wrap=True)


def age(moment: datetime) -> str:
    """How long ago something happened, as people say it; what is yet to come was written by a clock that went wrong."""
    seconds = (datetime.now(UTC) - moment) / timedelta(seconds=1)
    if seconds < -CLOCK_TOLERANCE.total_seconds():
        return f"in the future ({moment:%Y-%m-%d %H:%M} UTC)"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit} ago"
    return f"{max(seconds, 0):.0f} s ago"


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


# What XML 1.0 cannot hold, not even escaped: https://www.w3.org/TR/xml/#charsets
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Case:
    """One thing that was tested."""

    name: str
    failure: str = ""
    """Why it failed; empty if it did not."""
    remark: str = ""
    """What is to be said of it otherwise."""


@dataclass(frozen=True)
class Suite:
    """The cases of one contract, or of one policy."""

    name: str
    cases: tuple[Case, ...]


def junit_xml(suites: Iterable[Suite], name: str = "mesh contract") -> str:
    """The document, under the name of what was run. A character that XML does not have becomes U+FFFD."""
    top = ElementTree.Element("testsuites", name=name)
    tests = failures = 0
    for suite in suites:
        failed = sum(bool(case.failure) for case in suite.cases)
        tests, failures = tests + len(suite.cases), failures + failed
        counts = {"tests": str(len(suite.cases)), "failures": str(failed), "errors": "0", "skipped": "0"}
        element = ElementTree.SubElement(top, "testsuite", name=_clean(suite.name), **counts)
        for case in suite.cases:
            tested = ElementTree.SubElement(element, "testcase", classname=_clean(suite.name), name=_clean(case.name))
            if case.failure:
                first = case.failure.partition("\n")[0]
                ElementTree.SubElement(tested, "failure", message=_clean(first), type="broken").text = _clean(case.failure)
            if case.remark:
                ElementTree.SubElement(tested, "system-out").text = _clean(case.remark)
    top.attrib |= {"tests": str(tests), "failures": str(failures)}
    ElementTree.indent(top)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(top, encoding="unicode") + "\n"


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
