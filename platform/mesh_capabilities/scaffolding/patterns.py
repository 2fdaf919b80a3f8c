"""The three patterns of a port, and the port that it reads: which columns it has and what its model does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from mesh_capabilities.errors import ScaffoldError
from mesh_capabilities.scaffolding.new_names import column_sql, scalar, singular, spoken
from mesh_isolation.column_types import WHOLE, WIDTHS
from mesh_platform.cli.arguments import known_port
from mesh_platform.contract.column import Column
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.open_names import stated
from mesh_platform.errors import UnknownPort
from mesh_platform.names import PortAddress, nearest
from mesh_platform.product.offer import load_offer
from mesh_platform.project import Project

_OPEN = ("public", "internal")
"""The classifications that a template copies. Copying others needs a reason, which only a person can decide."""
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
UNIT, CURRENCY = "unit", "currencyColumn"
"""Custom properties of a column: the unit of its values, or the column that holds their currency."""


@dataclass(frozen=True)
class Input:
    """A port that a new one reads."""

    contract: Contract
    own: bool
    """Whether the port belongs to the domain that reads it."""
    units: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By column, the unit and the currency that the contract states."""

    @property
    def address(self) -> PortAddress:
        return self.contract.address

    @property
    def relation(self) -> str:
        """The reference to it in a model of the reader."""
        address = self.address
        return f"ref('{address.port}')" if self.own else f"source('{address.domain}', '{address.port}')"

    def answers(self) -> dict:
        """The variables of the templates."""
        contract = self.contract
        return {
            "port": str(self.address),
            "name": self.address.port,
            "relation": self.relation,
            "version": contract.version,
            "contract": contract.id,
        }


def find_input(project: Project, address: str, reader: str) -> Input:
    """The port at `address` as the domain `reader` would read it.

    Raises UnknownPort when there is no such port, and ScaffoldError when the reader cannot read it.
    """
    wanted = known_port(address)
    contracts = load_offer(project.domain(wanted.domain)).contracts
    if wanted.port not in contracts:
        raise UnknownPort(f"{wanted.domain} has no port '{wanted.port}'.", nearest(wanted.port, contracts))
    contract = contracts[wanted.port]
    if wanted.domain == reader and contract.partition:
        raise ScaffoldError(
            f"{wanted} is partitioned: while it is built, {reader} can read only its new days.",
            f"Let the new port read the inputs of {wanted.port}.",
        )
    _refuse_circle(project, wanted.domain, reader)
    return Input(contract, wanted.domain == reader, units_of(yaml.safe_load(contract.text)))


def source_aligned(port: str, source: None = None) -> dict[str, Any]:
    """The rows of a source file of the domain, unchanged."""
    thing = singular(port)
    columns = [
        _column(f"{thing}_id", f"Identifies the {spoken(thing)}.", "string", "VARCHAR", key=1),
        _column("status", f"How far the {spoken(thing)} has come.", "string", "VARCHAR", values=["open", "done"]),
        _column("quantity", "How many.", "integer", "INTEGER", options="{minimum: 0}"),
        _column("recorded_at", "When it was recorded, UTC.", "timestamp", "TIMESTAMPTZ"),
    ]
    return {
        "thing": thing,
        "grain": f"One row per {spoken(thing)}.",
        "purpose": f"The {spoken(port)}, as their own system recorded them.",
        "limitations": "Holds generated sample rows until a real file is read.",
        "usage": f"The starting point for anything about {spoken(port)}.",
        "columns": columns,
    }


def aggregate(port: str, source: Input) -> dict[str, Any]:
    """The number of rows per day of the port that it reads, or per value of a column if that port has no times."""
    thing, columns = singular(source.address.port), source.contract.columns
    by = _first(columns, _is_moment) or _first(columns, lambda column: _is_group(column, source))
    if by is None:
        raise ScaffoldError(
            f"{source.address} has no column to count its rows by: no time, and no public or internal text.",
            "Choose --pattern consumer-aligned, or another port.",
        )
    if _is_moment(by):
        name = "day" if by.type != "DATE" else by.name
        expression = column_sql(by.name) if by.name == name else f"cast({column_sql(by.name)} as date)"
        key = _column(name, f"The day of {by.name}, UTC." if name == "day" else _text(by), "date", "DATE", key=1)
        grain = "One row per day."
    else:
        name, expression = by.name, column_sql(by.name)
        key = _column(name, _text(by), _logical(by), _type(by), key=1)
        grain = f"One row per {spoken(name)}."
    count = _column(f"{thing}_count", f"How many {spoken(source.address.port)}.", "integer", "BIGINT", options="{minimum: 1}")
    return {
        "thing": thing,
        "grain": grain,
        "purpose": f"How many {spoken(source.address.port)} there are by {spoken(name)}.",
        "limitations": f"Has no row where there are no {spoken(source.address.port)}.",
        "usage": f"Sum {thing}_count over the rows you need.",
        "columns": [key, count],
        "group": {
            "name": column_sql(name),
            "expression": expression,
            "column": column_sql(by.name),
            "required": by.required or _is_key(by, source),
        },
    }


def consumer_aligned(port: str, source: Input) -> dict[str, Any]:
    """The rows of the port that it reads, with their public and internal columns and the age of each row."""
    thing, keys = singular(source.address.port), source.contract.primary_key
    closed = [column.name for column in source.contract.columns if column.name in keys and not _is_open(column)]
    if closed or not keys:
        why = f"its key {', '.join(closed)} is neither public nor internal" if closed else "it has no key"
        raise ScaffoldError(
            f"The rows of {source.address} cannot be copied: {why}.", "Choose --pattern aggregate, or another port."
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
            classification=column.sensitivity or "internal",
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
        "grain": f"One row per {spoken(thing)}.",
        "purpose": f"What {{domain}} needs to know of the {spoken(source.address.port)} of {source.address.domain}.",
        "limitations": f"Has the columns of {source.address} that are open to all, and only some of those.",
        "usage": f"Join {source.address} on its key for the rest.",
        "columns": columns,
        "selected": [column_sql(column.name) for column in taken],
        "moment": column_sql(moment.name) if moment else "",
    }


PATTERNS: dict[str, Callable[..., dict[str, Any]]] = {
    "source-aligned": source_aligned,
    "aggregate": aggregate,
    "consumer-aligned": consumer_aligned,
}


def _refuse_circle(project: Project, producer: str, reader: str) -> None:
    """Raises ScaffoldError if the producer consumes the reader, directly or through other domains."""
    ahead, seen = [[producer]], set()
    while ahead:
        path = ahead.pop()
        if path[-1] == reader and len(path) > 1:
            raise ScaffoldError(
                f"{reader} cannot consume {producer}, because {' consumes '.join(path)}.",
                "Domains must not consume each other in a circle. Remove one of these inputs first.",
            )
        if path[-1] in seen or path[-1] not in project.domains:
            continue
        seen.add(path[-1])
        offer = load_offer(project.domains[path[-1]])
        consumed = {reference.address.domain for product in offer.products.values() for reference in product.inputs}
        ahead += [[*path, other] for other in sorted(consumed - {path[-1]})]


def units_of(document: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """By column, the custom properties of an ODCS document for the unit of its values."""
    units = {}
    for entry in document["schema"][0].get("properties") or ():
        units[entry["name"]] = {word: str(value) for word in (UNIT, CURRENCY) for value in stated(entry, word)}
    return {name: properties for name, properties in units.items() if properties}


def with_currencies(taken: list[Column], offered: list[Column], units: Mapping[str, Mapping[str, str]]) -> list[Column]:
    """The taken columns and those of their currencies; an amount whose currency is not offered is left out."""
    names = {column.name for column in offered}
    kept = [column for column in taken if units.get(column.name, {}).get(CURRENCY, column.name) in names]
    wanted = {units.get(column.name, {}).get(CURRENCY) for column in kept} - {column.name for column in kept}
    return kept + [column for column in offered if column.name in wanted]


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
    column = {
        "name": scalar(name),
        "description": scalar(description),
        "logical": logical,
        "physical": physical,
        "key": key,
        "required": required,
        "options": options,
        "allowed": values or [],
        "classification": classification,
        "custom": {key: scalar(value) for key, value in (custom or {}).items()},
    }
    return {key: value for key, value in column.items() if value}


def _first(columns: tuple[Column, ...] | list[Column], holds: Callable[[Column], bool]) -> Column | None:
    """The first required column that fits, else the first that fits."""
    fitting = [column for column in columns if _is_open(column) and holds(column)]
    return next((column for column in fitting if column.required), fitting[0] if fitting else None)


def _is_moment(column: Column) -> bool:
    return column.type in ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")


def _is_group(column: Column, source: Input) -> bool:
    return column.type in ("VARCHAR", "BOOLEAN") and not _is_key(column, source)


def _is_key(column: Column, source: Input) -> bool:
    return column.name in source.contract.primary_key


def _is_open(column: Column) -> bool:
    return (column.sensitivity or "internal") in _OPEN


def _text(column: Column) -> str:
    return column.description or f"As its producer promises it: {spoken(column.name)}."


def _logical(column: Column) -> str:
    return column.logical or next((word for start, word in _LOGICAL.items() if column.type.startswith(start)), "string")


def _type(column: Column) -> str:
    """The physical type; empty if the contract leaves the width of a number open."""
    return "" if column.type in WIDTHS else column.type.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")
