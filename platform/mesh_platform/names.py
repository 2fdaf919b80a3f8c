"""Names and how they are written: `sales/orders` for people, `["sales", "orders"]` in Dagster, `"sales"."orders"` in SQL."""

import keyword
import re
from typing import NamedTuple

from mesh_isolation.engine import identifier as identifier
from mesh_isolation.engine import literal as literal
from mesh_isolation.text import nearest as nearest
from mesh_platform.errors import ProjectError, UnknownPort

_NAME = re.compile(r"[a-z][a-z0-9_]*")


class PortAddress(NamedTuple):
    """The address of an output port: its domain and its name. Also its Dagster asset key."""

    domain: str
    port: str

    @classmethod
    def parse(cls, text: str) -> "PortAddress":
        """`"sales/orders"` → its address. Raises UnknownPort when the text has another form."""
        domain, slash, port = text.partition("/")
        if not (slash and _NAME.fullmatch(domain) and _NAME.fullmatch(port)):
            raise UnknownPort(f"'{text}' is not a port address.", "Write it as domain/port, for example sales/orders.")
        return cls(domain, port)

    @property
    def sql(self) -> str:
        """The quoted name of the port in SQL."""
        return f"{identifier(self.domain)}.{identifier(self.port)}"

    def __str__(self) -> str:
        return f"{self.domain}/{self.port}"


_RESERVED = {"main", "raw", "temp", "system", "information_schema", "pg_catalog", "platform"}
"""The schemas that every warehouse has, and Python's own module `platform`."""


def check_name(name: object, what: str) -> str:
    """`name` unchanged, if a folder, a Python package and a SQL schema can all have it. Raises ProjectError if not."""
    if isinstance(name, str) and (keyword.iskeyword(name) or name in _RESERVED):
        raise ProjectError(f"{what} cannot be named '{name}', which is a reserved name.", "Choose another name.")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ProjectError(
            f"{what} cannot be named {name!r}, which is not a valid name.",
            "Start with a lowercase letter, and use only lowercase letters, digits and underscores.",
        )
    return name
