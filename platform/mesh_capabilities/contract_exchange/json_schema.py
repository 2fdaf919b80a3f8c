"""A contract as JSON Schema of one row, an object from column names to values.

JSON Schema 2020-12: https://json-schema.org/draft/2020-12
Its keywords: https://json-schema.org/draft/2020-12/json-schema-validation
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from mesh_capabilities.contract_exchange.row_rules import ColumnRules, beyond, column_rules, expressed_by_rows
from mesh_capabilities.contract_lint.contract_summary import ContractSummary
from mesh_isolation.column_types import ANY_INTEGER, ANY_NUMBER, WHOLE, Items, Mapped, Struct, Type, decimal_places, own_type
from mesh_isolation.numbers import sized_range
from mesh_platform.contract.column import Column
from mesh_platform.contract.options import option_rules


def json_schema(summary: ContractSummary) -> dict[str, Any]:
    """The schema. A row has exactly the promised columns. `$comment` lists the rules that it cannot express."""
    contract = summary.contract
    columns = list(column_rules(summary))
    left = [rule.sentence for rule in contract.rules if rule.check in ("primary_key", "unique")]
    left += [sentence for column in contract.columns for sentence in not_expressed(column)]
    left += [rule.sentence for rule in contract.rules if rule.check in ("relationships", "service_levels")]
    left += beyond(summary, lambda rule: expressed_by_rows(rule, columns))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": f"What one row cannot show: {'; '.join(sentence.rstrip('.') for sentence in left) or 'nothing'}",
        "title": f"{contract.id} {contract.version}",
        "description": " ".join(part for part in (contract.description, contract.grain) if part),
        "type": "object",
        "additionalProperties": False,
        "required": contract.column_names,
        "properties": {rules.column.name: _column(rules) for rules in columns},
    }


def _column(rules: ColumnRules) -> dict[str, Any]:
    schema = value_schema(rules.column, required=True)
    more: list[dict[str, Any]] = [{"pattern": pattern} for pattern in rules.patterns]
    if rules.valid and not rules.warns_of_others:
        known = [as_json(value, schema["type"]) for value in rules.valid]
        if "enum" in schema:
            more.append({"enum": known if rules.required else [*known, None]})
        else:
            schema["enum"] = known
    if more:
        schema["allOf"] = more
    return schema if rules.required else or_null(schema)


_TEXTS = {"DATE": "date", "TIMESTAMP WITH TIME ZONE": "date-time"}
"""Types that JSON writes as text in a standard format."""
_LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_FORMATS = ("email", "uri", "uuid", "hostname", "ipv4", "ipv6", "date", "time", "date-time")
"""The formats that have the same name in ODCS and JSON Schema."""


def value_schema(column: Column, required: bool) -> dict[str, Any]:
    """The schema of the values of a column or a part, as DuckDB writes them to JSON. Without `required` they may be null."""
    schema = _of_type(own_type(column.type), column) | _of_options(column)
    if column.description:
        schema = {"description": column.description, **schema}
    if column.enum:
        schema["enum"] = [as_json(value, schema["type"]) for value in column.enum]
    return schema if required else or_null(schema)


def or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema, with null allowed."""
    more = {"enum": list(dict.fromkeys([*schema["enum"], None]))} if "enum" in schema else {}
    return {**schema, "type": [schema["type"], "null"], **more}


def not_expressed(column: Column) -> Iterator[str]:
    """The sentences of the column's options that its schema does not express."""
    yield from (rule.sentence for rule in option_rules(_rest(column)))


def as_json(value: Any, kind: str) -> Any:
    """A value in the type of the column: a contract may write a number for a text, and a text for a number."""
    if value is None:
        return None
    if kind == "string":
        return str(value).lower() if isinstance(value, bool) else str(value)
    if kind in ("integer", "number") and isinstance(value, str):
        return int(value) if re.fullmatch(r"-?\d+", value) else Decimal(value)
    return value


def _of_type(kind: Type, column: Column | None = None) -> dict[str, Any]:
    """The schema of a type. `column` has the rules of its parts, if there are any."""
    fields = {part.name: part for part in column.fields} if column else {}
    match kind:
        case Items(item):
            items = column.items if column else None
            return {"type": "array", "items": _of_part(item, items, bool(items and items.required))}
        case Struct(parts):
            never_null = (column.options.get("required") or []) if column else []
            described = {
                name: _of_part(part, fields.get(name), name in never_null or (name in fields and fields[name].required))
                for name, part in parts
            }
            return {"type": "object", "properties": described, "required": list(described), "additionalProperties": False}
        case Mapped(_, value):
            described = fields.get("value")
            schema = {
                "type": "object",
                "additionalProperties": _of_part(value, described, bool(described and described.required)),
            }
            if "key" in fields and fields["key"].type == "VARCHAR":
                schema["propertyNames"] = value_schema(fields["key"], True)
            return schema
    return _of_leaf(kind)


def _of_part(kind: Type, described: Column | None, required: bool) -> dict[str, Any]:
    if described:
        return value_schema(described, required)
    schema = _of_type(kind)
    return schema if required else or_null(schema)


def _of_leaf(name: str) -> dict[str, Any]:
    if name in WHOLE:
        return {"type": "integer", "minimum": -(2 ** (WHOLE[name] - 1)), "maximum": 2 ** (WHOLE[name] - 1) - 1}
    if name in (ANY_INTEGER, ANY_NUMBER):
        return {"type": "integer" if name == ANY_INTEGER else "number"}
    if places := decimal_places(name):
        limit = 10 ** (places[0] - places[1])
        return {"type": "number", "exclusiveMinimum": -limit, "exclusiveMaximum": limit}
    if name in _TEXTS:
        return {"type": "string", "format": _TEXTS[name]}
    if name in ("FLOAT", "DOUBLE"):
        return {"type": "number"}
    return {"type": "boolean" if name == "BOOLEAN" else "string"}


def _of_options(column: Column) -> dict[str, Any]:
    """The options as keywords: `logicalTypeOptions` have the names of JSON Schema."""
    keywords = {name: value for name, value in column.options.items() if name in _expressed(column) and value is not None}
    for name, plain in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        # In ODCS 3.0 the exclusive options are a yes or no beside the limit.
        if isinstance(flag := keywords.get(name), bool):
            del keywords[name]
            if flag and plain in keywords:
                keywords[name] = keywords.pop(plain)
    if column.length is not None and column.type == "VARCHAR":
        keywords["maxLength"] = min(column.length, keywords.get("maxLength", column.length))
    keywords.pop("required", None)  # the required fields of a struct; the schema of its type lists them
    if (size := keywords.pop("dimensions", None)) is not None:
        keywords |= {"minItems": size, "maxItems": size}
    if column.logical in ("integer", "number") and "format" in keywords:
        lowest, highest = sized_range(keywords.pop("format"))
        keywords["minimum"], keywords["maximum"] = (
            max(keywords.get("minimum", lowest), lowest),
            min(keywords.get("maximum", highest), highest),
        )
    return keywords


def _expressed(column: Column) -> set[str]:
    """The options that the schema expresses fully."""
    kind, options = own_type(column.type), column.options
    if isinstance(kind, Items):
        return {"minItems", "maxItems", "uniqueItems", "dimensions"}
    if isinstance(kind, Struct):
        # DuckDB writes every field, and null for those that are missing: JSON Schema would count them all.
        return {"required"}
    if column.logical == "string" and column.type == "VARCHAR":
        return {"minLength", "maxLength", "pattern", *(["format"] if options.get("format") in _FORMATS else [])}
    if column.logical in ("integer", "number"):
        # A fraction is not exact in every reader of JSON.
        whole = isinstance(options.get("multipleOf"), int)
        sized = str(options.get("format")).startswith(("i", "u"))
        return {*_LIMITS, *(["multipleOf"] if whole else []), *(["format"] if sized else [])}
    return set()


def _rest(column: Column) -> Column:
    """The column with only the options that its schema does not express."""
    return replace(
        column,
        options={name: value for name, value in column.options.items() if name not in _expressed(column)},
        enum=(),
        length=None if column.type == "VARCHAR" else column.length,  # JSON has the text of bytes, of another length
        required=False,
        items=column.items and _rest(column.items),
        fields=tuple(map(_rest, column.fields)),
        set_aside=None,
    )
