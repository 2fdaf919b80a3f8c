"""What has changed in the repository, and since when."""

from dataclasses import dataclass
from pathlib import Path

from mesh_capabilities.contract_change.revision import Revision, where_left, where_main_was_left


@dataclass(frozen=True)
class Changes:
    """The files of a change."""

    base: Revision | None
    """What they are held against; None outside git, where nobody can say what has changed."""
    files: frozenset[str]
    """Written from the mesh's root; those that are gone are named, too."""
    named: str = "main"
    """The revision that the work is compared with, as somebody named it: the base is where the work left it."""

    @property
    def everything(self) -> bool:
        """Whether all of the mesh counts as changed."""
        return self.base is None

    @property
    def since(self) -> str:
        """The base as people read it."""
        return f"{self.named}, commit {self.base.commit[:12]}" if self.base else "nothing, so all of it counts as changed"


def changes_since(root: Path, revision: str | None) -> Changes:
    """The files that differ from a revision, edits that are not committed included.

    Args:
        root: the mesh's.
        revision: as git names it: what counts is where the work left it. None for the main branch.

    Raises RevisionError for a revision that git does not know.
    """
    base = where_left(root, revision) if revision else where_main_was_left(root)
    return Changes(base, frozenset(base.changed()) if base else frozenset(), revision or "main")
