"""What holds in a run with --without-capabilities; `tests/architecture/test_core_alone.py` starts one with this file."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def test_a_capability_cannot_be_imported():
    with pytest.raises(ModuleNotFoundError, match="the tests of the core run without it"):
        import mesh_capabilities  # noqa: F401


def test_a_capability_cannot_be_imported_in_a_process_that_a_test_starts():
    ended = subprocess.run([sys.executable, "-c", "import mesh_capabilities"], capture_output=True, text=True)
    assert "ModuleNotFoundError: No module named 'mesh_capabilities'" in ended.stderr


def test_the_core_can_be_imported():
    import mesh_platform.names  # noqa: F401


@pytest.mark.parametrize("read", [lambda: (ROOT / "workspace.yaml").read_text(), lambda: list((ROOT / "domains").iterdir())])
def test_no_domain_of_the_repository_is_read(read):
    with pytest.raises(PermissionError, match="these tests read only"):
        read()


def test_the_core_s_own_files_are_read():
    assert (ROOT / "pyproject.toml").read_text() and (ROOT / "docs/contracts/conformance.md").read_text()
