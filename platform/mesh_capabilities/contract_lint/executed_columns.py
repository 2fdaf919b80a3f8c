"""What the platform does with the keys of a column, and with those of its parts: items, fields, keys and values of a map."""

from collections.abc import Mapping
from typing import Any

from mesh_capabilities.contract_lint.key_use import PEOPLE, Key, Use, keys
from mesh_platform.contract.column import Column
from mesh_platform.contract.options import judges_format
from mesh_platform.contract.types import duckdb_type
from mesh_platform.errors import ContractError

_EXECUTED, _DOCUMENTED, _IGNORED = Use.EXECUTED, Use.DOCUMENTED, Use.IGNORED


def described(below: str) -> list[Key]:
    """The lines of what a column and a part of one have in common."""
    options, enum = f"{below}logicalTypeOptions.", f"{below}enum[]."
    return [
        *keys(
            _EXECUTED,
            below,
            {
                "physicalType": "the type, to the letter",
                "logicalType": "agrees with physicalType, and implies it where there is none",
                "required": "a rule of the audit: never null",
                "logicalTypeOptions": "rules of the audit",
                "enum": "a rule of the audit: no other value",
                "items properties": "the parts that the type has, with rules of their own",
                "map map.key map.value": "the parts that the type has, with rules of their own",
            },
        ),
        Key(f"{enum}value", _EXECUTED, "a value that there may be"),
        *keys(_DOCUMENTED, enum, {"label id description customProperties authoritativeDefinitions tags": PEOPLE}),
        *keys(
            _EXECUTED,
            options,
            {
                "minimum maximum exclusiveMinimum exclusiveMaximum": "a rule of the audit: the range of the values",
                "minLength maxLength": "a rule of the audit: how many characters, or bytes",
                "pattern": "a rule of the audit: a regular expression (RE2) that finds something in every value",
                "multipleOf": "a rule of the audit: no remainder",
                "timezone": "held against the type, or the format of times kept as text",
                "defaultTimezone": "where the moments are that name no time zone: in limits and in service levels",
                "minItems maxItems uniqueItems": "a rule of the audit: the items of a list",
                "minProperties maxProperties required": "a rule of the audit: the fields of a struct that are not null",
                "dimensions normalized": "a rule of the audit: the length of a vector",
            },
        ),
        Key(
            f"{options}format",
            _EXECUTED,
            "a rule of the audit; for people where the column keeps times as times, or nobody has a grammar of the format",
            only_words=_format_in_words,
        ),
        Key(
            f"{options}elementType",
            _EXECUTED,
            "implies the type of a vector where there is no physicalType; for people beside one",
            only_words=lambda _, column: "physicalType decides" if column.get("physicalType") is not None else "",
        ),
        *keys(_DOCUMENTED, options, {"distanceMetric embeddingModel embeddingModelVersion": PEOPLE}),
        *keys(
            _DOCUMENTED,
            below,
            {
                "description": "shown wherever the column is",
                "classification": "shown in the UI; nothing is masked",
                "semanticType": "for people; a measure, which is not stored, is refused",
                "id businessName deprecated synonyms examples criticalDataElement": PEOPLE,
                "transformSourceObjects transformLogic transformDescription": PEOPLE,
                "authoritativeDefinitions tags": PEOPLE,
            },
        ),
        *keys(
            _IGNORED,
            below,
            {
                "physicalName": "it is called by its name",
                "encryptedName": "nothing is encrypted",
            },
        ),
    ]


def parts(below: str) -> list[Key]:
    """The lines of a part of a column, wherever it lies."""
    return [
        Key(f"{below}name", _EXECUTED, "the name of a struct's field; nothing else needs one"),
        *described(below),
        Key(f"{below}customProperties", _DOCUMENTED, "for people; what may be set aside is said at the column"),
        *keys(
            _IGNORED,
            below,
            {
                "unique primaryKey primaryKeyPosition": "only a whole column is a key",
                "partitioned partitionKeyPosition": "only a whole column cuts a port into days",
                "quality relationships": "a rule stands below the column, or below the table",
            },
        ),
    ]


def _format_in_words(options: Mapping[str, Any], column: Mapping[str, Any]) -> str:
    physical, logical, form = column.get("physicalType"), column.get("logicalType"), options.get("format")
    if not (isinstance(logical, str) and isinstance(form, str) and isinstance(physical, str | None)):
        return ""
    try:
        held = judges_format(Column("", duckdb_type(physical, logical), options=dict(options), logical=logical))
    except ContractError:
        return ""
    return "" if held else PEOPLE
