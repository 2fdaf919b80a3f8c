"""The types of columns as contracts state them; DuckDB and Delta spell them in `mesh_isolation.column_types`."""

from mesh_isolation.column_types import ANY_INTEGER, ANY_NUMBER, Type, UnstorableType, parse_type
from mesh_platform.errors import ContractError

# The type of a column without a physicalType; the data decide the width of a number: https://bitol-io.github.io/open-data-contract-standard
IMPLIED = {
    "string": "VARCHAR",
    "integer": ANY_INTEGER,
    "number": ANY_NUMBER,
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
}


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
