"""What attempts against a mesh share: a company in a folder of its own, and the rows that it publishes."""

from support.company import capabilities, company, duck, own_environment, parquet

__all__ = ["capabilities", "company", "duck", "own_environment", "parquet"]
