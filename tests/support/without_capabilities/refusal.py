"""What holds in a run with --without-capabilities; `tests/architecture/test_core_alone.py` starts one with this file."""

import subprocess
import sys

import pytest


def test_a_capability_cannot_be_imported():
    with pytest.raises(ModuleNotFoundError, match="the tests of the core run without it"):
        import mesh_capabilities  # noqa: F401


def test_a_capability_cannot_be_imported_in_a_process_that_a_test_starts():
    ended = subprocess.run([sys.executable, "-c", "import mesh_capabilities"], capture_output=True, text=True)
    assert "ModuleNotFoundError: No module named 'mesh_capabilities'" in ended.stderr


def test_the_core_can_be_imported():
    import mesh_platform.names  # noqa: F401
