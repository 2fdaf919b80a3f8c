"""`make test-core` runs the core's tests where no capability can be imported and no domain is read; its option refuses both."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_option_refuses_the_capabilities_and_the_domains_and_nothing_else():
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--without-capabilities"]
    ended = subprocess.run(
        [*command, "tests/support/without_capabilities/refusal.py"], cwd=ROOT, capture_output=True, text=True
    )
    assert "6 passed" in ended.stdout, ended.stdout + ended.stderr
