"""The example in the help of a command works on a mesh that has run once."""

import shlex
import shutil
import subprocess

import pytest

from support.documents import mesh_commands

SERVERS = {"ui", "portal serve"}
LATER = {
    "undo",
    "rollback",
    "quarantine show",
    "quarantine drop",
    "ports withdraw",
    "product promote",
    "product retire",
    "contract import",
    "adopt",
}
"""They need more: a second version or major, an entry of the quarantine, a deprecated product, a shell, or a repository."""
COSTLY = {"run", "reproduce", "dev", "check", "portal build"}
"""Other tests run them."""
EXAMPLES = {name: shlex.split(verb.epilog.removeprefix("Example: ")) for name, verb in mesh_commands().items() if verb.epilog}
WRITES = {name for name, verb in mesh_commands().items() if any("--dry-run" in param.opts for param in verb.params)}


@pytest.fixture(scope="module")
def saved(mesh):
    """The mesh in a repository of its own, as a reader has cloned it."""
    (mesh.root / ".gitignore").write_text("/.mesh/\n/state/\n/sources/\n__pycache__/\n", encoding="utf-8")
    author = ("-c", "user.name=mesh", "-c", "user.email=mesh@example.com")
    for words in (
        ["init", "--quiet", "--initial-branch", "main"],
        ["add", "."],
        [*author, "commit", "--quiet", "-m", "A mesh"],
    ):
        subprocess.run(["git", *words], cwd=mesh.root, check=True)
    (mesh.root / ".mesh").mkdir()
    yield mesh
    for name in (".git", ".mesh"):
        shutil.rmtree(mesh.root / name)
    (mesh.root / ".gitignore").unlink()


@pytest.mark.parametrize("name", sorted(EXAMPLES.keys() - SERVERS - LATER - COSTLY))
def test_an_example_works(saved, name):
    _, *words = EXAMPLES[name]
    descriptors = {path: path.read_bytes() for path in saved.root.glob("domains/*/products/*")}
    try:
        saved.run(*words, *(["--dry-run"] if name in WRITES and "--dry-run" not in words else []))
    finally:
        for path in saved.root.glob("domains/*/products/*"):
            path.write_bytes(descriptors[path]) if path in descriptors else path.unlink()
    status = subprocess.run(["git", "status", "--porcelain"], cwd=saved.root, capture_output=True, text=True, check=True)
    assert status.stdout == "", "the example leaves files in the repository"
