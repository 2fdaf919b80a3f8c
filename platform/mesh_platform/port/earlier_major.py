"""An earlier major version of a port as a view over the newest one: what it promises, computed from what is published now."""

from dataclasses import replace

from mesh_platform.contract.contract import Contract
from mesh_platform.names import identifier
from mesh_platform.port.version import PortVersion


def expressions(contract: Contract) -> tuple[str, ...]:
    """For each promised column, in order, the SQL that makes it of the newest major's columns, under its name."""
    return tuple(
        f"({contract.served_as[name]}\n) AS {identifier(name)}" if name in contract.served_as else identifier(name)
        for name in contract.column_names
    )


def seen_as(contract: Contract, newest: PortVersion) -> PortVersion:
    """A version of the newest major as the readers of the earlier one see it. The number stays that of the newest."""
    return replace(
        newest,
        columns=tuple(contract.column_names),
        types=tuple(column.type for column in contract.columns),
        selects=expressions(contract),
        major=contract.major,
    )
