"""What the tests of the capabilities share: a small company whose mesh lists what this repository lists."""

from pathlib import Path

import pytest

from mesh_platform.capabilities import listed
from support.company import company, duck, own_environment, parquet

__all__ = ["company", "duck", "own_environment", "parquet"]

HERE = Path(__file__).parent
OF_THE_REPOSITORY = {
    HERE / "columns/test_mesh_lineage.py",
    HERE / "contract_change/test_fragments.py",
    HERE / "contract_change/test_pairs.py",
    HERE / "governance/cases",
    HERE / "governance/test_shipped_policies.py",
    HERE / "reproduction/test_trace.py",
    HERE / "test_command_line.py",
}
"""They read domains, policies or pages, which a fork changes. Nothing else here does: `make test-capabilities` refuses it."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return True if config.getoption("--without-domains") and collection_path in OF_THE_REPOSITORY else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE) and item.path not in OF_THE_REPOSITORY:
            item.add_marker(pytest.mark.capability)


@pytest.fixture(scope="session")
def capabilities() -> tuple[str, ...]:
    """What the company's mesh lists."""
    return listed(HERE.parents[1])
