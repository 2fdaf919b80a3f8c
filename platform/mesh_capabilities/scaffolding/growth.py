"""What one command would write: files that it makes, files that it changes, and what is remembered of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mesh_platform.errors import ScaffoldError


@dataclass(frozen=True)
class Grown:
    """One use of the templates, as `mesh update` repeats it."""

    parts: tuple[str, ...]
    version: int
    answers: Mapping[str, Any]


@dataclass
class Growth:
    """The outcome of a `mesh new`, before anything of it is written."""

    what: str
    """For people: `product logistics/shipments`."""
    domain: str
    """Whose folder remembers it."""
    ports: tuple[str, ...] = ()
    """The addresses of the ports it makes."""
    made: dict[str, str] = field(default_factory=dict)
    """The text of each new file, by its path from the repository's root."""
    edited: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Of each file that is there already, its text before and after."""
    grown: list[Grown] = field(default_factory=list)

    def make(self, files: Mapping[str, str]) -> None:
        """Adds new files."""
        self.made |= files

    def edit(self, root: Path, path: str, change: Callable[[str], str]) -> None:
        """Changes a file of the repository, or one that this very growth makes. `change` takes its text and gives the new one.

        Raises ScaffoldError when the file does not exist.
        """
        if path in self.made:
            self.made[path] = change(self.made[path])
            return
        file = root / path
        if path not in self.edited and not file.is_file():
            raise ScaffoldError(f"{path} does not exist, and something has to be written into it.", "Create the file.")
        before, now = self.edited.get(path) or (file.read_text(encoding="utf-8"),) * 2
        after = change(now)
        if after != before:
            self.edited[path] = (before, after)

    def refuse_taken(self, root: Path) -> None:
        """Raises ScaffoldError for a file that is there already: nothing is ever overwritten."""
        for path in self.made:
            if (root / path).exists():
                raise ScaffoldError(f"{path} exists already.", "Choose another name, or remove the file; nothing was written.")
