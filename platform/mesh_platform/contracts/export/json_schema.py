"""A contract as JSON Schema (2020-12) of one row, as an object from column names to values.

The standard: https://json-schema.org/draft/2020-12
"""

import re
from typing import Any

from mesh_platform.contracts.export.row_rules import ColumnSaid, beyond, columns_said, held_by_a_row
from mesh_platform.contracts.promise import Promise

_WHOLE = {"SMALLINT": 15, "INTEGER": 31, "BIGINT": 63}
"""Types of whole numbers, with the bits of their largest value."""
_TEXTS = {"DATE": "date", "TIMESTAMP WITH TIME ZONE": "date-time", "VARCHAR": ""}
"""Types that JSON writes as text, with the format that the text has."""
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")


def json_schema(promise: Promise) -> dict[str, Any]:
    """The schema. A row has every promised column and no other; rules over several rows stand in `$comment`."""
    contract = promise.contract
    said = list(columns_said(promise))
    of_rows = [rule.sentence for rule in contract.rules if rule.check in ("primary_key", "unique")]
    of_rows += [sentence.rstrip(".") for sentence in beyond(promise, lambda rule: held_by_a_row(rule, said))]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": f"What one row cannot show: {'; '.join(of_rows) or 'nothing'}",
        "title": f"{contract.id} {contract.version}",
        "description": " ".join(part for part in (contract.description, contract.grain) if part),
        "type": "object",
        "additionalProperties": False,
        "required": contract.column_names,
        "properties": {one.column.name: _column(one) for one in said},
    }


def _column(said: ColumnSaid) -> dict[str, Any]:
    made = {**_type(said.column.type), **_options(said)}
    if said.column.description:
        made = {"description": said.column.description, **made}
    if said.patterns:
        made["allOf"] = [{"pattern": pattern} for pattern in said.patterns]
    if said.valid and not said.warns_of_others:
        made["enum"] = [_value(value, made["type"]) for value in said.valid]
    if not said.required:
        made["type"] = [made["type"], "null"]
        if "enum" in made:
            made["enum"] = [*made["enum"], None]
    return made


def _type(kind: str) -> dict[str, Any]:
    if bits := _WHOLE.get(kind):
        return {"type": "integer", "minimum": -(2**bits), "maximum": 2**bits - 1}
    if decimal := _DECIMAL.fullmatch(kind):
        limit = 10 ** (int(decimal[1]) - int(decimal[2]))
        return {"type": "number", "exclusiveMinimum": -limit, "exclusiveMaximum": limit}
    if kind in _TEXTS:
        return {"type": "string", **({"format": _TEXTS[kind]} if _TEXTS[kind] else {})}
    return {"type": "boolean" if kind == "BOOLEAN" else "number"}


def _options(said: ColumnSaid) -> dict[str, Any]:
    """`logicalTypeOptions` have the names of JSON Schema, where the type has them at all."""
    text = said.column.type in _TEXTS
    names = ("minLength", "maxLength", "pattern") if text else ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
    options = dict(said.options)
    for name, plain in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        # In ODCS 3.0 the exclusive options are a yes or no beside the limit.
        if isinstance(flag := options.get(name), bool):
            del options[name]
            if flag and plain in options:
                options[name] = options.pop(plain)
    return {name: options[name] for name in names if options.get(name) is not None}


def _value(value: Any, kind: str) -> Any:
    """A valid value as a row holds it: the contract may write a number where the column has text, and the other way."""
    if kind == "string":
        return str(value)
    if kind in ("integer", "number") and isinstance(value, str):
        return int(value) if re.fullmatch(r"-?\d+", value) else float(value)
    return value
