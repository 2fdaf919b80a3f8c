"""The files of the mesh at a git revision."""

import os
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from mesh_capabilities.errors import RevisionError


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
        self.commit = done.stdout.decode().strip()
        """The commit's full hash."""

    def files(self, folder: str, suffix: str) -> list[str]:
        """The files below a folder with this suffix, relative to the mesh's root."""
        listed = self._git("ls-tree", "-r", "-z", "--name-only", self.commit, "--", f"{folder}/")
        return sorted(name for name in listed.decode("utf-8", "surrogateescape").split("\0") if name.endswith(suffix))

    def text(self, file: str) -> str | None:
        """The text of a file; None when it does not exist there. Raises RevisionError for a binary file."""
        done = self._run("cat-file", "blob", f"{self.commit}:./{file}")
        if done.returncode:
            return None
        try:
            return done.stdout.decode("utf-8")
        except UnicodeDecodeError as problem:
            raise RevisionError(f"{file} at {self.name} is not text: {problem}.", "Compare with another revision.") from problem

    def added(self, file: str) -> str:
        """The short hash of the newest commit that added a file; empty if none did."""
        return self._run("log", "--diff-filter=A", "--format=%h", "-1", "--", file).stdout.decode().strip()

    def changed(self) -> set[str]:
        """The files that differ from the revision, relative to the mesh's root; uncommitted edits count."""
        differ = self._git("diff", "--name-only", "-z", "--no-renames", "--relative", self.commit, "--", ".")
        new = self._git("ls-files", "--others", "--exclude-standard", "-z", "--", ".")
        return {name for name in (differ + new).decode("utf-8", "surrogateescape").split("\0") if name}

    def write_files(self, folder: Path) -> None:
        """Writes every file of the mesh at this revision into a new folder. The repository's index is not used."""
        folder.mkdir(parents=True)
        index = folder.with_name(f"{folder.name}.index")
        below = self._git("rev-parse", "--show-prefix").decode().strip()
        top = self._git("rev-parse", "--absolute-git-dir").decode().strip()
        settings = {"GIT_INDEX_FILE": str(index), "GIT_DIR": top, "GIT_WORK_TREE": str(folder)}
        try:
            self._git("read-tree", f"{self.commit}:{below}", settings=settings, at=folder)
            self._git("checkout-index", "--all", settings=settings, at=folder)
        finally:
            index.unlink(missing_ok=True)

    def _unknown(self) -> RevisionError:
        shallow = self._run("rev-parse", "--is-shallow-repository").stdout.strip() == b"true"
        if shallow:
            return RevisionError(
                f"There is no revision '{self.name}' in this shallow clone.",
                "Fetch the history first: git fetch --unshallow (in CI, check out with the full depth).",
            )
        return RevisionError(f"There is no revision '{self.name}'.", "`git log --oneline --all` lists the commits.")

    def _git(self, *arguments: str, settings: Mapping[str, str] | None = None, at: Path | None = None) -> bytes:
        done = self._run(*arguments, settings=settings, at=at)
        if done.returncode:
            message = " ".join(done.stderr.decode(errors="replace").split())
            raise RevisionError(
                f"Git cannot read {self.root}: {message}.",
                "A comparison with an earlier revision needs a git repository.",
            )
        return done.stdout

    def _run(
        self, *arguments: str, settings: Mapping[str, str] | None = None, at: Path | None = None
    ) -> "subprocess.CompletedProcess[bytes]":
        try:
            return subprocess.run(
                ["git", *arguments], cwd=at or self.root, capture_output=True, env={**os.environ, **(settings or {})}
            )
        except FileNotFoundError:
            raise RevisionError("The command git was not found.", "Install git, or compare two files instead.") from None


def where_left(root: Path, name: str) -> Revision:
    """The common ancestor of the work in `root` and a branch, tag or commit; that commit itself when they share none.

    Raises RevisionError for a revision that git does not know.
    """
    named = Revision(root, name)
    done = named._run("merge-base", named.commit, "HEAD")
    return Revision(root, done.stdout.decode().strip()) if done.returncode == 0 else named


def where_main_was_left(root: Path) -> Revision | None:
    """The common ancestor with the main branch; None outside git, or without a main branch."""
    for name in ("main", "origin/main"):
        with suppress(RevisionError):
            return where_left(root, name)
    return None
