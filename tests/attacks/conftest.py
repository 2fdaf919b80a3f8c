"""What attempts against a mesh share: a company in a folder of its own, its verbs, and the rows that it publishes."""

from support.commands import call, command, publish, shop
from support.company import capabilities, company, duck, own_environment, parquet

__all__ = ["call", "capabilities", "command", "company", "duck", "own_environment", "parquet", "publish", "shop"]
