"""What a contract says of amounts: the currency of a column, or the column that holds it, goes with a copy of the column."""

from collections.abc import Mapping
from typing import Any

from mesh_platform.contract.column import Column, stated

UNIT, CURRENCY = "unit", "currencyColumn"


def units_of(document: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """By column, the custom properties of an ODCS document that say in what its values are counted."""
    said = {}
    for entry in document["schema"][0].get("properties") or ():
        said[entry["name"]] = {word: str(value) for word in (UNIT, CURRENCY) for value in stated(entry, word)}
    return {name: properties for name, properties in said.items() if properties}


def with_currencies(taken: list[Column], offered: list[Column], units: Mapping[str, Mapping[str, str]]) -> list[Column]:
    """The columns that are taken with those that hold their currencies; without an amount whose currency is not offered."""
    names = {column.name for column in offered}
    kept = [column for column in taken if units.get(column.name, {}).get(CURRENCY, column.name) in names]
    wanted = {units.get(column.name, {}).get(CURRENCY) for column in kept} - {column.name for column in kept}
    return kept + [column for column in offered if column.name in wanted]
