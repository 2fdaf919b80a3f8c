"""Types as contracts spell them, as DuckDB spells them, and as Delta stores them."""

import re

from mesh_platform.errors import ContractError

# Spellings that mean one thing. Left: what a contract may write. Right: DuckDB's own word.
_SYNONYMS = {
    "TEXT": "VARCHAR",
    "STRING": "VARCHAR",
    "INT": "INTEGER",
    "LONG": "BIGINT",
    "BOOL": "BOOLEAN",
    "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE",
}

# Delta's primitive types: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#primitive-types
_DELTA = {
    "VARCHAR": "string",
    "SMALLINT": "short",
    "INTEGER": "integer",
    "BIGINT": "long",
    "FLOAT": "float",
    "DOUBLE": "double",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
}

# What a logical type becomes when a contract says no physical one: https://bitol-io.github.io/open-data-contract-standard
_LOGICAL = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
}

_DECIMAL = re.compile(r"(?:DECIMAL|NUMERIC)\s*\(\s*(\d+)\s*,\s*(\d+)\s*\)")


def duckdb_type(physical: str | None, logical: str | None) -> str:
    """The DuckDB type of a contract's column. Raises ContractError for a type that a port cannot store."""
    if physical is None:
        if logical not in _LOGICAL:
            raise ContractError(f"there is no physicalType, and logicalType {logical!r} does not imply one")
        return _LOGICAL[logical]
    spelled = " ".join(physical.upper().split())
    if decimal := _DECIMAL.fullmatch(spelled):
        precision, scale = int(decimal[1]), int(decimal[2])
        if not (1 <= precision <= 38 and scale <= precision):
            raise ContractError(
                f"a port cannot store {physical}: a decimal has up to 38 digits, and no more of them after the point"
            )
        return f"DECIMAL({precision},{scale})"
    spelled = _SYNONYMS.get(spelled, spelled)
    if spelled not in _DELTA:
        raise ContractError(f"a port cannot store physicalType {physical!r}; it stores {', '.join(_DELTA)}, DECIMAL(p,s)")
    return spelled


_DUCKDB = {delta: duckdb for duckdb, delta in _DELTA.items()}


def stored_type(delta: str) -> str:
    """The DuckDB type that a Delta primitive type of `delta_type` came from."""
    return delta.upper() if delta.startswith("decimal") else _DUCKDB[delta]


def delta_type(duckdb: str) -> str:
    """The Delta primitive type that stores a DuckDB type of `duckdb_type`."""
    if decimal := _DECIMAL.fullmatch(duckdb):
        return f"decimal({decimal[1]},{decimal[2]})"
    return _DELTA[duckdb]
