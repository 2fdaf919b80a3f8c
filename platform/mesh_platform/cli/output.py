"""Output of the command line: results on standard output, notes and errors on standard error, colours only on a terminal."""

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
"""A commit time may be this far in the future: clocks are often corrected by seconds."""

_PIPE_WIDTH = 160
"""Width in characters of output that does not go to a terminal."""


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Control characters, which a terminal would execute instead of showing them."""


def console(stderr: bool = False) -> Console:
    """A console for standard output or standard error; into a pipe it writes without colours, 160 characters wide."""
    terminal = Console(stderr=stderr, highlight=False)
    return terminal if terminal.is_terminal else Console(stderr=stderr, highlight=False, width=_PIPE_WIDTH)


def table(*columns: str, numbers: tuple[str, ...] = ()) -> Table:
    """An empty table in the style of the command line; the columns in `numbers` are right-aligned."""
    listing = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        listing.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    return listing


def clean(text: object) -> str:
    """A text that is safe to print: brackets are escaped, and control characters are replaced."""
    return escape(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", str(text)))


def add_row(to: Table, *cells: object) -> None:
    """Adds a row of plain-text cells, without interpreting markup."""
    to.add_row(*map(clean, cells))


def print_json(document: Any) -> None:
    """Prints the JSON document of a command. Decimals and times become strings.

    NaN and the infinities become null, because JSON cannot represent them.
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
    """Prints the last line of a command, on standard output."""
    console().print(f"[{'green' if good else 'red'}]{'✔' if good else '✘'}[/] {escape(sentence)}", soft_wrap=True)


def warn(sentence: str) -> None:
    """Prints a note on standard error, so that standard output holds only the result."""
    console(stderr=True).print(f"[yellow]![/] {escape(sentence)}", soft_wrap=True)


def age(moment: datetime) -> str:
    """How long ago `moment` was, as text, such as `3 h ago`; a time in the future is shown as such: some clock is wrong."""
    seconds = (datetime.now(UTC) - moment) / timedelta(seconds=1)
    if seconds < -CLOCK_TOLERANCE.total_seconds():
        return f"in the future ({moment:%Y-%m-%d %H:%M} UTC)"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit} ago"
    return f"{max(seconds, 0):.0f} s ago"


def deliver(text: str, to: str | None, as_json: bool, document: Mapping[str, object], done: str, replace: bool = True) -> None:
    """Writes `text` to the file `to` and prints a verdict; without a file, prints only the text to standard output.

    Args:
        text: the result of the command.
        to: the file; missing folders are created.
        as_json: print a JSON document instead: `document` with the text or the file's name added.
        document: the other keys of the JSON document.
        done: the verdict without the file's name, such as `sales/orders exported`.
        replace: whether an existing file may be overwritten.

    Raises FileRefused when the file exists and may not be overwritten, or cannot be written.
    """
    if to:
        write(text, Path(to), replace)
    if as_json:
        print_json({**document, **({"file": to} if to else {"text": text})})
    elif to:
        verdict(True, f"{done} to {to}")
    else:
        sys.stdout.write(text)


def write(text: str, path: Path, replace: bool = True) -> None:
    """Writes a file. Raises FileRefused when it exists and `replace` is false, or when it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w" if replace else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as problem:
        raise FileRefused(f"{path} already exists and was not overwritten.", "Name another file.") from problem
    except OSError as problem:
        raise FileRefused(f"{path} cannot be written: {problem.strerror}.", "Name another file.") from problem


# Characters that XML 1.0 does not allow, not even escaped: https://www.w3.org/TR/xml/#charsets
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Case:
    """One test case."""

    name: str
    failure: str = ""
    """Why it failed; empty if it passed."""
    remark: str = ""
    """Further output, such as a warning."""


@dataclass(frozen=True)
class Suite:
    """The test cases of one contract or one policy."""

    name: str
    cases: tuple[Case, ...]


def junit_xml(suites: Iterable[Suite], name: str = "mesh contract") -> str:
    """The JUnit document. `name` is the command that ran the tests. A character that XML does not allow becomes U+FFFD."""
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
