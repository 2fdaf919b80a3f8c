"""One column of a contract's promise."""

from dataclasses import dataclass, field
from typing import Any

from mesh_platform.contracts.setting_aside import SetAside


@dataclass(frozen=True)
class Column:
    """One column of the promise. The contract is the only place where a port's columns are listed."""

    name: str
    type: str
    """The DuckDB type that the data must have, spelled as DuckDB spells it."""
    description: str = ""
    required: bool = False
    unique: bool = False
    classification: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    """ODCS `logicalTypeOptions`."""
    set_aside: SetAside | None = None
    """Within which bound rows that break the column's own rules are set aside."""
