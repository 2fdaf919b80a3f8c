"""The rules of a contract that a single row can break, as their author wrote them: what other languages can say too."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mesh_capabilities.contract_lint.promise import Promise
from mesh_platform.contract.column import Column
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.rule import Key, NeverNull
from mesh_platform.contract.rules import Rule


@dataclass(frozen=True)
class ColumnSaid:
    """A column with what its contract's file says of it beyond its type."""

    column: Column
    key: bool
    """Whether it is part of the primary key."""
    required: bool
    unique: bool
    options: Mapping[str, Any]
    valid: tuple[Any, ...] | None
    """The only values there may be; None for any."""
    valid_by: Mapping[str, Any] | None
    """The quality rule that says so."""
    warns_of_others: bool
    """Whether other values are only warned of."""
    patterns: tuple[str, ...]
    """Regular expressions of quality rules that find something in every value."""

    @property
    def allowed(self) -> list[Any]:
        """The values that the column's own enumeration or a quality rule names."""
        named = [*self.column.enum, *(self.valid or ())]
        return [value for at, value in enumerate(named) if value is not None and value not in named[:at]]


def columns_said(promise: Promise) -> Iterator[ColumnSaid]:
    """The columns of a promise, in its order."""
    key = promise.contract.primary_key
    for column, said in zip(promise.contract.columns, promise.table["properties"]):
        rules = [rule for rule in said.get("quality") or () if _forbids_any_invalid_value(rule)]
        blocking = [rule for rule in rules if _blocks(rule)]
        chosen = next((rule for rule in [*blocking, *rules] if rule["arguments"].get("validValues")), None)
        yield ColumnSaid(
            column=column,
            key=column.name in key,
            required=column.required or column.name in key,
            unique=column.unique or key == (column.name,),
            options=column.options,
            valid=tuple(chosen["arguments"]["validValues"]) if chosen else None,
            valid_by=chosen,
            warns_of_others=bool(chosen and not _blocks(chosen)),
            patterns=tuple(rule["arguments"]["pattern"] for rule in blocking if rule["arguments"].get("pattern")),
        )


def follows_from_columns(rule: Rule, contract: Contract) -> bool:
    """Whether a rule says no more than a column's `required` or `unique`, or the primary key, whatever it is called."""
    if not rule.blocks or str(rule.bound) != "is 0":
        return False
    key = contract.primary_key
    match rule.claim:
        case NeverNull(name):
            return name in key or any(column.required for column in contract.columns if column.name == name)
        case Key(names):
            return names == key or any(column.unique for column in contract.columns if (column.name,) == names)
    return False


def _blocks(rule: Mapping[str, Any]) -> bool:
    return rule.get("severity") not in ("warning", "info")


def _forbids_any_invalid_value(rule: Mapping[str, Any]) -> bool:
    """A bound above none is a matter of all the rows together."""
    metric = rule.get("metric") or rule.get("rule")
    return metric == "invalidValues" and rule.get("mustBe") == 0 and isinstance(rule.get("arguments"), Mapping)


def held_by_a_row(rule: Mapping[str, Any], said: Sequence[ColumnSaid]) -> bool:
    """Whether the `valid` and the `patterns` of a column say all that a quality rule says."""
    if not _forbids_any_invalid_value(rule) or not _blocks(rule):
        return False
    return not rule["arguments"].get("validValues") or any(rule is one.valid_by for one in said)


def beyond(promise: Promise, held: Callable[[Mapping[str, Any]], bool]) -> Iterator[str]:
    """The sentences of the quality rules that are not `held`, those in words among them."""
    for holder in (promise.table, *promise.table["properties"]):
        for rule in holder.get("quality") or ():
            if not held(rule):
                yield " ".join(str(rule.get("description") or rule.get("name") or rule.get("metric") or "a rule").split())
