"""What attempts against a mesh share: a company in a folder of its own, its verbs, its rows and its ports."""

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
]
