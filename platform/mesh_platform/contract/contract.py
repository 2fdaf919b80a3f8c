"""A contract as the platform executes it: its columns, rules, partition, retention and notice period."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from mesh_platform.contract.column import Column, stated
from mesh_platform.contract.rule import Referenced, Rule
from mesh_platform.errors import ContractError, inside
from mesh_platform.names import PortAddress


@dataclass(frozen=True)
class Partition:
    """The daily partitions of a port: ODCS `partitioned: true` at one column."""

    column: str
    first: date
    """The first day there can be: the column's `minimum`."""
    end: date | None
    """The first day that is out of bounds again; None for a port that goes on. From `exclusiveMaximum` or `maximum`."""

    def __contains__(self, day: date) -> bool:
        return self.first <= day and (self.end is None or day < self.end)


def partition_of(
    properties: Sequence[Mapping[str, Any]], columns: Sequence[Column], primary_key: Sequence[str]
) -> Partition | None:
    """The partition that a contract's `properties` state, which have been read as `columns`; None for none.

    Raises ContractError for anything but days. The key must hold the day for the reason that it must in most databases:
    a day is published, and judged, without a look at the others.
    """
    numbers = [number for number, entry in enumerate(properties) if entry.get("partitioned")]
    if not numbers:
        return None
    with inside("schema", 0, "properties", numbers[0]):
        return _partition([columns[number] for number in numbers], primary_key)


def _partition(chosen: Sequence[Column], primary_key: Sequence[str]) -> Partition:
    if len(chosen) > 1:
        names = ", ".join(column.name for column in chosen)
        raise ContractError(f"it is partitioned by {names}; a port is partitioned by one column, a day")
    (column,) = chosen
    if column.type != "DATE":
        raise ContractError(f"it is partitioned by {column.name}, a {column.type}; a port is partitioned by a DATE")
    if not column.required:
        raise ContractError(f"it is partitioned by {column.name}, which is not required; every row belongs to a day")
    if primary_key and column.name not in primary_key:
        raise ContractError(
            f"its primary key ({', '.join(primary_key)}) does not hold {column.name}, by which it is partitioned; "
            "a day is judged by itself, so no rule could find the same key on another one"
        )
    return Partition(column.name, _day(column, "minimum"), _end(column))


def _end(column: Column) -> date | None:
    if "exclusiveMaximum" in column.options:
        return _day(column, "exclusiveMaximum")
    return _day(column, "maximum") + timedelta(days=1) if "maximum" in column.options else None


def _day(column: Column, option: str) -> date:
    """The day that an option says; that it is one, the rule made of it has found out before."""
    try:
        return date.fromisoformat(str(column.options[option]))
    except KeyError:
        raise ContractError(f"it is partitioned by {column.name}, of which logicalTypeOptions.{option} is not stated") from None


def refuse_set_aside(rules: Iterable[Rule]) -> None:
    """Raises ContractError where a rule of a port that grows lets rows be set aside.

    A day is compared with what is served before it is judged, and would differ by these rows in every run.
    """
    for rule in rules:
        if rule.set_aside:
            raise ContractError(
                f"it is partitioned, and its rule {rule.check!r} sets rows aside; only a port that is replaced as a whole can",
                place=("schema", 0),
            )


PROPERTY = "versionRetention"
_FORM = re.compile(r"(\d+) ?(versions?|m|h|d|w)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True)
class Retention:
    """How long; `versions` or `time` is stated, not both."""

    said: str
    """As the contract has it."""
    versions: int | None = None
    """So many of the newest versions are kept, the served one included."""
    time: timedelta | None = None
    """A version is kept for so long after another one took its place."""

    def __str__(self) -> str:
        return f"the newest {self.said}" if self.versions else f"{self.said} after another version took its place"


def retention_of(odcs: Mapping[str, Any]) -> Retention | None:
    """What a contract states; None keeps every version for ever. Raises ContractError for what is no retention."""
    with inside("customProperties"):
        return next(map(_retention, stated(odcs, PROPERTY)), None)


def _retention(value: object) -> Retention:
    found = _FORM.fullmatch(str(value).strip())
    if not found:
        raise ContractError(f"customProperties.{PROPERTY} is {value!r}; write 30 d, 12 h, 4 w, or 10 versions")
    number, unit = int(found[1]), found[2]
    if unit in _UNITS:
        return Retention(found[0], time=timedelta(**{_UNITS[unit]: number}))
    if number < 1:
        raise ContractError(f"customProperties.{PROPERTY} is {value!r}; at least the served version is kept")
    return Retention(found[0], versions=number)


ENDS = ("endOfSupport", "endOfLife")
"""The SLA properties that say when a promise ends: https://bitol-io.github.io/open-data-contract-standard, chapter SLA."""

NOTICE = timedelta(days=30)
"""The shortest time between the day an end is announced and that end; a contract may promise more with `noticePeriod`."""

_DAYS = {"d": 1, "day": 1, "days": 1, "w": 7, "week": 7, "weeks": 7, "y": 365, "yr": 365, "year": 365, "years": 365}


def ends_of(document: dict[str, Any]) -> dict[str | None, date]:
    """The days on which the promises of a contract end: by column, and under None for the contract as a whole.

    Read from the SLA properties `endOfLife` and, where there is none, `endOfSupport`; a column is named as `element`.
    What is no date states no end.
    """
    ends: dict[str | None, date] = {}
    for kind in ENDS:  # endOfLife comes last, and prevails
        for entry in document.get("slaProperties") or []:
            if entry.get("property") == kind and (day := _notice_day(entry.get("value"))):
                ends |= dict.fromkeys(columns_of(entry) or (None,), day)
    return ends


def notice_of(document: dict[str, Any]) -> timedelta:
    """The notice that the contract's consumers are given at least."""
    for entry in document.get("slaProperties") or []:
        if entry.get("property") == "noticePeriod" and str(entry.get("value")).isdigit():
            return max(NOTICE, timedelta(days=int(entry["value"]) * _DAYS.get(str(entry.get("unit")), 1)))
    return NOTICE


def columns_of(entry: dict[str, Any]) -> tuple[str, ...]:
    """The columns that an SLA property names as its `element`, written `table.column`."""
    elements = [element.strip() for element in str(entry.get("element") or "").split(",")]
    return tuple(element.partition(".")[2] for element in elements if "." in element)


def _notice_day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


@dataclass(frozen=True)
class Contract:
    """One version of the promise that one output port makes."""

    id: str
    version: str
    address: PortAddress
    product: str | None
    description: str
    grain: str
    """What one row is: ODCS `dataGranularityDescription`."""
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    rules: tuple[Rule, ...]
    freshness: timedelta | None
    """How old the newest version may become: the SLA property `frequency`."""
    file: str
    """The contract's file, from the repository's root."""
    digest: str
    """The SHA-256 of the file's text: two contracts with one digest promise the same."""
    documented: tuple[str, ...] = ()
    """What it says for people and no audit executes, sentence by sentence."""
    text: str = ""
    """The file's text; kept with the port, so that the next version of the contract can be held against it."""
    served_from: str | None = None
    """The id of the newest major, over which this earlier one is a view: the custom property `servedFrom`."""
    served_as: Mapping[str, str] = field(default_factory=dict)
    """For columns that the newest major names or counts otherwise, the SQL over its columns: ODCS `transformLogic`."""
    partition: Partition | None = None
    """How the port is cut into days; None for a port that is replaced as a whole."""
    retention: Retention | None = None
    """How long earlier versions are kept; None for as long as there is a disk."""

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def references(self) -> tuple[Referenced, ...]:
        """The other ports without which it cannot be audited."""
        return tuple(dict.fromkeys(rule.reference for rule in self.rules if rule.reference))

    @property
    def checks(self) -> list[str]:
        """The names under which the rules are shown, in the order of the rules."""
        return list(dict.fromkeys(rule.check for rule in self.rules))
