"""A contract as the properties file of a dbt model: columns with types, constraints and data tests.

Format: https://docs.getdbt.com/reference/model-properties
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from mesh_capabilities.contract_exchange.row_rules import ColumnRules, beyond, column_rules
from mesh_capabilities.contract_lint.contract_summary import ContractSummary
from mesh_capabilities.yaml_text import yaml_text
from mesh_platform.contract.options import enum_demand
from mesh_platform.contract.rule import Rule
from mesh_platform.errors import ContractError
from mesh_platform.names import identifier

_JINJA = re.compile(r"\{\{|\{%|\{#")
"""The start of an expression in a text that dbt renders."""
_BARE = re.compile(r"[a-z_][a-z0-9_]*")


def dbt_model(summary: ContractSummary) -> str:
    """The YAML. A comment above it lists the rules that dbt's own tests cannot express.

    Where the contract leaves the width of a number open, its type is BIGINT or DOUBLE.

    Raises ContractError for a column whose name dbt cannot put between quotes.
    """
    contract = summary.contract.fitted()
    summary = replace(summary, contract=contract)
    if unquotable := [name for name in contract.column_names if '"' in name]:
        raise ContractError(
            f"dbt does not escape quotation marks in column names, and {contract.id} has the column {unquotable[0]!r}.",
            "Rename the column, or export another format.",
        )
    columns = list(column_rules(summary))
    several = len(contract.primary_key) > 1
    model: dict[str, Any] = {
        "name": contract.address.port,
        "description": _plain(" ".join(part for part in (contract.description, contract.grain) if part)),
        "config": {"contract": {"enforced": True}, "meta": {"contract": contract.id, "contract_version": contract.version}},
        "columns": [_column(rules, several, summary) for rules in columns],
    }
    if several:
        model["constraints"] = [{"type": "primary_key", "columns": [_name(name) for name in contract.primary_key]}]
    left = list(_left(summary, columns))
    comment = "\n".join(
        [
            f"{contract.id} {contract.version}, exported from {contract.file}",
            *(["Not checked by dbt:"] if left else []),
            *(f"  {' '.join(sentence.split())}" for sentence in left),
        ]
    )
    return yaml_text({"models": [model]}, {(): comment})


def _column(rules: ColumnRules, several: bool, summary: ContractSummary) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": _plain(rules.column.name), "data_type": rules.column.type}
    if not _plain_name(rules.column.name):
        entry["quote"] = True
    if rules.column.description:
        entry["description"] = _plain(rules.column.description)
    constraints = ["not_null"] if rules.required else []
    if rules.key and not several:
        constraints.append("primary_key")
    elif rules.unique:
        constraints.append("unique")
    if constraints:
        entry["constraints"] = [{"type": kind} for kind in constraints]
    pointing = [rule for rule in _pointing(summary) if rule.columns == (rules.column.name,)]
    if tests := _tests(rules, pointing, summary):
        entry["data_tests"] = tests
    return entry


def _tests(rules: ColumnRules, pointing: Sequence[Rule], summary: ContractSummary) -> list[Any]:
    tests: list[Any] = [name for name, wanted in (("not_null", rules.required), ("unique", rules.unique)) if wanted]
    if listed := _listed(rules):
        tests.append(_test("accepted_values", {"values": listed}))
    if rules.valid:
        tests.append(_test("accepted_values", {"values": list(map(_quoted, rules.valid))}, warns=rules.warns_of_others))
    for rule in pointing:
        (field,) = rule.points_to
        tests.append(
            _test("relationships", {"to": _relation(rule, summary), "field": _plain(_name(field))}, warns=not rule.blocks)
        )
    return tests


def _listed(rules: ColumnRules) -> list[str]:
    return [_quoted(value) for value in rules.column.enum if value is not None]


def _test(name: str, arguments: dict[str, Any], warns: bool = False) -> dict[str, Any]:
    return {name: {"arguments": arguments, **({"config": {"severity": "warn"}} if warns else {})}}


def _quoted(value: Any) -> str:
    """A value for dbt, which quotes values and does not escape the quotes in them."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return _plain(text.replace("'", "''"))


def _relation(rule: Rule, summary: ContractSummary) -> str:
    """The target of a relationship in dbt: a model of the same project, or a source for a port of another domain."""
    here = summary.contract.address
    there = rule.reference.address if rule.reference else here
    if there.domain == here.domain:
        return f"ref({_text(there.port)})"
    return f"source({_text(there.domain)}, {_text(there.port)})"


def _text(name: str) -> str:
    return f"{name!r}"


def _pointing(summary: ContractSummary) -> list[Rule]:
    """The relationships of single columns, the only ones that dbt's test supports."""
    return [rule for rule in summary.contract.rules if len(rule.points_to) == 1 and '"' not in rule.points_to[0]]


def _left(summary: ContractSummary, columns: list[ColumnRules]) -> Iterator[str]:
    """The rules that no constraint and no data test of the model checks."""
    listed = [enum_demand(rules.column).breaks(identifier(rules.column.name)) for rules in columns if _listed(rules)]
    pointing = _pointing(summary)
    for rule in summary.contract.rules:
        of_values = rule.check == "values" and rule.failing not in listed
        if of_values or rule.check == "service_levels" or (rule.points_to and rule not in pointing):
            yield rule.sentence
    # `accepted_values` supports values and no patterns.
    valid_by = [rules.valid_by for rules in columns if rules.valid_by]
    expressed = [quality for quality in valid_by if not quality["arguments"].get("pattern")]
    yield from beyond(summary, lambda rule: any(rule is quality for quality in expressed))


def _name(column: str) -> str:
    return column if _plain_name(column) else f'"{column}"'


def _plain_name(column: str) -> bool:
    """Whether the name needs no quotation marks."""
    return bool(_BARE.fullmatch(column)) and column not in _keywords()


@cache
def _keywords() -> frozenset[str]:
    import duckdb

    with duckdb.connect() as connection:
        return frozenset(word for (word,) in connection.execute("SELECT keyword_name FROM duckdb_keywords()").fetchall())


def _plain(text: str) -> str:
    """Text that dbt's renderer leaves as it is."""
    return _JINJA.sub(lambda begins: "{{ '" + begins[0] + "' }}", text)
