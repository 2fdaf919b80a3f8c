"""Contracts of ODCS v2.2: valid against their own schema, then converted to v3.1.0, in which the platform reads them.

What v3 has no key for becomes a custom property. A quality rule of v2.2 names a rule of another tool, so it becomes a text.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from mesh_capabilities.yaml_text import Positioned
from mesh_isolation.schema_errors import KeyPath, explained, schema_errors
from mesh_isolation.yaml_bounds import PlainLoader
from mesh_platform.contract.document import read_document
from mesh_platform.errors import ContractError
from mesh_platform.standards import checked_json, refuse_violations
from mesh_platform.yaml_files import read_mapping

VERSIONS = ("v2.2.0", "v2.2.1", "v2.2.2")
"""The versions that are converted. No schema of v2.2.0 was published; it is judged by the others."""

NEW = "v3.1.0"

_CONTRACT = {
    "kind": "kind",
    "uuid": "id",
    "version": "version",
    "status": "status",
    "tenant": "tenant",
    "tags": "tags",
    "datasetDomain": "domain",
    "quantumName": "dataProduct",
    "datasetName": "name",
    "price": "price",
    "roles": "roles",
    "stakeholders": "team",
    "slaDefaultColumn": "slaDefaultElement",
}
_DESCRIPTION = {"purpose": "purpose", "usage": "usage", "limitations": "limitations"}
_TABLE = {
    "table": "name",
    "physicalName": "physicalName",
    "description": "description",
    "dataGranularity": "dataGranularityDescription",
    "authoritativeDefinitions": "authoritativeDefinitions",
    "tags": "tags",
}
_COLUMN = {
    "column": "name",
    "businessName": "businessName",
    "physicalType": "physicalType",
    "description": "description",
    "isPrimaryKey": "primaryKey",
    "primaryKeyPosition": "primaryKeyPosition",
    "isUnique": "unique",
    "partitionStatus": "partitioned",
    "partitionKeyPosition": "partitionKeyPosition",
    "classification": "classification",
    "authoritativeDefinitions": "authoritativeDefinitions",
    "encryptedColumnName": "encryptedName",
    "transformSourceTables": "transformSourceObjects",
    "transformLogic": "transformLogic",
    "transformDescription": "transformDescription",
    "sampleValues": "examples",
    "criticalDataElementStatus": "criticalDataElement",
    "tags": "tags",
}
_RULE = {"description": "description", "severity": "severity", "businessImpact": "businessImpact"}
_LEVEL = {key: key for key in ("property", "value", "valueExt", "unit", "driver")} | {"column": "element"}
_DIMENSIONS = ("accuracy", "completeness", "conformity", "consistency", "coverage", "timeliness", "uniqueness")

_LOGICAL = {
    "string": ("string", "text", "varchar", "char", "character", "uuid"),
    "integer": ("integer", "int", "long", "bigint", "smallint", "short"),
    "number": ("number", "numeric", "decimal", "double", "float", "real"),
    "boolean": ("boolean", "bool"),
    "date": ("date", "datetime", "timestamp", "time"),
    "object": ("object", "struct", "record", "map"),
    "array": ("array", "list"),
}
_WORDS = {word: logical for logical, words in _LOGICAL.items() for word in words}
_WORDS |= {"datetime": "timestamp", "timestamp": "timestamp", "time": "time"}

_TEXTS = ("isPrimaryKey", "priceAmount", "value", "valueExt", "description")
"""Keys that v2.2.1 writes as texts, and v2.2.2 as booleans or numbers; a description as a list of texts."""

_SECRET = ("username", "password")
"""Keys that are left out: a contract is read by everybody."""


@dataclass
class Conversion:
    """A document of v3, and where its parts stood."""

    earlier: str
    """The version that it was written in."""
    document: dict[str, Any] = field(default_factory=dict)
    places: dict[KeyPath, KeyPath] = field(default_factory=dict)
    """For each key of the document, the place in the earlier one."""

    @property
    def remark(self) -> str:
        """What every output on the contract says."""
        return f"read as {NEW}, converted from {self.earlier}"

    def moved(self, part: Mapping[str, Any], names: Mapping[str, str], at: KeyPath, to: KeyPath) -> dict[str, Any]:
        """The part with the new names of its keys; its other keys are custom properties."""
        new: dict[str, Any] = {}
        for key, value in part.items():
            if key in names and value is not None:
                new[names[key]] = _typed(value) if key in _TEXTS else value
                self.places[*to, names[key]] = (*at, key)
        self.places[to] = at
        given = part.get("customProperties")
        given = [entry for entry in given if isinstance(entry, Mapping)] if isinstance(given, list) else []
        kept = [
            {"property": key, "value": value}
            for key, value in part.items()
            if key not in names and key != "customProperties" and value is not None
        ]
        if custom := [*given, *kept]:
            new["customProperties"] = custom
        return new


def _typed(value: Any) -> Any:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    if not isinstance(value, str):
        return value
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    return PlainLoader(value).get_single_data() if re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", value) else value


def is_earlier(document: Mapping[str, Any]) -> bool:
    """Whether a document says that it is ODCS v2.2."""
    return document.get("apiVersion") in VERSIONS


def earlier_errors(document: Mapping[str, Any]) -> list[tuple[KeyPath, str]]:
    """The place and a sentence of every violation of the official schema of v2.2.2.

    The schema of v2.2.1 states some booleans and numbers as texts. Documents up to that version may be written in either way.
    """
    errors = schema_errors(_schema("v2.2.2"), document)
    if document["apiVersion"] != "v2.2.2" and not schema_errors(_schema("v2.2.1"), document):
        return []
    return explained(_schema("v2.2.2"), errors)


@cache
def _schema(version: str) -> dict[str, Any]:
    file = resources.files("mesh_capabilities.contract_lint").joinpath("schemas", f"odcs-{version}.json")
    return json.loads(file.read_text("utf-8"))


def convert(document: Mapping[str, Any]) -> Conversion:
    """A document of ODCS v2.2, which is valid, as one of v3.1.0."""
    done = Conversion(document["apiVersion"])
    plain = {key: value for key, value in document.items() if key not in ("apiVersion", *_SECRET)}
    tables, levels = plain.pop("dataset", None) or [], plain.pop("slaProperties", None) or []
    description = plain.pop("description", None)
    new = {"apiVersion": NEW, **done.moved(plain, _CONTRACT, (), ())}
    done.places["apiVersion",] = ("apiVersion",)
    if price := new.get("price"):
        new["price"] = price | {key: _typed(price[key]) for key in price if key in _TEXTS}
    if description:
        new["description"] = done.moved(description, _DESCRIPTION, ("description",), ("description",))
    new["schema"] = [_table(table, number, done) for number, table in enumerate(tables)]
    done.places["schema",] = ("dataset",)
    if levels:
        place = "slaProperties"
        new[place] = [done.moved(level, _LEVEL, (place, at), (place, at)) for at, level in enumerate(levels)]
    done.document.update(new)
    return done


def _table(table: Mapping[str, Any], number: int, done: Conversion) -> dict[str, Any]:
    at, to = ("dataset", number), ("schema", number)
    rest = {key: value for key, value in table.items() if key not in ("columns", "quality")}
    columns = [
        _column(column, (*at, "columns", place), (*to, "properties", place), done)
        for place, column in enumerate(table.get("columns") or [])
    ]
    new = {**done.moved(rest, _TABLE, at, to), "properties": columns}
    done.places[*to, "properties"] = (*at, "columns")
    return new | _quality(table, at, to, done)


def _column(column: Mapping[str, Any], at: KeyPath, to: KeyPath, done: Conversion) -> dict[str, Any]:
    rest = {key: value for key, value in column.items() if key not in ("logicalType", "isNullable", "quality")}
    new = done.moved(rest, _COLUMN, at, to)
    written = str(column.get("logicalType"))
    if logical := _WORDS.get(written.partition("(")[0].strip().lower()):
        new["logicalType"] = logical
        done.places[*to, "logicalType"] = (*at, "logicalType")
    else:
        new.setdefault("customProperties", []).append({"property": "logicalType", "value": written})
    # In v2.2 a column is not nullable unless it says so; v2.2.1 writes the boolean as a text.
    new["required"] = str(column.get("isNullable", False)).lower() not in ("true", "yes")
    done.places[*to, "required"] = (*at, "isNullable")
    return new | _quality(column, at, to, done)


def _quality(part: Mapping[str, Any], at: KeyPath, to: KeyPath, done: Conversion) -> dict[str, Any]:
    rules = []
    for number, rule in enumerate(part.get("quality") or []):
        place = (*to, "quality", number)
        name = " ".join(str(rule[key]) for key in ("code", "templateName") if rule.get(key))
        shown = {key: value for key, value in rule.items() if not (key == "dimension" and value in _DIMENSIONS)}
        new = {"type": "text", "name": name, **done.moved(shown, _RULE, (*at, "quality", number), place)}
        new.setdefault("description", f"{rule.get('toolName')}: {name}")
        rules.append(new | ({"dimension": rule["dimension"]} if rule.get("dimension") in _DIMENSIONS else {}))
    return {"quality": rules} if rules else {}


def converted_positions(file: Positioned) -> tuple[Positioned, str]:
    """The converted document with the lines of the earlier one, and the remark."""
    done = convert(file.document)
    lines = {to: file.line(at) for to, at in done.places.items()}
    return replace(file, document=done.document, lines=lines, misread={}), done.remark


def read_any_document(path: Path) -> tuple[dict[str, Any], str | None]:
    """An ODCS document in v3, and the remark if it was converted. Raises ContractError if it is not valid ODCS."""
    document = read_mapping(path, ContractError)
    if not is_earlier(document):
        return read_document(path), None
    checked_json(document, path)
    refuse_violations(document, path, "odcs", earlier_errors(document))
    done = convert(document)
    return done.document, done.remark
