"""A small company with published ports, and `mesh` called in this process or as a command."""

import pytest

from support.commands import call, command, publish, shop

__all__ = ["call", "command", "publish", "shop"]


@pytest.fixture(autouse=True)
def outside_of_this_repository(tmp_path, monkeypatch):
    """A test that makes no company stands outside of any mesh: this repository's lists capabilities."""
    monkeypatch.chdir(tmp_path)
