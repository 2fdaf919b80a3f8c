"""Output of the command line: results on standard output, notes and errors on standard error, colours only on a terminal."""

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


# Characters that XML 1.0 does not allow, not even escaped: https://www.w3.org/TR/xml/#charsets
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
