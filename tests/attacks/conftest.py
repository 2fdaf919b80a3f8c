"""What the attacks share."""

from support.company import capabilities, company, duck, own_environment, parquet

__all__ = ["capabilities", "company", "duck", "own_environment", "parquet"]
