"""What the files of the mesh said at a git revision."""

import subprocess
from pathlib import Path

from mesh_platform.errors import RevisionError


class Revision:
    """A commit of the repository that holds the mesh.

    Args:
        root: the mesh's root, which may be a folder of the git repository.
        name: a branch, tag or commit, as git understands it.

    Raises RevisionError when there is no git repository, or no such revision in it.
    """

    def __init__(self, root: Path, name: str) -> None:
        self.root, self.name = root, name
        self._git("rev-parse", "--git-dir")
        # `--end-of-options`: a name that begins with a dash is a name.
        done = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        if done.returncode:
            raise self._unknown()
        self._commit = done.stdout.decode().strip()

    def files(self, folder: str, suffix: str) -> list[str]:
        """The files below a folder whose names end so, written from the mesh's root."""
        listed = self._git("ls-tree", "-r", "-z", "--name-only", self._commit, "--", f"{folder}/")
        return sorted(name for name in listed.decode("utf-8", "surrogateescape").split("\0") if name.endswith(suffix))

    def text(self, file: str) -> str | None:
        """What a file said; None when it was not there. Raises RevisionError for a file that is no text."""
        done = self._run("cat-file", "blob", f"{self._commit}:./{file}")
        if done.returncode:
            return None
        try:
            return done.stdout.decode("utf-8")
        except UnicodeDecodeError as problem:
            raise RevisionError(f"{file} at {self.name} is no text: {problem}.", "Compare with another revision.") from problem

    def _unknown(self) -> RevisionError:
        shallow = self._run("rev-parse", "--is-shallow-repository").stdout.strip() == b"true"
        if shallow:
            return RevisionError(
                f"There is no revision '{self.name}' in this shallow clone.",
                "Fetch the history first: git fetch --unshallow (in CI, check out with the full depth).",
            )
        return RevisionError(f"There is no revision '{self.name}'.", "`git log --oneline --all` lists what there is.")

    def _git(self, *arguments: str) -> bytes:
        done = self._run(*arguments)
        if done.returncode:
            said = " ".join(done.stderr.decode(errors="replace").split())
            raise RevisionError(
                f"Git cannot read {self.root}: {said}.",
                "The mesh is compared with its own past, so it has to be a git repository.",
            )
        return done.stdout

    def _run(self, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
        try:
            return subprocess.run(["git", *arguments], cwd=self.root, capture_output=True)
        except FileNotFoundError:
            raise RevisionError("There is no git here.", "Install git, or compare two files instead.") from None
