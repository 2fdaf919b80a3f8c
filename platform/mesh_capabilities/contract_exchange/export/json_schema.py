"""A contract as JSON Schema (2020-12) of one row, as an object from column names to values.

The standard: https://json-schema.org/draft/2020-12
"""

from typing import Any

from mesh_capabilities.contract_exchange.export.json_values import as_json, not_said, or_null, value_schema
from mesh_capabilities.contract_exchange.export.row_rules import ColumnSaid, beyond, columns_said, held_by_a_row
from mesh_capabilities.contract_exchange.promise import Promise


def json_schema(promise: Promise) -> dict[str, Any]:
    """The schema. A row has every promised column and no other; whatever it cannot say stands in `$comment`."""
    contract = promise.contract
    said = list(columns_said(promise))
    left = [rule.sentence for rule in contract.rules if rule.check in ("primary_key", "unique")]
    left += [sentence for column in contract.columns for sentence in not_said(column)]
    left += [rule.sentence for rule in contract.rules if rule.check in ("relationships", "service_levels")]
    left += beyond(promise, lambda rule: held_by_a_row(rule, said))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": f"What one row cannot show: {'; '.join(sentence.rstrip('.') for sentence in left) or 'nothing'}",
        "title": f"{contract.id} {contract.version}",
        "description": " ".join(part for part in (contract.description, contract.grain) if part),
        "type": "object",
        "additionalProperties": False,
        "required": contract.column_names,
        "properties": {one.column.name: _column(one) for one in said},
    }


def _column(said: ColumnSaid) -> dict[str, Any]:
    made = value_schema(said.column, required=True)
    more: list[dict[str, Any]] = [{"pattern": pattern} for pattern in said.patterns]
    if said.valid and not said.warns_of_others:
        known = [as_json(value, made["type"]) for value in said.valid]
        if "enum" in made:
            more.append({"enum": known if said.required else [*known, None]})
        else:
            made["enum"] = known
    if more:
        made["allOf"] = more
    return made if said.required else or_null(made)
