"""A contract as the properties file of a dbt model: columns with types, constraints and data tests.

Format: https://docs.getdbt.com/reference/model-properties
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from mesh_platform.contracts.export.row_rules import ColumnSaid, beyond, columns_said
from mesh_platform.contracts.promise import Promise
from mesh_platform.contracts.writing import yaml_text
from mesh_platform.errors import ContractError

_JINJA = re.compile(r"\{\{|\{%|\{#")
"""What begins an expression in the texts that dbt renders."""
_BARE = re.compile(r"[a-z_][a-z0-9_]*")


def dbt_model(promise: Promise) -> str:
    """The YAML. Rules that dbt's own tests cannot say are named in a comment above it.

    Raises ContractError for a column whose name dbt cannot put between quotes.
    """
    contract = promise.contract
    if unquotable := [name for name in contract.column_names if '"' in name]:
        raise ContractError(
            f"dbt does not double the quotation marks in the name of a column, and {contract.id} has {unquotable[0]!r}.",
            "Rename the column, or export another format.",
        )
    said = list(columns_said(promise))
    several = len(contract.primary_key) > 1
    model: dict[str, Any] = {
        "name": contract.address.port,
        "description": _plain(" ".join(part for part in (contract.description, contract.grain) if part)),
        "config": {"contract": {"enforced": True}, "meta": {"contract": contract.id, "contract_version": contract.version}},
        "columns": [_column(one, several) for one in said],
    }
    if several:
        model["constraints"] = [{"type": "primary_key", "columns": [_name(name) for name in contract.primary_key]}]
    left = list(_left(promise, said))
    comment = "\n".join(
        [
            f"{contract.id} {contract.version}, exported from {contract.file}",
            *(["Not held by dbt:"] if left else []),
            *(f"  {' '.join(sentence.split())}" for sentence in left),
        ]
    )
    return yaml_text({"models": [model]}, {(): comment})


def _column(said: ColumnSaid, several: bool) -> dict[str, Any]:
    made: dict[str, Any] = {"name": _plain(said.column.name), "data_type": said.column.type}
    if not _plain_name(said.column.name):
        made["quote"] = True
    if said.column.description:
        made["description"] = _plain(said.column.description)
    constraints = ["not_null"] if said.required else []
    if said.key and not several:
        constraints.append("primary_key")
    elif said.unique:
        constraints.append("unique")
    if constraints:
        made["constraints"] = [{"type": kind} for kind in constraints]
    if tests := _tests(said):
        made["data_tests"] = tests
    return made


def _tests(said: ColumnSaid) -> list[Any]:
    tests: list[Any] = [name for name, wanted in (("not_null", said.required), ("unique", said.unique)) if wanted]
    if said.valid:
        # dbt puts quotes around the values and does not double the ones inside.
        values = [_plain(str(value).replace("'", "''")) for value in said.valid]
        test: dict[str, Any] = {"arguments": {"values": values}}
        if said.warns_of_others:
            test["config"] = {"severity": "warn"}
        tests.append({"accepted_values": test})
    return tests


def _left(promise: Promise, said: list[ColumnSaid]) -> Iterator[str]:
    """The rules that neither a constraint nor a data test of the model holds."""
    yield from (rule.sentence for rule in promise.contract.rules if rule.check == "values")
    # `accepted_values` knows values and no patterns.
    told = [one.valid_by for one in said if one.valid_by and not one.valid_by["arguments"].get("pattern")]
    yield from beyond(promise, lambda rule: any(rule is one for one in told))


def _name(column: str) -> str:
    return column if _plain_name(column) else f'"{column}"'


def _plain_name(column: str) -> bool:
    """Whether the name means the same without quotation marks."""
    return bool(_BARE.fullmatch(column)) and column not in _keywords()


@cache
def _keywords() -> frozenset[str]:
    import duckdb

    with duckdb.connect() as connection:
        return frozenset(word for (word,) in connection.execute("SELECT keyword_name FROM duckdb_keywords()").fetchall())


def _plain(text: str) -> str:
    """Text that dbt's renderer gives back as it is."""
    return _JINJA.sub(lambda begins: "{{ '" + begins[0] + "' }}", text)
