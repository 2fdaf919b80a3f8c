"""Where the repository is, and which of its files are committed."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def committed() -> list[Path]:
    """Every file that git tracks, as it stands now."""
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in sorted(filter(None, listed.split("\0"))) if (ROOT / name).is_file()]


@pytest.fixture(scope="session")
def domains() -> list[str]:
    return sorted(path.parent.name for path in ROOT.glob("domains/*/domain.yaml"))
