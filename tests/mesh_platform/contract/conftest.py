"""A contract as its owner writes it."""

from support.contracts import judge, load

__all__ = ["judge", "load"]
