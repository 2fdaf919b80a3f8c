"""ODCS `relationships` as rules: every key of one port occurs in another one."""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesh_isolation.column_types import ANY_NUMBER, common_type, own_type
from mesh_isolation.number_types import digits_of
from mesh_isolation.text import counted, whole_number
from mesh_platform.contract.column import Column, read_column
from mesh_platform.contract.open_names import stated
from mesh_platform.contract.quality import blocks
from mesh_platform.contract.rule import CANDIDATE, Referenced, Rule
from mesh_platform.errors import ContractError, inside
from mesh_platform.names import PortAddress, identifier
from mesh_platform.yaml_files import read_mapping


@dataclass(frozen=True)
class ColumnReference:
    """A column that a relationship refers to."""

    port: Referenced | None
    """The port of the column; None for the contract's own port."""
    entry: Mapping[str, Any]
    """The column's entry in the contract of the port."""

    @property
    def name(self) -> str:
        return self.entry["name"]


def read_reference(reference: str, table: Mapping[str, Any], path: Path, root: Path) -> ColumnReference:
    """The column that `reference` names.

    Args:
        reference: `orders.order_id` for a column of the contract's own table, `schema/orders/properties/order_id` for the
            same by ids, `orders.v1.odcs.yaml#/schema/orders/properties/order_id` for a column of another contract, whose
            file is relative to the contract's own. An element without an id is found by its name.
        table: the object that the contract describes.
        path: the contract's file.
        root: the root of the repository.

    Raises ContractError if there is no such file, object or column.
    """
    file, _, fragment = reference.rpartition("#")
    if "://" in file:
        raise ContractError(f"the reference {reference!r} is to another site", "Name one of this mesh by its relative path.")
    port = None
    if file:
        target = Path(os.path.normpath(path.parent / file))
        if target != path:
            port, table = _other_contract(reference, target, root)
    by_name = "/" not in fragment
    steps = fragment.split(".") if by_name else fragment.strip("/").split("/")
    if not by_name and (len(steps) % 2 or steps[0] != "schema" or set(steps[2::2]) - {"properties"}):
        raise ContractError(f"the reference {reference!r} is not of the form schema/<object>/properties/<property>")
    names = steps if by_name else steps[1::2]
    if len(names) != 2:
        raise ContractError(f"the reference {reference!r} names no column of a table: a key has no parts here")
    if not _is_named(table, names[0], by_name):
        raise ContractError(
            f"the reference {reference!r} names the object {names[0]!r}, but the contract describes {table.get('name')!r}",
            "A column of another contract is written <file>#/schema/<object>/properties/<property>.",
        )
    # Another contract has not been validated, so its properties can be anything.
    properties = table["properties"] if isinstance(table.get("properties"), list) else []
    columns = [entry for entry in properties if isinstance(entry, dict) and entry.get("name")]
    columns = [entry for entry in columns if _is_named(entry, names[1], by_name)]
    if len(columns) != 1:
        raise ContractError(f"the reference {reference!r} names the column {names[1]!r}, which does not exist")
    return ColumnReference(port, columns[0])


def _other_contract(reference: str, target: Path, root: Path) -> tuple[Referenced, Mapping[str, Any]]:
    """The port and the table of the contract in the file `target`, to which `reference` leads."""
    try:
        place = target.relative_to(root).parts
    except ValueError:
        place = ()
    if len(place) != 4 or (place[0], place[2]) != ("domains", "contracts"):
        raise ContractError(f"the reference {reference!r} leads to {target}, where no contract of this mesh stands")
    document = read_mapping(target, ContractError)
    tables = document.get("schema")
    major = whole_number(str(document.get("version")).split(".")[0])
    name = tables[0].get("name") if isinstance(tables, list) and len(tables) == 1 and isinstance(tables[0], dict) else None
    if target.name != f"{name}.v{major}.odcs.yaml":
        raise ContractError(f"the reference {reference!r} leads to {target}, which describes no port")
    return Referenced(PortAddress(place[1], name), major), tables[0]


def _check_declared(port: Referenced, descriptor: Path, root: Path) -> None:
    """Raises ContractError unless the product with that descriptor may read `port`: one of its domain, or a declared input."""
    wanted = f"{port.address.domain}.{port.address.port}.v{port.major}"
    if port.address.domain == descriptor.parents[1].name:
        return
    inputs = read_mapping(descriptor, ContractError).get("inputPorts")
    declared = [entry.get("contractId") for entry in inputs if isinstance(entry, dict)] if isinstance(inputs, list) else []
    if wanted not in declared:
        raise ContractError(
            f"a relationship leads to {port}, a port of another domain that {descriptor.relative_to(root)} does not declare",
            f"Declare it under inputPorts there, with the contractId {wanted}, or remove the relationship.",
        )


def _is_named(element: Mapping[str, Any], name: str, by_name: bool) -> bool:
    """Whether `name` is the element's name or, unless `by_name`, its id if it has one."""
    return name == element.get("name" if by_name or element.get("id") is None else "id")


CHECK = "relationships"


def relationship_rules(
    table: Mapping[str, Any], columns: Mapping[str, Column], path: Path, root: Path, descriptor: Path | None = None
) -> Iterator[Rule]:
    """The rules of the relationships of a table and its columns. A key that contains a NULL refers to no row.

    Args:
        table: the object that the contract describes.
        columns: the object's columns, by name.
        path: the contract's file.
        root: the root of the repository.
        descriptor: that of the contract's product, which declares the ports of other domains; None: they are not judged.

    The standard has no severity for relationships. The custom property `{property: severity, value: warning}` of one makes
    its rule not block. Raises ContractError.
    """
    for number, relationship in enumerate(table.get("relationships") or []):
        with inside("schema", 0, "relationships", number):
            sources = [read_reference(source, table, path, root) for source in _listed(relationship["from"])]
            if any(source.port for source in sources):
                raise ContractError(f"a relationship of another contract stands here: it is from {relationship['from']!r}")
            yield _rule(relationship, [columns[source.name] for source in sources], table, path, root, descriptor)
    for at, entry in enumerate(table.get("properties") or []):
        for number, relationship in enumerate(entry.get("relationships") or []):
            with inside("schema", 0, "properties", at, "relationships", number):
                yield _rule(relationship, [columns[entry["name"]]], table, path, root, descriptor)


def _equal(referenced: str, value: str, kinds: Collection[str]) -> str:
    """SQL for equality. Open numbers can be of types that have no type in common, so their digits are compared."""
    sides = map(digits_of, (referenced, value)) if ANY_NUMBER in kinds else (referenced, value)
    return " = ".join(sides)


def _rule(
    relationship: Mapping[str, Any],
    keys: list[Column],
    table: Mapping[str, Any],
    path: Path,
    root: Path,
    descriptor: Path | None,
) -> Rule:
    targets = [read_reference(target, table, path, root) for target in _listed(relationship["to"])]
    if len(targets) != len(keys):
        number = f"from {len(keys)} to {counted(len(targets), 'column')}"
        raise ContractError(f"a relationship leads {number}: {relationship['to']!r}")
    if len({target.port for target in targets}) > 1:
        raise ContractError(f"a relationship leads to one table, and this one to several: {relationship['to']!r}")
    kinds = [read_column(dict(target.entry)).type for target in targets]
    for key, target, kind in zip(keys, targets, kinds):
        if common_type(own_type(kind), own_type(key.type)) is None:
            raise ContractError(f"column {key.name!r} is {key.type} and points to {target.name!r}, which is {kind}")
    port, names = targets[0].port, [key.name for key in keys]
    if port and descriptor:
        _check_declared(port, descriptor, root)
    source, referenced = identifier(CANDIDATE), identifier(port.view if port else f"{CANDIDATE} itself")
    relation = referenced if port else f"{source} AS {referenced}"
    present = " AND ".join(f"{source}.{identifier(name)} IS NOT NULL" for name in names)
    same = " AND ".join(
        _equal(f"{referenced}.{identifier(target.name)}", f"{source}.{identifier(key.name)}", (key.type, kind))
        for key, target, kind in zip(keys, targets, kinds)
    )
    failing = f"{present} AND NOT EXISTS (SELECT 1 FROM {relation} WHERE {same})"
    return Rule(
        CHECK,
        f"{_tuple(names)} occurs as {_tuple([target.name for target in targets])} in {port or table['name']}",
        tuple(names),
        measure=f"(SELECT count(*) FROM {source} WHERE {failing})",
        failing=failing,
        blocks=blocks(next(iter(stated(relationship, "severity")), None)),
        reference=port,
        points_to=tuple(target.name for target in targets),
    )


def _listed(references: str | list[str]) -> list[str]:
    return references if isinstance(references, list) else [references]


def _tuple(names: list[str]) -> str:
    return f"({', '.join(names)})" if len(names) > 1 else names[0]
