"""What the tests of the core share."""

import sys

import pytest

from mesh_platform import capabilities as loading
from support.company import capabilities, company, duck, own_environment, parquet

__all__ = ["capabilities", "capability", "company", "duck", "own_environment", "parquet"]


@pytest.fixture
def capability(tmp_path, monkeypatch):
    """Writes a package of capabilities of this name and makes it the one that meshes list from."""
    monkeypatch.setattr("mesh_platform.capabilities.PACKAGE", "their_capabilities")
    monkeypatch.syspath_prepend(tmp_path / "packages")
    folder = tmp_path / "packages" / "their_capabilities"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")

    def write(name, text):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(text)

    loading._loaded.cache_clear()
    loading.capabilities_of.cache_clear()
    yield write
    loading._loaded.cache_clear()
    loading.capabilities_of.cache_clear()
    for name in [name for name in sys.modules if name.startswith("their_capabilities")]:
        del sys.modules[name]
