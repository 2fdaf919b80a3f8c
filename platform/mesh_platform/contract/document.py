"""Reading a contract: from its YAML through the official schema to columns and rules."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mesh_isolation.disclosure import hidden_in_view
from mesh_isolation.footers import NeverNull
from mesh_isolation.schema_errors import KeyPath
from mesh_isolation.team_files import read_bytes
from mesh_isolation.text import counted, whole_number
from mesh_isolation.yaml_bounds import too_many_rules
from mesh_platform.contract.column import Column, read_column
from mesh_platform.contract.contract import Contract, partition_of, refuse_by_day, retention_of
from mesh_platform.contract.open_names import check_open_names, stated
from mesh_platform.contract.options import documented_options, option_rules
from mesh_platform.contract.quality import check_distinct, kind_of, name_of, quality_rule
from mesh_platform.contract.relationships import relationship_rules
from mesh_platform.contract.rule import Rule, no_duplicates, no_row, with_set_aside
from mesh_platform.contract.service_levels import documented_levels, freshness, service_level_rules
from mesh_platform.errors import ContractError, QueryRefused, inside
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress, identifier
from mesh_platform.restricted_sql import check_scalar
from mesh_platform.standards import check_against
from mesh_platform.yaml_files import read_mapping


def key_rules(columns: tuple[Column, ...], primary_key: tuple[str, ...]) -> Iterator[Rule]:
    """The rules of ODCS `primaryKey`, `required` and `unique`. Each column of a primary key is required."""
    if primary_key:
        yield no_duplicates("primary_key", primary_key, f"({', '.join(primary_key)}) identifies a row")

    def rules_of(column: Column) -> Iterator[Rule]:
        name = column.name
        if column.required or name in primary_key:
            yield no_row("required", name, f"{name} is never null", f"{identifier(name)} IS NULL", NeverNull(name))
        if column.unique and primary_key != (name,):
            yield no_duplicates("unique", (name,), f"{name} occurs once")

    yield from rules_of_columns(columns, rules_of)


def rules_of_columns(columns: Sequence[Column], rules_of: Callable[[Column], Iterator[Rule]]) -> Iterator[Rule]:
    """The rules of each column, with the column's bound for rows to set aside."""
    for number, column in enumerate(columns):
        with inside("schema", 0, "properties", number):
            yield from (with_set_aside(rule, column.set_aside) for rule in rules_of(column))


def contract_rules(
    odcs: Mapping[str, Any], columns: Sequence[Column], primary_key: tuple[str, ...], relationships: Sequence[Rule]
) -> Iterator[Rule]:
    """The rules of a contract that an audit executes. The first one is about the schema.

    Args:
        odcs: the contract's document, with one object in its schema.
        columns: the object's columns.
        primary_key: the names of the columns that identify a row.
        relationships: the rules of its relationships.

    Raises ContractError for a rule that no audit can execute.
    """
    table, by_name = odcs["schema"][0], {column.name: column for column in columns}
    yield Rule("schema", f"has exactly {counted(len(columns), 'column')}, each of its promised type")
    yield from key_rules(tuple(columns), primary_key)
    yield from rules_of_columns(columns, option_rules)
    yield from relationships
    yield from service_level_rules(odcs, by_name)
    quality = [entry for entry in _rules(table, by_name) if kind_of(entry[1]) != "text"]
    check_distinct([(place, rule) for place, rule, _ in quality])
    for place, rule, column in quality:
        with inside(*place):
            yield quality_rule(rule, table["name"], by_name, column, primary_key)


def documented(odcs: Mapping[str, Any], columns: Sequence[Column]) -> Iterator[str]:
    """The statements of a contract that no data can prove, one sentence each."""
    by_name = {column.name: column for column in columns}
    for _, rule, column in _rules(odcs["schema"][0], by_name):
        if kind_of(rule) == "text":
            sentence = " ".join((rule.get("description") or name_of(rule)).split())
            yield f"{column.name}: {sentence}" if column else sentence
    for column in columns:
        yield from documented_options(column)
    yield from documented_levels(odcs)


def _rules(table: Mapping[str, Any], columns: Mapping[str, Column]) -> Iterator[tuple[KeyPath, dict[str, Any], Column | None]]:
    """The quality rules of the table, then of its columns: the place in the contract, the rule, and its column."""
    for number, rule in enumerate(table.get("quality") or []):
        yield ("schema", 0, "quality", number), rule, None
    for at, entry in enumerate(table["properties"]):
        for number, rule in enumerate(entry.get("quality") or []):
            yield ("schema", 0, "properties", at, "quality", number), rule, columns[entry["name"]]


def load_contract(path: Path, root: Path) -> Contract:
    """Reads the contract of a port from the file `<root>/domains/<domain>/contracts/<port>.v<major>.odcs.yaml`.

    Raises ContractError if it is not valid ODCS, no port can keep it, or it contradicts the path of its file.
    """
    return contract_in(read_document(path), path, root)


def read_document(path: Path) -> dict[str, Any]:
    """Reads an ODCS file, inside or outside a mesh. Raises ContractError if it is not valid ODCS."""
    document = read_mapping(path, ContractError)
    if reason := too_many_rules(document):
        raise ContractError(f"{path} {reason}.", "Say the same in fewer rules.")
    check_against(document, path, "odcs")
    return document


def contract_in(document: dict[str, Any], path: Path, root: Path | None) -> Contract:
    """The contract in `document`, which is valid ODCS.

    Args:
        document: the parsed file.
        path: the file.
        root: the root of the mesh's repository; None for a file outside a mesh, whose path is not compared with the contract.

    Raises ContractError if no port can keep the contract.
    """
    from open_data_contract_standard.model import OpenDataContractStandard
    from pydantic import ValidationError

    try:
        OpenDataContractStandard(**document)
        # Reads the document and not the model, which drops unknown keys such as validValues of ODCS 3.0.
        return _contract(document, path, root)
    except ValidationError as problem:
        raise ContractError(f"{path} is not valid ODCS: {problem}.", "Correct the file.") from problem
    except ContractError as problem:
        message, way_out = f"{path}: {problem.found.rstrip('.')}.", problem.way_out or "Correct the file."
        raise ContractError(message, way_out, problem.place) from problem


def _contract(odcs: dict[str, Any], path: Path, root: Path | None) -> Contract:
    check_open_names(odcs)
    schemas = odcs.get("schema") or []
    if len(schemas) != 1:
        raise ContractError(f"a port is one table, but the contract's schema describes {len(schemas)}", place=("schema",))
    table = schemas[0]
    name = table.get("name") or ""
    address = PortAddress(path.parents[1].name if root else odcs.get("domain") or "", name)
    if root:
        _check_names(odcs, address, path)
    properties = table.get("properties") or []
    if not properties:
        raise ContractError("the contract promises no column", place=("schema", 0))
    columns = tuple(_column(number, entry) for number, entry in enumerate(properties))
    served_from = next(map(str, stated(odcs, "servedFrom")), None)
    served_as = dict(_served_as(properties)) if served_from else {}
    if served_from:
        hidden = hidden_in_view([column.name for column in columns], served_as, _personal_in(served_from, path))
        columns = tuple(replace(column, of_personal=column.name in hidden) for column in columns)
    _check_distinct([column.name for column in columns])
    primary_key = _primary_key(properties)
    by_name = {column.name: column for column in columns}
    # Only the last part of the name: a product of another domain declares nothing for this one.
    product = Path(str(odcs.get("dataProduct"))).name
    descriptor = path.parents[1] / "products" / f"{product}.odps.yaml" if root else None
    related = tuple(relationship_rules(table, by_name, path, root or path.parent, descriptor))
    rules = tuple(contract_rules(odcs, columns, primary_key, related))
    partition = partition_of(odcs, columns, primary_key)
    if partition:
        refuse_by_day(rules, partition.column)
    content = read_bytes(path)
    return Contract(
        id=odcs["id"],
        version=odcs["version"],
        address=address,
        product=odcs.get("dataProduct"),
        description=" ".join((table.get("description") or "").split()),
        grain=" ".join((table.get("dataGranularityDescription") or "").split()),
        columns=columns,
        primary_key=primary_key,
        rules=rules,
        freshness=freshness(odcs),
        file=path.relative_to(root).as_posix() if root else path.as_posix(),
        digest=hashlib.sha256(content).hexdigest(),
        documented=tuple(documented(odcs, columns)),
        text=content.decode(),
        served_from=served_from,
        served_as=served_as,
        partition=partition,
        retention=retention_of(odcs),
        home=MeshHome.of(root) if root else None,
        rules_for=lambda fitted: tuple(contract_rules(odcs, fitted.columns, primary_key, related)),
    )


def _served_as(properties: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for number, entry in enumerate(properties):
        if logic := entry.get("transformLogic"):
            try:
                check_scalar(logic)
            except QueryRefused as problem:
                place = ("schema", 0, "properties", number, "transformLogic")
                found = f"the transformLogic of {entry['name']!r} {problem.found}"
                raise ContractError(found, problem.way_out, place) from problem
            yield entry["name"], logic


def _personal_in(contract: str, beside: Path) -> dict[str, bool] | None:
    """By column of the contract with that id, whether it is personal; None if its file, next to another, cannot be read."""
    try:
        newest = read_mapping(beside.with_name(f"{contract.partition('.')[2]}.odcs.yaml"), ContractError)
        return {column.name: column.personal for column in map(read_column, newest["schema"][0]["properties"])}
    except (ContractError, LookupError, TypeError, ValueError, AttributeError):
        return None


def _check_names(odcs: dict[str, Any], address: PortAddress, path: Path) -> None:
    """Raises ContractError if the contract's name, id, version or domain contradict the path of its file."""
    version = str(odcs.get("version"))
    parts = version.split(".")
    if len(parts) != 3 or None in map(whole_number, parts):
        raise ContractError(f"version {version!r} is not of the form major.minor.patch", place=("version",))
    expected = f"{address.port}.v{parts[0]}.odcs.yaml"
    if path.name != expected:
        message = f"it describes {address.port!r} in version {version}, so its file is called {expected}"
        raise ContractError(message, place=("schema", 0, "name"))
    if odcs["id"] != f"{address.domain}.{address.port}.v{parts[0]}":
        message = f"its id is {odcs['id']!r}, but its place says {address.domain}.{address.port}.v{parts[0]}"
        raise ContractError(message, place=("id",))
    if odcs.get("domain") != address.domain:
        message = f"it says domain {odcs.get('domain')!r}, but stands in the folder of {address.domain!r}"
        raise ContractError(message, place=("domain",))


def _column(number: int, entry: dict[str, Any]) -> Column:
    with inside("schema", 0, "properties", number):
        if not entry.get("name"):
            raise ContractError("a property has no name")
        return read_column(entry)


def _check_distinct(names: list[str]) -> None:
    """Raises ContractError for equal names, and for names that differ only in case, which SQL ignores."""
    seen: dict[str, str] = {}
    for name in names:
        if (other := seen.setdefault(name.lower(), name)) != name:
            place = ("schema", 0, "properties", names.index(name))
            raise ContractError(f"it promises {other!r} and {name!r}, which SQL takes for one column", place=place)
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        place = ("schema", 0, "properties", names.index(twice[0]))
        raise ContractError(f"it promises {', '.join(sorted(twice))} twice", place=place)


def _primary_key(properties: list[dict[str, Any]]) -> tuple[str, ...]:
    """The names of the key's columns: by `primaryKeyPosition` from 1, or as listed if all positions are -1, the default."""
    keyed = [entry for entry in properties if entry.get("primaryKey")]
    positions = [entry.get("primaryKeyPosition", -1) for entry in keyed]
    if set(positions) != {-1} and (len(set(positions)) != len(keyed) or min(positions, default=1) < 1):
        listed = ", ".join(f"{entry['name']} {position}" for entry, position in zip(keyed, positions))
        message = f"the positions of the primary key's columns are {listed}; give each its own, from 1"
        raise ContractError(message, place=("schema", 0, "properties", properties.index(keyed[0])))
    return tuple(entry["name"] for entry in sorted(keyed, key=lambda entry: entry.get("primaryKeyPosition", -1)))
