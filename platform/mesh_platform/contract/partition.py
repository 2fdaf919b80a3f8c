"""What a contract says of a port that grows day by day: which column holds the day, and in which bounds the days lie."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from mesh_platform.contract.column import Column
from mesh_platform.contract.rule import Rule
from mesh_platform.errors import ContractError


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
    chosen = [column for entry, column in zip(properties, columns) if entry.get("partitioned")]
    if not chosen:
        return None
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
                f"it is partitioned, and its rule {rule.check!r} sets rows aside; only a port that is replaced as a whole can"
            )
