"""Output of the command line: results on standard output, notes and errors on standard error, colours only on a terminal."""

from datetime import UTC, datetime, timedelta

from mesh_isolation.terminal import Terminal, styled

CLOCK_TOLERANCE = timedelta(seconds=60)
"""A commit time may be this far in the future: clocks are often corrected by seconds."""


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
