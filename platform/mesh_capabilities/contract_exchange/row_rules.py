"""The rules of a contract that a single row can break, as the exports need them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mesh_capabilities.contract_lint.contract_summary import ContractSummary
from mesh_isolation.footers import NeverNull, UniqueKey
from mesh_platform.contract.column import Column
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.document import Rule


@dataclass(frozen=True)
class ColumnRules:
    """A column with the rules of its contract that a single value can break."""

    column: Column
    key: bool
    """Whether it is part of the primary key."""
    required: bool
    unique: bool
    options: Mapping[str, Any]
    valid: tuple[Any, ...] | None
    """The only valid values; None for any."""
    valid_by: Mapping[str, Any] | None
    """The quality rule with these values."""
    warns_of_others: bool
    """Whether that rule warns and does not block."""
    patterns: tuple[str, ...]
    """Regular expressions of quality rules, each with a match in every value."""

    @property
    def allowed(self) -> list[Any]:
        """The values in the column's enum or in the quality rule."""
        named = [*self.column.enum, *(self.valid or ())]
        return [value for at, value in enumerate(named) if value is not None and value not in named[:at]]


def column_rules(summary: ContractSummary) -> Iterator[ColumnRules]:
    """The columns of a contract, in order."""
    key = summary.contract.primary_key
    for column, entry in zip(summary.contract.columns, summary.table["properties"]):
        rules = [rule for rule in entry.get("quality") or () if _forbids_any_invalid_value(rule)]
        blocking = [rule for rule in rules if _blocks(rule)]
        chosen = next((rule for rule in [*blocking, *rules] if rule["arguments"].get("validValues")), None)
        yield ColumnRules(
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
    """Whether a rule says no more than the `required` or `unique` of a column, or the primary key."""
    if not rule.blocks or str(rule.bound) != "is 0":
        return False
    key = contract.primary_key
    match rule.claim:
        case NeverNull(name):
            return name in key or any(column.required for column in contract.columns if column.name == name)
        case UniqueKey(names):
            return names == key or any(column.unique for column in contract.columns if (column.name,) == names)
    return False


def _blocks(rule: Mapping[str, Any]) -> bool:
    return rule.get("severity") not in ("warning", "info")


def _forbids_any_invalid_value(rule: Mapping[str, Any]) -> bool:
    """Whether no row may have an invalid value. A greater bound concerns all rows together."""
    metric = rule.get("metric") or rule.get("rule")
    return metric == "invalidValues" and rule.get("mustBe") == 0 and isinstance(rule.get("arguments"), Mapping)


def expressed_by_rows(rule: Mapping[str, Any], columns: Sequence[ColumnRules]) -> bool:
    """Whether `valid` and `patterns` of a column express the whole quality rule."""
    if not _forbids_any_invalid_value(rule) or not _blocks(rule):
        return False
    return not rule["arguments"].get("validValues") or any(rule is rules.valid_by for rules in columns)


def beyond(summary: ContractSummary, expressed: Callable[[Mapping[str, Any]], bool]) -> Iterator[str]:
    """The sentences of the quality rules for which `expressed` is false, including rules in words."""
    for holder in (summary.table, *summary.table["properties"]):
        for rule in holder.get("quality") or ():
            if not expressed(rule):
                yield " ".join(str(rule.get("description") or rule.get("name") or rule.get("metric") or "a rule").split())
