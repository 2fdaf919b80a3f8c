"""`logicalTypeOptions` of days, moments and times of day: limits, time zones, and the format of those kept as text.

The options: https://bitol-io.github.io/open-data-contract-standard/latest/schema/#logical-type-options
"""

from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mesh_platform.contract.column import Column
from mesh_platform.contract.demand import Demand
from mesh_platform.contract.time_texts import TimeText
from mesh_platform.errors import ContractError

_DEFAULTS = {"date": "yyyy-MM-dd", "timestamp": "yyyy-MM-ddTHH:mm:ss.SSSZ", "time": "HH:mm:ss"}
"""The parts of the standard's own default format that each logical type has."""


def text_of(column: Column) -> TimeText | None:
    """How the column writes its times, if it keeps them as text; None if it keeps them as such."""
    if column.type != "VARCHAR" or column.logical not in _DEFAULTS:
        return None
    return TimeText(column.options.get("format") or _DEFAULTS[column.logical])


def zone_of(column: Column) -> str | None:
    """Where the column's times are that name no time zone. Raises ContractError for a zone that nobody knows."""
    zone, zoned = column.options.get("defaultTimezone"), column.options.get("timezone")
    try:
        ZoneInfo(zone or "Etc/UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
        raise ContractError(f"defaultTimezone is {zone!r}, which is no time zone") from problem
    text = text_of(column)
    has_zone = text.has_zone if text else column.type == "TIMESTAMP WITH TIME ZONE"
    if zoned is not None and zoned != has_zone:
        said = text.format if text else column.type
        raise ContractError(f"timezone is {str(zoned).lower()}, but {said!r} holds {'a' if has_zone else 'no'} time zone")
    return zone


def time_demands(column: Column) -> Iterator[Demand]:
    """What the options of a time kept as text demand: that each text is one. Raises ContractError."""
    zone_of(column)
    if text := text_of(column):
        yield Demand(f"is written as {text.format}", text.breaks)
