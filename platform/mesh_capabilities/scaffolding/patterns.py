"""The three patterns of a product: what its port's columns are, and what its model does with the port that it reads."""

from collections.abc import Callable, Mapping
from typing import Any

from mesh_capabilities.scaffolding.inputs import Input
from mesh_capabilities.scaffolding.money import with_currencies
from mesh_capabilities.scaffolding.words import a, scalar, singular
from mesh_capabilities.scaffolding.words import said as spoken
from mesh_platform.contract.column import Column
from mesh_platform.contract.types import WHOLE
from mesh_platform.errors import ScaffoldError

_OPEN = ("public", "internal")
"""The classifications that a template may take over: whoever copies more has to say why, and no template can."""
_MOST_COLUMNS = 6
_LOGICAL = {
    "DECIMAL": "number",
    "DOUBLE": "number",
    "FLOAT": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "VARCHAR": "string",
} | dict.fromkeys(WHOLE, "integer")


def source_aligned(port: str, source: None = None) -> dict[str, Any]:
    """A source file of the domain's own, and its rows as they are."""
    thing = singular(port)
    columns = [
        _column(f"{thing}_id", f"Identifies the {spoken(thing)}.", "string", "VARCHAR", key=1),
        _column("status", f"How far the {spoken(thing)} has come.", "string", "VARCHAR", values=["open", "done"]),
        _column("quantity", "How many.", "integer", "INTEGER", options="{minimum: 0}"),
        _column("recorded_at", "When it was recorded, UTC.", "timestamp", "TIMESTAMPTZ"),
    ]
    return {
        "thing": thing,
        "grain": f"One row {a(thing)}.",
        "purpose": f"The {spoken(port)}, as their own system recorded them.",
        "limitations": "Holds generated sample rows until a real file is read.",
        "usage": f"The starting point for anything about {spoken(port)}.",
        "columns": columns,
    }


def aggregate(port: str, source: Input) -> dict[str, Any]:
    """One row a day of what it reads, or a value of one of its columns where it has no times."""
    thing, columns = singular(source.address.port), source.contract.columns
    by = _first(columns, _is_moment) or _first(columns, lambda column: _is_group(column, source))
    if by is None:
        raise ScaffoldError(
            f"{source.address} has no column by which its rows could be counted: no time and no text that is open to all.",
            "Choose --pattern consumer-aligned, or another port.",
        )
    if _is_moment(by):
        name, expression = ("day", f"cast({by.name} as date)") if by.type != "DATE" or by.name == "day" else (by.name, by.name)
        expression = by.name if by.name == name else expression
        key = _column(name, f"The day of {by.name}, UTC." if name == "day" else _text(by), "date", "DATE", key=1)
        grain = "One row a day."
    else:
        name = expression = by.name
        key = _column(name, _text(by), _logical(by), _type(by), key=1)
        grain = f"One row {a(name)}."
    count = _column(f"{thing}_count", f"How many {spoken(source.address.port)}.", "integer", "BIGINT", options="{minimum: 1}")
    return {
        "thing": thing,
        "grain": grain,
        "purpose": f"How many {spoken(source.address.port)} there are by {spoken(name)}.",
        "limitations": f"Has no row where there are no {spoken(source.address.port)}.",
        "usage": f"Sum {thing}_count over the rows you need.",
        "columns": [key, count],
        "group": {"name": name, "expression": expression, "column": by.name, "required": by.required or _is_key(by, source)},
    }


def consumer_aligned(port: str, source: Input) -> dict[str, Any]:
    """The rows of what it reads with only the columns that are open to all, and how old each row is."""
    thing, keys = singular(source.address.port), source.contract.primary_key
    closed = [column.name for column in source.contract.columns if column.name in keys and not _is_open(column)]
    if closed or not keys:
        why = f"its key {', '.join(closed)} is not open to all" if closed else "it has no key"
        raise ScaffoldError(
            f"The rows of {source.address} cannot be taken over: {why}.", "Choose --pattern aggregate, or another port."
        )
    plain = [column for column in source.contract.columns if _is_open(column) and not (column.fields or column.items)]
    taken = [column for column in plain if column.name in keys]
    taken += [column for column in plain if column.name not in keys][: max(_MOST_COLUMNS - len(taken), 0)]
    taken = with_currencies(taken, plain, source.units)
    moment = _first(taken, _is_moment)
    columns = [
        _column(
            column.name,
            _text(column),
            _logical(column),
            _type(column),
            key=keys.index(column.name) + 1 if column.name in keys else 0,
            required=column.required or column.name in keys,
            classification=column.classification or "internal",
            custom=source.units.get(column.name),
        )
        for column in taken
    ]
    if moment:
        days = f"Whole days from {moment.name} to the newest one there is."
        optional = {"required": moment.required, "options": "{minimum: 0}"}
        columns.append(_column("days_before_newest", days, "integer", "BIGINT", **optional))
    return {
        "thing": thing,
        "grain": f"One row {a(thing)}.",
        "purpose": f"What {{domain}} needs to know of the {spoken(source.address.port)} of {source.address.domain}.",
        "limitations": f"Has the columns of {source.address} that are open to all, and only some of those.",
        "usage": f"Join {source.address} on its key for the rest.",
        "columns": columns,
        "selected": [column.name for column in taken],
        "moment": moment.name if moment else "",
    }


PATTERNS: dict[str, Callable[..., dict[str, Any]]] = {
    "source-aligned": source_aligned,
    "aggregate": aggregate,
    "consumer-aligned": consumer_aligned,
}


def _column(
    name: str,
    description: str,
    logical: str,
    physical: str,
    key: int = 0,
    required: bool = True,
    options: str = "",
    values: list[str] | None = None,
    classification: str = "internal",
    custom: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    said = {
        "name": name,
        "description": scalar(description),
        "logical": logical,
        "physical": physical,
        "key": key,
        "required": required,
        "options": options,
        "allowed": values or [],
        "classification": classification,
        "custom": dict(custom or {}),
    }
    return {key: value for key, value in said.items() if value}


def _first(columns: tuple[Column, ...] | list[Column], holds: Callable[[Column], bool]) -> Column | None:
    """The first that is always there, else the first at all."""
    fitting = [column for column in columns if _is_open(column) and holds(column)]
    return next((column for column in fitting if column.required), fitting[0] if fitting else None)


def _is_moment(column: Column) -> bool:
    return column.type in ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")


def _is_group(column: Column, source: Input) -> bool:
    return column.type in ("VARCHAR", "BOOLEAN") and not _is_key(column, source)


def _is_key(column: Column, source: Input) -> bool:
    return column.name in source.contract.primary_key


def _is_open(column: Column) -> bool:
    return (column.classification or "internal") in _OPEN


def _text(column: Column) -> str:
    return column.description or f"As its producer promises it: {spoken(column.name)}."


def _logical(column: Column) -> str:
    return column.logical or next((word for start, word in _LOGICAL.items() if column.type.startswith(start)), "string")


def _type(column: Column) -> str:
    return column.type.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")
