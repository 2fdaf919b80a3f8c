"""What attempts against a mesh share: a company in a folder of its own, its commands, its rows and its ports."""

import os
import socket
from pathlib import Path

from mesh_platform.build.warehouse import WarehouseFile
from support.commands import call, command, shop
from support.commands import publish as publish_shop
from support.company import capabilities, company, duck, own_environment, parquet
from support.ports import contract, home, orders, provenance, publish, small_files_only

__all__ = [
    "call",
    "capabilities",
    "command",
    "company",
    "contract",
    "duck",
    "home",
    "orders",
    "own_environment",
    "parquet",
    "provenance",
    "publish",
    "publish_shop",
    "raw_tables",
    "shop",
    "small_files_only",
    "socket_at",
]


def socket_at(path: Path) -> None:
    """Leaves a socket in the file system."""
    with socket.socket(socket.AF_UNIX) as server:
        before = os.open(".", os.O_RDONLY)
        os.chdir(path.parent)  # the name of a socket may have 108 bytes
        server.bind(path.name)
        os.fchdir(before)
        os.close(before)


def raw_tables(warehouse: WarehouseFile) -> set[str]:
    """The names of the tables of a warehouse that hold its sources; none without a file."""
    if not warehouse.path.is_file():
        return set()
    with warehouse.get_connection() as connection:
        found = connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'raw'").fetchall()
        return {name for (name,) in found}
