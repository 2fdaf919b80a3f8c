"""One column of a contract's promise."""

from dataclasses import dataclass, field
from typing import Any

from mesh_platform.contract.setting_aside import SetAside


@dataclass(frozen=True)
class Column:
    """One column of the promise, or one part of a column that has parts. A port's columns are listed in the contract only."""

    name: str
    type: str
    """The DuckDB type that the data must have, spelled as DuckDB spells it."""
    description: str = ""
    required: bool = False
    unique: bool = False
    classification: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    """ODCS `logicalTypeOptions`."""
    logical: str | None = None
    """ODCS `logicalType`."""
    length: int | None = None
    """The length that the physical type itself allows: 40 for VARCHAR(40)."""
    enum: tuple[Any, ...] = ()
    """The only values there may be; () where the contract lists none."""
    items: "Column | None" = None
    """What each item of a list is."""
    fields: tuple["Column", ...] = ()
    """The fields of a struct, as far as the contract describes them."""
    set_aside: SetAside | None = None
    """Within which bound rows that break the column's own rules are set aside."""
