"""ODCS `relationships`: every key that is known here occurs in the table that it points to.

The relationships: https://bitol-io.github.io/open-data-contract-standard/latest/references/
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mesh_platform.contract.candidate import CANDIDATE
from mesh_platform.contract.column import Column
from mesh_platform.contract.column_reading import read_column
from mesh_platform.contract.custom_properties import stated
from mesh_platform.contract.quality import blocks
from mesh_platform.contract.reference_notation import ColumnReference, read_reference
from mesh_platform.contract.rule import Rule
from mesh_platform.errors import ContractError
from mesh_platform.names import identifier

CHECK = "relationships"


def relationship_rules(table: Mapping[str, Any], columns: Mapping[str, Column], path: Path, root: Path) -> Iterator[Rule]:
    """The relationships that the table and its columns state.

    Args:
        table: the object that the contract describes.
        columns: its columns, by name.
        path: the contract's file.
        root: the repository.

    A key with a missing part points nowhere. The standard gives a relationship no severity; one that should only be
    shown says so among its customProperties: `{property: severity, value: warning}`. Raises ContractError.
    """
    for said in table.get("relationships") or []:
        sources = [read_reference(source, table, path, root) for source in _listed(said["from"])]
        if any(source.port for source in sources):
            raise ContractError(f"a relationship of another contract stands here: it is from {said['from']!r}")
        yield _rule(said, [columns[source.name] for source in sources], table, path, root)
    for entry in table.get("properties") or []:
        for said in entry.get("relationships") or []:
            yield _rule(said, [columns[entry["name"]]], table, path, root)


def _rule(said: Mapping[str, Any], keys: list[Column], table: Mapping[str, Any], path: Path, root: Path) -> Rule:
    targets = [read_reference(target, table, path, root) for target in _listed(said["to"])]
    if len(targets) != len(keys):
        raise ContractError(f"a relationship leads from {len(keys)} columns to {len(targets)}: {said['to']!r}")
    if len({target.port for target in targets}) > 1:
        raise ContractError(f"a relationship leads to one table, and this one to several: {said['to']!r}")
    for key, target in zip(keys, targets):
        _check_types(key, target)
    port, names = targets[0].port, [key.name for key in keys]
    source, there = identifier(CANDIDATE), identifier(port.view if port else f"{CANDIDATE} itself")
    held = f"{identifier(CANDIDATE)} AS {there}" if port is None else there
    present = " AND ".join(f"{source}.{identifier(name)} IS NOT NULL" for name in names)
    same = " AND ".join(
        f"{there}.{identifier(target.name)} = {source}.{identifier(name)}" for name, target in zip(names, targets)
    )
    failing = f"{present} AND NOT EXISTS (SELECT 1 FROM {held} WHERE {same})"
    return Rule(
        CHECK,
        f"{_tuple(names)} occurs as {_tuple([target.name for target in targets])} in {port or table['name']}",
        tuple(names),
        measure=f"(SELECT count(*) FROM {source} WHERE {failing})",
        failing=failing,
        blocks=blocks(next(iter(stated(said, "severity")), None)),
        reference=port,
        points_to=tuple(target.name for target in targets),
    )


def _check_types(key: Column, target: ColumnReference) -> None:
    kind = read_column(dict(target.entry)).type
    if kind != key.type:
        raise ContractError(f"column {key.name!r} is {key.type} and points to {target.name!r}, which is {kind}")


def _listed(said: str | list[str]) -> list[str]:
    return said if isinstance(said, list) else [said]


def _tuple(names: list[str]) -> str:
    return f"({', '.join(names)})" if len(names) > 1 else names[0]
