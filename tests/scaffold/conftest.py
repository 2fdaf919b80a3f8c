"""A copy of the whole repository, which grows by its own commands as a user would let it grow."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.loaded_mesh import LOADED

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Repository:
    """A repository with a home of its own."""

    root: Path

    @property
    def environment(self) -> dict[str, str]:
        domains = [str(path) for path in sorted((self.root / "domains").iterdir())]
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
        return {**kept, "PYTHONPATH": os.pathsep.join(domains)}

    def run(self, *command: object, code: int = 0) -> str:
        """Runs a command of this environment in the repository, holds it to its exit code, and gives what it printed."""
        program, *words = map(str, command)
        done = subprocess.run(
            [str(Path(sys.executable).parent / program), *words],
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=400,
        )
        assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}"
        return done.stdout

    def mesh(self, *words: object, code: int = 0) -> str:
        """Runs `mesh`, holds it to its exit code, and gives what it printed."""
        done = LOADED.run([*map(str, words)], self.root, self.environment, timeout=400, merged=True)
        assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}"
        return done.stdout

    def files(self) -> dict[str, bytes]:
        """Every file that git would know of."""
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=True).stdout
        return {name: (self.root / name).read_bytes() for name in filter(None, listed.split("\0"))}

    @contextmanager
    def changed(self, file: str, old: str, new: str) -> Iterator[None]:
        """Within it, a file reads otherwise."""
        path = self.root / file
        before = path.read_text(encoding="utf-8")
        assert old in before
        path.write_text(before.replace(old, new), encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(before, encoding="utf-8")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Every file of this repository that git knows or would take, in a git repository of its own."""
    root = tmp_path_factory.mktemp("grown", numbered=True)
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
    for words in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *words], cwd=root, check=True)
    return Repository(root)
