"""A capability is written as its page shows, and another one removed, in copies of the repository that stay sound."""

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.scaffold

ROOT = Path(__file__).parents[2]
PAGE = "docs/howto/write-a-capability.md"
SOUND = ["tests/mesh_capabilities/test_command_line.py", "tests/architecture/test_shape.py", "-k", "not small_enough"]
"""The tests of every capability; how large the core is does not depend on them."""


@pytest.fixture
def repository(tmp_path):
    """A copy of what git knows of the repository."""
    listed = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def run(repository, *words):
    """Runs Python with the packages of the copy; returns what it printed."""
    packages = [repository / "platform", *repository.glob("domains/*"), *repository.glob("examples/*")]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    environment = {**kept, "PYTHONPATH": os.pathsep.join(map(str, packages))}
    done = subprocess.run(
        [sys.executable, *words], cwd=repository, env=environment, stdout=-1, stderr=subprocess.STDOUT, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def edited(text, diff):
    """The text after an edit that a page shows as a diff."""
    old, new = ("".join(f"{line[1:]}\n" for line in diff.splitlines()[2:] if line[0] == mark) for mark in "-+")
    assert text.count(old) == 1
    return text.replace(old, new)


def test_a_capability_that_is_written_as_the_page_shows_works_and_passes_the_tests(repository):
    fences = re.findall(r"^```(\w+)\n(.*?)^```", (ROOT / PAGE).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    for language, text in fences:
        if named := re.match(r"(?:#|<!--) (\S+/\S+)(?: -->)?\n", text):
            path = repository / named[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text[named.end() :], encoding="utf-8")
        elif language == "diff":
            path = repository / re.search(r"\+\+\+ b/(\S+)", text)[1]
            path.write_text(edited(path.read_text(encoding="utf-8"), text), encoding="utf-8")
        elif language == "console":
            command, _, output = text.partition("\n")
            code = "from mesh_platform.cli.app import main; main()"
            printed = run(repository, "-c", code, *shlex.split(command)[2:])
            assert re.sub(r"\d+ ports", "# ports", printed) == re.sub(r"\d+ ports", "# ports", output)
        elif language == "sh":
            _, *words = shlex.split(text)
            run(repository, *words, *SOUND[-2:], "-q", "-p", "no:cacheprovider")


def test_what_is_left_after_a_capability_was_removed_passes_the_tests(repository):
    folder = repository / "platform/mesh_capabilities"
    required = set()
    for path in folder.glob("*/__init__.py"):
        values = [node.value for node in ast.parse(path.read_text()).body if isinstance(node, ast.Assign)]
        required |= {name for value in values if isinstance(value, ast.Tuple) for name in ast.literal_eval(value)}
    name = min({path.parent.name for path in folder.glob("*/cli.py")} - required)
    shutil.rmtree(folder / name)
    shutil.rmtree(repository / "tests/mesh_capabilities" / name)
    settings = repository / "mesh.toml"
    lines = settings.read_text(encoding="utf-8").splitlines(keepends=True)
    settings.write_text("".join(line for line in lines if not line.startswith(f'    "{name}",')), encoding="utf-8")
    run(repository, "-m", "pytest", *SOUND, "-q", "-p", "no:cacheprovider")
