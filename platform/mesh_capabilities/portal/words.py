"""How the portal says numbers, moments, spans of time and amounts."""

from datetime import UTC, date, datetime

_SPANS = ((86_400 * 7, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
_SIZES = ("B", "kB", "MB", "GB", "TB")


def number(value: float | None) -> str:
    """`12345` → `12,345`; nothing for what is not known."""
    return "" if value is None else f"{value:,}"


def counted(value: int, one: str, many: str = "") -> str:
    """`1, "port"` → `1 port`; `2, "port"` → `2 ports`."""
    return f"{value:,} {one if value == 1 else many or f'{one}s'}"


def span(seconds: float) -> str:
    """A span of time in the largest unit that leaves a whole number, or one digit: `1 day`, `36 hours`, `2.5 minutes`."""
    for size, unit in _SPANS:
        if seconds >= size and seconds % size == 0:
            return counted(int(seconds // size), unit)
    for size, unit in _SPANS[1:]:
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}s"
    return f"{seconds:.1f} seconds"


def size(count: int | None) -> str:
    """An amount of bytes as people say it: `1.2 MB`."""
    if count is None:
        return ""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_SIZES) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.0f} {_SIZES[unit]}" if value >= 100 or not unit else f"{value:.1f} {_SIZES[unit]}"


def moment(value: datetime | None) -> str:
    """`25 Nov 2026, 09:12 UTC`; nothing for what is not known."""
    if value is None:
        return ""
    there = value.astimezone(UTC) if value.tzinfo else value
    return f"{there.day} {there:%b %Y, %H:%M} UTC"


def day(value: date | None) -> str:
    """`25 Nov 2026`; nothing for what is not known."""
    return "" if value is None else f"{value.day} {value:%b %Y}"


def iso(value: datetime | date | None) -> str:
    """A moment as machines read it, for the `datetime` of a `<time>`."""
    if isinstance(value, datetime):
        return (
            value.astimezone(UTC).isoformat(timespec="seconds") if value.tzinfo else f"{value.isoformat(timespec='seconds')}Z"
        )
    return value.isoformat() if value else ""


def sentence(text: str | None) -> str:
    """A text with a full stop at its end, so that it can stand among others."""
    said = " ".join((text or "").split())
    return said if not said or said[-1] in ".!?…" else f"{said}."
