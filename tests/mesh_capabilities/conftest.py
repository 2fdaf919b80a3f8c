"""What the tests of the capabilities share: a small company whose mesh lists what this repository lists."""

from pathlib import Path

import pytest

from mesh_platform.capabilities import listed
from support.company import company, duck, own_environment, parquet

__all__ = ["company", "duck", "own_environment", "parquet"]


@pytest.fixture(scope="session")
def capabilities() -> tuple[str, ...]:
    """What the company's mesh lists."""
    return listed(Path(__file__).parents[2])
