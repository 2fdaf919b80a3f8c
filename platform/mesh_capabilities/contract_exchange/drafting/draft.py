"""A draft of a contract: what was found, with a comment wherever somebody has to decide whether to promise it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mesh_platform.contract.types import Items, Mapped, Struct, Type, parts_of
from mesh_platform.yaml_files import Place, yaml_text

_LOGICAL = {
    "VARCHAR": "string",
    "BLOB": "string",
    "TINYINT": "integer",
    "SMALLINT": "integer",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "FLOAT": "number",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
}
"""The logical types of the plain types that a port stores; decimals are numbers."""


@dataclass
class DraftColumn:
    """What was found of one column."""

    name: str
    type: str
    """A DuckDB type that a port stores."""
    description: str = ""
    key: bool = False
    required: bool = False
    unique: bool = False
    quality: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What its author must know or decide; each becomes a comment."""


@dataclass
class Draft:
    """What was found of a table."""

    origin: str
    """What it was made of, in words."""
    columns: Sequence[DraftColumn]
    description: str = ""
    notes: list[str] = field(default_factory=list)


def draft_text(draft: Draft, domain: str, port: str, major: int = 1) -> str:
    """The contract as YAML: ODCS v3.1.0 with the status draft, valid as it stands."""
    comments: dict[Place, str] = {
        (): "\n".join(
            [
                f"A draft, made from {_line(draft.origin)}.",
                "It says what was found, not what was promised: read every line, keep what you stand for, and",
                "describe every column. Then name the product under dataProduct and set the status to active.",
                *map(_line, draft.notes),
            ]
        )
    }
    for number, column in enumerate(draft.columns):
        if column.notes:
            comments["schema", 0, "properties", number] = "\n".join(map(_line, column.notes))
    return yaml_text(_document(draft, domain, port, major), comments)


def port_name(text: str) -> str:
    """A port's name made of any text: small letters, digits and underscores, a letter first."""
    name = re.sub(r"[^a-z0-9_]+", "_", text.lower()).strip("_")
    return name if name[:1].isalpha() else f"port_{name}".rstrip("_")


def _document(draft: Draft, domain: str, port: str, major: int) -> dict[str, Any]:
    table: dict[str, Any] = {"name": port, "physicalType": "table"}
    if draft.description:
        table["description"] = draft.description
    table["properties"] = [_property(column) for column in draft.columns]
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": f"{domain}.{port}.v{major}",
        "name": port,
        "version": f"{major}.0.0",
        "status": "draft",
        "domain": domain,
        "schema": [table],
    }


def _property(column: DraftColumn) -> Mapping[str, Any]:
    said = {
        "name": column.name,
        "description": column.description,
        **_typed(parts_of(column.type)),
        "primaryKey": column.key,
        "required": column.required,
        "unique": column.unique,
        "quality": column.quality,
    }
    return {key: value for key, value in said.items() if value}


def _typed(kind: Type) -> dict[str, Any]:
    """The types of a column or a part, with those of its parts. The standard has maps from v3.2.0 on: their type says all."""
    match kind:
        case Items(item):
            return {"logicalType": "array", "physicalType": str(kind), "items": _typed(item)}
        case Struct(fields):
            parts = [{"name": name, **_typed(part)} for name, part in fields]
            return {"logicalType": "object", "physicalType": str(kind), "properties": parts}
        case Mapped():
            return {"physicalType": str(kind)}
    return {"logicalType": _LOGICAL.get(kind.name, "number"), "physicalType": kind.name}


def _line(text: str) -> str:
    """A comment ends where its line ends, whatever the text holds that ends a line."""
    return "".join(character if character.isprintable() else " " for character in text)
