"""A small company with published ports, and `mesh` called in this process or as a command."""

from support.commands import call, command, publish, shop

__all__ = ["call", "command", "publish", "shop"]
