"""A three-way merge of one text: what the templates wrote, what they would write now, and what people made of it."""

import subprocess
import tempfile
from pathlib import Path

from mesh_platform.errors import ScaffoldError

_MANY = 127
"""git says so many conflicts at most; above it means that it failed."""


def merge(base: str, ours: str, theirs: str, name: str, labels: tuple[str, str, str]) -> tuple[str, int]:
    """The merged text and how many conflicts stand in it, marked as git marks them.

    Args:
        base: what the templates wrote.
        ours: what stands there now.
        theirs: what the templates would write now.
        name: the file's, for messages.
        labels: what the three are called in the marks: ours, base, theirs.

    Raises ScaffoldError where git is missing or cannot merge the file.
    """
    if ours in (base, theirs):
        return theirs, 0
    if theirs == base:
        return ours, 0
    with tempfile.TemporaryDirectory(prefix="mesh-update-") as folder:
        files = [Path(folder) / part for part in ("ours", "base", "theirs")]
        for file, text in zip(files, (ours, base, theirs)):
            file.write_text(text, encoding="utf-8")
        marks = [word for label in labels for word in ("-L", label)]
        command = ["git", "merge-file", "--stdout", "--diff3", *marks, *map(str, files)]
        try:
            done = subprocess.run(command, capture_output=True, encoding="utf-8")
        except FileNotFoundError:
            raise ScaffoldError("There is no git here, and files are merged by it.", "Install git.") from None
    if not 0 <= done.returncode <= _MANY:
        raise ScaffoldError(f"{name} cannot be merged: {done.stderr.strip()}.", "Change it by hand.")
    return done.stdout, done.returncode
