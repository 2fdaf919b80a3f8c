"""What the tests of the core share."""

from support.company import company, duck, own_environment, parquet

__all__ = ["company", "duck", "own_environment", "parquet"]
