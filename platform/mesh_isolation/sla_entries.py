"""What an entry of ODCS `slaProperties` is about, and how its day or its notice is written. Every reader uses these functions.

https://bitol-io.github.io/open-data-contract-standard/latest/service-level-agreement/
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from mesh_isolation.days import written_day
from mesh_isolation.durations import duration_of
from mesh_isolation.text import brief_repr

END_PROPERTIES = ("endOfSupport", "endOfLife")
"""The properties that state when a promise ends."""
NOTICE_PROPERTY = "noticePeriod"
"""The property that states how long before its end a promise is announced to end."""


def level_columns(level: Mapping[str, Any], document: Mapping[str, Any]) -> tuple[str | None, ...]:
    """What a service level of the contract `document` is about: the names of columns, and None for the table as a whole.

    `element` is a list, separated by commas, of `table.column`, `column` or `table`. Without `element` it is the table. A name
    that is none of these is returned as it is written, without the table: it never stands for the table.
    """
    if not (element := level.get("element")):
        return (None,)
    tables, columns = [str(table.get("name")) for table in _mappings(document, "schema")], _column_names(document)
    return tuple(_named(part.strip() or str(element), tables, columns) for part in str(element).split(","))


def _named(part: str, tables: list[str], columns: set[str]) -> str | None:
    if part in tables:
        return None
    column = next((part.removeprefix(f"{table}.") for table in tables if part.startswith(f"{table}.")), part)
    return part if column not in columns and part in columns else column


def _column_names(document: Mapping[str, Any]) -> set[str]:
    return {str(column.get("name")) for table in _mappings(document, "schema") for column in _mappings(table, "properties")}


def _mappings(part: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    entries = part.get(key)
    return (entry for entry in (entries if isinstance(entries, list) else ()) if isinstance(entry, Mapping))


def ends_of(document: Mapping[str, Any]) -> dict[str | None, date]:
    """The days on which the promises of a contract end: by column, and under None for the whole contract.

    Reads `endOfLife`, else `endOfSupport`; of several days for one column, the last day counts. A value that is no day is left
    out; `unread_ends` has it.
    """
    ends: dict[str | None, date] = {}
    for kind in END_PROPERTIES:  # endOfLife comes last, and prevails
        stated: dict[str | None, date] = {}
        for level in _mappings(document, "slaProperties"):
            if level.get("property") == kind and (day := written_day(level.get("value"))):
                for column in level_columns(level, document):
                    stated[column] = max(day, stated.get(column, day))
        ends |= stated
    return ends


def unread_ends(document: Mapping[str, Any]) -> list[str]:
    """A sentence on every stated end that is no day: `its endOfLife is '2027-1-31', which is no day; write …`."""
    levels = [level for level in _mappings(document, "slaProperties") if level.get("property") in END_PROPERTIES]
    return [f"its {level['property']} {problem}" for level in levels if (problem := _no_day(level))]


def _no_day(level: Mapping[str, Any]) -> str:
    value = level.get("value")
    return "" if written_day(value) else f"is {brief_repr(value)}, which is no day; write one like 2027-01-31"


def stated_notice(level: Mapping[str, Any]) -> timedelta:
    """The length of a `noticePeriod`; a number without a unit counts days. Raises ValueError as `duration_of` does."""
    value, unit = level.get("value"), level.get("unit")
    of_iso = isinstance(value, str) and value.startswith("P")
    return duration_of(value, "days" if unit is None and not of_iso else unit).length


def check_level(level: Mapping[str, Any], document: Mapping[str, Any]) -> None:
    """Raises ValueError, in words that follow the property's name, for a level that cannot be read.

    That is an end that is no day, a notice or an age that is no duration, and an element of a level that the platform acts on
    that names no column of the contract.

    Args:
        level: an end, a notice, or a level of which the platform compares times; any other is for people.
        document: the contract.
    """
    if level.get("property") in END_PROPERTIES:
        if problem := _no_day(level):
            raise ValueError(problem)
    elif level.get("property") == NOTICE_PROPERTY:
        stated_notice(level)
    else:
        duration_of(level.get("value"), level.get("unit"))
    promised = _column_names(document)
    for column in level_columns(level, document):
        if column is not None and column not in promised:
            names = "write table.column, the name of a column, or that of the table"
            raise ValueError(f"looks at {column!r}, which the contract does not promise; {names}")
