"""Applying newer templates to files that older templates wrote, by a three-way merge.

The record of a domain keeps the answers. They are rendered with the earlier and with the newest templates; git merges the
difference into the files as they are now, so manual changes stay. `git merge-file`: https://git-scm.com/docs/git-merge-file
"""

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mesh_capabilities.errors import ScaffoldError
from mesh_capabilities.scaffolding.growth import Rendering
from mesh_capabilities.scaffolding.rendering import newest_version, read_renderings, record_of, render, written_record
from mesh_isolation.files import write_whole
from mesh_platform.project import Project


@dataclass
class Update:
    """The changes of one domain, before anything is written."""

    domain: str
    earlier: int
    """The oldest template version in the domain's record."""
    version: int
    """The template version after the update."""
    created: dict[str, str] = field(default_factory=dict)
    """New files, which the earlier templates did not write."""
    edited: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The text before and after of each file that changes."""
    conflicts: dict[str, int] = field(default_factory=dict)
    """The number of places in a file where both sides changed the same lines; they are marked in the file."""
    left: dict[str, str] = field(default_factory=dict)
    """Files that stay unchanged although the templates changed, with the reason."""

    @property
    def changes(self) -> bool:
        return bool(self.created or self.edited)


def plan_updates(project: Project, names: Sequence[str]) -> list[Update]:
    """The update of each named domain, or of all domains from templates; those that are up to date are left out.

    Raises UnknownPort for a domain that does not exist, and ScaffoldError for one that was not written from templates and for
    a file with conflict markers of an earlier update.
    """
    for name in names:
        project.domain(name)
        if not read_renderings(project.root, name):
            raise ScaffoldError(f"No file of {name} was written from templates.", "There is nothing to update.")
    return [plan for name in names or project.domains if (plan := _plan(project.root, name))]


def write_update(update: Update, root: Path) -> None:
    """Writes the files, and the record last: an update that was interrupted is planned again."""
    record = record_of(update.domain)
    texts = {**update.created, **{path: after for path, (_, after) in update.edited.items() if path != record}}
    write_whole({root / path: text for path, text in texts.items()})
    if record in update.edited:
        write_whole({root / record: update.edited[record][1]})


def _plan(root: Path, domain: str) -> Update | None:
    grown, version = read_renderings(root, domain), newest_version()
    if all(rendering.version == version for rendering in grown):
        return None
    update = Update(domain, min(rendering.version for rendering in grown), version)
    base = _rendered(grown, lambda rendering: rendering.version)
    newest = _rendered(grown, lambda rendering: version)
    for path in sorted(base.keys() | newest.keys()):
        _plan_file(update, root, path, base.get(path), newest.get(path))
    record = record_of(domain)
    before = (root / record).read_text(encoding="utf-8")
    renderings = [Rendering(rendering.parts, version, rendering.answers) for rendering in grown]
    update.edited[record] = (before, written_record(renderings))
    return update


def _rendered(grown: Sequence[Rendering], version_of: Callable[[Rendering], int]) -> dict[str, str]:
    files: dict[str, str] = {}
    for rendering in grown:
        files |= render(rendering.parts, rendering.answers, version_of(rendering))
    return files


def _plan_file(update: Update, root: Path, path: str, base: str | None, newest: str | None) -> None:
    file = root / path
    ours = file.read_text(encoding="utf-8") if file.is_file() else None
    if base == newest:
        return
    if ours is None:
        if base is None:
            update.created[path] = newest
        else:
            update.left[path] = "it was removed"
    elif newest is None:
        update.left[path] = "the templates no longer have it; remove it if nothing needs it"
    elif ours != newest:
        if "<<<<<<< " in ours and ">>>>>>> " in ours:
            raise ScaffoldError(f"{path} has conflict markers.", "Resolve the conflict, then update again.")
        labels = ("yours", f"templates {update.earlier}", f"templates {update.version}")
        merged, conflicts = merge(base or "", ours, newest, path, labels)
        if merged != ours:
            update.edited[path] = (ours, merged)
        if conflicts:
            update.conflicts[path] = conflicts


_MANY = 127
"""git reports at most this many conflicts; a higher exit code is a failure."""


def merge(base: str, ours: str, newest: str, name: str, labels: tuple[str, str, str]) -> tuple[str, int]:
    """The merged text with git's conflict markers, and the number of conflicts.

    Args:
        base: the text that the earlier templates wrote.
        ours: the present text of the file.
        newest: the text that the newest templates write.
        name: the name of the file, for messages.
        labels: the names of the three texts in the markers, in git's order: ours, base, theirs.

    Raises ScaffoldError if git is missing or cannot merge the file.
    """
    if ours in (base, newest):
        return newest, 0
    if newest == base:
        return ours, 0
    with tempfile.TemporaryDirectory(prefix="mesh-update-") as folder:
        files = [Path(folder) / part for part in ("ours", "base", "theirs")]
        for file, text in zip(files, (ours, base, newest)):
            file.write_text(text, encoding="utf-8")
        marks = [word for label in labels for word in ("-L", label)]
        command = ["git", "merge-file", "--stdout", "--diff3", *marks, *map(str, files)]
        try:
            done = subprocess.run(command, capture_output=True, encoding="utf-8")
        except FileNotFoundError:
            raise ScaffoldError("git is not installed, and files are merged with it.", "Install git.") from None
    if not 0 <= done.returncode <= _MANY:
        raise ScaffoldError(f"{name} cannot be merged: {done.stderr.strip()}.", "Change it by hand.")
    return done.stdout, done.returncode
