"""`make test-core` runs where no capability can be imported, and `make test-capabilities` where no domain can be read."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("refused", "passed"), [("capabilities", 6), ("domains", 6)])
def test_the_option_refuses_what_its_target_does_without_and_nothing_else(refused, passed):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--without-{refused}"]
    ended = subprocess.run([*command, f"tests/support/without_{refused}/refusal.py"], cwd=ROOT, capture_output=True, text=True)
    assert f"{passed} passed" in ended.stdout, ended.stdout + ended.stderr
