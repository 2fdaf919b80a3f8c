"""How the command line speaks: results on standard output, everything else on standard error, colours only for people."""

import json
import math
import re
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

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
