"""What holds in a run with --without-domains; `tests/architecture/test_core_alone.py` starts one with this file."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
REGISTRY = f"open({str(ROOT / 'workspace.yaml')!r})"


@pytest.mark.parametrize(
    "read",
    [
        lambda: (ROOT / "workspace.yaml").read_text(),
        lambda: list((ROOT / "domains").iterdir()),
        lambda: (ROOT / "README.md").read_text(),
        lambda: list((ROOT / "tests/mesh_capabilities/governance/cases").iterdir()),
    ],
)
def test_nothing_that_a_fork_changes_is_read(read):
    with pytest.raises(PermissionError, match="these tests read only"):
        read()


def test_nothing_that_a_fork_changes_is_read_in_a_process_that_a_test_starts():
    ended = subprocess.run([sys.executable, "-c", REGISTRY], capture_output=True, text=True)
    assert "PermissionError" in ended.stderr and "these tests read only" in ended.stderr


def test_the_platform_is_read():
    import mesh_capabilities.reports  # noqa: F401

    assert (ROOT / "pyproject.toml").read_text() and (ROOT / "mesh.toml").read_text()
