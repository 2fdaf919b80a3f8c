"""Reading a contract: an ODCS file, held against the official schema of its version, becomes a Contract.

The standard: https://bitol-io.github.io/open-data-contract-standard
"""

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

from mesh_platform.contracts.column import Column
from mesh_platform.contracts.contract import Contract
from mesh_platform.contracts.partition import partition_of
from mesh_platform.contracts.retention import retention_of
from mesh_platform.contracts.rules import Rule, column_rules, quality_rule, schema_rule
from mesh_platform.contracts.types import duckdb_type
from mesh_platform.errors import ContractError
from mesh_platform.naming import PortAddress
from mesh_platform.standards import check_against
from mesh_platform.yaml_files import read_mapping

_UNITS = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def load_contract(path: Path, root: Path) -> Contract:
    """The contract in `path`, a file `contracts/<port>.v<major>.odcs.yaml` of a domain below `root`.

    Raises ContractError when it is not valid ODCS, promises nothing, or disagrees with the name of its file.
    """
    from open_data_contract_standard.model import OpenDataContractStandard
    from pydantic import ValidationError

    document = read_mapping(path, ContractError)
    check_against(document, path, "odcs", "mesh_platform.contracts")
    try:
        odcs = OpenDataContractStandard(**document)
        return _contract(odcs.model_dump(by_alias=True, exclude_none=True), path, root)
    except ValidationError as problem:
        raise ContractError(f"{path} is not valid ODCS: {problem}.", "Correct the file.") from problem
    except ContractError as problem:
        raise ContractError(f"{path}: {problem.found.rstrip('.')}.", problem.way_out or "Correct the file.") from problem


def _contract(odcs: dict[str, Any], path: Path, root: Path) -> Contract:
    schemas = odcs.get("schema") or []
    if len(schemas) != 1:
        raise ContractError(f"a port is one table, but the contract's schema describes {len(schemas)}")
    table = schemas[0]
    address = PortAddress(path.parents[1].name, table.get("name") or "")
    _check_names(odcs, address, path)
    properties = table.get("properties") or []
    if not properties:
        raise ContractError("the contract promises no column")
    columns = tuple(_column(entry) for entry in properties)
    names = [column.name for column in columns]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ContractError(f"it promises {', '.join(sorted(twice))} twice")
    keyed = [entry for entry in properties if entry.get("primaryKey")]
    primary_key = tuple(entry["name"] for entry in sorted(keyed, key=lambda entry: entry.get("primaryKeyPosition") or 0))
    return Contract(
        id=odcs["id"],
        version=odcs["version"],
        address=address,
        product=odcs.get("dataProduct"),
        description=" ".join((table.get("description") or "").split()),
        grain=" ".join((table.get("dataGranularityDescription") or "").split()),
        columns=columns,
        primary_key=primary_key,
        rules=(schema_rule(columns), *column_rules(columns, primary_key), *_quality(table, columns, primary_key)),
        freshness=_freshness(odcs),
        file=path.relative_to(root).as_posix(),
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
        partition=partition_of(properties, columns, primary_key),
        retention=retention_of(odcs),
    )


def _check_names(odcs: dict[str, Any], address: PortAddress, path: Path) -> None:
    """A contract says in its name, its id and its version what its file name says."""
    version = str(odcs.get("version"))
    parts = version.split(".")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        raise ContractError(f"version {version!r} is not of the form major.minor.patch")
    expected = f"{address.port}.v{parts[0]}.odcs.yaml"
    if path.name != expected:
        raise ContractError(f"it describes {address.port!r} in version {version}, so its file is called {expected}")
    if odcs["id"] != f"{address.domain}.{address.port}.v{parts[0]}":
        raise ContractError(f"its id is {odcs['id']!r}, but its place says {address.domain}.{address.port}.v{parts[0]}")
    if odcs.get("domain") != address.domain:
        raise ContractError(f"it says domain {odcs.get('domain')!r}, but stands in the folder of {address.domain!r}")


def _column(entry: dict[str, Any]) -> Column:
    if not entry.get("name"):
        raise ContractError("a property has no name")
    try:
        column_type = duckdb_type(entry.get("physicalType"), entry.get("logicalType"))
    except ContractError as problem:
        raise ContractError(f"column {entry['name']!r}: {problem.found}") from problem
    return Column(
        name=entry["name"],
        type=column_type,
        description=" ".join((entry.get("description") or "").split()),
        required=bool(entry.get("required")),
        unique=bool(entry.get("unique")),
        classification=entry.get("classification"),
        options=entry.get("logicalTypeOptions") or {},
    )


def _quality(table: dict[str, Any], columns: tuple[Column, ...], primary_key: tuple[str, ...]) -> list[Rule]:
    """The table's own quality rules, then its columns'."""
    stated = [(rule, None) for rule in table.get("quality") or []]
    for column, entry in zip(columns, table["properties"]):
        stated += [(rule, column) for rule in entry.get("quality") or []]
    rules = (quality_rule(rule, table["name"], column, primary_key) for rule, column in stated)
    return [rule for rule in rules if rule]


def _freshness(odcs: dict[str, Any]) -> timedelta | None:
    for entry in odcs.get("slaProperties") or []:
        if entry.get("property") == "frequency":
            unit = _UNITS.get(str(entry.get("unit")), str(entry.get("unit")))
            if unit not in _UNITS.values():
                raise ContractError(f"slaProperties.frequency has the unit {unit!r}; write one of {', '.join(_UNITS)}")
            try:
                return timedelta(**{unit: float(entry["value"])})
            except (TypeError, ValueError):
                raise ContractError(f"slaProperties.frequency is {entry['value']!r}, which is no number") from None
    return None
