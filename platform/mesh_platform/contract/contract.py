"""A contract as the platform executes it: its columns, rules, partition, retention and end."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from mesh_isolation.days import written_day
from mesh_isolation.disclosure import shown
from mesh_isolation.footers import UniqueKey
from mesh_isolation.limits import Retention
from mesh_platform.contract.column import Column
from mesh_platform.contract.open_names import stated
from mesh_platform.contract.rule import Referenced, Rule
from mesh_platform.errors import ContractError, inside
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress


@dataclass(frozen=True)
class Contract:
    """One version of the contract of one output port."""

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
    """The largest age of the newest version: the SLA property `frequency`."""
    file: str
    """The contract's file, from the repository's root."""
    digest: str
    """The SHA-256 of the file's text."""
    documented: tuple[str, ...] = ()
    """The statements that no audit executes, one sentence each."""
    text: str = ""
    """The file's text. It is stored with the port, to be compared with the next version of the contract."""
    served_from: str | None = None
    """The id of the newest major version, if this earlier one is a view over it: the custom property `servedFrom`."""
    served_as: Mapping[str, str] = field(default_factory=dict)
    """For columns that differ in the newest major version, the SQL over its columns: ODCS `transformLogic`."""
    partition: "Partition | None" = None
    """The daily partitions; None for a port that is replaced as a whole."""
    retention: "Retention | None" = None
    """How long earlier versions are kept; None keeps every version."""
    home: MeshHome | None = field(default=None, compare=False)
    """The home of its mesh, which has the key of hashed values; None outside a mesh."""
    rules_for: "Callable[[Contract], tuple[Rule, ...]] | None" = field(default=None, compare=False, repr=False)
    """Gives its rules for the same contract with the columns of another; None for a contract that leaves no width open."""

    def fitted(self, types: Mapping[str, str] = MappingProxyType({})) -> "Contract":
        """The contract whose columns have the `types` of the data, by column, where it leaves the width of a number open.

        A column that does not accept its type, or has none in `types`, gets BIGINT and DOUBLE for every open width.
        """
        columns = tuple(column.fitted(types.get(column.name)) for column in self.columns)
        fitted = replace(self, columns=columns)
        return self if columns == self.columns else replace(fitted, rules=self.rules_for(fitted))

    @property
    def visible(self) -> tuple[str, ...]:
        """The columns whose values may be shown."""
        return tuple(column.name for column in self.columns if not column.personal)

    @property
    def personal(self) -> tuple[str, ...]:
        """The columns whose values may not be shown."""
        return tuple(column.name for column in self.columns if column.personal)

    def shown(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row of the port, or a part of one, as messages show it: with hashes for personal values."""
        return shown(row, self.visible, self.home and self.home.hashed)

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    @property
    def whole(self) -> bool:
        """Whether the port needs every row of its sources: a row that they no longer have disappears from it."""
        return self.partition is None or self.partition.complete

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def references(self) -> tuple[Referenced, ...]:
        """The ports that its relationships refer to. The audit reads them."""
        return tuple(dict.fromkeys(rule.reference for rule in self.rules if rule.reference))

    @property
    def checks(self) -> list[str]:
        """The names of the checks of its rules, in the order of the rules."""
        return list(dict.fromkeys(rule.check for rule in self.rules))


@dataclass(frozen=True)
class Partition:
    """The daily partitions of a port: ODCS `partitioned: true` at one column."""

    column: str
    first: date
    """The first day of the port, from the column's `minimum`."""
    end: date | None
    """The day after the last day, from `exclusiveMaximum` or `maximum`; None for a port without an end."""
    complete: bool = False
    """Whether every build holds all days: a served day without a row is removed. Otherwise it was not delivered, and stays."""

    def __contains__(self, day: date) -> bool:
        return self.first <= day and (self.end is None or day < self.end)


COMPLETE_PROPERTY = "completeDays"
"""The custom property of a contract by day that states that every build holds all its days: `true`."""


def partition_of(odcs: Mapping[str, Any], columns: Sequence[Column], primary_key: Sequence[str]) -> Partition | None:
    """Returns the daily partitions of a contract; None for a contract without partitions.

    Args:
        odcs: the contract's document.
        columns: the entries of ODCS `properties`, as columns.
        primary_key: the names of the key's columns. They must include the day, because each day is published and audited
            without reading the others.

    Raises ContractError for a partition that is not by day.
    """
    numbers = [number for number, entry in enumerate(odcs["schema"][0]["properties"]) if entry.get("partitioned")]
    complete = stated(odcs, COMPLETE_PROPERTY)
    if complete not in ([], [True], [False]) or True in complete and not numbers:
        message = f"{COMPLETE_PROPERTY} is stated once, as true or false, in the contract of a port by day"
        raise ContractError(message, place=("customProperties",))
    if not numbers:
        return None
    column = columns[numbers[0]]
    with inside("schema", 0, "properties", numbers[0]):
        if len(numbers) > 1:
            names = ", ".join(columns[number].name for number in numbers)
            raise ContractError(f"it is partitioned by {names}; a port is partitioned by one column, a day")
        if column.type != "DATE":
            raise ContractError(f"it is partitioned by {column.name}, a {column.type}; a port is partitioned by a DATE")
        if not column.required:
            raise ContractError(f"it is partitioned by {column.name}, which is not required; every row belongs to a day")
        if primary_key and column.name not in primary_key:
            raise ContractError(
                f"its primary key ({', '.join(primary_key)}) does not include {column.name}, by which it is partitioned; "
                "each day is audited on its own, so no rule could find the same key on another day"
            )
        end = _limit(column, "exclusiveMaximum") if "exclusiveMaximum" in column.options else None
        if end is None and "maximum" in column.options:
            end = last + timedelta(days=1) if (last := _limit(column, "maximum")) < date.max else None
        return Partition(column.name, _limit(column, "minimum"), end, True in complete)


def _limit(column: Column, option: str) -> date:
    """The day that an option states. The rule for the same option has already checked that it is a date."""
    if day := written_day(column.options.get(option)):
        return day
    raise ContractError(f"it is partitioned by {column.name}, and logicalTypeOptions.{option} is not stated at that column")


def refuse_by_day(rules: Iterable[Rule], day: str) -> None:
    """Raises ContractError for a rule that a port partitioned by the column `day` cannot have.

    Setting rows aside: a day is compared with its served version before the audit, and would differ in every run. Comparing
    the number of rows with the previous version: only the days that have changed are audited, and which these are is chance.
    No duplicates of a key without the day: its other occurrence may be on a day that is not audited.
    """
    for rule in rules:
        if isinstance(rule.claim, UniqueKey) and day not in rule.columns:
            message = (
                f"it is partitioned by {day}, and its rule {rule.check!r} about duplicates in {', '.join(rule.columns)} "
                f"leaves {day} out; each day is audited on its own, so no rule could find the same values on another day"
            )
            raise ContractError(message, f"Add {day} to the columns of the rule.", ("schema", 0))
        if rule.compared:
            message = f"it is partitioned, and its rule {rule.check!r} compares the number of rows with the previous version"
            raise ContractError(message, "State limits at the source, or compare days in SQL.", ("schema", 0))
        if rule.set_aside:
            raise ContractError(
                f"it is partitioned, and its rule {rule.check!r} sets rows aside; only a port that is replaced as a whole can",
                place=("schema", 0),
            )


RETENTION_PROPERTY = "versionRetention"


def retention_of(odcs: Mapping[str, Any]) -> Retention | None:
    """Returns the retention of a contract; None keeps every version. Raises ContractError for an invalid value."""
    try:
        return next(map(Retention.parse, stated(odcs, RETENTION_PROPERTY)), None)
    except ValueError as problem:
        raise ContractError(f"customProperties.{RETENTION_PROPERTY} {problem}", place=("customProperties",)) from None
