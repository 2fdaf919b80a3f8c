"""The types of columns as contracts state them; DuckDB and Delta spell them in `mesh_isolation.column_types`."""

from mesh_isolation.column_types import IMPLIED, Type, UnstorableType, parse_type
from mesh_platform.errors import ContractError


def duckdb_type(physical: str | None, logical: str | None) -> str:
    """The DuckDB type of a contract's column. Raises ContractError for a type that a port cannot store."""
    if physical is None:
        if logical not in IMPLIED:
            raise ContractError(f"there is no physicalType, and logicalType {logical!r} does not imply one")
        return IMPLIED[logical]
    return str(parts_of(physical))


def parts_of(physical: str) -> Type:
    """The parts of a type. Raises ContractError for a type that a port cannot store."""
    try:
        return parse_type(physical)
    except UnstorableType as problem:
        raise ContractError(f"a port cannot store physicalType {physical!r}: {problem}") from problem
