"""What attempts against a mesh share: a company in a folder of its own, its rows and its ports."""

from support.company import capabilities, company, duck, own_environment, parquet
from support.ports import contract, home, orders, provenance, publish, small_files_only

__all__ = [
    "capabilities",
    "company",
    "contract",
    "duck",
    "home",
    "orders",
    "own_environment",
    "parquet",
    "provenance",
    "publish",
    "small_files_only",
]
