"""The pairs of the corpus as the parameter `pair`, a repository under git, and contracts as their owners change them."""

import importlib.util
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from support.commands import call, command, publish, shop  # noqa: F401
from support.contracts import judge, load  # noqa: F401

_spec = importlib.util.spec_from_file_location("change_pairs", Path(__file__).with_name("pairs.py"))
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
PAIRS = list(_module.pairs())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "pair" in metafunc.fixturenames:
        metafunc.parametrize("pair", PAIRS, ids=lambda pair: pair.says)


@pytest.fixture(scope="session")
def corpus() -> list:
    """All pairs."""
    return PAIRS


@pytest.fixture
def git(company) -> Callable[..., str]:
    """Git in the company's repository, which is one from the start; nothing of this machine's settings counts."""
    settings = ["user.name=Owner", "user.email=owner@example.com", "commit.gpgsign=false", "core.hooksPath=/dev/null"]
    flags = [part for setting in settings for part in ("-c", setting)]
    company.root.mkdir(parents=True, exist_ok=True)

    def git(*arguments: str) -> str:
        words = ["git", *flags, *arguments]
        return subprocess.run(words, cwd=company.root, capture_output=True, text=True, check=True).stdout.strip()

    git("init", "--quiet", "--initial-branch=main")
    return git


@pytest.fixture
def commit(git) -> Callable[[], str]:
    """Commits everything, and gives the commit."""

    def commit() -> str:
        git("add", "--all")
        git("commit", "--quiet", "--message", "As it is")
        return git("rev-parse", "HEAD")

    return commit
