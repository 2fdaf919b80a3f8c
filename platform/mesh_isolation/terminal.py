"""Prints to a terminal and as JSON: results on standard output, notes and errors on standard error.

Colours are for a terminal only. Markup comes from literals of the code only; every other text is shown as it is.
"""

import codecs
import io
import json
import math
import os
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from string import Formatter
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mesh_isolation.machine import CLOCK_TOLERANCE
from mesh_isolation.text import visible


def styled(template: str, *values: object) -> Text:
    """`styled("[bold]{}[/] has {:,} rows", port, 3)`: only the template, a literal in the code, has markup.

    A value is text of a team, a file or a library, or itself styled. It is inserted after the markup has been read, so its
    brackets are no markup, and its control characters are made visible.
    """
    left, parts = iter(values), []
    for literal, name, spec, _ in Formatter().parse(template):
        parts.append((literal, Text() if name is None else _text(next(left), spec)))
    text = Text.from_markup("".join(literal + "\0" * len(value) for literal, value in parts))
    places = [place for place, character in enumerate(text.plain) if character == "\0"]
    characters = iter("".join(value.plain for _, value in parts))
    text.plain = "".join(next(characters) if character == "\0" else character for character in text.plain)
    for _, value in parts:
        for span in value.spans:
            text.stylize(span.style, places[span.start], places[span.end - 1] + 1)
        places = places[len(value) :]
    return text


def _text(value: object, spec: str) -> Text:
    return value if isinstance(value, Text) else Text(format(value, spec) if spec else visible(value))


class Terminal(Console):
    """A console that prints literals with markup, and values as they are: `print("[bold]{}[/]", name)`, see `styled`.

    What does not go to a terminal has no colours, and no line and no cell of it is broken: programs read it.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if not self.is_terminal:
            self.width = 1_000_000

    def print(self, *objects: Any, **options: Any) -> None:
        if objects and isinstance(objects[0], str):
            objects = (styled(*objects),)
        super().print(*objects, **options)


def table(*columns: str, numbers: tuple[str, ...] = ()) -> Table:
    """An empty table in the style of the command line; the columns in `numbers` are right-aligned."""
    listing = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        listing.add_column(styled("{}", column), justify="right" if column in numbers else "left", overflow="fold")
    return listing


def add_row(to: Table, *cells: object) -> None:
    """Adds a row of cells, which are values as in `styled`."""
    to.add_row(*(styled("{}", cell) for cell in cells))


def rows_table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Table:
    """Rows of data as a table; NULL is an empty cell."""
    listing = table(*columns)
    for row in rows:
        add_row(listing, *("" if cell is None else cell for cell in row))
    return listing


_PLAIN = str.maketrans({"✔": "OK", "✘": "FAILED", "…": "...", "–": "-", "—": "-", "→": "->", "·": "*", "█": "#", "≥": ">="})
_PLAIN |= str.maketrans(dict.fromkeys("├└┌┐┘┤┬┴┼╭╮╰╯", "+") | dict.fromkeys("│┃", "|") | dict.fromkeys("─━", "-"))


class _Output(io.FileIO):
    """A standard stream whose reader may leave: the command goes on to its end, and what is left to write is dropped."""

    fault: OSError | None = None
    """Why something could not be written, except that the reader had left."""

    def write(self, data: Any) -> int | None:
        try:
            return super().write(data)
        except OSError as problem:
            if not isinstance(problem, BrokenPipeError):
                self.fault = self.fault or problem
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            return len(data)


def open_outputs() -> Callable[[], OSError | None]:
    """Prepares the standard streams for a command that must not end before its work, whatever happens to its output.

    A reader that leaves ends nothing. Characters that the encoding of a stream lacks are written as plain ones, or as an
    escape where there is no likeness. A standard stream that is closed gets a place, which no file that is opened later
    can take.

    Returns: a function that writes what is left, and returns why standard output could not be written, if it could not.
    """
    codecs.register_error("plain", _in_plain_characters)
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # the lowest number that is free is this one
            os.open(os.devnull, os.O_WRONLY if number == 2 else os.O_RDONLY)
    outputs = [_Output(number, "wb", closefd=False) for number in (1, 2)]
    for output, name in zip(outputs, ("stdout", "stderr")):
        old = getattr(sys, name)
        encoding, lines = getattr(old, "encoding", "utf-8"), getattr(old, "line_buffering", name == "stderr")
        setattr(sys, name, io.TextIOWrapper(io.BufferedWriter(output), encoding, errors="plain", line_buffering=lines))

    def ended() -> OSError | None:
        sys.stdout.flush()
        sys.stderr.flush()
        return outputs[0].fault

    return ended


def _in_plain_characters(problem: UnicodeError) -> tuple[str, int]:
    lacking = problem.object[problem.start : problem.end].translate(_PLAIN)
    return lacking.encode("ascii", "backslashreplace").decode("ascii"), problem.end


def print_json(document: Any) -> None:
    """Prints the JSON document of a command. Decimals and times become strings.

    NaN and the infinities become null, because JSON cannot represent them.
    """
    unicode = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    encoder = json.JSONEncoder(indent=2, default=str, ensure_ascii=not unicode, allow_nan=False)
    for part in encoder.iterencode(_plain(document)):  # \x9b and \u202e are written as JSON escapes: the same string
        plain = (part.isascii() and "\x7f" not in part) or visible(part) == part
        sys.stdout.write(part if plain else "".join(map(_as_json, part)))
    sys.stdout.write("\n")


def _as_json(character: str) -> str:
    return character if visible(character) == character else json.dumps(character)[1:-1]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key if isinstance(key, (str, int)) else str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def console(stderr: bool = False) -> Terminal:
    """A console for standard output or standard error."""
    return Terminal(stderr=stderr, highlight=False)


def verdict(good: bool, sentence: str) -> None:
    """Prints the last line of a command, on standard output."""
    console().print("{} {}", styled("[green]✔[/]" if good else "[red]✘[/]"), sentence, soft_wrap=True)


def warn(sentence: str) -> None:
    """Prints a note on standard error, so that standard output holds only the result."""
    console(stderr=True).print("[yellow]![/] {}", sentence, soft_wrap=True)


def age(moment: datetime) -> str:
    """How long ago `moment` was, as text, such as `3 h ago`; a time in the future is shown as such: some clock is wrong."""
    seconds = (datetime.now(UTC) - moment) / timedelta(seconds=1)
    if seconds < -CLOCK_TOLERANCE.total_seconds():
        return f"in the future ({moment:%Y-%m-%d %H:%M} UTC)"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit} ago"
    return f"{max(seconds, 0):.0f} s ago"
