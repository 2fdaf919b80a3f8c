"""The columns of a contract as rows, with what the contract as a whole says of their personal data."""

from collections.abc import Iterator, Mapping
from typing import Any

from mesh_capabilities.governance.catalog.facts import Row
from mesh_platform.contract.column import stated
from mesh_platform.contract.contract import Contract
from mesh_platform.yaml_files import Positioned

PERSONAL = ("personal", "sensitive-personal")
"""The classifications of personal data."""


def column_rows(contract: Contract, read: Positioned) -> Iterator[Row]:
    """One row a column, in the order of the file `read`."""
    document = read.document
    points_to = _pointers(contract)
    for place, (entry, column) in enumerate(zip(document["schema"][0]["properties"], contract.columns)):
        key = contract.primary_key.index(column.name) + 1 if column.name in contract.primary_key else None
        yield {
            "contract": contract.id,
            "port": str(contract.address),
            "major": contract.major,
            "column": column.name,
            "position": place + 1,
            "type": column.type,
            "logical_type": column.logical,
            "description": column.description or None,
            "business_name": entry.get("businessName"),
            "required": column.required,
            "unique": column.unique or contract.primary_key == (column.name,),
            "primary_key": key is not None,
            "key_position": key,
            "classification": column.classification,
            **_protection(entry, document, column.classification in PERSONAL),
            "masking": _own(entry, "masking"),
            "declassified_by": _signed(entry),
            "unit": _own(entry, "unit"),
            "currency_column": _own(entry, "currencyColumn"),
            "tags": list(entry.get("tags") or []),
            "glossary_term": entry.get("businessName"),
            "points_to": points_to.get(column.name),
            "line": read.line(("schema", 0, "properties", place)),
        }


def _protection(entry: Mapping[str, Any], document: Mapping[str, Any], personal: bool) -> Row:
    """Purpose, legal ground and retention: the column's own, and of personal data else those of the whole contract."""
    around = document if personal else {}
    return {
        "purpose": _own(entry, "processingPurpose") or _own(around, "processingPurpose"),
        "legal_basis": _own(entry, "legalBasis") or _own(around, "legalBasis"),
        "retention": _retention(document, entry["name"], personal),
    }


def _retention(document: Mapping[str, Any], column: str, personal: bool) -> str | None:
    table = document["schema"][0].get("name")
    for level in document.get("slaProperties") or []:
        elements = [part.strip().removeprefix(f"{table}.") for part in str(level.get("element") or "").split(",") if part]
        if str(level.get("property")).lower() in ("retention", "re") and (column in elements or (personal and not elements)):
            return " ".join(str(level[part]) for part in ("value", "unit") if level.get(part) is not None)
    return None


def _own(said: Mapping[str, Any], name: str) -> str | None:
    return next((str(value) for value in stated(said, name) if value is not None), None)


def _signed(entry: Mapping[str, Any]) -> str | None:
    value = next(iter(stated(entry, "declassified")), None)
    return str(value.get("by") or "") or None if isinstance(value, Mapping) else None


def _pointers(contract: Contract) -> dict[str, str]:
    """Of the columns that are keys of other rows: where these stand."""
    found: dict[str, str] = {}
    for rule in contract.rules:
        port = rule.reference.address if rule.reference else contract.address
        for column, target in zip(rule.columns, rule.points_to):
            found.setdefault(column, f"{port}.{target}")
    return found
