"""One name, one spelling: `sales/orders` for people, `["sales", "orders"]` for Dagster, `"sales"."orders"` for SQL."""

import keyword
import math
import re
from typing import NamedTuple

from mesh_platform.errors import ProjectError, UnknownPort

_NAME = re.compile(r"[a-z][a-z0-9_]*")


class PortAddress(NamedTuple):
    """Where an output port is found: its domain and its own name. Also the Dagster asset key."""

    domain: str
    port: str

    @classmethod
    def parse(cls, text: str) -> "PortAddress":
        """`"sales/orders"` → its address. Raises UnknownPort when the text has no such form."""
        domain, slash, port = text.partition("/")
        if not (slash and _NAME.fullmatch(domain) and _NAME.fullmatch(port)):
            raise UnknownPort(f"'{text}' is not the address of a port.", "Write it as domain/port, like sales/orders.")
        return cls(domain, port)

    @property
    def sql(self) -> str:
        """The name under which SQL reads the port, quoted."""
        return f"{identifier(self.domain)}.{identifier(self.port)}"

    def __str__(self) -> str:
        return f"{self.domain}/{self.port}"


_TAKEN = {"main", "raw", "temp", "system", "information_schema", "pg_catalog", "platform"}
"""What every warehouse has a schema of, and Python's own `platform`."""


def check_name(name: object, what: str) -> str:
    """`name` unchanged if it can be a folder, a Python package and a SQL schema at once. Raises ProjectError."""
    if isinstance(name, str) and (keyword.iskeyword(name) or name in _TAKEN):
        raise ProjectError(f"{what} is named '{name}', which already means something else.", "Give it another name.")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ProjectError(
            f"{what} is named {name!r}.",
            "A name starts with a small letter and holds small letters, digits and underscores only.",
        )
    return name


def identifier(name: str) -> str:
    """A name quoted as a SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """A value as a SQL literal.

    The text is quoted here and not bound as a parameter, because DuckDB's first bound parameter imports
    pandas, which costs every short command more than a second.
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and not math.isfinite(value):
        return f"'{value}'::DOUBLE"  # bare, inf would be the name of a column
    if isinstance(value, (int, float)):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"
