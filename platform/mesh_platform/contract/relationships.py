"""ODCS `relationships` as rules: every key of one port occurs in another."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesh_platform.contract.column import Column, read_column, stated
from mesh_platform.contract.quality import blocks
from mesh_platform.contract.rule import CANDIDATE, Referenced, Rule
from mesh_platform.errors import ContractError, inside
from mesh_platform.names import PortAddress, identifier
from mesh_platform.yaml_files import read_mapping


@dataclass(frozen=True)
class ColumnReference:
    """A column that a relationship names."""

    port: Referenced | None
    """The port it belongs to; None for the contract's own."""
    entry: Mapping[str, Any]
    """What the contract of that port says of the column."""

    @property
    def name(self) -> str:
        return self.entry["name"]


def read_reference(said: str, table: Mapping[str, Any], path: Path, root: Path) -> ColumnReference:
    """The column that `said` names.

    Args:
        said: `orders.order_id` for the contract's own table, `schema/orders/properties/order_id` for the same by ids, and
            `orders.v1.odcs.yaml#/schema/orders/properties/order_id` for another contract; an element without an id is
            found by its name. The file is relative to the contract's own.
        table: the object that the contract describes.
        path: the contract's file.
        root: the repository.

    Raises ContractError when there is no such file, object or column.
    """
    file, _, inside = said.rpartition("#")
    if "://" in file:
        raise ContractError(f"the reference {said!r} is to another site", "Name a contract of this mesh by its relative path.")
    port = None
    if file:
        target = Path(os.path.normpath(path.parent / file))
        if target != path:
            port, table = _other_contract(said, target, root)
    by_name = "/" not in inside
    steps = inside.split(".") if by_name else inside.strip("/").split("/")
    if not by_name and (len(steps) % 2 or steps[0] != "schema" or set(steps[2::2]) - {"properties"}):
        raise ContractError(f"the reference {said!r} is not of the form schema/<object>/properties/<property>")
    names = steps if by_name else steps[1::2]
    if len(names) != 2:
        raise ContractError(f"the reference {said!r} names no column of a table: a key has no parts here")
    if not _is(table, names[0], by_name):
        raise ContractError(
            f"the reference {said!r} names the object {names[0]!r}, but the contract describes {table.get('name')!r}",
            "A column of another contract is written <file>#/schema/<object>/properties/<property>.",
        )
    found = [entry for entry in _properties(table) if _is(entry, names[1], by_name)]
    if len(found) != 1:
        raise ContractError(f"the reference {said!r} names the column {names[1]!r}, which there is not")
    return ColumnReference(port, found[0])


def _other_contract(said: str, target: Path, root: Path) -> tuple[Referenced, Mapping[str, Any]]:
    """The port that another contract is about, and the table it describes."""
    try:
        place = target.relative_to(root).parts
    except ValueError:
        place = ()
    if len(place) != 4 or (place[0], place[2]) != ("domains", "contracts"):
        raise ContractError(f"the reference {said!r} leads to {target}, where no contract of this mesh stands")
    document = read_mapping(target, ContractError)
    tables = document.get("schema")
    major = str(document.get("version")).split(".")[0]
    if not (isinstance(tables, list) and len(tables) == 1 and isinstance(tables[0], dict) and major.isdecimal()):
        raise ContractError(f"the reference {said!r} leads to {target}, which describes no port")
    return Referenced(PortAddress(place[1], str(tables[0].get("name"))), int(major)), tables[0]


def _properties(table: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    said = table.get("properties")
    return [entry for entry in said if isinstance(entry, dict) and entry.get("name")] if isinstance(said, list) else []


def _is(element: Mapping[str, Any], called: str, by_name: bool) -> bool:
    name, stable = element.get("name"), element.get("id")
    return called == name if by_name or stable is None else called == stable


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
    for number, said in enumerate(table.get("relationships") or []):
        with inside("schema", 0, "relationships", number):
            sources = [read_reference(source, table, path, root) for source in _listed(said["from"])]
            if any(source.port for source in sources):
                raise ContractError(f"a relationship of another contract stands here: it is from {said['from']!r}")
            yield _rule(said, [columns[source.name] for source in sources], table, path, root)
    for at, entry in enumerate(table.get("properties") or []):
        for number, said in enumerate(entry.get("relationships") or []):
            with inside("schema", 0, "properties", at, "relationships", number):
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
