"""Every rule of a contract: keys, options, quality, relationships and service levels."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mesh_platform.contract.column import Column
from mesh_platform.contract.options import documented_options, option_rules
from mesh_platform.contract.quality import given_name, kind_of, name_of, quality_rule
from mesh_platform.contract.relationships import relationship_rules
from mesh_platform.contract.rule import NeverNull, Rule, check_distinct, no_duplicates, no_row, within
from mesh_platform.contract.service_levels import documented_levels, service_level_rules
from mesh_platform.errors import ContractError, inside
from mesh_platform.names import identifier
from mesh_platform.yaml_files import Place


def key_rules(columns: tuple[Column, ...], primary_key: tuple[str, ...]) -> Iterator[Rule]:
    """ODCS `primaryKey`, `required` and `unique`. A primary key is required in each of its columns."""
    if primary_key:
        yield no_duplicates("primary_key", primary_key, f"({', '.join(primary_key)}) identifies a row")
    for number, column in enumerate(columns):
        with inside("schema", 0, "properties", number):
            yield from (within(rule, column.set_aside) for rule in _of_column(column, primary_key))


def _of_column(column: Column, primary_key: tuple[str, ...]) -> Iterator[Rule]:
    name = identifier(column.name)
    if column.required or column.name in primary_key:
        yield no_row("required", column.name, f"{column.name} is never null", f"{name} IS NULL", NeverNull(column.name))
    if column.unique and primary_key != (column.name,):
        yield no_duplicates("unique", (column.name,), f"{column.name} occurs once")


def contract_rules(
    odcs: Mapping[str, Any], columns: Sequence[Column], primary_key: tuple[str, ...], path: Path, root: Path
) -> Iterator[Rule]:
    """Every rule that data can keep or break; the first is the one about the columns themselves.

    Args:
        odcs: the contract's document, which has one object.
        columns: that object's columns.
        primary_key: the names of those that identify a row.
        path: the contract's file.
        root: the repository, to which references to other contracts lead.

    Raises ContractError for what no audit can execute.
    """
    table, by_name = odcs["schema"][0], {column.name: column for column in columns}
    yield Rule("schema", f"has exactly {len(columns)} columns, each of its promised type")
    yield from key_rules(tuple(columns), primary_key)
    for number, column in enumerate(columns):
        with inside("schema", 0, "properties", number):
            yield from (within(rule, column.set_aside) for rule in option_rules(column))
    yield from relationship_rules(table, by_name, path, root)
    yield from service_level_rules(odcs, table["name"], by_name)
    stated = [entry for entry in _quality(table, by_name) if kind_of(entry[1]) != "text"]
    named = [(place, rule) for place, rule, _ in stated if given_name(rule)]
    try:
        check_distinct(
            [given_name(rule) for _, rule in named], [name_of(rule) for _, rule, _ in stated if not given_name(rule)]
        )
    except ContractError as problem:
        problem.place = named[problem.place[0]][0]
        raise
    for place, rule, column in stated:
        with inside(*place):
            yield quality_rule(rule, table["name"], by_name, column, primary_key)


def documented(odcs: Mapping[str, Any], columns: Sequence[Column]) -> Iterator[str]:
    """What the contract says and no data can prove, sentence by sentence."""
    by_name = {column.name: column for column in columns}
    for _, rule, column in _quality(odcs["schema"][0], by_name):
        if kind_of(rule) == "text":
            said = " ".join((rule.get("description") or name_of(rule)).split())
            yield f"{column.name}: {said}" if column else said
    for column in columns:
        yield from documented_options(column)
    yield from documented_levels(odcs)


def _quality(table: Mapping[str, Any], columns: Mapping[str, Column]) -> Iterator[tuple[Place, dict[str, Any], Column | None]]:
    """The table's own quality rules, then its columns', each with its place in the contract."""
    for number, rule in enumerate(table.get("quality") or []):
        yield ("schema", 0, "quality", number), rule, None
    for at, entry in enumerate(table["properties"]):
        for number, rule in enumerate(entry.get("quality") or []):
            yield ("schema", 0, "properties", at, "quality", number), rule, columns[entry["name"]]
