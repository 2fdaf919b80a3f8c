"""Ports of a small company."""

from support.ports import contract, home, orders, provenance, publish, small_files_only

__all__ = ["contract", "home", "orders", "provenance", "publish", "small_files_only"]
