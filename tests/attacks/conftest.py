"""What attempts against a mesh share: a company in a folder of its own, its verbs, its rows and its ports."""

import os
import socket
from pathlib import Path

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
