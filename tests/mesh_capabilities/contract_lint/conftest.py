"""A contract as its owner writes it, and `mesh` called in this process or as a command."""

from support.commands import call, command, publish, shop
from support.contracts import judge, load

__all__ = ["call", "command", "judge", "load", "publish", "shop"]
